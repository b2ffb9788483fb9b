"""Writes layers/*.json.gz: every layer and option, deep networks, masks, graphs and composition, by neural-tangents in float64.

Every value is compared with layers_numpy.py first. Usage: layers.py [part …] [--check: print the differences, write nothing]
"""

import argparse
import importlib
import warnings

import jax
import numpy as np

from layers_numpy import evaluate
from serialize import write_json

jax.config.update("jax_enable_x64", True)
warnings.filterwarnings("ignore")

PARTS = ("linear", "activations", "structure", "attention", "graphs", "masks", "deep", "layouts")
AGREEMENT = 1e-11
# The reference's NTK of a sample with itself, where x2 is left out or equals x1, is wrong in the 7th digit: NumPy's stands there.
DIAGONAL_AGREEMENT = 1e-5


def reference(case):
    """The kernel of neural-tangents, axes in their natural order."""
    options = {"mask_constant": case.mask, "diagonal_spatial": case.diagonal}
    options = {name: value for name, value in options.items() if value is not None} | {"pattern": case.pattern or (None, None)}
    if case.first is None:
        kernel = case.net.nt[2](case.x1, case.x2, None, **options)
    else:
        between = case.first.nt[2](case.x1, case.x2, None, **options)
        kernel = case.net.nt[2](between, None, None, pattern=options["pattern"])
    return kernel.reverse() if kernel.is_reversed else kernel


def relative_errors(actual, expected):
    return np.where(actual == expected, 0, np.abs(actual - expected) / np.maximum(np.abs(expected), 1e-300))


def is_copy(case):
    """x2 is given and equals x1: one and the same set of samples for dropout."""
    return not isinstance(case.x1, list) and case.x2 is not None and np.array_equal(case.x1, case.x2)


def confirmed(case):
    """The values to store, and the largest differences from NumPy: of entries, of a sample with itself."""
    symmetric = case.x2 is None or is_copy(case)
    network = case.net.json if case.first is None else {"kind": "serial", "layers": [case.first.json, case.net.json]}
    expected = evaluate(network, case.x1, None if is_copy(case) else case.x2, case.mask, case.pattern, bool(case.diagonal))
    kernel = reference(case)
    worst = {"entries": 0.0, "diagonal": 0.0}
    for field in ("nngp", "ntk", "cov1", "cov2") if case.variances_are_known else ("nngp", "ntk"):
        if expected[field] is None:
            continue
        actual = np.broadcast_to(np.asarray(getattr(kernel, field)), expected[field].shape)
        error = relative_errors(actual, expected[field])
        own = np.zeros(error.shape, bool)
        if symmetric and not field.startswith("cov"):
            own[np.arange(len(own)), np.arange(len(own))] = True
        worst["entries"] = max(worst["entries"], error[~own].max(initial=0))
        worst["diagonal"] = max(worst["diagonal"], error[own].max(initial=0))
        if not field.startswith("cov"):
            expected[field] = np.where(own, expected[field], actual)
    check_shapes(case, kernel, expected)
    return expected, worst


def check_shapes(case, kernel, expected):
    shapes = [list(kernel.shape1), list(kernel.shape2)]
    if case.shape_is_known:
        assert shapes == [expected["shape1"], expected["shape2"]], f"{case.name}: shapes {shapes}, {expected['shape1']}"
    assert kernel.is_gaussian == expected["isGaussian"], f"{case.name}: isGaussian {kernel.is_gaussian}"


def stored(array):
    """Shape and numbers; NaN, a mask constant, is null."""
    values = np.asarray(array, dtype=np.float64).ravel() + 0.0
    return {"shape": list(np.shape(array)), "data": [None if np.isnan(v) else float(v) for v in values]}


class Inputs:
    """Arrays by name, each once."""

    def __init__(self):
        self.arrays = {}

    def name(self, x):
        if x is None:
            return None
        if isinstance(x, list):
            return [self.name(part) for part in x]
        value = stored(x)
        for name, other in self.arrays.items():
            if other == value:
                return name
        name = f"{'x'.join(map(str, value['shape']))} {len(self.arrays)}"
        self.arrays[name] = value
        return name


def fixture(case, expected, inputs):
    options = {"maskConstant": "NaN" if case.mask is not None and np.isnan(case.mask) else case.mask}
    options["diagonalSpatial"] = case.diagonal
    options["pattern"] = None if case.pattern is None else [stored(p) for p in case.pattern]
    options["first"] = None if case.first is None else case.first.json
    entry = {"name": case.name, "group": case.group, "network": case.net.json}
    entry |= {"x1": inputs.name(case.x1), "x2": inputs.name(case.x2)}
    entry |= {name: value for name, value in options.items() if value is not None}
    for field in ("nngp", "ntk", "cov1"):
        entry[field] = stored(expected[field])
    return entry | {field: expected[field] for field in ("shape1", "shape2", "isGaussian")}


def write_part(part, check):
    inputs, entries, names = Inputs(), [], set()
    for case in importlib.import_module(f"layers_{part}").cases():
        assert case.name not in names, case.name
        names.add(case.name)
        expected, worst = confirmed(case)
        agrees = worst["entries"] < AGREEMENT and worst["diagonal"] < DIAGONAL_AGREEMENT
        if check:
            print(f"{worst['entries']:.1e} {worst['diagonal']:.1e} {'' if agrees else 'DIFFERS '}{case.name}", flush=True)
        assert check or agrees, f"{case.name}: {worst}"
        entries.append(fixture(case, expected, inputs))
    print(f"{part}: {len(entries)} networks")
    if not check:
        source = "neural-tangents 0.6.5, jax 0.4.23, float64, confirmed by NumPy; test/reference/layers.py"
        write_json(f"layers/{part}.json.gz", {"source": source, "inputs": inputs.arrays, "cases": entries})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    for part in options.parts:
        write_part(part, options.check)


if __name__ == "__main__":
    main()
