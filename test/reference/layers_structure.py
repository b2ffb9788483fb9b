"""Cases of combinators, branches, layerNorm, dropout, imageResize, index and dotGeneral."""

from layers_case import Case, pair, sample
from layers_dsl import (
    activation,
    avg_pool,
    conv,
    dense,
    dot_general,
    dropout,
    erf,
    fan_in_concat,
    fan_in_sum,
    fan_out,
    flatten,
    global_avg_pool,
    identity,
    image_resize,
    index,
    layer_norm,
    parallel,
    plain,
    relu,
    repeat,
    residual,
    serial,
)

ALL = slice(None)
IMAGE = (4, 5, 2)


def same(out=4, window=(3, 2), **options):
    return conv(out, window, padding="SAME", w=1.3, **options)


def in_branches(join, *branches):
    return serial(fan_out(len(branches)), parallel(*branches), join)


def branches():
    fan_in_prod = plain("fanInProd")
    tails = {"flatten": flatten, "globalAvgPool": global_avg_pool}
    for name, tail in tails.items():
        two = [serial(same(b=0.1), relu(), same()), serial(relu(), same(b=0.2))]
        yield Case(
            f"fanInSum of two branches, {name}",
            "fanInSum",
            serial(same(), in_branches(fan_in_sum(), *two), relu(), tail(), dense(1)),
            *pair(*IMAGE),
        )
        prod = in_branches(fan_in_prod, serial(same(b=0.1), relu()), same(parameterization="standard"))
        yield Case(f"fanInProd, {name}", "fanInProd", serial(prod, same(b=0.1), relu(), tail(), dense(1)), *pair(*IMAGE))
        concat = in_branches(fan_in_concat(-1), serial(same(3), relu()), serial(same(7, b=0.1), erf()))
        yield Case(
            f"fanInConcat of channels, {name}",
            "fanInConcat",
            serial(concat, same(parameterization="standard"), relu(), tail(), dense(1)),
            *pair(*IMAGE),
        )
        for axis in (1, 2, -2):
            beside = in_branches(fan_in_concat(axis), same(b=0.1), serial(same(), relu(), same()), conv(4, (2, 2) if axis == 0 else (1, 1)))
            net = serial(same(), relu(), beside, relu(), same(2, (2, 3)), relu(), tail(), dense(1))
            yield Case(f"fanInConcat of axis {axis}, {name}", "fanInConcat", net, *pair(*IMAGE))
        stack = in_branches(fan_in_concat(0), same(b=0.1), serial(same(), relu(), same()))
        net = serial(stack, relu(), tail(), dense(1, b=0.1))
        yield Case(f"fanInConcat of samples, {name}", "fanInConcat", net, *pair(*IMAGE))
    three = in_branches(fan_in_prod, same(), serial(same(b=0.2), relu()), serial(same(), erf()))
    yield Case("fanInProd of three, output of all locations", "fanInProd", three, *pair(3, 2, 2))
    unequal = in_branches(fan_in_concat(1), conv(4, (2,), b=0.1), serial(conv(4, (3,)), relu(), conv(4, (2,))))
    yield Case(
        "fanInConcat of a sequence, branches of different lengths",
        "fanInConcat",
        serial(unequal, relu(), conv(2, (2,)), relu(), global_avg_pool()),
        *pair(6, 2),
    )
    flat = in_branches(fan_in_concat(-1), serial(dense(3, 1.2, 0.1), relu()), serial(dense(9, 1.1), erf()), dense(2))
    yield Case("fanInConcat of vectors", "fanInConcat", serial(flat, dense(4, 1.1, 0.1, "standard"), relu(), dense(1)), *pair(5))
    one = serial(dense(4), fan_out(1), parallel(relu()), fan_in_sum(), dense(1))
    yield Case("fanInSum of one branch", "fanInSum", one, *pair(5))


def several_inputs():
    (a1, a2), (b1, b2) = pair(4, 3, 2, key="left"), pair(5, key="right")
    image = serial(conv(6, (2, 2), b=0.1), relu(), flatten(), dense(4, 1.2, 0.1))
    vector = serial(dense(5, 1.3), erf(), dense(4, 0.9, 0.2))
    for join in ("fanInSum", "fanInProd"):
        net = serial(parallel(image, vector), plain(join), *([relu()] if join == "fanInSum" else []), dense(1))
        yield Case(f"parallel, two inputs, {join}", "parallel", net, [a1, b1], [a2, b2])
    net = serial(parallel(image, vector), fan_in_concat(-1), dense(3, 1.1, 0.1, "standard"), relu(), dense(1))
    yield Case("parallel, two inputs, fanInConcat", "parallel", net, [a1, b1], [a2, b2])
    (c1, c2), (d1, d2) = pair(4, 3, 2, key="first"), pair(4, 3, 3, key="second")
    net = serial(parallel(same(4), serial(same(3, b=0.2), relu(), same(4))), fan_in_sum(), relu(), global_avg_pool(), dense(1))
    yield Case("parallel, two images, then globalAvgPool", "parallel", net, [c1, d1], [c2, d2])
    net = serial(
        parallel(vector, serial(dense(3, 1.1), relu(), dense(4)), identity()),
        parallel(relu(), erf(), dense(4)),
        fan_in_concat(-1),
        dense(1),
    )
    yield Case(
        "parallel, three inputs",
        "parallel",
        net,
        [b1, sample(3, 4, key="x"), sample(3, 6, key="y")],
        [b2, sample(2, 4, key="z"), sample(2, 6, key="w")],
    )


def repeats():
    block = serial(same(2, b=0.1), relu(), same(2), relu())
    yield Case("repeat of two convolutions", "repeat", serial(repeat(block, 3), global_avg_pool(), dense(1)), *pair(*IMAGE))
    yield Case("repeat of dense", "repeat", serial(dense(6, 1.2), relu(), repeat(serial(dense(6, 1.4, 0.1), erf()), 5), dense(1)), *pair(5))
    standard = serial(dense(6, 1.2, 0.1, "standard"), relu())
    yield Case(
        "repeat of dense, standard",
        "repeat",
        serial(dense(6), relu(), repeat(standard, 4), dense(1, parameterization="standard")),
        *pair(5),
    )
    yield Case("repeat once", "repeat", serial(dense(6), repeat(serial(relu(), dense(6, 1.4)), 1)), *pair(6))
    nested = repeat(serial(serial(dense(4, 1.3, 0.1), relu()), repeat(serial(dense(4, 1.1), erf()), 2)), 2)
    yield Case("repeat of repeat", "repeat", serial(dense(4), relu(), nested, dense(1)), *pair(5))


def identities():
    net = serial(identity(), same(), identity(), relu(), identity(), global_avg_pool(), identity(), dense(1))
    yield Case("identity everywhere", "identity", net, *pair(*IMAGE))
    yield Case("serial of serial", "serial", serial(serial(same(), serial(relu())), serial(serial(flatten()), dense(1))), *pair(*IMAGE))


def layer_norms():
    for axis in ((-1,), (1, -1), (2, 3), (1, 2, 3), (0, -1), (0, 2, -1), (0, 1, 2, 3)):
        for name, tail in (("flatten", flatten), ("globalAvgPool", global_avg_pool)):
            net = serial(
                same(b=0.1),
                layer_norm(axis),
                relu(),
                same(parameterization="standard", b=0.1),
                layer_norm(axis, 0.05),
                relu(),
                tail(),
                dense(1),
            )
            yield Case(f"layerNorm {list(axis)}, {name}", "layerNorm", net, *pair(*IMAGE))
    yield Case("layerNorm of vectors", "layerNorm", serial(dense(4, 1.2, 0.1), layer_norm(eps=0.3), relu(), dense(1)), *pair(5))


def dropouts():
    x1, x2 = pair(*IMAGE)
    for name, tail in (("flatten", flatten), ("globalAvgPool", global_avg_pool), ("avgPool", lambda: serial(avg_pool((2, 2)), flatten()))):
        net = serial(same(b=0.1), relu(), dropout(0.6), same(), relu(), dropout(0.9), tail(), dense(1, b=0.1))
        yield Case(f"dropout, {name}", "dropout", net, x1, x2)
        yield Case(f"dropout, {name}, x2 left out", "dropout", net, x1, None)
        yield Case(f"dropout, {name}, x2 a copy of x1", "dropout", net, x1, x1)
    tested = serial(same(b=0.1), relu(), dropout(0.6, "test"), same(), relu(), global_avg_pool(), dense(1))
    yield Case("dropout, test", "dropout", tested, x1, None)
    vectors = serial(dense(4, 1.3, 0.1), relu(), dropout(0.5), dense(3, 1.2, 0.1), erf(), dropout(1.0), dense(1))
    yield Case("dropout of vectors, x2 left out", "dropout", vectors, sample(3, 5, key="a"), None)


def resizes():
    for antialias in (True, False):
        for length in (3, 8, 11):
            for method in ("linear", "nearest"):
                net = serial(
                    conv(4, (2,), b=0.1),
                    relu(),
                    image_resize((-1, length, -1), method, antialias),
                    conv(3, (2,)),
                    relu(),
                    global_avg_pool(),
                )
                yield Case(f"imageResize {method} to {length}{', antialias' if antialias else ''}", "imageResize", net, *pair(7, 2))
    for shape in ((-1, 2, 8, -1), (-1, -1, 3, -1), (-1, 7, -1, -1), (-1, 3, 2, -1)):
        for method in ("linear", "nearest"):
            tail = flatten() if shape[1] == -1 else global_avg_pool()
            net = serial(same(b=0.1), relu(), same(), relu(), image_resize(shape, method), same(3, (2, 2)), relu(), tail, dense(1))
            yield Case(f"imageResize {method} to {list(shape[1:3])}", "imageResize", net, *pair(*IMAGE))
    yield Case(
        "imageResize of the input",
        "imageResize",
        serial(image_resize((-1, 6, 4, -1), "linear"), same(), relu(), flatten(), dense(1)),
        *pair(*IMAGE),
    )


def indices():
    """Every kind of entry; a convolution before: the axes are indexed in their natural order."""
    entries = {
        "[:, 0]": (ALL, 0),
        "[:, :, -2]": (ALL, ALL, -2),
        "[:, 1:3, ::2]": (ALL, slice(1, 3), slice(None, None, 2)),
        "[:, ::-1, 1:]": (ALL, slice(None, None, -1), slice(1, None)),
        "[:, -3:-1, 4:0:-2]": (ALL, slice(-3, -1), slice(4, 0, -2)),
        "[..., 1, :]": (Ellipsis, 1, ALL),
        "[::-1, ..., 2:4, :]": (slice(None, None, -1), Ellipsis, slice(2, 4), ALL),
        "[1:, 2, 3]": (slice(1, None), 2, 3),
        "[...]": (Ellipsis,),
    }
    for name, idx in entries.items():
        dropped = sum(isinstance(entry, int) for entry in idx)
        after = {0: [same(3), relu()], 1: [conv(3, (2,), b=0.1), relu()], 2: [dense(3, b=0.1), relu()]}[dropped]
        for end, tail in (("flatten", flatten), ("globalAvgPool", global_avg_pool)):
            net = serial(same(b=0.1), relu(), index(*idx), *after, *([] if dropped == 2 and end == "globalAvgPool" else [tail()]), dense(1))
            yield Case(f"index {name}, {end}", "index", net, *pair(*IMAGE))


def contractions():
    none = ((), ())
    vector, matrix = (
        [0.5, -1.0, 0.25, 2.0],
        [[0.5, 1.0, -0.5, 0.25, 0.0], [0.1, -0.2, 0.3, 0.4, 0.5], [1.0, 0.0, 0.0, -1.0, 0.7], [0.2, 0.2, 0.2, 0.2, 0.2]],
    )
    layers = {
        "rhs over the first axis": (dot_general(vector, "rhs", (((1,), (0,)), none)), (2,)),
        "lhs over the first axis": (dot_general(vector, "lhs", (((0,), (1,)), none)), (2,)),
        "rhs over the second axis": (dot_general([*vector, 0.3], "rhs", (((2,), (0,)), none)), (2,)),
        "lhs over both axes": (dot_general(matrix, "lhs", (((0, 1), (1, 2)), none)), ()),
        "rhs over both axes": (dot_general(matrix, "rhs", (((2, 1), (1, 0)), none)), ()),
        "rhs, a factor": (dot_general(-1.5, "rhs", (none, none)), (2, 2)),
        "lhs, a factor": (dot_general(0.5, "lhs", (none, none)), (2, 2)),
    }
    for name, (layer, window) in layers.items():
        after = conv(3, window, b=0.1) if window else dense(3, b=0.1)
        tail = [global_avg_pool()] if window else []
        yield Case(f"dotGeneral {name}", "dotGeneral", serial(same(b=0.1), relu(), layer, after, relu(), *tail, dense(1)), *pair(*IMAGE))
    scaled = serial(same(), relu(), dot_general(3.0, "rhs", (none, none)), same(), activation("abs"), flatten(), dense(1))
    yield Case("dotGeneral, a factor, flatten", "dotGeneral", scaled, *pair(*IMAGE))
    gaussian = serial(same(b=0.1), dot_general(vector, "rhs", (((1,), (0,)), none)), relu(), flatten(), dense(1))
    yield Case("dotGeneral between conv and activation", "dotGeneral", gaussian, *pair(*IMAGE))


def residuals():
    block = residual(serial(relu(), same(b=0.1), relu(), same()))
    yield Case("fanOut, identity shortcut", "fanOut", serial(same(), block, block, relu(), global_avg_pool(), dense(1)), *pair(*IMAGE))
    nested = residual(residual(serial(relu(), same()), same()), serial(relu(), same(b=0.2)))
    yield Case("fanOut inside fanOut", "fanOut", serial(same(), nested, relu(), flatten(), dense(1)), *pair(*IMAGE))


def cases():
    groups = (branches, several_inputs, repeats, identities, layer_norms, dropouts, resizes, indices, contractions, residuals)
    for group in groups:
        yield from group()
