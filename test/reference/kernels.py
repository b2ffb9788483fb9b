"""Writes kernels/neural-tangents.json: fully connected networks evaluated by neural-tangents in float64.

Every entry is compared with mpmath first: off-diagonal entries to 1e-12; the diagonal of the NTK, where the reference
library itself is wrong by 1e-10 to 1e-6 when x2 is left out, only to 1e-5.
"""

import jax
import numpy as np
from mpmath import mp

from high_precision import evaluate
from networks import activation, dense, mlp, serial, to_neural_tangents
from serialize import numbers, write_json

jax.config.update("jax_enable_x64", True)
mp.dps = 50

RELU = activation("relu")
LEAKY = activation("leakyRelu", alpha=0.1)
AB_RELU = activation("abRelu", a=-0.5, b=1.3)
ABS = activation("abs")
ERF = activation("erf", a=1, b=1, c=0)
SCALED_ERF = activation("erf", a=1.5, b=0.7, c=-0.2)
SIGMOID = activation("sigmoidLike")
ACTIVATIONS = {
    "relu": RELU,
    "leakyRelu": LEAKY,
    "leakyRelu-0.3": activation("leakyRelu", alpha=0.3),
    "abRelu": AB_RELU,
    "abRelu-concave": activation("abRelu", a=2, b=0.25),
    "abs": ABS,
    "erf": ERF,
    "erf-scaled": SCALED_ERF,
    "erf-steep": activation("erf", a=0.8, b=2.5, c=0.4),
    "sigmoidLike": SIGMOID,
}


def make_inputs():
    rng = np.random.default_rng(20240222)
    return {
        "a": rng.normal(size=(6, 5)),
        "b": rng.normal(size=(4, 5)),
        "wide": 2 * rng.normal(size=(7, 17)),
        "wide2": 0.5 * rng.normal(size=(3, 17)),
        "single": rng.normal(size=(4, 1)),
        "single2": rng.normal(size=(5, 1)),
        "images": rng.normal(size=(5, 4, 3, 2)),
        "images2": rng.normal(size=(3, 4, 3, 2)),
        "unit": (lambda x: x / np.linalg.norm(x, axis=1, keepdims=True))(rng.normal(size=(5, 8))),
    }


def cases_by_activation():
    """Every activation at depths 1 to 20, both parameterizations, the three kinds of bias, x2 given and left out."""
    biases = [None, 0, 0.35]
    inputs = [("a", "b"), ("a", None), ("wide", "wide2")]
    turn = 0
    for name, act in ACTIVATIONS.items():
        for depth in (1, 2, 3, 5, 10, 20):
            parameterization = "standard" if turn % 2 else "ntk"
            bias, x = biases[turn // 2 % 3], inputs[turn // 3 % 3]
            w_std = [1.4, 1.1, 0.9, 1.7][turn % 4]
            width = [7 + 5 * (layer % 4) for layer in range(depth)]
            yield f"{name} depth {depth}", mlp(act, depth, width, w_std, bias, parameterization), x
            turn += 1


def cases_by_parameterization():
    """One network under every parameterization and bias, with unequal widths."""
    for act in (RELU, ERF, SIGMOID):
        for parameterization in ("ntk", "standard"):
            for bias in (None, 0, 0.2):
                for widths in ([8, 32, 5], [64, 4, 16]):
                    network = mlp(act, 3, widths, 1.3, bias, parameterization, out_dim=3)
                    yield f"{act['kind']} {parameterization} bStd {bias} widths {widths}", network, ("a", "b")


def cases_by_structure():
    identity, flatten = activation("identity"), activation("flatten")
    std = lambda n, w, b: dense(n, w, b, "standard")
    mixed = serial(dense(9, 1.2, 0.1), RELU, std(6, 0.9, 0.3), ERF, dense(4, 1.5), ABS, std(2, 1.1, None))
    nested = serial(serial(dense(6, 1.5, 0.1), serial(RELU)), serial(std(3, 1.2, 0.2), LEAKY, dense(1)))
    unequal = serial(dense(11, 0.7), ERF, dense(3, 2.5, 1.0), SIGMOID, dense(5, 0.3, 0.05), AB_RELU, dense(1, 3.0))
    chain = serial(dense(6, 1.5, 0.1, "standard", (1, 4)), RELU, dense(3, 1.2, 0, "standard", (4, 2)), ERF, dense(1, 0.8, None, "standard", (2, 1)))
    yield "linear ntk", dense(4, 1.7, 0.4), ("a", "b")
    yield "linear standard", std(4, 1.7, 0.4), ("a", "b")
    yield "linear standard without bias", std(4, 1.7, None), ("a", None)
    yield "identity only", identity, ("a", "b")
    yield "identity between", serial(identity, std(8, 1.4, 0.1), identity, RELU, identity, std(1, 1.1, 0)), ("a", "b")
    yield "nested serial", nested, ("a", "b")
    yield "mixed parameterizations", mixed, ("a", "b")
    yield "unequal layers", unequal, ("wide", "wide2")
    yield "dense after dense ntk", serial(dense(7, 1.3, 0.2), dense(5, 0.8, 0.1), RELU, dense(3, 1.1), dense(2, 1.2, 0.3)), ("a", "b")
    yield "dense after dense standard", serial(std(7, 1.3, 0.2), std(5, 0.8, 0), RELU, std(3, 1.1, None), std(2, 1.2, 0.3)), ("a", "b")
    yield "ends in relu", serial(dense(7, 1.3, 0.2), RELU), ("a", "b")
    yield "ends in erf standard", serial(std(7, 1.3, 0.2), RELU, std(12, 1.3, 0.2), SCALED_ERF), ("a", "b")
    yield "ends in abs, x2 left out", serial(std(7, 1.3, None), ABS), ("a", None)
    yield "images ntk", serial(flatten, mlp(RELU, 2, 16, 1.4, 0.1)), ("images", "images2")
    yield "images standard", serial(flatten, mlp(ERF, 3, 12, 1.4, 0.1, "standard")), ("images", "images2")
    yield "images, x2 left out", serial(flatten, mlp(LEAKY, 5, 12, 1.2, 0, "standard")), ("images", None)
    yield "flatten only", flatten, ("images", "images2")
    yield "flatten between", serial(dense(6, 1.3, 0.1), RELU, flatten, std(3, 1.2, 0.2)), ("a", "b")
    yield "one channel", mlp(ERF, 2, 10, 1.6, 0.3, "standard"), ("single", "single2")
    yield "unit rows", mlp(RELU, 10, 20, 2**0.5, None), ("unit", None)
    yield "s chain", chain, ("a", "b")
    yield "zero weights", serial(dense(4, 0.0, 0.5), RELU, dense(1, 1.0)), ("a", "b")


def reference(network, x1, x2):
    init_fn, _, kernel_fn = to_neural_tangents(network)
    init_fn(jax.random.PRNGKey(0), x1.shape)
    return kernel_fn(x1, x2, ("nngp", "ntk", "cov1", "cov2"))


def exact(network, x1, x2):
    n1 = len(x1)
    n2 = n1 if x2 is None else len(x2)
    rows = x1 if x2 is None else np.concatenate([x1, x2])
    offset = 0 if x2 is None else n1
    pairs = [(i, offset + j) for i in range(n1) for j in range(n2)]
    state = evaluate(network, rows.reshape(len(rows), -1).tolist(), pairs)
    as_matrix = lambda values: np.array([float(v) for v in values]).reshape(n1, n2)
    return as_matrix(state.k), as_matrix(state.t)


def difference(actual, expected):
    """Relative, of off-diagonal entries and of the diagonal of a symmetric case; 0 where both are 0."""
    return np.abs(actual - expected) / np.maximum(np.abs(expected), 1e-300)


def check(name, network, x1, x2, kernel):
    ntk = np.broadcast_to(np.asarray(kernel.ntk), kernel.nngp.shape)
    worst = [0.0, 0.0]
    for actual, expected in zip((np.asarray(kernel.nngp), ntk), exact(network, x1, x2)):
        error = difference(actual, expected)
        diagonal = np.eye(*error.shape, dtype=bool) if x2 is None else np.zeros(error.shape, bool)
        worst[0] = max(worst[0], error[~diagonal].max())
        worst[1] = max(worst[1], error[diagonal].max(initial=0))
    assert worst[0] < 1e-12 and worst[1] < 1e-5, f"{name}: off-diagonal {worst[0]:.1e}, diagonal {worst[1]:.1e}"
    return worst


def fixture(name, network, x, inputs):
    x1, x2 = inputs[x[0]], inputs[x[1]] if x[1] else None
    kernel = reference(network, x1, x2)
    worst = check(name, network, x1, x2, kernel)
    ntk = np.broadcast_to(np.asarray(kernel.ntk), kernel.nngp.shape)
    return worst, {
        "name": name,
        "network": network,
        "x1": x[0],
        "x2": x[1],
        "nngp": numbers(kernel.nngp),
        "ntk": numbers(ntk),
        "cov1": numbers(kernel.cov1),
        "cov2": None if kernel.cov2 is None else numbers(kernel.cov2),
    }


def main():
    inputs = make_inputs()
    results = []
    for cases in (cases_by_activation(), cases_by_parameterization(), cases_by_structure()):
        results += [fixture(*case, inputs) for case in cases]
    worst = np.array([w for w, _ in results]).max(axis=0)
    print(f"{len(results)} networks; against mpmath: off-diagonal {worst[0]:.1e}, diagonal {worst[1]:.1e}")
    content = {
        "source": "neural-tangents 0.6.5, jax 0.4.23, float64; test/reference/kernels.py",
        "inputs": {name: {"shape": list(x.shape), "data": numbers(x.ravel())} for name, x in inputs.items()},
        "cases": [case for _, case in results],
    }
    write_json("kernels/neural-tangents.json", content)


if __name__ == "__main__":
    main()
