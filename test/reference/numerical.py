"""Duals of the activations without a closed form, in mpmath at 40 digits, in test/fixtures/duals/numerical.json.gz; and with
`constants` as argument the tables of src/duals/numerical/constants.ts on stdout.

tanh, sigmoid, softplus and silu: a logistic variable is 2 kappa z with kappa of Kolmogorov's distribution and z normal (Andrews and
Mallows 1974; Stefanski 1991), so the logistic function is a mixture of normal distribution functions and every dual a double
integral of arc sines and roots over log kappa, by the trapezoidal rule. elu and selu: given u, expectations over v are closed;
over u by Gauss-Legendre on panels that double. Values of each way are confirmed by a plain double integral.
Usage: python numerical.py [constants]
"""

import gzip
import json
import sys
from pathlib import Path

from mpmath import acos, asin, cosh, erfc, exp, expm1, fsum, log, matrix, mp, mpf, ncdf, npdf, nstr, pi, sqrt, tanh

mp.dps = 45
FOLDER = Path(__file__).parent.parent / "fixtures" / "duals"
VARIANCES = [1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 1e4]
CORRELATIONS = ["0", "0.3", "0.9", "0.99", "0.9999", "0.99999999", "1"]
SELU_ALPHA = mpf(1.6732632423543772)
SELU_SCALE = mpf(1.0507009873554805)


def kolmogorov(kappa):
    """Density of Kolmogorov's distribution; of its two series the one that converges fast."""
    if kappa > 0.9:
        return 8 * kappa * fsum((-1) ** (k + 1) * k * k * exp(-2 * k * k * kappa * kappa) for k in range(1, 30))
    terms = [((2 * k - 1) * pi) ** 2 / (8 * kappa * kappa) for k in range(1, 30)]
    return sqrt(2 * pi) / kappa**2 * fsum(exp(-a) * (2 * a - 1) for a in terms)


def trapezoid(step):
    """(sigma, weight): logistic(x) = sum of weight * Phi(x / sigma)."""
    kappas = [exp(step * i) for i in range(int(-3 / step), int(3 / step))]
    return [(2 * kappa, kappa * kolmogorov(kappa) * step) for kappa in kappas if kolmogorov(kappa) > mpf(10) ** -(mp.dps - 3)]


def gauss(count):
    """The Gauss rule of the same measure in log sigma, with `count` points, by the recurrence of its orthogonal polynomials."""
    points = [(log(sigma), weight) for sigma, weight in trapezoid(mpf(1) / 40)]
    x, w = [p[0] for p in points], [p[1] for p in points]
    before, now, norm = [mpf(0)] * len(x), [mpf(1)] * len(x), fsum(w)
    total, jacobi, beta = norm, matrix(count, count), mpf(0)
    for k in range(count):
        alpha = fsum(wi * xi * p * p for xi, wi, p in zip(x, w, now)) / norm
        jacobi[k, k] = alpha
        before, now = now, [(xi - alpha) * p - beta * o for xi, p, o in zip(x, now, before)]
        following = fsum(wi * p * p for wi, p in zip(w, now))
        beta, norm = following / norm, following
        if k + 1 < count:
            jacobi[k, k + 1] = jacobi[k + 1, k] = sqrt(beta)
    values, vectors = mp.eigsy(jacobi)
    return [(exp(values[i]), total * vectors[0, i] ** 2) for i in range(count)]


LOGISTIC = trapezoid(mpf(1) / 18)


def tanh_dual(q1, q2, k):
    """tanh x = 2 logistic(2 x) - 1."""
    nngp, factor = [], []
    for s, a in LOGISTIC:
        for t, b in LOGISTIC:
            product = (q1 + s * s / 4) * (q2 + t * t / 4)
            nngp.append(a * b * asin(k / sqrt(product)))
            factor.append(a * b / sqrt(product - k * k))
    return fsum(nngp) * 2 / pi, fsum(factor) * 2 / pi


def sigmoid_dual(q1, q2, k):
    nngp, factor = tanh_dual(q1 / 4, q2 / 4, k / 4)
    return (1 + nngp) / 4, factor / 16


def softplus_silu(q1, q2, k):
    softplus, logistic, silu, slope = [], [], [], []
    for s, a in LOGISTIC:
        for t, b in LOGISTIC:
            first, second = q1 + s * s, q2 + t * t
            delta = sqrt(first * second - k * k)
            orthant = (pi - acos(k / sqrt(first * second))) / (2 * pi)
            gap = 1 - q1 / first - q2 / second
            spread = q1 * q2 + k * k * gap
            softplus.append(a * b * (delta / (2 * pi) + k * orthant))
            logistic.append(a * b * orthant)
            silu.append(a * b * (k * orthant + spread / (2 * pi * delta)))
            slope.append(a * b * (orthant + k / (2 * pi * delta) * (1 + 2 * gap + spread / delta**2)))
    return {"softplus": (fsum(softplus), fsum(logistic)), "silu": (fsum(silu), fsum(slope))}


def legendre(count):
    """Gauss-Legendre nodes and weights on [0, 1]."""
    rule = []
    for i in range(count):
        x = mp.cos(pi * (i + mpf(3) / 4) / (count + mpf(1) / 2))
        for _ in range(8):
            p0, p1 = mpf(1), x
            for n in range(2, count + 1):
                p0, p1 = p1, ((2 * n - 1) * x * p1 - (n - 1) * p0) / n
            slope = count * (x * p1 - p0) / (x * x - 1)
            x -= p1 / slope
        rule.append(((1 + x) / 2, 1 / ((1 - x * x) * slope * slope)))
    return rule


RULE = legendre(44)
FINER = legendre(60)


def half_line(f, smallest, rule):
    """Integrals of the components of f over (0, infinity); its shortest scale is `smallest`, beyond `last` it is nothing."""
    smallest, last = smallest
    edges = [mpf(0), smallest]
    while edges[-1] < last:
        edges.append(edges[-1] * 2)
    rows = [
        [w * (hi - lo) * value for value in f(lo + (hi - lo) * x)] for lo, hi in zip(edges, edges[1:]) for x, w in rule
    ]
    return [fsum(column) for column in zip(*rows)]


def below(q1, q2, k, rule):
    """With N(x) = exp(x) - 1 and E(x) = exp(x) for x < 0: E[N(u) v+], E[E(u) 1(v > 0)], E[N(u) N(v)], E[E(u) E(v)]."""
    r1 = sqrt(q1)
    spread = sqrt(q2 - k * k / q1)

    def integrand(x):
        mean = -k / q1 * x
        z = mean / spread
        density = npdf(x / r1) / r1
        tail = exp(mean + spread**2 / 2) * erfc((z + spread) / sqrt(mpf(2))) / 2
        positive = spread * npdf(z) + mean * ncdf(z)
        negative = tail - ncdf(-z)
        return [
            density * expm1(-x) * positive,
            density * exp(-x) * ncdf(z),
            density * expm1(-x) * negative,
            density * exp(-x) * tail,
        ]

    scale = min(r1 * spread / sqrt(q2), r1, mpf(1), r1 / sqrt(q2)) / 2
    return half_line(integrand, (scale, 15 * r1), rule)


def parallel(q1, q2, sign, rule):
    """The same for v = sign * u * sqrt(q2 / q1)."""
    r1, ratio = sqrt(q1), sqrt(q2 / q1)

    def integrand(x):
        density, v = npdf(x / r1) / r1, ratio * x
        if sign < 0:
            return [density * expm1(-x) * v, density * exp(-x), mpf(0), mpf(0)]
        return [mpf(0), mpf(0), density * expm1(-x) * expm1(-v), density * exp(-x - v)]

    return half_line(integrand, (min(r1, mpf(1), 1 / ratio) / 2, 15 * r1), rule)


def elu_parts(q1, q2, k, sign, rule):
    product = sqrt(q1 * q2)
    theta = acos(k / product) if sign is None else (mpf(0) if sign > 0 else pi)
    k = k if sign is None else sign * product
    relu = (product * mp.sin(theta) + k * (pi - theta)) / (2 * pi)
    one = below(q1, q2, k, rule) if sign is None else parallel(q1, q2, sign, rule)
    two = one if q1 == q2 else below(q2, q1, k, rule) if sign is None else parallel(q2, q1, sign, rule)
    return relu, (pi - theta) / (2 * pi), one, two


def elu_dual(parts, alpha, scale):
    relu, orthant, one, two = parts
    nngp = relu + alpha * (one[0] + two[0]) + alpha**2 * one[2]
    factor = orthant + alpha * (one[1] + two[1]) + alpha**2 * one[3]
    return scale**2 * nngp, scale**2 * factor


def duals(q1, q2, k, sign):
    """{activation: (nngp, factor)}; sign: of a correlation that is exactly 1 or -1, otherwise None."""
    if sign is not None:
        k = sign * sqrt(q1 * q2)
    parts = elu_parts(q1, q2, k, sign, RULE)
    return {
        "tanh": tanh_dual(q1, q2, k),
        "sigmoid": sigmoid_dual(q1, q2, k),
        **softplus_silu(q1, q2, k),
        "elu": elu_dual(parts, mpf(1), mpf(1)),
        "selu": elu_dual(parts, SELU_ALPHA, SELU_SCALE),
    }


def plain(f, q1, q2, k):
    """E[f(u) f(v)] as a double integral over independent normal variables: no identity used, for smooth f."""
    r1, slope, spread = sqrt(q1), k / sqrt(q1), sqrt(q2 - k * k / q1)
    step, reach = mpf(1) / 12, 12
    points = [step * i for i in range(int(-reach / step), int(reach / step) + 1)]
    weights = [step * npdf(z) for z in points]
    return fsum(
        w * f(r1 * z) * fsum(wy * f(slope * z + spread * y) for y, wy in zip(points, weights)) for z, w in zip(points, weights)
    )


def confirm():
    """Raises unless the identities agree with plain integration and the elu rule with a finer one."""
    q1, q2, k = mpf(1), mpf("0.5"), mpf("0.6")
    ours = duals(q1, q2, k, None)
    logistic = lambda x: 1 / (1 + exp(-x))
    smooth = {
        "tanh": (tanh, lambda x: 1 / cosh(x) ** 2),
        "softplus": (lambda x: log(1 + exp(x)), logistic),
        "silu": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    }
    for name, pair in smooth.items():
        for value, f in zip(ours[name], pair):
            error = abs(value / plain(f, q1, q2, k) - 1)
            assert error < mpf(10) ** -30, (name, nstr(error, 3))
    for q1, q2, rho in [(1e-6, 1e-6, "0.99999999"), (1e4, 1e4, "0.99999999"), (1e4, 1e-6, "-0.9"), (3.0, 1e4, "-0.9999")]:
        q1, q2 = mpf(q1), mpf(q2)
        k = mpf(rho) * sqrt(q1 * q2)
        coarse, fine = (elu_dual(elu_parts(q1, q2, k, None, rule), mpf(1), mpf(1)) for rule in (RULE, FINER))
        for a, b in zip(coarse, fine):
            assert abs(a / b - 1) < mpf(10) ** -25, (q1, q2, rho, nstr(a / b - 1, 3))


def rows():
    for i, first in enumerate(VARIANCES):
        for second in VARIANCES[: i + 1]:
            q1, q2 = mpf(first), mpf(second)
            for text in CORRELATIONS:
                for sign in (1, -1) if text != "0" else (1,):
                    exact = sign * mpf(text) * sqrt(q1 * q2)
                    k = mpf(float(exact)) if text != "1" else exact
                    values = duals(q1, q2, k, sign if text == "1" else None)
                    d = q1 + q2 - 2 * k
                    yield [first, second, float(sign * mpf(text)), float(k), float(d), *(float(x) for pair in values.values() for x in pair)]
        print(first, file=sys.stderr, flush=True)


def scaled_erfc(count):
    """Chebyshev coefficients of (1 + 2 x) exp(x^2) erfc(x) in t = (x - 3.75) / (x + 3.75) (Shepherd and Laframboise 1981)."""

    def value(t):
        x = mpf("3.75") * (1 + t) / (1 - t)
        return (1 + 2 * x) * exp(x * x) * erfc(x)

    samples = [value(mp.cos(pi * (i + mpf(1) / 2) / 60)) for i in range(60)]
    return [fsum(v * mp.cos(pi * k * (i + mpf(1) / 2) / 60) for i, v in enumerate(samples)) / (60 if k == 0 else 30) for k in range(count)]


def write_constants():
    rule = gauss(22)
    tables = {"SIGMA": [p[0] for p in rule], "WEIGHT": [p[1] for p in rule], "SCALED_ERFC": scaled_erfc(25)}
    notes = {
        "SIGMA": "Standard deviations of a mixture of normal distributions that is the logistic one: logistic(x) = Σ WEIGHT Φ(x/SIGMA) to 2e-14.",
        "WEIGHT": "The weights of SIGMA.",
        "SCALED_ERFC": "Chebyshev coefficients of (1 + 2x) exp(x²) erfc(x) in (x − 3.75)/(x + 3.75), x ≥ 0, to 3e-18.",
    }
    print("/** Generated by test/reference/numerical.py. */")
    for name, values in tables.items():
        print(f"\n/** {notes[name]} */\n// biome-ignore format: a table\nexport const {name}: readonly number[] = [")
        for i in range(0, len(values), 4):
            print("  " + " ".join(f"{float(x)!r}," for x in values[i : i + 4]))
        print("];")


if __name__ == "__main__":
    if sys.argv[1:] == ["constants"]:
        write_constants()
    else:
        confirm()
        names = ["tanh", "sigmoid", "softplus", "silu", "elu", "selu"]
        columns = ["q1", "q2", "rho", "k", "d", *(f"{name}.{value}" for name in names for value in ("nngp", "factor"))]
        text = json.dumps({"columns": columns, "rows": list(rows())}, separators=(",", ":"))
        (FOLDER / "numerical.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
