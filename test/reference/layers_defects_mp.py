"""With 50 digits: fully connected kernels on coincident, opposite, zero and huge rows, and gradient descent in function space."""

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def angular(rho, n):
    """J_n of Cho & Saul (2009), orders 0 to 4: (2n - 1)!! pi at rho = 1, 0 at -1, with J_n' = n^2 J_{n-1}."""
    sin = mp.sqrt(max((1 - rho) * (1 + rho), 0))
    rest = mp.pi - mp.acos(rho)
    return [
        lambda: rest,
        lambda: sin + rest * rho,
        lambda: 3 * sin * rho + rest * (1 + 2 * rho**2),
        lambda: 4 * sin**3 + 15 * sin * rho**2 + rest * (9 * sin**2 * rho + 15 * rho**3),
        lambda: 55 * sin * rho + 50 * sin * rho**3 + rest * (9 + 72 * rho**2 + 24 * rho**4),
    ][n]()


def arc_cosine(k, q1, q2, n):
    """E[u^n v^n; u, v > 0], order 5 by integration of order 4 from rho = -1, where it is 0."""
    rho = k / mp.sqrt(q1) / mp.sqrt(q2)
    if abs(rho) > 1 - mp.mpf(10) ** -40:
        value = mp.pi * mp.fac2(2 * n - 1) if rho > 0 else mp.mpf(0)
    else:
        value = angular(rho, n) if n < 5 else n * n * mp.quad(lambda r: angular(r, n - 1), [-1, rho])
    return (mp.sqrt(q1) * mp.sqrt(q2)) ** n * value / (2 * mp.pi)


def rectified(k, q1, q2, a, b):
    norm = mp.sqrt(q1) * mp.sqrt(q2)
    rho = min(max(k / norm, -1), 1)
    angle, c = mp.acos(rho), mp.mpf((a - b) ** 2) / (2 * mp.pi)
    factor = mp.mpf(a * a + b * b) / 2 - c * angle
    return norm * (c * mp.sqrt((1 - rho) * (1 + rho)) + factor * rho), factor


def sign(k, q1, q2):
    rho = min(max(k / mp.sqrt(q1) / mp.sqrt(q2), -1), 1)
    return 1 - 2 * mp.acos(rho) / mp.pi, mp.mpf(0)


def hermite_expansion(coef, q, order):
    weight = lambda i: mp.factorial(i) / (2 ** ((i - order) // 2) * mp.factorial((i - order) // 2))
    return sum(mp.mpf(coef[i]) * weight(i) * q ** ((i - order) // 2) for i in range(order, len(coef), 2))


def polynomial(k, q1, q2, coef):
    """Sum of k^l / l! times the l-th derivatives' means: no division by a variance."""
    return sum(k**l / mp.factorial(l) * hermite_expansion(coef, q1, l) * hermite_expansion(coef, q2, l) for l in range(len(coef)))


def exp_normalized(k, q1, q2, gamma, shift):
    norm = mp.sqrt(q1) * mp.sqrt(q2)
    value = mp.exp(gamma * (k / norm + shift))
    return norm * value, gamma * value


def sine(k, q1, q2):
    mean = mp.exp(-(q1 + q2) / 2)
    return mean * mp.sinh(k), mean * mp.cosh(k)


def dual(layer, k, q1, q2):
    kind = layer["kind"]
    if kind == "rectifiedMonomial":
        n = layer["degree"]
        return arc_cosine(k, q1, q2, n), n * n * arc_cosine(k, q1, q2, n - 1) if n else mp.mpf(0)
    if kind == "polynomial":
        slopes = [i * c for i, c in enumerate(layer["coef"])][1:]
        return polynomial(k, q1, q2, layer["coef"]), polynomial(k, q1, q2, slopes)
    if kind == "elementwiseNumerical":
        return sine(k, q1, q2)
    if kind == "expNormalized":
        return exp_normalized(k, q1, q2, mp.mpf(layer["gamma"]), mp.mpf(layer["shift"]))
    if kind == "sign":
        return sign(k, q1, q2)
    return rectified(k, q1, q2, layer.get("a", 0), layer.get("b", 1))


def fully_connected(network, rows):
    """The fields of a kernel of a serial of dense layers (NTK parameterization) and activations, x2 left out; what is below 1e-40 is 0."""
    n = len(rows)
    exact = [[mp.mpf(float(v)) for v in row] for row in rows]
    k = [[mp.fdot(a, b) / len(a) for b in exact] for a in exact]
    t = [[mp.mpf(0)] * n for _ in range(n)]
    width, gaussian = len(rows[0]), False
    for layer in network["layers"]:
        gaussian = layer["kind"] == "dense"
        if gaussian:
            w2, b2, width = mp.mpf(layer["wStd"]) ** 2, mp.mpf(layer["bStd"] or 0) ** 2, layer["outDim"]
            k = [[w2 * v + b2 for v in row] for row in k]
            t = [[w2 * t[i][j] + k[i][j] for j in range(n)] for i in range(n)]
        else:
            pairs = [[dual(layer, k[i][j], k[i][i], k[j][j]) for j in range(n)] for i in range(n)]
            t = [[t[i][j] * pairs[i][j][1] for j in range(n)] for i in range(n)]
            k = [[value for value, _ in row] for row in pairs]
    as_array = lambda matrix: np.array([[float(mp.chop(v, mp.mpf(10) ** -40)) for v in row] for row in matrix])
    nngp = as_array(k)
    shape = [n, width]
    return {"nngp": nngp, "ntk": as_array(t), "cov1": np.diag(nngp), "cov2": None, "shape1": shape, "shape2": shape, "isGaussian": gaussian}


def largest_eigenvalue(matrix):
    return max(mp.eigsy(mp.matrix(matrix.tolist()), eigvals_only=True))


def gradient_descent(k_train, k_test, y, t):
    """Outputs from 0 under the gradient flow of the mean squared error, by the series of (1 - exp(-K t / N)) / K."""
    n = y.size
    k = mp.matrix(k_train.tolist())
    flow = mp.expm(-k * (mp.mpf(t) / n), method="taylor")
    train = (mp.eye(len(k_train)) - flow) * mp.matrix(y.tolist())
    values, vectors = mp.eigsy(k)
    phi = lambda v: mp.mpf(t) / n if abs(v) < mp.mpf(10) ** -40 else -mp.expm1(-v * t / n) / v
    weights = vectors * mp.diag([phi(v) for v in values]) * vectors.T * mp.matrix(y.tolist())
    tests = mp.matrix(k_test.tolist()) * weights
    return [[float(v)] for v in train], [[float(v)] for v in tests]
