"""Writes kernels/exact-f64.json.gz and kernels/exact-f32.json.gz: every entry of NNGP and NTK to 1e-50, and its conditioning.

Usage: exact.py [f64] [f32] [--processes n]. See test/fixtures/kernels/README.md for the fields.
"""

import argparse
import math
import time
from multiprocessing import Pool

import numpy as np
from mpmath import mp, mpf

from exact_inputs import input_sets
from high_precision import apply_layer, input_state
from networks import activation, dense
from serialize import write_json

DEPTHS = (1, 3, 20, 100)
DIRECTIONS = 8
STEP = mpf(10) ** -30
DIGITS = {("f64", "extreme"): 800}  # norms of 1e150 and a bias put structure at 1e-300 of a variance
DEFAULT_DIGITS = 150

# Regimes: (ordered, critical, chaotic) wStd without bias, and (ordered, critical, chaotic, bStd) with one.
ACTIVATIONS = [
    (activation("relu"), (1.25, math.sqrt(2), 1.6), (1.25, math.sqrt(2), 1.6, 0.3), 48),
    (activation("leakyRelu", alpha=0.1), (1.25, math.sqrt(2 / 1.01), 1.6), (1.25, math.sqrt(2 / 1.01), 1.6, 0.5), 24),
    (activation("abRelu", a=-0.5, b=1.3), (0.9, 1 / math.sqrt(0.97), 1.125), (0.9, 1 / math.sqrt(0.97), 1.125, 0.25), 32),
    (activation("abs"), (0.875, 1.0, 1.125), (0.875, 1.0, 1.125, 0.2), 40),
    (activation("erf", a=1, b=1, c=0), (0.75, math.sqrt(math.pi) / 2, 1.5), (1.0, 1.172961636, 1.6, math.sqrt(0.05)), 64),
    (activation("erf", a=1.5, b=0.7, c=-0.2), (0.75, 0.9, 1.75), (0.75, 1.1, 1.75, 0.1), 16),
    (activation("sigmoidLike"), (1.25, 6.0, 20.0), (1.25, 6.0, 20.0, 0.4), 56),
]
REGIMES = ("ordered", "critical", "chaotic")


def main_cases():
    """Six per activation: without bias critical and chaotic; bStd 0 ordered; with bias all three regimes."""
    for act, w, (*wb, b), width in ACTIVATIONS:
        yield act, "critical", w[1], None, width
        yield act, "chaotic", w[2], None, width
        yield act, "ordered", w[0], 0, width
        for regime, w_std in zip(REGIMES, wb):
            yield act, regime, w_std, b, width


def extreme_cases():
    """Critical only: elsewhere a product of 100 factors leaves the range of the data. Without sigmoidLike: on opposite
    rows it has a^2 - c^2 = 0 plus 1e-150, which the double of its own constant does not determine."""
    for act, w, (*wb, b), width in ACTIVATIONS:
        if act["kind"] != "sigmoidLike":
            yield act, "critical", w[1], None, width
            yield act, "critical", wb[1], b, width


def one_sided_cases():
    """sigmoidLike, for the extreme rows without the opposite one."""
    act, w, (*wb, b), width = ACTIVATIONS[-1]
    yield act, "critical", w[1], None, width
    yield act, "critical", wb[1], b, width


def states_at_depths(act, layers, rows, pairs):
    """NNGP and NTK of both parameterizations after the readout at every depth: {depth: (nngp, ntk, standard)}."""
    result = {depth: [] for depth in DEPTHS}
    for layer in layers:
        state = input_state(rows, pairs)
        for depth in range(1, max(DEPTHS) + 1):
            state = apply_layer(apply_layer(state, layer), act)
            if depth in DEPTHS:
                readout = apply_layer(state, layer)
                result[depth] += [readout.t] if result[depth] else [readout.k, readout.t]
    return result


def perturbed(rows, direction):
    """Every element times 1 +- 1e-30; equal and opposite rows by the same signs: duplicates stay duplicates."""
    rng = np.random.default_rng([7, direction])
    signs = {}
    key = lambda row: max(tuple(row), tuple(-v for v in row))
    for row in rows:
        signs.setdefault(key(row), rng.choice([-1, 1], size=len(row)))
    return [[mpf(v) * (1 + int(s) * STEP) for v, s in zip(row, signs[key(row)])] for row in rows]


def round_up(value):
    """Two significant digits, not below 0.01."""
    if value <= 0.01:
        return 0.01
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    rounded = float(f"{math.ceil(value / unit) * unit:.1e}")
    return int(rounded) if rounded >= 10 else rounded


def conditioning(base, moved, diagonal, pairs):
    """kappa of every entry; the scale sqrt(V_ii V_jj) of an entry that is exactly 0."""
    kappa = []
    for p, (i, j) in enumerate(pairs):
        if base[p] == 0:
            kappa.append(float(mp.nstr(mp.sqrt(diagonal[i] * diagonal[j]), 3)))
        else:
            kappa.append(round_up(float(max(abs(m[p] - base[p]) for m in moved) / (STEP * abs(base[p])))))
    return kappa


def check_precision(depths, doubled):
    """The same values to 1e-50 with twice the digits."""
    for depth, kernels in depths.items():
        for kernel, again in zip(kernels, doubled[depth]):
            for value, exact in zip(kernel, again):
                assert abs(value - exact) <= mpf(10) ** -50 * abs(exact), f"depth {depth}: {mp.nstr(value, 5)} {mp.nstr(exact, 5)}"


def in_range(kernels, dtype):
    """Neither overflow nor a subnormal result."""
    limits = np.finfo(dtype)
    low, high = mpf(float(limits.tiny)), mpf(float(limits.max))
    return all(value == 0 or low <= abs(value) <= high for kernel in kernels for value in kernel)


def stored(value, dtype):
    """A double; 12 digits are ample for float32."""
    return float(value) + 0.0 if dtype == "f64" else float(f"{float(value):.11e}") + 0.0


def evaluate_case(job):
    dtype, input_name, rows, (act, regime, w_std, b_std, width) = job
    pairs = [(i, j) for i in range(len(rows)) for j in range(i + 1)]
    diagonal = [pairs.index((i, i)) for i in range(len(rows))]
    layers = [dense(width, w_std, b_std, parameterization) for parameterization in ("ntk", "standard")]
    digits = DIGITS.get((dtype, input_name), DEFAULT_DIGITS)
    mp.dps = 2 * digits
    doubled = states_at_depths(act, layers, rows, pairs)
    mp.dps = digits
    base = states_at_depths(act, layers, rows, pairs)
    check_precision(base, doubled)
    moved = [states_at_depths(act, layers, perturbed(rows, d), pairs) for d in range(DIRECTIONS)]
    cases, skipped = [], []
    for depth in DEPTHS:
        case = {"activation": act, "regime": regime, "wStd": w_std, "bStd": b_std, "outDim": width, "depth": depth, "input": input_name}
        if not in_range(base[depth], {"f64": np.float64, "f32": np.float32}[dtype]):
            skipped.append(case)
            continue
        for which, name in enumerate(("nngp", "ntk", "ntkStandard")):
            kernel = base[depth][which]
            case[name] = [stored(v, dtype) for v in kernel]
            case[name + "Kappa"] = conditioning(kernel, [m[depth][which] for m in moved], [kernel[p] for p in diagonal], pairs)
        cases.append(case)
    return cases, skipped


def write(dtype, processes):
    sets = input_sets(dtype)
    cases_by_set = {"main": main_cases(), "extreme": extreme_cases(), "extreme one-sided": one_sided_cases()}
    jobs = [(dtype, name, sets[name]["rows"], case) for name, cases in cases_by_set.items() for case in cases]
    start = time.time()
    with Pool(processes) as pool:
        results = pool.map(evaluate_case, jobs, chunksize=1)
    cases = [case for found, _ in results for case in found]
    skipped = [case for _, left_out in results for case in left_out]
    content = {"source": "mpmath; test/reference/exact.py", "dtype": dtype, "inputs": sets, "cases": cases, "skipped": skipped}
    print(f"{dtype}: {len(cases)} cases, {len(skipped)} skipped, {time.time() - start:.0f} s")
    write_json(f"kernels/exact-{dtype}.json.gz", content)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dtypes", nargs="*", default=["f64", "f32"])
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    for dtype in arguments.dtypes or ["f64", "f32"]:
        write(dtype, arguments.processes)


if __name__ == "__main__":
    main()
