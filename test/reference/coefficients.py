"""Writes src/duals/coefficients.ts: Chebyshev interpolants (near minimax) of the two angle functions and of the exponential, at 60 digits.

With d = 1 - cos(theta):  angle(d) = theta / sqrt(d)  and  segment(d) = (sin(theta) - theta cos(theta)) / (d sqrt(d)),
both analytic for |d| < 2;  decay(f) = (1 - exp(-f)) / f for |f| <= log(2)/2.
RATIO: angle = P/Q and segment = R/Q in d, one denominator for both, by weighted least squares. The zeros of P, Q and R lie on the cut d > 2 (in double
precision one of P and one of R at d < -400), so that no factor cancels and each is kept as its zeros: angle = LEAD A/U, segment = LEAD S/U, with U and A products of differences from d and
S one with a last factor a + b d. Rounded numbers are taken above or below the exact ones such that the errors of a product's factors cancel.
Usage: python coefficients.py > ../../src/duals/coefficients.ts
"""
import itertools

import mpmath as mp
import numpy as np

mp.mp.dps = 70


def angle(d):
    return mp.sqrt(2) if d == 0 else mp.acos(1 - d) / mp.sqrt(d)


def segment(d):
    if d == 0:
        return 2 * mp.sqrt(2) / 3
    t = mp.acos(1 - d)
    return (mp.sin(t) - t * mp.cos(t)) / (d * mp.sqrt(d))


def decay(f):
    return mp.mpf(1) if f == 0 else -mp.expm1(-f) / f


def interpolate(f, low, top, degree):
    """Monomial coefficients of the interpolant at Chebyshev nodes of [low, top], and its largest relative error."""
    n = degree + 1
    xs = [(top + low) / 2 + (top - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    a = mp.matrix(n, n)
    for i, x in enumerate(xs):
        for j in range(n):
            a[i, j] = x**j
    c = list(mp.lu_solve(a, mp.matrix([f(x) for x in xs])))
    worst = max(abs(mp.polyval(c[::-1], x) / f(x) - 1) for x in [low + (top - low) * mp.mpf(i) / 400 for i in range(1, 401)])
    return c, worst


def ratio(p, q, r, nodes=50, sweeps=4):
    """P, Q, R of these degrees, least squares in relative error on d in [0, 1], as factors()."""
    es = [2 - (1 + mp.cos(mp.pi * (2 * k + 1) / (2 * nodes))) / 2 for k in range(nodes)]
    sides = [([f(2 - e) for e in es], start, count) for f, start, count in ((angle, 0, p + 1), (segment, p + 1, r + 1))]
    weights = [mp.mpf(1)] * nodes
    for _ in range(sweeps):
        a = mp.matrix(2 * nodes, p + r + 2 + q)
        b = mp.matrix(2 * nodes, 1)
        for side, (values, start, count) in enumerate(sides):
            for i, e in enumerate(es):
                row = side * nodes + i
                for j in range(count):
                    a[row, start + j] = e**j / (values[i] * weights[i])
                for j in range(q):
                    a[row, p + r + 2 + j] = -(e**j) / weights[i]
                b[row] = e**q / weights[i]
        c = list(mp.lu_solve(a.T * a, a.T * b))
        parts = c[: p + 1], c[p + r + 2 :] + [mp.mpf(1)], c[p + 1 : p + r + 2]
        weights = [mp.polyval(parts[1][::-1], e) for e in es]
    return [factors(part) for part in parts]


def factors(part):
    """Highest coefficient in d and the zeros in d, the last one the farthest, of a polynomial in e = 2 - d."""
    zeros = [2 - mp.re(z) for z in mp.polyroots(part[::-1], maxsteps=500, extraprec=400)]
    return part[-1] * (-1) ** (len(part) - 1), sorted(zeros, key=abs)


def neighbours(x, kind):
    """The numbers of this kind next to x: one on either side, in single precision two."""
    near = [kind(float(x))]
    for _ in range(2 if kind is np.float32 else 1):
        near = [np.nextafter(near[0], kind(-np.inf))] + near + [np.nextafter(near[-1], kind(np.inf))]
    return sorted(sorted(map(float, near), key=lambda y: abs(y - x))[:-1])


GRID = np.linspace(0, 1, 101)


def roundings(zeros, kind):
    """Every choice of neighbours for the zeros, and what it changes their product by, relatively, on GRID."""
    near = [neighbours(z, kind) for z in zeros]
    changes = [[float(y - z) / (float(z) - GRID) for y in pair] for z, pair in zip(zeros, near)]
    choices = list(itertools.product(range(len(near[0])), repeat=len(zeros)))
    return [[pair[k] for pair, k in zip(near, c)] for c in choices], np.array([sum(pair[k] for pair, k in zip(changes, c)) for c in choices])


def closest(change, zeros, kind):
    """The choice that changes a product as much as `change`, but for a factor, and how far it is from that."""
    choices, changes = roundings(zeros, kind)
    spreads = np.ptp(changes - change, axis=1)
    return spreads.min(), choices[spreads.argmin()]


def tabulated(fit, kind):
    """U with LEAD in the seventh place, A, and S with its last factor from there on, in 12 places each; the largest relative errors of the quotients."""
    (high, a), (_, u), (highest, s) = fit
    sides = [(us, closest(change, a, kind), closest(change, s[:-1], kind)) for us, change in zip(*roundings(u, kind))]
    us, (_, a), (_, zeros) = min(sides, key=lambda side: max(side[1][0], side[2][0]))
    ds = [mp.mpf(float(x)) for x in GRID[1:]]
    product = lambda zeros, d: mp.fprod(abs(z - d) for z in zeros)
    exact = 1 / middle([product(a, d) / product(us, d) / angle(d) for d in ds])
    slope = float(kind(float(abs(highest / high) * (1 if s[-1] < 0 else -1))))
    tries = []
    for lead in [exact * (1 + k * float(np.finfo(kind).eps)) for k in range(-3, 4)]:
        lead = float(kind(float(lead)))
        last = [segment(d) * product(us, d) / product(zeros, d) / lead for d in ds]
        constant = float(kind(float(middle([y - slope * d for y, d in zip(last, ds)]))))
        errors = (
            max(abs(lead * product(a, d) / product(us, d) / angle(d) - 1) for d in ds),
            max(abs((constant + slope * d) / y - 1) for y, d in zip(last, ds)),
        )
        tries.append((max(errors), errors, lead, constant))
    _, errors, lead, constant = min(tries)
    six = lambda row: row + [0] * (6 - len(row))
    pad = lambda row: [mp.nstr(mp.mpf(x), 20) if x else "0" for x in row + [0] * (12 - len(row))]
    return [pad(six(us) + [lead]), pad([abs(x) for x in a]), pad(six(zeros) + [constant, slope])], errors


def middle(values):
    return (max(values) + min(values)) / 2


WIDTH = 18
HALF_BIT = mp.log(2) / 2
SETS = [
    ("ANGLE", angle, mp.mpf(0), 1, 7, 17),
    ("SEGMENT", segment, mp.mpf(0), 1, 7, 17),
    ("DECAY", decay, -HALF_BIT, HALF_BIT, 5, 11),
]

tables = {"SINGLE": [], "DOUBLE": []}
notes = []


def add_ratio():
    """U with LEAD, A and S in 12 places each."""
    for key, degrees, kind in (("SINGLE", (3, 3, 3), np.float32), ("DOUBLE", (7, 6, 7), np.float64)):
        rows, errors = tabulated(ratio(*degrees), kind)
        notes.append(f" *   RATIO {key.lower()}: degrees {degrees} on [0, 1], relative errors {mp.nstr(errors[0], 2)} and {mp.nstr(errors[1], 2)}, coefficients rounded")
        tables[key] += [x for row in rows for x in row]


for name, f, low, top, single, double in SETS:
    if name == "DECAY":
        add_ratio()
    for key, degree in (("SINGLE", single), ("DOUBLE", double)):
        c, worst = interpolate(f, low, top, degree)
        notes.append(f" *   {name} {key.lower()}: degree {degree} on [{mp.nstr(low, 3) if low else 0}, {mp.nstr(top, 3)}], relative error {mp.nstr(worst, 2)}")
        tables[key] += [mp.nstr(x, 20) for x in c] + ["0"] * (WIDTH - len(c))

print("/**\n * Generated by test/reference/coefficients.py: the tables that angle.ts (ANGLE, SEGMENT, RATIO) and exp.ts\n * (DECAY) read, lowest degree first; 18 places each, 36 for RATIO.\n *")
print("\n".join(notes))
print(" */\n")
for key, values in tables.items():
    print(f"// biome-ignore format: one polynomial per block\nexport const {key}: readonly number[] = [")
    for i in range(0, len(values), 6):
        print("  " + ", ".join(values[i : i + 6]) + ",")
    print("];")
