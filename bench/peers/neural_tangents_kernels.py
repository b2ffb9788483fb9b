"""Kernels by neural-tangents: reads JSON [{network, rows}] from stdin, prints [{nngp, ntk}], x2 left out; not finite is null.

Usage: neural_tangents_kernels.py float64 < requests.json
"""

import json
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "reference"))

import jax
import numpy as np

from networks import to_neural_tangents


def kernels(network, rows):
    _, _, kernel_fn = to_neural_tangents(network)
    kernel = kernel_fn(rows, None, ("nngp", "ntk"))
    return {field: finite(np.asarray(getattr(kernel, field), np.float64)) for field in ("nngp", "ntk")}


def finite(matrix):
    return np.where(np.isfinite(matrix), matrix, None).tolist()


def main():
    dtype = sys.argv[1]
    jax.config.update("jax_enable_x64", dtype == "float64")
    print(json.dumps([kernels(request["network"], np.array(request["rows"], dtype)) for request in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
