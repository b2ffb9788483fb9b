"""Writes test/fixtures/duals/activations-neural-tangents.json: dense -> activation -> dense -> activation -> dense, evaluated by
neural-tangents in float64 on distinct rows, for every activation that it has. RectifiedMonomial is asked for with
diagonal_spatial=True, without which its variances are NaN. Usage: python test/reference/activations_neural_tangents.py
"""

import json
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
from neural_tangents import stax

OUTPUT = Path(__file__).parent.parent / "fixtures" / "duals" / "activations-neural-tangents.json"


def layer(kind, **parameters):
    return {"kind": kind, **parameters}


ACTIVATIONS = [
    (layer("gelu", approximate=False), stax.Gelu()),
    (layer("sin", a=1, b=1, c=0), stax.Sin()),
    (layer("sin", a=1.5, b=0.5, c=0.25), stax.Sin(1.5, 0.5, 0.25)),
    (layer("cos", a=0.75, b=-1.25, c=0.5), stax.Cos(0.75, -1.25, 0.5)),
    (layer("rbf", gamma=0.5), stax.Rbf(0.5)),
    (layer("gabor"), stax.Gabor()),
    (layer("exp", a=0.5, b=0.5), stax.Exp(0.5, 0.5)),
    (layer("gaussian", a=1, b=-1), stax.Gaussian()),
    (layer("expNormalized", gamma=1.5, shift=-0.5, doClip=False), stax.ExpNormalized(1.5, -0.5)),
    *[(layer("monomial", degree=n), stax.Monomial(n)) for n in range(6)],
    *[(layer("rectifiedMonomial", degree=n), stax.RectifiedMonomial(n)) for n in range(5)],
    (layer("polynomial", coef=[0.5, -1, 0.25, 0.125]), stax.Polynomial([0.5, -1, 0.25, 0.125])),
    (layer("sign"), stax.Sign()),
]

W_STD, B_STD = 1.25, 0.3


def main():
    rng = np.random.default_rng(20260101)
    x1, x2 = (np.round(rng.normal(size=(n, 4)), 3) for n in (5, 4))
    cases = []
    for name, phi in ACTIVATIONS:
        dense = lambda: stax.Dense(16, W_std=W_STD, b_std=B_STD)
        _, _, kernel_fn = stax.serial(dense(), phi, dense(), phi, dense())
        k = kernel_fn(x1, x2, ("nngp", "ntk"), diagonal_spatial=name["kind"] == "rectifiedMonomial")
        assert np.all(np.isfinite(k.nngp)) and np.all(np.isfinite(k.ntk)), name
        cases.append({"layer": name, "nngp": np.asarray(k.nngp).ravel().tolist(), "ntk": np.asarray(k.ntk).ravel().tolist()})
    fixture = {"x1": x1.tolist(), "x2": x2.tolist(), "wStd": W_STD, "bStd": B_STD, "cases": cases}
    OUTPUT.write_text(json.dumps(fixture).replace('{"layer"', '\n{"layer"') + "\n")


if __name__ == "__main__":
    main()
