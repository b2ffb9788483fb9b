"""Writes predict/finite-times.json.gz: predictions at finite times, in float64.

`cases`: neural-tangents on the problems of predict.py (their kernels are in predict/neural-tangents.json), compared with the closed form
in NumPy first, to 1e-9 of the largest entry. `singular`: kernels with eigenvalues that are exactly 0, where neural-tangents divides 0 by 0, in 50
digits with mpmath.
"""

import jax
import mpmath as mp
import neural_tangents as nt
import numpy as np

from predict import assert_close, gaussian, kernels_of, problems
from serialize import numbers, write_json

jax.config.update("jax_enable_x64", True)
mp.mp.dps = 50

LEARNING_RATE = 0.5
REGULARIZERS = ((0.0, False), (1e-3, False), (0.05, True))
TIMES = [0.0, 1.0, 30.0, 1e3, 1e5]


def spectrum(matrix, diag_reg, absolute):
    ridge = diag_reg if absolute else diag_reg * np.trace(matrix) / len(matrix)
    values, vectors = np.linalg.eigh(matrix + ridge * np.eye(len(matrix)))
    return np.maximum(values, 0), vectors


def gradient_descent_mse(k, k_td, y, rng):
    """Scalars, an array and a matrix of times; initial outputs zero, given, or None for the side that is not wanted."""
    fx_train, fx_test = rng.normal(size=y.shape), rng.normal(size=(len(k_td.ntk), y.shape[1]))
    starts = [(0.0, 0.0, 7.0), (fx_train, fx_test, TIMES), (fx_train, None, [[2.0, 20.0], [200.0, 0.0]]), (None, fx_test, [3.0])]
    for diag_reg, absolute in REGULARIZERS:
        predict = nt.predict.gradient_descent_mse(k.ntk, y, LEARNING_RATE, diag_reg, absolute)
        values, u = spectrum(k.ntk, diag_reg, absolute)
        for train0, test0, t in starts:
            result = predict(np.array(t), train0, test0, None if test0 is None else k_td.ntk)
            both = train0 is not None and test0 is not None
            train, test = result if both else (result, None) if test0 is None else (None, result)
            tau = LEARNING_RATE * np.array(t)[..., None] / y.size
            done = -np.expm1(-values * tau)
            residual = u.T @ (y - (0.0 if train0 is None else train0))
            if train is not None:
                assert_close(train, train0 + np.einsum("ni,...i,io->...no", u, done, residual), "training")
            if test is not None:
                assert_close(test, test0 + np.einsum("mi,...i,io->...mo", k_td.ntk @ u, done / values, residual), "test")
            optional = lambda value: value if value is None or isinstance(value, float) else numbers(value)
            yield {
                "diagReg": diag_reg,
                "diagRegAbsoluteScale": absolute,
                "learningRate": LEARNING_RATE,
                "t": t,
                "fxTrain0": optional(train0),
                "fxTest0": optional(test0),
                "fxTrain": optional(train),
                "fxTest": optional(test),
            }


def ensemble(kernel_fn, x_train, x_test, y):
    """On the test set and (x_test left out) on the training set; there neural-tangents regularizes at finite times."""
    get = ("nngp", "ntk")
    for (diag_reg, absolute), t in zip(REGULARIZERS, ([0.0, 10.0], 100.0, [[1.0], [1e4]])):
        predict = nt.predict.gradient_descent_mse_ensemble(kernel_fn, x_train, y, LEARNING_RATE, diag_reg, absolute)
        for on_test in (True, False):
            result = predict(np.array(t), x_test if on_test else None, get, compute_cov=True)
            yield {
                "diagReg": diag_reg,
                "diagRegAbsoluteScale": absolute,
                "learningRate": LEARNING_RATE,
                "t": t,
                "on": "test" if on_test else "train",
                **{name: gaussian(getattr(result, name)) for name in get},
            }


def singular_cases():
    """name: (kernel of train and test inputs together, rows of the training set, y): integers, so that the kernel is exactly singular."""
    rng = np.random.default_rng(8)
    gram = lambda x: (x @ x.T).astype(float)
    low = rng.integers(-3, 4, size=(9, 2))
    repeated = rng.integers(-3, 4, size=(8, 4))
    repeated[1] = repeated[0]
    yield "two equal samples", np.ones((3, 3)), 2, np.array([[1.0], [2.0]])
    yield "a zero kernel", np.zeros((4, 4)), 3, rng.normal(size=(3, 2))
    yield "rank two", gram(low), 6, rng.normal(size=(6, 2))
    yield "a repeated row", gram(repeated), 5, rng.normal(size=(5, 1))


def exact(kernel, n, y, t):
    """f on the training and test sets from f0 = 0, with (1 - exp(-x tau))/x = tau at x = 0."""
    tau = mp.mpf(t) * LEARNING_RATE / y.size
    values, u = mp.eigsy(mp.matrix(kernel[:n, :n].tolist()))
    zero = lambda x: abs(x) < mp.mpf(10) ** -30
    gains = [tau if zero(x) else -mp.expm1(-x * tau) / x for x in values]
    residual = u.T * mp.matrix(y.tolist())
    weights = u * mp.diag(gains) * residual
    done = u * mp.diag([0 if zero(x) else -mp.expm1(-x * tau) for x in values]) * residual
    plain = lambda matrix: [[float(matrix[i, j]) for j in range(matrix.cols)] for i in range(matrix.rows)]
    return plain(done), plain(mp.matrix(kernel[n:, :n].tolist()) * weights)


def singular():
    for name, kernel, n, y in singular_cases():
        results = [exact(kernel, n, y, t) for t in TIMES]
        theirs = nt.predict.gradient_descent_mse(kernel[:n, :n], y, LEARNING_RATE)(np.array(TIMES), 0.0, 0.0, kernel[n:, :n])
        print(name, "NaN in neural-tangents:", bool(np.isnan(np.asarray(theirs[1])).any()))
        yield {
            "name": name,
            "learningRate": LEARNING_RATE,
            "t": TIMES,
            "kTrainTrain": numbers(kernel[:n, :n]),
            "kTestTrain": numbers(kernel[n:, :n]),
            "yTrain": numbers(y),
            "fxTrain": [train for train, _ in results],
            "fxTest": [test for _, test in results],
        }


def case(name, network, x_train, x_test, y):
    kernel_fn, k, k_td, _ = kernels_of(network, x_train, x_test)
    return {
        "name": name,
        "gradientDescentMse": list(gradient_descent_mse(k, k_td, y, np.random.default_rng(7))),
        "gradientDescentMseEnsemble": list(ensemble(kernel_fn, x_train, x_test, y)),
    }


def main():
    source = "neural-tangents 0.6.5, jax 0.4.23, float64, and mpmath; test/reference/predict_times.py"
    cases = [case(*problem) for problem in problems()]
    write_json("predict/finite-times.json.gz", {"source": source, "cases": cases, "singular": list(singular())})


if __name__ == "__main__":
    main()
