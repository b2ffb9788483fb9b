"""Cases of what is asked for: outputs of all locations, diagonalSpatial, unequal sizes of x1 and x2, kernels of kernels."""

from layers_case import Case, pair, sample
from layers_dsl import (
    attention,
    avg_pool,
    conv,
    conv_local,
    conv_transpose,
    dense,
    erf,
    flatten,
    global_avg_pool,
    layer_norm,
    relu,
    residual,
    serial,
)

IMAGE = (3, 4, 2)


def whole_outputs():
    """One, two and three convolutions: the reference gives (n1, n2, W, W, H, H) after an odd number, ours never does."""
    for count in (1, 2, 3):
        step = [conv(3, (2, 2), padding="SAME", b=0.1), relu()]
        yield Case(f"all locations after {count} convolutions", "diagonalSpatial", serial(*step * count), *pair(*IMAGE))
        yield Case(f"equal locations after {count} convolutions", "diagonalSpatial", serial(*step * count), *pair(*IMAGE), diagonal=True)
    yield Case(
        "all locations of a sequence",
        "diagonalSpatial",
        serial(conv(3, (2,), b=0.1), relu(), dense(2, parameterization="standard")),
        *pair(5, 3),
    )
    yield Case("all locations of a volume", "diagonalSpatial", serial(conv(3, (2, 1, 2), b=0.1), relu()), *pair(3, 2, 3, 2))
    yield Case("all locations of the input", "diagonalSpatial", dense(2, 1.1, 0.2), *pair(2, 3, 2))
    yield Case("all locations after avgPool", "diagonalSpatial", serial(conv(3, (2, 2)), relu(), avg_pool((2, 1))), *pair(*IMAGE))
    yield Case("all locations after convTranspose", "diagonalSpatial", conv_transpose(3, (2, 1), b=0.1), *pair(2, 3, 2))
    local = serial(conv_local(3, (2, 2), b=0.1), relu(), conv_local(3, (2, 2), b=0.3))
    yield Case("all locations after convLocal", "diagonalSpatial", local, *pair(*IMAGE), diagonal=False)
    yield Case("equal locations after convLocal", "diagonalSpatial", local, *pair(*IMAGE), diagonal=True)
    yield Case(
        "all locations, x2 left out",
        "diagonalSpatial",
        serial(conv(3, (2, 2)), erf(), dense(1, b=0.1)),
        sample(2, *IMAGE, key="alone"),
        None,
    )


def chosen():
    net = serial(conv(3, (2, 2), padding="SAME", b=0.1), relu(), conv(3, (2, 2)), relu(), flatten(), dense(1))
    for diagonal in (True, False):
        yield Case(f"flatten, diagonalSpatial {diagonal}", "diagonalSpatial", net, *pair(*IMAGE), diagonal=diagonal)
    local = serial(conv(3, (2, 2), padding="SAME", b=0.1), relu(), conv_local(3, (2, 2), b=0.2), global_avg_pool(), dense(1))
    for diagonal in (True, False):
        yield Case(f"convLocal and pool, diagonalSpatial {diagonal}", "diagonalSpatial", local, *pair(*IMAGE), diagonal=diagonal)
    yield Case(
        "pool, diagonalSpatial False", "diagonalSpatial", serial(conv(3, (2, 2)), relu(), global_avg_pool()), *pair(*IMAGE), diagonal=False
    )


def unequal_sizes():
    """x1 and x2 of different spatial sizes meet in a global pool, or location by location."""
    nets = {
        "conv and globalAvgPool": serial(
            conv(3, (2, 2), padding="SAME", b=0.1), relu(), conv(3, (2, 2)), relu(), global_avg_pool(), dense(1)
        ),
        "avgPool, layerNorm and residual": serial(
            conv(3, (2, 2), b=0.1),
            layer_norm((1, 2, -1)),
            relu(),
            avg_pool((2, 2), None, "SAME", True),
            residual(conv(3, (2, 1), padding="SAME"), conv(3, (1, 1), b=0.1)),
            relu(),
            global_avg_pool(),
        ),
        "standard, strides": serial(
            conv(3, (2, 2), (2, 1), "SAME", b=0.1, parameterization="standard"), relu(), global_avg_pool(), dense(1)
        ),
        "all locations": serial(conv(3, (2, 2), b=0.1), relu(), dense(1)),
    }
    for name, net in nets.items():
        yield Case(f"unequal sizes: {name}", "unequalSizes", net, sample(3, 4, 3, 2, key="small"), sample(2, 3, 5, 2, key="large"))
    text = serial(conv(3, (2,), b=0.1), relu(), attention(b=0.1), relu(), global_avg_pool(), dense(1))
    yield Case("unequal sizes: attention", "unequalSizes", text, sample(3, 6, 3, key="short"), sample(2, 4, 3, key="long"))


def compositions():
    """kernel(net, kernel(first, x1, x2))."""
    body = serial(conv(4, (2, 2), padding="SAME", b=0.1), relu())
    pooled = serial(conv(3, (2, 2), b=0.1), relu(), avg_pool((2, 2)), global_avg_pool(), dense(1))
    yield Case("of all locations, then a pooled network", "composition", pooled, *pair(*IMAGE), first=body)
    yield Case("of all locations after two convolutions", "composition", pooled, *pair(*IMAGE), first=serial(body, body))
    flat = serial(conv(3, (2, 2), b=0.1, parameterization="standard"), relu(), flatten(), dense(1, parameterization="standard"))
    yield Case("of equal locations, then flatten", "composition", flat, *pair(*IMAGE), first=body, diagonal=True)
    head = serial(dense(5, 1.1, 0.1, "standard"), relu(), dense(1, 1.0, 0.2, "standard"))
    yield Case("of a flat kernel, standard: widths pass through shape1", "composition", head, *pair(*IMAGE), first=serial(body, flatten()))
    gaussian = serial(conv(4, (2, 2), b=0.1), relu(), global_avg_pool(), dense(6, 1.2, 0.1))
    yield Case("of a Gaussian kernel, an activation first", "composition", serial(relu(), dense(1)), *pair(*IMAGE), first=gaussian)
    yield Case("of vectors", "composition", serial(erf(), dense(3), erf(), dense(1)), *pair(5), first=dense(4, 1.3, 0.2))
    yield Case("x2 left out", "composition", head, sample(3, 5, key="alone"), None, first=serial(dense(4, 1.2), relu()))


def cases():
    for group in (whole_outputs, chosen, unequal_sizes, compositions):
        yield from group()
