"""Cases of the activations: all 21 of the reference in convolutional networks, with flatten and with a global pool."""

from layers_case import Case, pair
from layers_dsl import activation, conv, dense, elementwise, elementwise_numerical, flatten, global_avg_pool, layer_norm, serial

# name: (layer, wStd of the convolutions)
SMOOTH = {
    "relu": (activation("relu"), 1.4),
    "leakyRelu": (activation("leakyRelu", alpha=0.1), 1.3),
    "abRelu": (activation("abRelu", a=-0.5, b=1.3), 1.1),
    "abs": (activation("abs"), 1.0),
    "erf": (activation("erf", a=1.5, b=0.7, c=-0.2), 1.3),
    "erf, defaults": (activation("erf", a=1, b=1, c=0), 1.3),
    "sigmoidLike": (activation("sigmoidLike"), 1.6),
    "gelu": (activation("gelu", approximate=False), 1.5),
    "sin": (activation("sin", a=1.2, b=0.8, c=0.3), 1.1),
    "sin, defaults": (activation("sin", a=1, b=1, c=0), 1.2),
    "cos": (activation("cos", a=0.9, b=1.1, c=-0.4), 1.1),
    "cos, defaults": (activation("cos", a=1, b=1, c=0), 1.2),
    "rbf": (activation("rbf", gamma=0.3), 1.2),
    "gabor": (activation("gabor"), 1.2),
    "exp": (activation("exp", a=0.6, b=0.5), 0.9),
    "gaussian": (activation("gaussian", a=1.1, b=-0.6), 1.2),
    "gaussian, defaults": (activation("gaussian", a=1, b=-1), 1.2),
    "expNormalized": (activation("expNormalized", gamma=0.7, shift=-0.4, doClip=False), 1.2),
    "expNormalized, doClip": (activation("expNormalized", gamma=1, shift=-1, doClip=True), 1.2),
    "monomial 1": (activation("monomial", degree=1), 1.1),
    "monomial 2": (activation("monomial", degree=2), 0.8),
    "monomial 3": (activation("monomial", degree=3), 0.7),
    "monomial 5": (activation("monomial", degree=5), 0.6),
    "polynomial": (activation("polynomial", coef=[0.3, -0.7, 0.2, 0.1]), 0.9),
    "polynomial, odd": (activation("polynomial", coef=[0, 1, 0, -0.15, 0, 0.01]), 0.9),
    "elementwise": (elementwise("square", "squareDual", "squareSlopes"), 0.8),
    "elementwise, slopes by differentiation": (elementwise("wave", "waveDual"), 0.9),
    "elementwise, a bell": (elementwise("bell", "bellDual"), 1.1),
}

NUMERICAL = {
    "elementwiseNumerical sine": (elementwise_numerical("sine", 25, "cosine"), 0.5),
    "elementwiseNumerical sine, df left out": (elementwise_numerical("sine", 25), 0.5),
    "elementwiseNumerical cubic": (elementwise_numerical("cubic", 8), 0.6),
    "elementwiseNumerical bell": (elementwise_numerical("bell", 60), 0.5),
}

# The shape of a network with these is unknown to the reference, which makes its standard parameterization wrong too.
WITHOUT_APPLY = ("expNormalized",)


def kind(act):
    return act.json["kind"]


def body(act, w, *tail, parameterization="ntk"):
    options = {"w": w, "b": 0.2, "parameterization": parameterization}
    return serial(conv(5, (2, 2), **options), act, conv(4, (2, 2), padding="SAME", **options), act, *tail, dense(1, **options))


def case(name, act, net, shape=(4, 3, 2)):
    return Case(name, kind(act), net, *pair(*shape, key=kind(act)), shape_is_known=kind(act) not in WITHOUT_APPLY)


def in_convolutions():
    for turn, (name, (act, w)) in enumerate(SMOOTH.items()):
        known = kind(act) not in WITHOUT_APPLY
        parameterization = "standard" if turn % 2 and known else "ntk"
        yield case(f"{name}, flatten, {parameterization}", act, body(act, w, flatten(), parameterization=parameterization))
        parameterization = "ntk" if turn % 2 or not known else "standard"
        yield case(f"{name}, globalAvgPool, {parameterization}", act, body(act, w, global_avg_pool(), parameterization=parameterization))


def hermite():
    """After layerNorm: variances of 1."""
    for degree in (0, 1, 2, 3, 6):
        act = activation("hermite", degree=degree)
        for name, tail in (("flatten", flatten), ("globalAvgPool", global_avg_pool)):
            net = serial(
                conv(5, (2, 2), w=1.3, b=0.2), layer_norm(), act, conv(4, (2, 2), w=1.1), layer_norm(), act, tail(), dense(1, b=0.1)
            )
            yield case(f"hermite {degree}, {name}", act, net)


def with_kinks():
    """rectifiedMonomial twice with flatten only: its variances are NaN in the reference where all pairs of locations are kept."""
    for degree in (0, 1, 2, 3):
        act = activation("rectifiedMonomial", degree=degree)
        yield case(f"rectifiedMonomial {degree}, flatten", act, body(act, 0.9, flatten()))
        once = serial(conv(5, (2, 2), w=0.9, b=0.2), act, global_avg_pool(), dense(1, b=0.1, parameterization="standard"))
        yield case(f"rectifiedMonomial {degree}, globalAvgPool", act, once)._replace(variances_are_known=False)
    act = activation("sign")
    yield case("sign, flatten", act, body(act, 1.2, flatten()))
    yield case("sign, flatten, standard", act, body(act, 1.2, flatten(), parameterization="standard"))
    once = serial(conv(5, (2, 2), w=0.9, b=0.2), act, global_avg_pool(), dense(1, b=0.1))
    yield case("sign, globalAvgPool", act, once)._replace(variances_are_known=False)


def constants():
    act = activation("monomial", degree=0)
    net = serial(conv(5, (2, 2), w=0.9, b=0.2), act, flatten(), dense(1, b=0.1))
    yield case("monomial 0, flatten", act, net)
    act = activation("polynomial", coef=[0.5])
    yield case("polynomial, constant", act, serial(conv(5, (2, 2), w=0.9, b=0.2), act, global_avg_pool(), dense(1, b=0.1)))


def numerical():
    for name, (act, w) in NUMERICAL.items():
        yield case(f"{name}, flatten", act, body(act, w, flatten()), (3, 2, 2))
        yield case(f"{name}, globalAvgPool", act, body(act, w, global_avg_pool()), (3, 2, 2))


def cases():
    for group in (in_convolutions, hermite, with_kinks, constants, numerical):
        yield from group()
