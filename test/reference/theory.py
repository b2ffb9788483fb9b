"""Writes theory/mean-field.json: fixed points of mean-field theory by quadrature of the definitions.

Usage: theory.py. One-dimensional expectations in mpmath to 25 digits, split where an activation has a kink; two-dimensional
ones by the trapezoidal rule, which converges geometrically for analytic activations, refused unless two steps agree.
"""

import math

import numpy as np
from mpmath import mp, mpf
import mpmath
from scipy.special import expit, ndtr

from serialize import write_json

mp.dps = 25

SELU_ALPHA, SELU_SCALE = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")


def elu(alpha, scale=mpf(1)):
    return (
        lambda x: scale * (x if x > 0 else alpha * mpmath.expm1(x)),
        lambda x: scale * (1 if x > 0 else alpha * mpmath.exp(x)),
        lambda x: scale * (0 if x > 0 else alpha * mpmath.exp(x)),
    )


def phi_normal(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


# name: (φ, φ', φ'') in mpmath, and (φ, φ') in NumPy where c* < 1 is wanted.
FUNCTIONS = {
    "tanh": (
        (mpmath.tanh, lambda x: mpmath.sech(x) ** 2, lambda x: -2 * mpmath.tanh(x) * mpmath.sech(x) ** 2),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    ),
    "sigmoid": (
        (
            logistic,
            lambda x: logistic(x) * logistic(-x),
            lambda x: logistic(x) * logistic(-x) * (1 - 2 * logistic(x)),
        ),
        (expit, lambda x: expit(x) * expit(-x)),
    ),
    "softplus": (
        (lambda x: mpmath.log1p(mpmath.exp(-abs(x))) + max(x, 0), logistic, lambda x: logistic(x) * logistic(-x)),
        (lambda x: np.logaddexp(x, 0), expit),
    ),
    "silu": (
        (
            lambda x: x * logistic(x),
            lambda x: logistic(x) * (1 + x * logistic(-x)),
            lambda x: logistic(x) * logistic(-x) * (2 + x * (1 - 2 * logistic(x))),
        ),
        (lambda x: x * expit(x), lambda x: expit(x) * (1 + x * expit(-x))),
    ),
    "gelu": (
        (
            lambda x: x * mpmath.ncdf(x),
            lambda x: mpmath.ncdf(x) + x * phi_normal(x),
            lambda x: (2 - x * x) * phi_normal(x),
        ),
        (lambda x: x * ndtr(x), lambda x: ndtr(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    ),
    "erf": (
        (
            mpmath.erf,
            lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
            lambda x: -4 * x / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
        ),
        (np.vectorize(math.erf), lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
    ),
    "sin": ((mpmath.sin, mpmath.cos, lambda x: -mpmath.sin(x)), (np.sin, np.cos)),
    "cos": ((mpmath.cos, lambda x: -mpmath.sin(x), lambda x: -mpmath.cos(x)), (np.cos, lambda x: -np.sin(x))),
    "elu": (elu(mpf(1)), None),
    "selu": ((elu(SELU_ALPHA, SELU_SCALE)[0], elu(SELU_ALPHA, SELU_SCALE)[1], None), None),
}

# (wStd, bStd), the last with c* < 1 where the activation has a chaotic phase that ends at finite q*.
POINTS = {
    "tanh": [(1.0, 0.2), (1.25, 0.5), (2.0, 0.2), (3.0, 1.0)],
    "sigmoid": [(2.0, 0.3), (12.0, 0.1)],
    "softplus": [(0.9, 0.2), (1.2, 0.0)],
    "silu": [(1.2, 0.3), (1.35, 0.5)],
    "gelu": [(1.2, 0.3), (1.3, 0.5)],
    "erf": [(1.0, 0.4), (1.7, 0.3)],
    "sin": [(1.0, 0.3), (1.5, 0.1), (4.0, 0.5)],
    "cos": [(0.8, 0.3), (3.0, 0.2)],
    "elu": [(1.0, 0.2), (1.15, 0.3)],
    "selu": [(0.8, 0.3), (0.7, 0.1)],
}
# bStd with a point of the critical line at finite variance, and a bracket for its q.
LINES = {
    "tanh": [(math.sqrt(0.05), (0.3, 0.9)), (0.5, (0.5, 2)), (2.0, (3, 12))],
    "sigmoid": [(0.5, (20, 200))],
    "erf": [(math.sqrt(0.05), (0.3, 0.9)), (1.0, (2, 6))],
    "sin": [(0.5, (0.1, 1.5))],
    "gelu": [(0.5, (5, 9))],
    "silu": [(1.0, (30, 50))],
    "elu": [(0.3, (1.5, 4))],
}


def expectation(f, q):
    r = mpmath.sqrt(q)
    return mpmath.quad(lambda z: f(r * z) * phi_normal(z), [-20, -8, -3, -1, 0, 1, 3, 8, 20])


def fixed_variance(phi, w2, b2):
    q = mpf(1)
    for _ in range(400):
        after = w2 * expectation(lambda x: phi(x) ** 2, q) + b2
        if abs(after - q) < mpf("1e-9") * q:
            break
        q = after
    mp.dps = 20
    q = mpmath.findroot(lambda t: w2 * expectation(lambda x: phi(x) ** 2, t) + b2 - t, (q, q * (1 + mpf("1e-6"))), tol=1e-36)
    mp.dps = 25
    return q


def pair(f, q, c, step):
    z = np.arange(-12, 12 + step / 2, step)
    u, v = np.meshgrid(z, z)
    weight = np.exp(-(u * u + v * v) / 2) * step * step / (2 * math.pi)
    r = math.sqrt(q)
    return float(np.sum(weight * f(r * u) * f(r * (c * u + math.sqrt(1 - c * c) * v))))


def checked_pair(f, q, c):
    coarse, fine = pair(f, q, c, 0.06), pair(f, q, c, 0.05)
    assert abs(coarse - fine) < 2e-13 * max(1, abs(fine)), (coarse, fine)
    return fine


def fixed_correlation(phi, slope, q, w2, b2):
    """Newton's method from 0: the map is convex, so the steps increase towards the fixed point."""
    c = 0.0
    for _ in range(60):
        after = c - ((w2 * pair(phi, q, c, 0.06) + b2) / q - c) / (w2 * pair(slope, q, c, 0.06) - 1)
        if abs(after - c) < 1e-15:
            break
        c = after
    assert abs((w2 * checked_pair(phi, q, c) + b2) / q - c) < 1e-13
    return c, w2 * checked_pair(slope, q, c)


def point(name, w_std, b_std):
    (phi, slope, second), numeric = FUNCTIONS[name]
    w2, b2 = mpf(w_std) ** 2, mpf(b_std) ** 2
    q = fixed_variance(phi, w2, b2)
    chi1 = w2 * expectation(lambda x: slope(x) ** 2, q)
    curvature = None if second is None else float(w2 * q * expectation(lambda x: second(x) ** 2, q))
    c, chi_c = (1.0, float(chi1)) if chi1 < 1 else fixed_correlation(*numeric, float(q), float(w2), float(b2))
    print(name, w_std, b_std, float(q), float(chi1), c, chi_c, curvature)
    return dict(kind=name, wStd=w_std, bStd=b_std, qStar=float(q), chi1=float(chi1), cStar=c, chiC=chi_c, curvature=curvature)


def line(name, b_std, bracket):
    phi, slope, _ = FUNCTIONS[name][0]
    mp.dps = 20
    variance = lambda q: 1 / expectation(lambda x: slope(x) ** 2, q)
    q = mpmath.findroot(
        lambda t: t - variance(t) * expectation(lambda x: phi(x) ** 2, t) - mpf(b_std) ** 2, bracket, solver="anderson", tol=1e-34
    )
    mp.dps = 25
    print(name, b_std, float(mpmath.sqrt(variance(q))), float(q))
    return dict(kind=name, bStd=b_std, wStd=float(mpmath.sqrt(variance(q))), qStar=float(q))


if __name__ == "__main__":
    write_json(
        "theory/mean-field.json",
        dict(
            points=[point(name, w, b) for name, pairs in POINTS.items() for w, b in pairs],
            lines=[line(name, b, bracket) for name, entries in LINES.items() for b, bracket in entries],
        ),
    )
