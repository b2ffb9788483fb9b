"""Cases of maskConstant: padded sequences and images with holes, through every kind of layer."""

import numpy as np

from layers_case import Case, masked, pair
from layers_dsl import (
    activation,
    aggregate,
    attention,
    avg_pool,
    conv,
    conv_local,
    conv_transpose,
    dense,
    erf,
    fan_in_concat,
    fan_in_sum,
    fan_out,
    flatten,
    global_avg_pool,
    image_resize,
    index,
    layer_norm,
    parallel,
    plain,
    relu,
    residual,
    serial,
    sum_pool,
)
from layers_graphs import dense_pair

CONSTANT = 100.0
ALL = slice(None)


def sequences(constant=CONSTANT, length=7):
    x1, x2 = pair(length, 3, key="masked")
    return masked(x1, constant, (length, 4, 5)), masked(x2, constant, (3, length))


def images(constant=CONSTANT):
    """Pixels gone anywhere, and one channel of a pixel, which masks nothing but reads as zero."""
    x1, x2 = pair(5, 4, 2, key="masked")
    x1[1, 2:], x1[2, 0, 1], x1[0, 3, 3], x2[0, 1:3, 2], x2[1, :, 3] = (constant,) * 5
    x1[0, 1, 1, 0] = constant
    return x1, x2


def case(name, net, inputs, constant=CONSTANT, **options):
    return Case(f"mask: {name}", "maskConstant", net, *inputs, mask=constant, **options)


def on_sequences():
    tails = {"globalAvgPool": global_avg_pool, "flatten": flatten, "globalSumPool": lambda: plain("globalSumPool")}
    for name, tail in tails.items():
        for padding in ("SAME", "VALID", "CIRCULAR"):
            net = serial(conv(4, (3,), padding=padding, b=0.1), relu(), conv(3, (2,), padding=padding), relu(), tail(), dense(1, b=0.1))
            yield case(f"conv {padding}, {name}", net, sequences())
        yield case(f"dense, {name}", serial(dense(4, 1.2, 0.2), relu(), dense(3), erf(), tail(), dense(1)), sequences())
    for name in ("conv", "attention"):
        layer = conv(4, (3,), padding="SAME", b=0.1) if name == "conv" else attention(b=0.1, pos_emb="SUM", decay="inverseSquare")
        net = serial(dense(4, 1.2, 0.1), relu(), layer, relu(), global_avg_pool(), dense(1))
        yield case(f"{name}, NaN", net, sequences(np.nan), np.nan)
    strided = serial(
        conv(4, (3,), strides=(2,), padding="SAME", b=0.2), relu(), conv(3, (2,), strides=(2,)), relu(), global_avg_pool(), dense(1)
    )
    yield case("conv with strides", strided, sequences(length=9))
    standard = serial(
        conv(4, (3,), padding="SAME", b=0.2, parameterization="standard"), relu(), global_avg_pool(), dense(1, parameterization="standard")
    )
    yield case("conv, standard", standard, sequences())
    imdb = serial(
        conv(4, (4,), b=0.1), relu(), attention(b=0.1, pos_emb="SUM", decay="inverseSquare"), relu(), global_avg_pool(), dense(1, b=0.1)
    )
    yield case("text: conv, attention, globalAvgPool", imdb, sequences(length=9))
    yield case("x2 left out", serial(conv(4, (3,), padding="SAME"), relu(), global_avg_pool(), dense(1)), (sequences()[0], None))
    yield case("flatten first", serial(flatten(), dense(4, b=0.1), relu(), dense(1)), sequences())
    yield case("output of all locations", serial(conv(4, (3,), padding="SAME", b=0.3), relu(), dense(2, b=0.1)), sequences())


def on_images():
    """The reference cannot mask a CIRCULAR pool."""
    for padding in ("SAME", "VALID"):
        for name, pool in (("avgPool", avg_pool((2, 2), (2, 1), padding)), ("sumPool", sum_pool((2, 2), None, padding))):
            body = [conv(4, (2, 3), padding="SAME", b=0.1), relu(), pool, conv(3, (2, 2), padding="SAME", w=0.7, b=0.1), relu()]
            yield case(f"{name} {padding}", serial(*body, global_avg_pool(), dense(1)), images())
    edges = serial(conv(4, (2, 2), b=0.1), relu(), avg_pool((3, 3), None, "SAME", True), flatten(), dense(1))
    yield case("avgPool, normalizeEdges, flatten", edges, images())
    for padding in ("SAME", "VALID"):
        net = serial(
            conv(4, (2, 2), b=0.1), relu(), conv_transpose(3, (2, 2), strides=(2, 1), padding=padding, b=0.1), relu(), global_avg_pool()
        )
        yield case(f"convTranspose {padding}", net, images())
    local = serial(conv_local(4, (2, 2), b=0.1), relu(), conv_local(3, (2, 2), b=0.1), relu(), flatten(), dense(1))
    yield case("convLocal, flatten", local, images())
    for axis in ((-1,), (1, -1), (1, 2, 3), (0, 1, 2, 3)):
        net = serial(conv(4, (2, 2), padding="SAME", b=0.1), layer_norm(axis), relu(), global_avg_pool(), dense(1))
        yield case(f"layerNorm {list(axis)}", net, images())
    for mechanism in ("SOFTMAX", "ABS", "IDENTITY", "RELU"):
        net = serial(
            conv(4, (2, 2), padding="SAME", b=0.1),
            relu(),
            attention(b=0.2, mechanism=mechanism, pos_emb="CONCAT"),
            relu(),
            global_avg_pool(),
            dense(1),
        )
        yield case(f"attention {mechanism}", net, images())
    rooted = serial(
        conv(4, (2, 2), padding="SAME"),
        relu(),
        attention(linear_scaling=False, mechanism="IDENTITY", b=0.1, pos_emb="SUM"),
        global_avg_pool(),
    )
    yield case("attention without linearScaling", rooted, images())


def through_other_layers():
    def body(*layers):
        return serial(conv(4, (2, 2), padding="SAME", b=0.1), relu(), *layers, relu(), global_avg_pool(), dense(1))

    yield case("index", body(index(ALL, slice(None, None, -1), slice(1, None)), conv(3, (2, 2), padding="SAME", b=0.1)), images())
    resized = serial(
        conv(4, (2, 2), padding="SAME", b=0.1), relu(), conv(4, (2, 2), padding="SAME"), relu(), image_resize((-1, 3, 6, -1), "linear")
    )
    yield case("imageResize", serial(resized, conv(3, (2, 2), b=0.1), relu(), global_avg_pool()), images())
    yield case("fanInSum", body(conv(3, (1, 1)), residual(serial(relu(), conv(3, (3, 3), padding="SAME", b=0.1)))), images())
    left, right = conv(3, (1, 2), padding="SAME", b=0.1), conv(3, (2, 2), padding="SAME", b=0.2)
    yield case("fanInConcat of axis 1", body(fan_out(2), parallel(left, right), fan_in_concat(1)), images())
    yield case("fanInConcat of channels", body(fan_out(2), parallel(left, right), fan_in_concat(-1), conv(3, (1, 1))), images())
    product = serial(fan_out(2), parallel(left, right), plain("fanInProd"))
    yield case("fanInProd", body(product, conv(3, (1, 1))), images())
    for act in (
        activation("cos", a=1, b=1, c=0),
        activation("exp", a=0.5, b=0.5),
        activation("gaussian", a=1, b=-1),
        activation("gelu", approximate=False),
    ):
        net = serial(conv(4, (2, 2), padding="SAME", b=0.1), act, conv(3, (2, 2), padding="SAME", b=0.1), act, global_avg_pool(), dense(1))
        yield case(act.json["kind"], net, images())
    inputs = sequences(length=5)
    graph = serial(dense(4, 1.2, 0.1), relu(), aggregate(), dense(3, 1.1, 0.1), relu(), global_avg_pool(), dense(1))
    yield case("aggregate", graph, inputs, pattern=dense_pair(5, key="masked"))
    two = serial(parallel(conv(4, (2,), b=0.1), conv(4, (2,))), fan_in_sum(), relu(), global_avg_pool(), dense(1))
    x1, x2 = sequences()
    other1, other2 = pair(7, 2, key="masked too")
    other1[1, 5:], other2[0, 4:] = CONSTANT, CONSTANT
    yield case("two inputs, masked where both are", two, ([x1, other1], [x2, other2]))


def cases():
    for group in (on_sequences, on_images, through_other_layers):
        yield from group()
