"""Writes predict/neural-tangents.json: predictions of neural-tangents in float64, from stored kernels.

Every Gaussian is compared with the closed form in NumPy first, to 1e-9 of the largest entry.
"""

from collections import namedtuple

import jax
import neural_tangents as nt
import numpy as np

from networks import activation, dense, mlp, serial, to_neural_tangents
from serialize import numbers, write_json

jax.config.update("jax_enable_x64", True)

Kernels = namedtuple("Kernels", "nngp ntk")
NAMES = ("nngp", "ntk", "ntkgp")
REGULARIZERS = ((0.0, False), (1e-3, False), (0.05, True))


def problems():
    """name: (network, x_train, x_test, y_train); one and several outputs."""
    rng = np.random.default_rng(5)
    deep = serial(dense(8, 1.4, 0.2), activation("erf", a=1, b=1, c=0), mlp(activation("relu"), 2, 8, 1.3, 0.1, "standard"))
    shapes = {
        "relu, one output": (mlp(activation("relu"), 2, 16, 1.5, 0.1), 8, 5, 3, 1),
        "erf, three outputs": (mlp(activation("erf", a=1, b=1, c=0), 1, 16, 1.8, 0.3), 10, 4, 6, 3),
        "mixed standard, two outputs": (deep, 12, 6, 5, 2),
    }
    for name, (network, n, m, d, outputs) in shapes.items():
        yield name, network, rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(n, outputs))


def kernels_of(network, x_train, x_test):
    init_fn, _, kernel_fn = to_neural_tangents(network)
    init_fn(jax.random.PRNGKey(0), x_train.shape)
    pick = lambda k: Kernels(np.asarray(k.nngp), np.asarray(k.ntk))
    get = ("nngp", "ntk")
    return kernel_fn, pick(kernel_fn(x_train, None, get)), pick(kernel_fn(x_test, x_train, get)), pick(kernel_fn(x_test, None, get))


def solve_weights(name, k, k_td, diag_reg, absolute):
    """K_td (K + r I)^-1."""
    g = "ntk" if name == "ntkgp" else name
    matrix = getattr(k, g)
    ridge = diag_reg if absolute else diag_reg * np.trace(matrix) / len(matrix)
    return np.linalg.solve(matrix + ridge * np.eye(len(matrix)), getattr(k_td, g).T).T


def expected(name, k, k_td, k_tt, y, diag_reg, absolute):
    """Mean and covariance: Lee et al. 2019 (ensemble of networks) for ntk, the Gaussian process otherwise."""
    g = "ntk" if name == "ntkgp" else name
    weights = solve_weights(name, k, k_td, diag_reg, absolute)
    if name != "ntk":
        return weights @ y, getattr(k_tt, g) - weights @ getattr(k_td, g).T
    cross = weights @ k_td.nngp.T
    return weights @ y, k_tt.nngp + weights @ k.nngp @ weights.T - cross - cross.T


def assert_close(actual, exact, what):
    error = np.abs(np.asarray(actual) - exact).max() / max(np.abs(exact).max(), 1e-300)
    assert error < 1e-9, f"{what}: {error:.1e}"


def gaussian(result):
    return {"mean": numbers(result.mean), "covariance": numbers(result.covariance)}


def gp_inference(k, k_td, k_tt, y):
    """All three kernels under every regulariser: on the test set, on the training set, and smoothed training outputs."""
    for diag_reg, absolute in REGULARIZERS:
        predict = nt.predict.gp_inference(k, y, diag_reg, absolute)
        test = predict(NAMES, k_td, k_tt)
        for name in NAMES:
            mean, covariance = expected(name, k, k_td, k_tt, y, diag_reg, absolute)
            assert_close(getattr(test, name).mean, mean, name)
            assert_close(getattr(test, name).covariance, covariance, name)
        train = predict(NAMES, None, True)
        smoothed = predict(NAMES, k, k)
        yield {
            "diagReg": diag_reg,
            "diagRegAbsoluteScale": absolute,
            "test": {name: gaussian(getattr(test, name)) for name in NAMES},
            "train": {name: gaussian(getattr(train, name)) for name in NAMES},
            "trainAsTest": {name: gaussian(getattr(smoothed, name)) for name in NAMES},
        }


def gradient_descent_mse(k, k_td, y, rng):
    """t = None with the NTK: initial outputs zero, given, or None for the side that is not wanted."""
    fx_train, fx_test = rng.normal(size=y.shape), rng.normal(size=(len(k_td.ntk), y.shape[1]))
    starts = [(0.0, 0.0), (fx_train, fx_test), (0.0, None), (fx_train, None), (None, fx_test), (None, 0.0)]
    for diag_reg, absolute in REGULARIZERS:
        predict = nt.predict.gradient_descent_mse(k.ntk, y, 1.0, diag_reg, absolute)
        for train0, test0 in starts:
            result = predict(None, train0, test0, None if test0 is None else k_td.ntk)
            both = train0 is not None and test0 is not None
            train, test = result if both else (result, None) if test0 is None else (None, result)
            if test is not None:
                residual = y - (0.0 if train0 is None else train0)
                assert_close(test, test0 + solve_weights("ntk", k, k_td, diag_reg, absolute) @ residual, "gradient descent")
            optional = lambda value: value if value is None or isinstance(value, float) else numbers(value)
            yield {
                "diagReg": diag_reg,
                "diagRegAbsoluteScale": absolute,
                "fxTrain0": optional(train0),
                "fxTest0": optional(test0),
                "fxTrain": optional(train),
                "fxTest": optional(test),
            }


def ensemble(kernel_fn, x_train, x_test, y):
    """t = None, on the test set and (xTest null) on the training set."""
    get = ("nngp", "ntk")
    for diag_reg, absolute in REGULARIZERS:
        predict = nt.predict.gradient_descent_mse_ensemble(kernel_fn, x_train, y, 1.0, diag_reg, absolute)
        for on_test in (True, False):
            result = predict(None, x_test if on_test else None, get, compute_cov=True)
            yield {
                "diagReg": diag_reg,
                "diagRegAbsoluteScale": absolute,
                "on": "test" if on_test else "train",
                **{name: gaussian(getattr(result, name)) for name in get},
            }


def fixture(name, network, x_train, x_test, y):
    kernel_fn, k, k_td, k_tt = kernels_of(network, x_train, x_test)
    pair = lambda kernels: {"nngp": numbers(kernels.nngp), "ntk": numbers(kernels.ntk)}
    return {
        "name": name,
        "network": network,
        "xTrain": numbers(x_train),
        "xTest": numbers(x_test),
        "yTrain": numbers(y),
        "kTrainTrain": pair(k),
        "kTestTrain": pair(k_td),
        "kTestTest": pair(k_tt),
        "conditionNumber": {"nngp": float(f"{np.linalg.cond(k.nngp):.2e}"), "ntk": float(f"{np.linalg.cond(k.ntk):.2e}")},
        "gpInference": list(gp_inference(k, k_td, k_tt, y)),
        "gradientDescentMse": list(gradient_descent_mse(k, k_td, y, np.random.default_rng(6))),
        "gradientDescentMseEnsemble": list(ensemble(kernel_fn, x_train, x_test, y)),
    }


def main():
    cases = [fixture(*problem) for problem in problems()]
    for case in cases:
        print(case["name"], case["conditionNumber"])
    source = "neural-tangents 0.6.5, jax 0.4.23, float64; test/reference/predict.py"
    write_json("predict/neural-tangents.json", {"source": source, "cases": cases})


if __name__ == "__main__":
    main()
