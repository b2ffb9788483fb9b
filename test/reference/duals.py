"""Values of the dual activations to full double precision, in test/fixtures/duals/. Needs mpmath.

Arguments are exact: m = 1 - |rho| = u^2 with u of 12 bits, so that u and m are the same numbers in float32 and float64, and radii
r = sqrt(q) are doubles. Everything is computed with 700 digits from these (1e-300 costs 450 in sin x - x cos x) and rounded once.
Usage: python test/reference/duals.py
"""

import json
from pathlib import Path

from mpmath import asin, cos, frexp, ldexp, mp, mpf, nint, pi, sin, sqrt

mp.dps = 700
FOLDER = Path(__file__).parent.parent / "fixtures" / "duals"


def twelve_bits(x):
    mantissa, exponent = frexp(mpf(x))
    return ldexp(nint(ldexp(mantissa, 12)), exponent - 12)


def margins(count):
    """u for m = u^2: decades from 1e-300 to 1e-8, finer above, and a grid on [0, 1]."""
    decades = [mpf(10) ** -k for k in (300, 200, 100, 60, 37, 30, 25, 20)] + [mpf(10) ** (mpf(-k) / 2) for k in range(34, 0, -1)]
    grid = [mpf(i) / count for i in range(1, count + 1)]
    return sorted({twelve_bits(sqrt(m)) for m in decades + grid})


def angles():
    """theta = acos(1 - m) and g = sin(theta) - theta cos(theta)."""
    rows = []
    for u in margins(200):
        theta = 2 * asin(u / sqrt(mpf(2)))
        rows.append([float(u), float(theta), float(sin(theta) - theta * cos(theta))])
    return {"columns": ["u", "theta", "segment"], "rows": rows}


def rectified(a, b):
    """rho', 1 - |rho'| and factor / A at rho = 1 - m and at rho = m - 1."""
    variance = (a * a + b * b) / 2
    kappa, lam = (a - b) ** 2 / (2 * pi * variance), a * b / variance
    rows = []
    for u in margins(40):
        m, theta = u * u, 2 * asin(u / sqrt(mpf(2)))
        chord = kappa * (sin(theta) - theta * cos(theta))
        opposite = chord - lam * (1 - m)
        positive = [1 - m + chord, m - chord, 1 - kappa * theta]
        negative = [opposite, 1 - abs(opposite), lam + kappa * theta]
        rows.append([float(x) for x in [u, *positive, *negative]])
    columns = ["u", "correlation", "margin", "factor", "oppositeCorrelation", "oppositeMargin", "oppositeFactor"]
    return {"a": float(a), "b": float(b), "columns": columns, "rows": rows}


RADII = ["1e-150", "1e-40", "1e-15", "1e-8", "1e-3", "0.1", "0.5", "1", "3", "100", "1e8", "1e15", "1e150"]
PARTNERS = [0, 1, 3, 6]
MARGINS = ["1e-300", "1e-30", "1e-20", "1e-16", "1e-12", "1e-8", "1e-6", "1e-4", "1e-2", "0.3", "0.9", "1"]


def erf():
    """rho', 1 - |rho'|, its angle acos|rho'| and the scaled factor of erf at rho = 1 - m, rows of radii r1 and r2."""
    radii = [mpf(float(r)) for r in RADII]
    rows = []
    for i, r1 in enumerate(radii):
        for r2 in [radii[i + k] for k in PARTNERS if i + k < len(radii)] + ([1.5 * r1] if r1 < 1e100 else []):
            for m in MARGINS:
                u = twelve_bits(sqrt(mpf(m)))
                rows.append([float(x) for x in [r1, r2, u, *erf_pair(r1, r2, 1 - u * u)]])
    return {"columns": ["r1", "r2", "u", "correlation", "margin", "angle", "factor"], "rows": rows}


def erf_pair(r1, r2, rho):
    q1, q2, k = r1 * r1, r2 * r2, r1 * r2 * rho
    angles = [asin(2 * q / (1 + 2 * q)) for q in (q1, q2)]
    correlation = asin(2 * k / sqrt((1 + 2 * q1) * (1 + 2 * q2))) / sqrt(angles[0] * angles[1])
    margin = 1 - correlation
    slope = 4 / pi / sqrt((1 + 2 * q1) * (1 + 2 * q2) - 4 * k * k)
    scale = r1 * r2 / (2 / pi * sqrt(angles[0] * angles[1]))
    return [correlation, margin, 2 * asin(sqrt(margin / 2)), slope * scale]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    slopes = [(0, 1), (-1, 1), (mpf(float("0.1")), 1), (mpf(-0.875), 1), (mpf(float("-0.999")), 1), (mpf(float("0.999")), 1)]
    fixtures = {"angles": angles(), "rectified": [rectified(mpf(a), mpf(b)) for a, b in slopes], "erf": erf()}
    for name, value in fixtures.items():
        lines = json.dumps(value).replace("[[", "[\n[").replace("], [", "],\n[").replace("}, {", "},\n{")
        (FOLDER / f"{name}.json").write_text(lines + "\n")


if __name__ == "__main__":
    main()
