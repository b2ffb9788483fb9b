"""Writes predict/gradient-descent.json.gz: gradient descent on any loss by neural-tangents in float64, with tolerances of 1e-13.

Its solver's default tolerances leave 1e-8; `odeint` is called with tighter ones here. For the mean squared error without momentum the results
are compared with the closed form in NumPy, to 1e-10 of the largest entry.
"""

from functools import partial

import jax
import jax.numpy as jnp
import neural_tangents as nt
import numpy as np
from jax.experimental import ode
from jax.nn import log_softmax, softmax
from neural_tangents._src import predict as predict_module

from predict import kernels_of, problems
from serialize import numbers, write_json

jax.config.update("jax_enable_x64", True)
odeint = ode.odeint
predict_module.ode.odeint = partial(odeint, rtol=1e-13, atol=1e-13)

LEARNING_RATE = 0.5
TIMES = [0.0, 1.0, 8.0, 60.0]
LOSSES = {
    "mse": lambda fx, y: 0.5 * jnp.mean((fx - y) ** 2),
    "crossEntropy": lambda fx, y: -jnp.mean(log_softmax(fx) * y),
    # Smooth, with a gradient that the user gives: tanh(f − y) over the numbers in y.
    "logCosh": lambda fx, y: jnp.mean(jnp.log(jnp.cosh(fx - y))),
}


def closed_form(k, k_td, y, train0, test0, t):
    values, u = np.linalg.eigh(k)
    tau = LEARNING_RATE * t / y.size
    done = -np.expm1(-values * tau)
    residual = u.T @ (y - train0)
    return train0 + u @ (done[:, None] * residual), test0 + k_td @ u @ ((done / values)[:, None] * residual)


def case(name, loss, momentum, k, k_td, y, train0, test0):
    print(name, loss, momentum, flush=True)
    predict = nt.predict.gradient_descent(LOSSES[loss], jnp.array(k), jnp.array(y), LEARNING_RATE, momentum)
    state = predict(np.array(TIMES), nt.predict.ODEState(jnp.array(train0), jnp.array(test0)), None, jnp.array(k_td))
    if loss == "mse" and momentum is None:
        for i, t in enumerate(TIMES):
            for actual, exact in zip((state.fx_train[i], state.fx_test[i]), closed_form(k, k_td, y, train0, test0, t)):
                assert np.max(np.abs(actual - exact)) < 1e-10 * np.max(np.abs(exact)), (name, t)
    optional = lambda value: None if value is None else numbers(value)
    result = {"name": name, "loss": loss, "momentum": momentum, "learningRate": LEARNING_RATE, "t": TIMES}
    result |= {"kTrainTrain": numbers(k), "kTestTrain": numbers(k_td), "yTrain": numbers(y), "fxTrain0": numbers(train0), "fxTest0": numbers(test0)}
    result |= {"fxTrain": numbers(state.fx_train), "fxTest": numbers(state.fx_test)}
    return result | {"qxTrain": optional(state.qx_train), "qxTest": optional(state.qx_test)}


def main():
    cases = []
    for name, network, x_train, x_test, y in problems():
        _, k, k_td, _ = kernels_of(network, x_train, x_test)
        rng = np.random.default_rng(len(cases) + 1)
        train0, test0 = rng.normal(size=y.shape), rng.normal(size=(len(x_test), y.shape[1]))
        for loss in LOSSES:
            if loss == "crossEntropy" and y.shape[1] == 1:
                continue
            targets = np.asarray(softmax(2 * y)) if loss == "crossEntropy" else y
            for momentum in (None, 0.8):
                cases.append(case(name, loss, momentum, k.ntk, k_td.ntk, targets, train0, test0))
    write_json("predict/gradient-descent.json.gz", {"version": "neural-tangents 0.6.5, float64, odeint to 1e-13", "cases": cases})


if __name__ == "__main__":
    main()
