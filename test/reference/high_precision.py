"""Fully connected kernels in mpmath: the textbook formulas at `mp.dps` digits.

A `State` holds the variance of every row, and NNGP and NTK of the listed pairs of rows. Both parameterizations of the NTK
differ only in `dense`. Sources of the formulas: Cho and Saul 2009 (rectified), Williams 1997 (erf), Jacot et al. 2018 (NTK),
Sohl-Dickstein et al. 2020 (standard parameterization).
"""

from dataclasses import dataclass

from mpmath import mp, mpf

from networks import flatten_layers

SIGMOID_LIKE = {"a": 0.5, "b": 1 / 2.4020563531719796, "c": 0.5}


@dataclass
class State:
    """q: variance by row; pairs: (i, j); k, t: NNGP and NTK by pair; width: number of channels."""

    q: list
    pairs: list
    k: list
    t: list
    width: int


def input_state(rows, pairs):
    """Mean products over the channels of `rows`, lists of doubles or of mpf; NTK 0."""
    n = len(rows[0])
    exact = [[mpf(v) for v in row] for row in rows]
    dot = lambda x, y: mp.fsum(a * b for a, b in zip(x, y)) / n
    k = [dot(exact[i], exact[j]) for i, j in pairs]
    return State([dot(x, x) for x in exact], pairs, k, [mpf(0)] * len(pairs), n)


def sine_squared(q1, q2, k):
    """1 - correlation^2, exactly 0 where it is rounding: pairs that are parallel in exact arithmetic."""
    product = q1 * q2
    if product == 0:
        return mpf(1)
    ratio = (product - k * k) / product
    return ratio if ratio > mpf(10) ** (20 - mp.dps) else mpf(0)


def dense(state, layer):
    w2 = mpf(layer["wStd"]) ** 2
    b2 = mpf(layer["bStd"] or 0) ** 2
    s_in, s_out = layer["s"]
    q = [w2 * v + b2 for v in state.q]
    k = [w2 * v + b2 for v in state.k]
    if layer["parameterization"] == "ntk":
        t = [new + w2 * old for new, old in zip(k, state.t)]
    else:
        fan_in = mpf(state.width) / s_in
        bias = 0 if layer["bStd"] is None else 1
        t = [fan_in * old_k + w2 * old + bias for old_k, old in zip(state.k, state.t)]
    return State(q, state.pairs, k, t, s_out * layer["outDim"])


def rectified_pair(q1, q2, k, a, b):
    """E[phi(u)phi(v)] and E[phi'(u)phi'(v)] of phi = a min(x,0) + b max(x,0); angle pi/2 where a variance is 0."""
    half_sum, half_difference = (a * a + b * b) / 2, (a - b) ** 2 / (2 * mp.pi)
    sin2 = sine_squared(q1, q2, k)
    if sin2 == 0:
        factor = half_sum if k > 0 else a * b
        return factor * k, factor
    norm = mp.sqrt(q1 * q2)
    if norm == 0:
        return mpf(0), (a + b) ** 2 / 4
    sine = mp.sqrt(sin2)
    factor = half_sum - half_difference * mp.atan2(sine, k / norm)
    return half_difference * norm * sine + factor * k, factor


def rectified(state, a, b):
    a, b = mpf(a), mpf(b)
    duals = [rectified_pair(state.q[i], state.q[j], k, a, b) for (i, j), k in zip(state.pairs, state.k)]
    return activated(state, [(a * a + b * b) / 2 * v for v in state.q], duals)


def erf_pair(q1, q2, k, a, b, c):
    """The same two expectations of phi = a erf(b x) + c."""
    b2 = b * b
    determinant = q1 * q2 * sine_squared(q1, q2, k) if k != 0 else q1 * q2
    root = mp.sqrt(1 + 2 * b2 * (q1 + q2) + 4 * b2 * b2 * determinant)
    return 2 * a * a / mp.pi * mp.atan2(2 * b2 * k, root) + c * c, 4 * a * a * b2 / (mp.pi * root)


def erf(state, a, b, c):
    a, b, c = mpf(a), mpf(b), mpf(c)
    duals = [erf_pair(state.q[i], state.q[j], k, a, b, c) for (i, j), k in zip(state.pairs, state.k)]
    return activated(state, [erf_pair(v, v, v, a, b, c)[0] for v in state.q], duals)


def activated(state, q, duals):
    t = [old * factor for old, (_, factor) in zip(state.t, duals)]
    return State(q, state.pairs, [k for k, _ in duals], t, state.width)


def apply_layer(state, layer):
    kind = layer["kind"]
    if kind == "dense":
        return dense(state, layer)
    if kind in ("identity", "flatten"):
        return state
    if kind in ("erf", "sigmoidLike"):
        p = layer if kind == "erf" else SIGMOID_LIKE
        return erf(state, p["a"], p["b"], p["c"])
    slopes = {
        "relu": lambda: (0, 1),
        "leakyRelu": lambda: (layer["alpha"], 1),
        "abRelu": lambda: (layer["a"], layer["b"]),
        "abs": lambda: (-1, 1),
    }[kind]()
    return rectified(state, *slopes)


def evaluate(network, rows, pairs):
    """The state after the last layer."""
    state = input_state(rows, pairs)
    for layer in flatten_layers(network):
        state = apply_layer(state, layer)
    return state
