"""Duals of the activations in NumPy: (E[f(u)f(v)], E[f'(u)f'(v)]) for (u, v) ~ N(0, [[q1, k], [k, q2]])."""

import math

import numpy as np

from layers_functions import FUNCTIONS


def rectified(k, q1, q2, a, b):
    s = np.sqrt(np.maximum(q1 * q2 - k * k, 0))
    angle = np.where((s == 0) & (k == 0), np.pi / 2, np.arctan2(s, k))
    factor = (a * a + b * b) / 2 - (a - b) ** 2 / (2 * np.pi) * angle
    return (a - b) ** 2 / (2 * np.pi) * s + factor * k, factor


def erf(k, q1, q2, a, b, c):
    k, q1, q2 = b * b * k, b * b * q1, b * b * q2
    root = np.sqrt(1 + 2 * (q1 + q2) + 4 * (q1 * q2 - k * k))
    return a * a * 2 / np.pi * np.arctan2(2 * k, root) + c * c, a * a * b * b * 4 / np.pi / root


def sine(k, q1, q2, a, b, c):
    same = np.exp(b * b * (k - (q1 + q2) / 2))
    opposite = math.cos(2 * c) * np.exp(b * b * (-k - (q1 + q2) / 2))
    return a * a / 2 * (same - opposite), a * a * b * b / 2 * (same + opposite)


def gelu(k, q1, q2):
    p = (1 + q1) * (1 + q2)
    delta = np.sqrt(p - k * k)
    angle = np.arctan2(k, delta)
    value = ((k * k + q1 * q2 * delta**2) / (p * delta) + k * angle) / (2 * np.pi) + k / 4
    slope = k / (2 * np.pi * delta) * (1 / delta**2 + (1 - q1 * q2) / p + 1) + 0.25 + angle / (2 * np.pi)
    return value, slope


def gabor(k, q1, q2):
    d, s = 4 * (q1 * q2 - k * k), q1 + q2
    n = 2 * s + d + 1
    first, second = np.exp(-(s + d + 2 * k) / (2 * n)), np.exp(2 * k / n)
    a, b = 1 + 2 * s + 4 * (k * k + q1 * q2), 4 * k * (d + 3 * s + 2)
    return first * np.expm1(2 * k / n) / (2 * np.sqrt(n)), first * ((a - b) + second * (a + b)) / (2 * n**2.5)


def gaussian(k, q1, q2, a, b):
    delta = np.sqrt((1 - 2 * b * q1) * (1 - 2 * b * q2) - 4 * b * b * k * k)
    return a * a / delta, 4 * a * a * b * b * k / delta**3


def exp_normalized(k, q1, q2, gamma, shift, do_clip):
    norm = np.sqrt(np.maximum(q1 * q2, 1e-30))
    rho = np.clip(k / norm, -1, 1) if do_clip else k / norm
    value = np.exp(gamma * (rho + shift))
    return norm * value, gamma * value


def moment(n):
    """E[z^n], z standard normal."""
    return 0 if n % 2 else math.prod(range(1, n, 2))


def polynomial(k, q1, q2, coef):
    """Both factors expanded in Hermite polynomials: sum of r_l(q1) r_l(q2) rho^l."""
    root1, root2 = np.sqrt(q1), np.sqrt(q2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.where(root1 * root2 > 0, k / (root1 * root2), 0)

    def expansion(root, order):
        terms = range(order, len(coef), 2)
        weight = lambda i: (
            math.factorial(i) / (2 ** ((i - order) // 2) * math.factorial((i - order) // 2) * math.sqrt(math.factorial(order)))
        )
        return sum(coef[i] * weight(i) * root**i for i in terms)

    return sum(expansion(root1, order) * expansion(root2, order) * rho**order for order in range(len(coef)))


def with_slopes(value, coef, k, q1, q2):
    derivative = [i * c for i, c in enumerate(coef)][1:] or [0]
    return value(k, q1, q2, coef), value(k, q1, q2, derivative)


def monomial(k, q1, q2, degree):
    return with_slopes(polynomial, [0] * degree + [1], k, q1, q2)


def arc_cosine(k, q1, q2, n):
    """Cho & Saul 2009, orders 0 to 3; order n has n^2 times order n - 1 as its dual of derivatives."""
    s = np.sqrt(np.maximum(q1 * q2 - k * k, 0))
    theta = np.arctan2(s, k)
    sin, cos, rest = np.sin(theta), np.cos(theta), np.pi - theta
    segments = [
        rest,
        sin + rest * cos,
        3 * sin * cos + rest * (1 + 2 * cos**2),
        4 * sin**3 + 15 * sin * cos**2 + rest * (9 * sin**2 * cos + 15 * cos**3),
    ]
    return (np.sqrt(q1) * np.sqrt(q2)) ** n * segments[n] / (2 * np.pi)


def rectified_monomial(k, q1, q2, n):
    return arc_cosine(k, q1, q2, n), n * n * arc_cosine(k, q1, q2, n - 1) if n else 0 * k


def sign(k, q1, q2):
    s = np.sqrt(np.maximum(q1 * q2 - k * k, 0))
    angle = np.where((s == 0) & (k == 0), np.pi / 2, np.arctan2(s, k))
    return 1 - 2 * angle / np.pi, 0 * k


def users(k, q1, q2, layer):
    """The user's dual; where the derivative is not given, by differentiation with jax."""
    import jax

    dual = FUNCTIONS[layer["nngpFn"]]
    slopes = FUNCTIONS[layer["dNngpFn"]] if layer["dNngpFn"] else np.vectorize(jax.grad(dual))
    q1, q2 = np.broadcast_to(q1, k.shape), np.broadcast_to(q2, k.shape)
    return np.asarray(dual(k, q1, q2)), np.asarray(slopes(k, q1, q2), np.float64)


# Closed forms of the functions that the fixtures give to elementwiseNumerical.
NUMERICAL = {
    "sine": lambda k, q1, q2: sine(k, q1, q2, 1, 1, 0),
    "bell": lambda k, q1, q2: gaussian(k, q1, q2, 1, -0.25),
    "cubic": lambda k, q1, q2: with_slopes(polynomial, [0, -1, 0, 1], k, q1, q2),
}

DUALS = {
    "relu": lambda k, q1, q2, layer: rectified(k, q1, q2, 0, 1),
    "abs": lambda k, q1, q2, layer: rectified(k, q1, q2, -1, 1),
    "leakyRelu": lambda k, q1, q2, layer: rectified(k, q1, q2, layer["alpha"], 1),
    "abRelu": lambda k, q1, q2, layer: rectified(k, q1, q2, layer["a"], layer["b"]),
    "erf": lambda k, q1, q2, layer: erf(k, q1, q2, layer["a"], layer["b"], layer["c"]),
    "sigmoidLike": lambda k, q1, q2, layer: erf(k, q1, q2, 0.5, 1 / 2.4020563531719796, 0.5),
    "gelu": lambda k, q1, q2, layer: gelu(k, q1, q2),
    "sin": lambda k, q1, q2, layer: sine(k, q1, q2, layer["a"], layer["b"], layer["c"]),
    "cos": lambda k, q1, q2, layer: sine(k, q1, q2, layer["a"], layer["b"], layer["c"] + math.pi / 2),
    "rbf": lambda k, q1, q2, layer: sine(k, q1, q2, math.sqrt(2), math.sqrt(2 * layer["gamma"]), math.pi / 4),
    "gabor": lambda k, q1, q2, layer: gabor(k, q1, q2),
    "exp": lambda k, q1, q2, layer: [c * layer["a"] ** 2 * np.exp(layer["b"] ** 2 * ((q1 + q2) / 2 + k)) for c in (1, layer["b"] ** 2)],
    "gaussian": lambda k, q1, q2, layer: gaussian(k, q1, q2, layer["a"], layer["b"]),
    "expNormalized": lambda k, q1, q2, layer: exp_normalized(k, q1, q2, layer["gamma"], layer["shift"], layer["doClip"]),
    "hermite": lambda k, q1, q2, layer: (k ** layer["degree"], layer["degree"] * k ** max(layer["degree"] - 1, 0)),
    "monomial": lambda k, q1, q2, layer: monomial(k, q1, q2, layer["degree"]),
    "rectifiedMonomial": lambda k, q1, q2, layer: rectified_monomial(k, q1, q2, layer["degree"]),
    "polynomial": lambda k, q1, q2, layer: with_slopes(polynomial, layer["coef"], k, q1, q2),
    "sign": lambda k, q1, q2, layer: sign(k, q1, q2),
    "elementwise": users,
    "elementwiseNumerical": lambda k, q1, q2, layer: NUMERICAL[layer["fn"]](k, q1, q2),
}
