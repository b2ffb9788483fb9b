"""Prints the relative error of neural-tangents itself on the exact fixtures, per depth, kernel and kind of pair.

Usage: accuracy.py f64 [--activation relu]. Entries whose exact value is 0 are measured against their stored scale.
"""

import argparse
from collections import defaultdict

import jax
import numpy as np

from networks import mlp, to_neural_tangents
from serialize import read_json


def kind_of_pair(names, i, j):
    if i == j:
        return "diagonal"
    bases = [name.split(" at ")[0].removeprefix("duplicate of ") for name in (names[i], names[j])]
    if bases[0] != bases[1]:
        return "other"
    return "near-coincident" if " at " in names[i] + names[j] else "coincident"


def kernels(case, rows, dtype):
    """(fixture field, matrix) for NNGP and both NTKs."""
    for field, parameterization in (("ntk", "ntk"), ("ntkStandard", "standard")):
        network = mlp(case["activation"], case["depth"], case["outDim"], case["wStd"], case["bStd"], parameterization)
        init_fn, _, kernel_fn = to_neural_tangents(network)
        jax.eval_shape(lambda key: init_fn(key, rows.shape)[1], jax.random.PRNGKey(0))
        kernel = kernel_fn(rows.astype(dtype), None, ("nngp", "ntk"))
        if field == "ntk":
            yield "nngp", np.asarray(kernel.nngp, np.float64)
        yield field, np.asarray(kernel.ntk, np.float64)


def errors(case, rows, names, dtype):
    for field, matrix in kernels(case, rows, dtype):
        position = 0
        for i in range(len(rows)):
            for j in range(i + 1):
                exact, kappa = case[field][position], case[field + "Kappa"][position]
                scale = abs(exact) if exact else kappa
                difference = abs(matrix[i, j] - exact)
                yield field, kind_of_pair(names, i, j), difference / scale if difference else 0.0
                position += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dtype", choices=("f64", "f32"))
    parser.add_argument("--activation", default=None)
    parser.add_argument("--input", default="main")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", options.dtype == "f64")
    fixture = read_json(f"kernels/exact-{options.dtype}.json.gz")
    worst = defaultdict(lambda: (0.0, None))
    for case in fixture["cases"]:
        if case["input"] != options.input or options.activation not in (None, case["activation"]["kind"]):
            continue
        inputs = fixture["inputs"][case["input"]]
        label = f"{case['activation']['kind']} {case['regime']} bStd {case['bStd']}"
        for field, kind, error in errors(case, np.array(inputs["rows"]), inputs["names"], {"f64": np.float64, "f32": np.float32}[options.dtype]):
            key = (case["depth"], "nngp" if field == "nngp" else "ntk", kind)
            if not error <= worst[key][0]:
                worst[key] = (error, label)
    for key in sorted(worst):
        print(*key, f"{worst[key][0]:.1e}", worst[key][1])


if __name__ == "__main__":
    main()
