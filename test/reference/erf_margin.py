"""Values of erf's dual where the rows' variances differ, close to each other and across u = 0.05, in test/fixtures/duals/. Needs mpmath.

As duals.py; u_i = 2 q_i / (1 + 2 q_i). Usage: python test/reference/erf_margin.py
"""

import json

from mpmath import mpf, sqrt

from duals import FOLDER, erf_pair, twelve_bits

SIZES = ["1e-16", "1e-6", "0.01", "0.048", "0.051", "0.06", "0.08", "0.1", "0.15", "0.2", "0.3", "0.5", "0.8", "0.99"]
RATIOS = [1 + mpf(2) ** -40, 1 + mpf(2) ** -10, mpf("1.02"), mpf("1.3"), mpf(3), mpf(20)]
MARGINS = ["0", "1e-18", "1e-12", "1e-8", "1e-4", "1e-2", "0.5"]


def double(x):
    return mpf(float(x))


def erf_margin():
    rows = []
    for size in map(mpf, SIZES):
        r1 = double(sqrt(size / (2 - 2 * size)))
        for r2 in [double(r1 * ratio) for ratio in RATIOS]:
            for m in map(mpf, MARGINS):
                u = twelve_bits(sqrt(m))
                rows.append([float(x) for x in [r1, r2, u, *erf_pair(r1, r2, 1 - u * u)]])
    return {"columns": ["r1", "r2", "u", "correlation", "margin", "angle", "factor"], "rows": rows}


if __name__ == "__main__":
    lines = json.dumps(erf_margin()).replace("[[", "[\n[").replace("], [", "],\n[")
    (FOLDER / "erf-margin.json").write_text(lines + "\n")
