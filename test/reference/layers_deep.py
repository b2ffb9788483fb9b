"""Cases of deep networks as people use them: Myrtle-5, wide and pooled residual networks, VGG, attention blocks, U-nets."""

from layers_case import Case, pair, sample
from layers_dsl import (
    activation,
    attention,
    avg_pool,
    conv,
    conv_transpose,
    dense,
    dropout,
    erf,
    fan_in_concat,
    fan_in_sum,
    fan_out,
    flatten,
    global_avg_pool,
    identity,
    image_resize,
    layer_norm,
    parallel,
    plain,
    relu,
    repeat,
    residual,
    serial,
)

ROOT2 = 2**0.5
GELU = {"approximate": False}


def case(name, net, shape=(8, 8, 3)):
    return Case(name, "deep", net, *pair(*shape, key="deep"))


def myrtle5():
    for parameterization in ("ntk", "standard"):
        step = [conv(8, (3, 3), padding="SAME", w=ROOT2, b=0.1, parameterization=parameterization), relu()]
        pool = avg_pool((2, 2), (2, 2))
        net = serial(*step, *step, pool, *step, pool, *step, pool, global_avg_pool(), dense(10, ROOT2, 0.1, parameterization))
        yield case(f"Myrtle-5, {parameterization}", net)


def wide_block(channels, strides=(1, 1), mismatch=False):
    main = serial(relu(), conv(channels, (3, 3), strides, "SAME"), relu(), conv(channels, (3, 3), padding="SAME"))
    return residual(main, conv(channels, (3, 3), strides, "SAME") if mismatch else identity())


def wide_group(n, channels, strides=(1, 1)):
    return serial(wide_block(channels, strides, True), *[wide_block(channels)] * (n - 1))


def residual_networks():
    wide = serial(conv(4, (3, 3), padding="SAME"), wide_group(2, 4), wide_group(2, 8, (2, 2)), wide_group(2, 16, (2, 2)))
    yield case("WideResNet, averaged", serial(wide, avg_pool((2, 2)), flatten(), dense(10, 1.0, 0.0)), (6, 6, 3))
    yield case("WideResNet, flattened", serial(wide, flatten(), dense(10)), (6, 6, 3))
    normed = serial(layer_norm(), relu(), conv(6, (3, 3), padding="SAME", b=0.1))
    block = residual(serial(normed, normed))
    stem = conv(6, (3, 3), padding="SAME", w=1.2, b=0.1)
    pooled = serial(
        stem, block, avg_pool((2, 2), (2, 2)), block, avg_pool((3, 3), (2, 2), "SAME", True), block, relu(), global_avg_pool(), dense(10)
    )
    yield case("ResNet with layerNorm and pooling", pooled)
    standard = {"parameterization": "standard", "padding": "SAME", "b": 0.1}
    short = residual(serial(relu(), conv(4, (3, 3), **standard), relu(), conv(4, (3, 3), **standard)), conv(4, (1, 1), **standard))
    yield case("ResNet, standard", serial(conv(4, (3, 3), **standard), short, short, short, relu(), global_avg_pool(), dense(1)), (5, 4, 2))


def plain_networks():
    step = [conv(4, (3, 3), padding="SAME", w=ROOT2, b=0.1), relu()]
    for name, tail in (("globalAvgPool", global_avg_pool), ("flatten", flatten)):
        yield case(f"21 layers, {name}", serial(*step * 21, tail(), dense(10, ROOT2)), (5, 5, 3))
    circular = [conv(4, (3, 3), padding="CIRCULAR", w=1.7, b=0.2), erf()]
    yield case("21 layers of erf, circular, avgPool", serial(*circular * 21, avg_pool((2, 2), (2, 2)), flatten(), dense(1)), (4, 4, 3))
    pair_of_steps = serial(*[conv(3, (3, 3), padding="SAME", w=ROOT2, b=0.1), activation("gelu", approximate=False)] * 2)
    yield case("20 layers of gelu by repeat", serial(repeat(pair_of_steps, 10), global_avg_pool(), dense(1)), (4, 4, 3))
    options = {"padding": "SAME", "w": ROOT2, "b": 0.1, "parameterization": "standard"}
    vgg = [[conv(c, (3, 3), **options), relu(), conv(c, (3, 3), **options), relu(), avg_pool((2, 2), (2, 2))] for c in (4, 8, 16)]
    head = [flatten(), dense(32, ROOT2, 0.1, "standard"), relu(), dense(10, 1.0, 0.1, "standard")]
    yield case("VGG, standard", serial(*sum(vgg, []), *head))
    yield case("VGG without pools, flatten", serial(*[layer for part in vgg for layer in part[:-1]], *head), (4, 4, 3))


def mixtures():
    block = serial(
        residual(serial(layer_norm(), attention(4, b=0.1, pos_emb="SUM", decay="inverseSquare"))),
        residual(serial(layer_norm(), dense(16, ROOT2, 0.1), activation("gelu", **GELU), dense(4, 1.0, 0.1))),
    )
    yield case(
        "transformer, three blocks", serial(dense(4, 1.2, 0.1), block, block, block, layer_norm(), global_avg_pool(), dense(1)), (6, 3)
    )
    patches = serial(conv(4, (2, 2), (2, 2), b=0.1), residual(attention(4, mechanism="RELU", b=0.1)), relu(), flatten(), dense(1))
    yield case("attention over patches", patches, (6, 4, 3))
    down = serial(conv(4, (3, 3), padding="SAME", b=0.1), relu(), avg_pool((2, 2), (2, 2)), conv(4, (3, 3), padding="SAME"), relu())
    up = serial(down, image_resize((-1, 6, 4, -1), "linear"), conv(4, (3, 3), padding="SAME", b=0.1))
    unet = serial(
        fan_out(2),
        parallel(up, conv(4, (1, 1), b=0.1)),
        fan_in_concat(-1),
        conv(2, (3, 3), padding="SAME"),
        relu(),
        global_avg_pool(),
        dense(1),
    )
    yield case("U-net by imageResize", unet, (6, 4, 2))
    decoder = serial(down, conv_transpose(4, (2, 2), (2, 2), b=0.1), relu(), conv(2, (3, 3), padding="SAME"), flatten(), dense(1))
    yield case("encoder and decoder by convTranspose", decoder, (6, 4, 2))
    step = serial(conv(4, (3, 3), padding="SAME", b=0.1), relu(), dropout(0.8))
    net = serial(*[step] * 4, avg_pool((2, 2), (2, 2)), *[step] * 2, global_avg_pool(), dense(1))
    yield Case("dropout in a pooled network, x2 left out", "deep", net, sample(3, 4, 6, 2, key="deep"), None)
    gates = serial(fan_out(2), parallel(serial(dense(5, 1.2, 0.1), erf()), dense(5, 1.1, 0.2)), plain("fanInProd"), dense(5, 1.4, 0.1))
    yield case("gated linear units", serial(dense(5), gates, gates, gates, dense(1)), (7,))
    dense_block = serial(fan_out(2), parallel(identity(), serial(dense(3, 1.3, 0.1), relu())), fan_in_concat(-1))
    yield case("DenseNet of vectors, standard readout", serial(*[dense_block] * 4, dense(1, 1.0, 0.1, "standard")), (5,))
    volume = serial(
        conv(4, (2, 2, 2), padding="SAME", b=0.1), relu(), avg_pool((2, 2, 2), (1, 2, 1)), conv(4, (2, 2, 2), padding="SAME"), relu()
    )
    yield case(
        "volumes",
        serial(volume, residual(conv(4, (2, 1, 2), padding="SAME"), conv(4, (1, 1, 1), b=0.1)), relu(), global_avg_pool(), dense(1)),
        (3, 4, 3, 2),
    )
    ladder = serial(
        fan_out(3),
        parallel(conv(4, (1, 3), padding="SAME"), conv(4, (3, 1), padding="SAME", b=0.1), conv(4, (2, 2), padding="SAME")),
        fan_in_sum(),
    )
    yield case(
        "branches of unequal filters", serial(ladder, relu(), ladder, relu(), avg_pool((2, 2)), global_avg_pool(), dense(1)), (5, 4, 2)
    )


def cases():
    for group in (myrtle5, residual_networks, plain_networks, mixtures):
        yield from group()
