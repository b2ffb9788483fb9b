"""Duals of every closed-form activation on a grid of variances and correlations, and the kernels of two networks on rows that are
coincident, opposite, close, zero, small and large, in test/fixtures/duals/activations.json.gz. Needs mpmath.

Arguments are doubles and are taken as they are: (q1, q2, k, d), d = q1 + q2 - 2k. Where d <= sqrt(q1 q2) the pair is defined by d,
elsewhere by k; the other one is rounded, as callers would have it. The formulas are those of the literature in k, q1, q2 (shared with nothing in
src/), with enough digits that their cancellation does not matter. Numbers that are no normal doubles are null.
Usage: python test/reference/activations.py
"""

import gzip
import json
import math
from pathlib import Path

from mpmath import acos, asin, atan2, binomial, cos, exp, fac, fac2, mp, mpf, pi, sin, sqrt

mp.dps = 140
OUTPUT = Path(__file__).parent.parent / "fixtures" / "duals" / "activations.json.gz"

LARGEST, SMALLEST = mpf(2) ** 1000, mpf(2) ** -970


def correlation(k, q1, q2):
    """Exactly 1 or -1 for coincident and opposite rows, 0 where a row is zero."""
    if k * k >= q1 * q2:
        return mpf(1 if k > 0 else -1 if k < 0 else 0)
    return k / sqrt(q1 * q2)


def rectified(a, b):
    def dual(k, q1, q2):
        s = sqrt(max(q1 * q2 - k * k, mpf(0)))
        angle = atan2(s, k) if q1 * q2 > 0 else pi / 2
        slope = (a * a + b * b) / 2 - (a - b) ** 2 * angle / (2 * pi)
        return (a - b) ** 2 / (2 * pi) * s + slope * k, slope

    return dual


def erf(a, b, c):
    def dual(k, q1, q2):
        p = (1 + 2 * b * b * q1) * (1 + 2 * b * b * q2)
        z = 2 * b * b * k
        return a * a * 2 / pi * asin(z / sqrt(p)) + c * c, 4 * a * a * b * b / pi / sqrt(p - z * z)

    return dual


def gelu(k, q1, q2):
    p = (1 + q1) * (1 + q2)
    delta = sqrt(p - k * k)
    angle = atan2(k, delta)
    value = ((k * k + q1 * q2 * delta**2) / (p * delta) + k * angle) / (2 * pi) + k / 4
    return value, k / (2 * pi * delta) * (1 / delta**2 + (1 - q1 * q2) / p + 1) + mpf(1) / 4 + angle / (2 * pi)


def sine(a, b, c, quarter=0):
    def dual(k, q1, q2):
        twice = cos(2 * c) * (-1 if quarter else 1)
        less, more = exp(b * b * (k - (q1 + q2) / 2)), exp(b * b * (-k - (q1 + q2) / 2))
        return a * a / 2 * (less - twice * more), a * a * b * b / 2 * (less + twice * more)

    return dual


def rbf(gamma):
    def dual(k, q1, q2):
        value = exp(-gamma * (q1 + q2 - 2 * k))
        return value, 2 * gamma * value

    return dual


def gabor(k, q1, q2):
    d, s = 4 * (q1 * q2 - k * k), q1 + q2
    n = 2 * s + d + 1
    front, rise = exp(-(s + d + 2 * k) / (2 * n)), exp(2 * k / n)
    a, b = 1 + 2 * s + 4 * (k * k + q1 * q2), 4 * k * (d + 3 * s + 2)
    return front * (rise - 1) / (2 * sqrt(n)), front / 2 * ((a - b) + rise * (a + b)) / n ** mpf("2.5")


def exponential(a, b):
    def dual(k, q1, q2):
        value = a * a * exp(b * b * ((q1 + q2) / 2 + k))
        return value, b * b * value

    return dual


def gaussian(a, b):
    def dual(k, q1, q2):
        square = (1 - 2 * b * q1) * (1 - 2 * b * q2) - 4 * b * b * k * k
        return a * a / sqrt(square), 4 * a * a * b * b * k / square ** mpf("1.5")

    return dual


def exp_normalized(gamma, shift):
    def dual(k, q1, q2):
        size = sqrt(q1 * q2)
        rho = k / size if size > 0 else mpf(0)
        return size * exp(gamma * (rho + shift)), gamma * exp(gamma * (rho + shift))

    return dual


def polynomial(coef):
    """E[u^a v^b] by Isserlis: sum over the number j of mixed pairs."""

    def moment(a, b, k, q1, q2):
        if (a + b) % 2:
            return mpf(0)
        return sum(
            fac(j) * binomial(a, j) * binomial(b, j) * k**j * odd(a - j) * q1 ** ((a - j) // 2) * odd(b - j) * q2 ** ((b - j) // 2)
            for j in range(min(a, b) + 1)
            if (a - j) % 2 == 0
        )

    def odd(n):
        return fac2(n - 1) if n > 0 else mpf(1)

    def expectation(cs, k, q1, q2):
        return sum(x * y * moment(i, j, k, q1, q2) for i, x in enumerate(cs) if x for j, y in enumerate(cs) if y)

    slopes = [i * x for i, x in enumerate(coef)][1:]
    return lambda k, q1, q2: (expectation(coef, k, q1, q2), expectation(slopes, k, q1, q2) if slopes else mpf(0))


def hermite(n):
    coef = [mpf(0)] * (n + 1)
    for j in range(n // 2 + 1):
        coef[n - 2 * j] = (-1) ** j * fac(n) / (fac(j) * fac(n - 2 * j) * mpf(2) ** j) / sqrt(fac(n))
    return polynomial(coef)


def monomial(n):
    return polynomial([mpf(0)] * n + [mpf(1)])


def rectified_monomial(n):
    """Arc-cosine kernel of order n: J_(n+1) = (2n + 1) cos(theta) J_n + n^2 sin(theta)^2 J_(n-1); step(0) = 1."""

    def orders(k, q1, q2):
        size = sqrt(q1 * q2)
        rho = correlation(k, q1, q2)
        theta = acos(rho)
        js = [pi - theta, sqrt(1 - rho * rho) + (pi - theta) * rho]
        for i in range(1, n + 1):
            js.append((2 * i + 1) * rho * js[i] + i * i * (1 - rho * rho) * js[i - 1])
        return size, js

    def dual(k, q1, q2):
        size, js = orders(k, q1, q2)
        if n == 0:
            zeros = (q1 == 0) + (q2 == 0)
            return js[0] / (2 * pi) if zeros == 0 else mpf(1) / 2 if zeros == 1 else mpf(1), mpf(0)
        return size**n * js[n] / (2 * pi), n * n * size ** (n - 1) * js[n - 1] / (2 * pi)

    return dual


def sign(k, q1, q2):
    return (1 - 2 * acos(correlation(k, q1, q2)) / pi if q1 * q2 > 0 else mpf(0)), mpf(0)


def dec(x):
    return mpf(float(x))


def layer(kind, **parameters):
    return {"kind": kind, **parameters}


ACTIVATIONS = [
    (layer("relu"), rectified(mpf(0), mpf(1))),
    (layer("abs"), rectified(mpf(-1), mpf(1))),
    (layer("leakyRelu", alpha=0.125), rectified(dec(0.125), mpf(1))),
    (layer("abRelu", a=-0.5, b=1.5), rectified(dec(-0.5), dec(1.5))),
    (layer("erf", a=1, b=1, c=0), erf(mpf(1), mpf(1), mpf(0))),
    (layer("erf", a=2, b=0.75, c=0.5), erf(mpf(2), dec(0.75), dec(0.5))),
    (layer("sigmoidLike"), erf(mpf(1) / 2, 1 / dec(2.4020563531719796), mpf(1) / 2)),
    (layer("gelu", approximate=False), gelu),
    (layer("sin", a=1, b=1, c=0), sine(mpf(1), mpf(1), mpf(0))),
    (layer("sin", a=1.5, b=0.5, c=0.25), sine(dec(1.5), dec(0.5), dec(0.25))),
    (layer("sin", a=1, b=2, c=-0.875), sine(mpf(1), mpf(2), dec(-0.875))),
    (layer("cos", a=1, b=1, c=0), sine(mpf(1), mpf(1), mpf(0), 1)),
    (layer("cos", a=0.75, b=-1.25, c=0.5), sine(dec(0.75), dec(-1.25), dec(0.5), 1)),
    (layer("rbf", gamma=1), rbf(mpf(1))),
    (layer("rbf", gamma=0.03125), rbf(dec(0.03125))),
    (layer("gabor"), gabor),
    (layer("exp", a=1, b=1), exponential(mpf(1), mpf(1))),
    (layer("exp", a=0.5, b=-0.25), exponential(dec(0.5), dec(-0.25))),
    (layer("gaussian", a=1, b=-1), gaussian(mpf(1), mpf(-1))),
    (layer("gaussian", a=1.5, b=-0.125), gaussian(dec(1.5), dec(-0.125))),
    (layer("gaussian", a=1, b=0.00390625), gaussian(mpf(1), dec(0.00390625))),
    (layer("expNormalized", gamma=1, shift=-1, doClip=False), exp_normalized(mpf(1), mpf(-1))),
    (layer("expNormalized", gamma=2.5, shift=0.5, doClip=True), exp_normalized(dec(2.5), dec(0.5))),
    *[(layer("hermite", degree=n), hermite(n)) for n in (0, 1, 2, 5)],
    *[(layer("monomial", degree=n), monomial(n)) for n in (0, 1, 2, 3, 6, 11)],
    *[(layer("rectifiedMonomial", degree=n), rectified_monomial(n)) for n in (0, 1, 2, 3, 4, 7, 12)],
    (layer("polynomial", coef=[1, 0.5, 0.25, 0.125]), polynomial([mpf(1), dec(0.5), dec(0.25), dec(0.125)])),
    (layer("polynomial", coef=[0, -1, 0, 2, 1]), polynomial([mpf(0), mpf(-1), mpf(0), mpf(2), mpf(1)])),
    (layer("sign"), sign),
]

VARIANCES = [1e-12, 1e-6, 1e-2, 0.3, 1.0, 7.0, 100.0, 1e4, 1e8]
DISTANCES = [1e-18, 1e-12, 1e-6, 1e-2, 0.25]
CORRELATIONS = [0.375, 0.0, -0.25, -0.875, -0.9999]


def points():
    """(q1, q2, k, d, which defines the pair)"""
    found = []
    for q in VARIANCES:
        found.append((q, q, q, 0.0, "d"))
        found.append((q, q, -q, 4 * q, "k"))
        found += [(q, q, float(mpf(q) - mpf(x * q) / 2), x * q, "d") for x in DISTANCES]
        found += [(q, q, x * q, float(2 * mpf(q) - 2 * mpf(x * q)), "k") for x in CORRELATIONS]
    for i, j in ((0, 3), (1, 2), (3, 4), (4, 5), (3, 6), (4, 7), (6, 8), (2, 8)):
        q1, q2 = VARIANCES[i], VARIANCES[j]
        product = math.sqrt(q1) * math.sqrt(q2)
        for x in (0.9375, *CORRELATIONS):
            k = x * product
            found.append((q1, q2, k, float(mpf(q1) + mpf(q2) - 2 * mpf(k)), "d" if mpf(q1) + mpf(q2) - 2 * mpf(k) <= product else "k"))
    for q in (1e-6, 1.0, 7.0, 1e8):
        near = q * (1 + 2.0**-20)
        least = (sqrt(mpf(q)) - sqrt(mpf(near))) ** 2
        for factor in (1.5, 3e4):
            d = float(least * mpf(factor))
            found.append((q, near, float((mpf(q) + mpf(near) - mpf(d)) / 2), d, "d"))
    found += [(0.0, 0.0, 0.0, 0.0, "d"), (0.0, 1.0, 0.0, 1.0, "k"), (100.0, 0.0, 0.0, 100.0, "k")]
    return found


def normal(x):
    return 0.0 if x == 0 else float(x) if SMALLEST < abs(x) < LARGEST else None


def evaluate(dual, q1, q2, k, d, by):
    q1, q2 = mpf(q1), mpf(q2)
    exact = (q1 + q2 - mpf(d)) / 2 if by == "d" else mpf(k)
    value, factor = dual(exact, q1, q2)
    v1, v2 = dual(q1, q1, q1)[0], dual(q2, q2, q2)[0]
    distance = v1 + v2 - 2 * value if not (q1 == q2 and exact == q1) else mpf(0)
    return [normal(x) for x in (value, factor, distance, v1, v2)]


def valid(name, q):
    """Where the expectation exists: 4 b q < 1."""
    return not (name["kind"] == "gaussian" and name["b"] > 0 and 4 * name["b"] * q >= 1)


ROWS = [
    [0.5, -1, 2],
    [0.5, -1, 2],
    [-0.5, 1, -2],
    [x * (1 + 2.0**-12) for x in (0.5, -1, 2)],
    [0.5 + 2.0**-18, -1, 2 - 2.0**-17],
    [-0.5, 1 + 2.0**-15, -2],
    [0, 0, 0],
    [1.5, 0.25, -0.75],
    [2.0**-20, 2.0**-19, -3 * 2.0**-20],
    [4, -6, 3],
    [2, 1, 0],
    [-3, 0.125, 0.5],
]


def affine(state, w, b):
    """(K, Theta) -> the dense layer's, NTK parameterization."""
    k, t = state
    after = w * w * k + b * b
    return after, after + w * w * t


def activate(dual, states, i, j):
    """The state of rows i and j after an activation; states holds those of (i, i), (i, j), (j, j)."""
    k = {pair: state[0] for pair, state in states.items()}
    value, factor = dual(k[i, j], k[i, i], k[j, j])
    return value, factor * states[i, j][1]


def layered(dual, w, b, top):
    """NNGP and NTK after dense(w, b), the activation and, if `top`, dense(1) and relu: lower triangles, row by row."""
    pairs = [(i, j) for i in range(len(ROWS)) for j in range(i + 1)]
    dot = lambda i, j: sum(mpf(x) * mpf(y) for x, y in zip(ROWS[i], ROWS[j])) / len(ROWS[0])
    states = {pair: affine((dot(*pair), mpf(0)), w, b) for pair in pairs}
    layers = [dual, rectified(mpf(0), mpf(1))] if top else [dual]
    for n, phi in enumerate(layers):
        if n > 0:
            states = {pair: affine(state, mpf(1), mpf(0)) for pair, state in states.items()}
        states = {pair: activate(phi, states, *pair) for pair in pairs}
    return [[normal(states[pair][field]) for pair in pairs] for field in (0, 1)]


def main():
    grid = points()
    arguments = [[float(x) for x in point[:4]] for point in grid]
    results = []
    for name, dual in ACTIVATIONS:
        rows = []
        for q1, q2, k, d, by in grid:
            inside = valid(name, q1) and valid(name, q2)
            rows.append(evaluate(dual, q1, q2, k, d, by) if inside else None)
        networks = {"plain": layered(dual, mpf(1), mpf(0), False), "biased": layered(dual, dec(1.25), dec(0.25), True)}
        results.append({"layer": name, "values": rows, **networks})
    columns = ["nngp", "factor", "distance", "variance1", "variance2"]
    text = json.dumps({"columns": columns, "arguments": arguments, "rows": ROWS, "activations": results})
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
