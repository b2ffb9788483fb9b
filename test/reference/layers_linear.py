"""Cases of the layers with windows: conv, convLocal, convTranspose and the pools, and of dense."""

from itertools import cycle

from layers_case import Case, pair
from layers_dsl import avg_pool, conv, conv_local, conv_transpose, dense, erf, flatten, global_avg_pool, plain, relu, serial, sum_pool

SHAPES = {1: (7, 3), 2: (6, 5, 3), 3: (4, 3, 5, 2)}
WINDOWS = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
STRIDES = {1: (2,), 2: (2, 1), 3: (1, 2, 2)}
TAILS = {"flatten": flatten, "globalAvgPool": global_avg_pool}
PADDINGS = ("VALID", "SAME", "CIRCULAR")

# (parameterization, bStd, s of the two convolutions and the readout)
SCALINGS = [
    ("ntk", None, ((1, 1), (1, 1), (1, 1))),
    ("standard", 0.3, ((1, 1), (1, 1), (1, 1))),
    ("ntk", 0.2, ((1, 1), (1, 1), (1, 1))),
    ("standard", None, ((1, 4), (4, 2), (2, 1))),
    ("standard", 0, ((1, 1), (1, 1), (1, 1))),
    ("ntk", 0, ((1, 1), (1, 1), (1, 1))),
    ("standard", 0.1, ((1, 2), (2, 8), (8, 1))),
]


def scaled(turn, w):
    parameterization, b, s = next(turn)
    return [{"w": w, "b": b, "parameterization": parameterization, "s": pair_of_s} for pair_of_s in s]


def convolutions():
    turn = cycle(SCALINGS)
    for rank, shape in SHAPES.items():
        for padding in PADDINGS:
            for strides in (None, STRIDES[rank]):
                for tail, make_tail in TAILS.items():
                    first, second, last = scaled(turn, 1.3)
                    first |= {"strides": strides, "padding": padding}
                    second |= {"padding": "SAME" if padding == "VALID" else padding}
                    net = serial(
                        conv(6, WINDOWS[rank], **first), relu(), conv(5, WINDOWS[rank], **second), relu(), make_tail(), dense(2, **last)
                    )
                    details = f"{first['parameterization']}, bStd {first['b']}, s {first['s']}"
                    yield Case(f"conv rank {rank} {padding} strides {strides}, {tail}, {details}", "conv", net, *pair(*shape))
    for padding in PADDINGS:
        net = serial(conv(4, (), padding=padding, w=1.2, b=0.1), relu(), conv(3, (), padding=padding, parameterization="standard"))
        yield Case(f"conv rank 0 {padding}", "conv", net, *pair(5))
    wide = serial(conv(4, (5, 4), padding="CIRCULAR"), erf(), conv(4, (4, 5), padding="SAME", b=0.1), relu(), global_avg_pool(), dense(1))
    yield Case("conv, even and wide filters", "conv", wide, *pair(5, 4, 2))
    whole = serial(conv(4, (4, 3), w=1.1), relu(), flatten(), dense(1, parameterization="standard"))
    yield Case("conv, the filter is the image", "conv", whole, *pair(4, 3, 2))
    one = serial(conv(4, (1, 1), strides=(2, 3), b=0.1), relu(), conv(3, (2, 1), padding="SAME"), relu(), global_avg_pool(), dense(1))
    yield Case("conv 1x1, strides beyond the filter", "conv", one, *pair(6, 7, 2))


def local_convolutions():
    """After an even number of convolutions: after an odd one the reference applies the filter to the wrong axes (defects.json.gz)."""
    turn = cycle([("ntk", 0.2), ("standard", None), ("ntk", None), ("standard", 0.3), ("standard", 0)])
    for rank in (1, 2):
        for padding in PADDINGS:
            for tail in ("flatten", "globalAvgPool", "avgPool"):
                parameterization, b = next(turn)
                own = {"w": 1.2, "b": b, "parameterization": parameterization}
                window, strides = WINDOWS[rank], STRIDES[rank] if tail == "flatten" else None
                local = conv_local(5, window, strides=strides, padding=padding, **own)
                ends = [avg_pool((2,) * rank), flatten()] if tail == "avgPool" else [TAILS[tail]()]
                before = [conv(4, window, padding="SAME"), relu()] * (2 if rank == 2 else 0)
                net = serial(*before, local, relu(), *ends, dense(1, **own))
                yield Case(f"convLocal rank {rank} {padding}, {tail}, {parameterization}, bStd {b}", "convLocal", net, *pair(*SHAPES[rank]))
    twice = serial(conv_local(4, (2, 2), b=0.1), relu(), conv_local(3, (2, 2), padding="CIRCULAR", b=0.2), global_avg_pool(), dense(1))
    yield Case("convLocal twice, then a global pool", "convLocal", twice, *pair(5, 4, 2))
    then_conv = serial(
        conv_local(4, (2, 3), b=0.3), relu(), conv(3, (2, 2), padding="SAME", b=0.1), relu(), avg_pool((2, 2)), global_avg_pool()
    )
    yield Case("convLocal, then conv and pools", "convLocal", then_conv, *pair(5, 6, 2))


def transposed_convolutions():
    turn = cycle([("ntk", 0.2), ("standard", 0.1), ("ntk", None), ("standard", None), ("standard", 0)])
    for rank in (1, 2):
        for padding in PADDINGS:
            for strides in (None, (2,) * rank):
                for tail, make_tail in TAILS.items():
                    parameterization, b = next(turn)
                    own = {"w": 1.2, "b": b, "parameterization": parameterization}
                    window = (3,) if rank == 1 else (3, 2)
                    up = conv_transpose(5, window, strides=strides, padding=padding, **own)
                    net = serial(conv(4, window, padding="SAME", **own), relu(), up, relu(), make_tail(), dense(1, **own))
                    name = f"convTranspose rank {rank} {padding} strides {strides}, {tail}, {parameterization}, bStd {b}"
                    yield Case(name, "convTranspose", net, *pair(*SHAPES[rank]))
    uneven = serial(
        conv_transpose(4, (2, 4), strides=(3, 2), padding="SAME", b=0.2), relu(), conv(3, (2, 2), b=0.1), relu(), global_avg_pool()
    )
    yield Case("convTranspose, stride beyond the filter", "convTranspose", uneven, *pair(3, 4, 2))
    cube = serial(conv_transpose(4, (2, 2, 3), strides=(2, 1, 2), b=0.2), relu(), global_avg_pool(), dense(1))
    yield Case("convTranspose of a volume", "convTranspose", cube, *pair(2, 3, 2, 2))


def pools():
    for rank, shape in SHAPES.items():
        for padding in PADDINGS:
            for strides in (None, (2,) * rank):
                for normalize in (False, True):
                    window = (2, 3, 2)[:rank] if rank > 1 else (3,)
                    tail = flatten() if strides else global_avg_pool()
                    body = [conv(4, (2,) * rank, padding="SAME", b=0.1), relu()]
                    net = serial(
                        *body, avg_pool(window, strides, padding, normalize), conv(3, (2,) * rank, padding="SAME"), relu(), tail, dense(1)
                    )
                    name = f"avgPool rank {rank} {padding} strides {strides}{', normalizeEdges' if normalize else ''}"
                    yield Case(name, "avgPool", net, *pair(*shape))
            summed = serial(
                conv(4, (2,) * rank, padding=padding, b=0.1),
                relu(),
                sum_pool((2,) * rank, None, padding),
                dense(3, 0.5, 0.1),
                relu(),
                flatten(),
            )
            yield Case(f"sumPool rank {rank} {padding}", "sumPool", summed, *pair(*shape))
    strided = serial(
        conv(4, (3, 2), padding="SAME"), relu(), sum_pool((2, 3), (2, 1), "SAME"), conv(3, (2, 2), w=0.4), relu(), plain("globalSumPool")
    )
    yield Case("sumPool with strides, then globalSumPool", "sumPool", strided, *pair(6, 5, 3))
    yield Case(
        "avgPool of the input", "avgPool", serial(avg_pool((2, 2), (2, 2)), conv(4, (2, 2)), relu(), flatten(), dense(1)), *pair(6, 6, 2)
    )
    between = serial(
        conv(4, (2, 2), b=0.1), avg_pool((2, 1)), relu(), conv(3, (2, 2)), avg_pool((1, 2), (1, 2)), erf(), flatten(), dense(1)
    )
    yield Case("avgPool between conv and activation", "avgPool", between, *pair(6, 5, 3))
    for kind in ("globalAvgPool", "globalSumPool"):
        standard = {"parameterization": "standard", "b": 0.1}
        net = serial(conv(4, (2, 2), w=0.7, **standard), relu(), plain(kind), dense(3, 0.6, **standard), relu(), dense(1, **standard))
        yield Case(f"{kind}, then two dense layers, standard", kind, net, *pair(4, 5, 2))
        yield Case(f"{kind} of the input", kind, serial(plain(kind), dense(3, 0.5, 0.1), relu(), dense(1)), *pair(4, 5, 2))
        yield Case(f"{kind} of a sequence", kind, serial(conv(3, (2,), b=0.2), relu(), plain(kind)), *pair(6, 4))


def plain_layers():
    """dense and flatten where there are locations."""
    chain = serial(
        dense(6, 1.5, 0.1, "standard", (1, 4)),
        relu(),
        dense(3, 1.2, 0, "standard", (4, 2)),
        erf(),
        flatten(),
        dense(1, 0.8, None, "standard", (2, 1)),
    )
    yield Case("dense on every location, then flatten, s chain", "dense", chain, *pair(4, 3, 2))
    yield Case(
        "dense on every location, then globalAvgPool",
        "dense",
        serial(dense(6, 1.4, 0.1), relu(), dense(3), relu(), global_avg_pool()),
        *pair(5, 2),
    )
    yield Case(
        "flatten first",
        "flatten",
        serial(flatten(), dense(4, 1.2, 0.2, "standard"), relu(), dense(1, 1.1, 0.1, "standard")),
        *pair(4, 3, 2),
    )
    yield Case(
        "flatten twice", "flatten", serial(conv(3, (2,)), relu(), flatten(), flatten(), dense(1, parameterization="standard")), *pair(5, 2)
    )
    yield Case("conv last, then flatten", "flatten", serial(conv(3, (2,), b=0.1), relu(), conv(2, (2,), b=0.2), flatten()), *pair(5, 2))


def cases():
    for group in (convolutions, local_convolutions, transposed_convolutions, pools, plain_layers):
        yield from group()
