"""Writes ../fixtures/pointwise.json: activations and their slopes at 500 digits (erf is 1 to 180 of them), with what one rounding of x may change of each.

For every case: value, slope, and the scales |φ| + |x φ'| and |φ'| + |x φ''|. Usage: python pointwise_values.py
"""
import json
import os

import mpmath as mp

mp.mp.dps = 500
erf = lambda a, b, c: lambda x: a * mp.erf(b * x) + c
cdf = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
logistic = lambda x: 1 / (1 + mp.exp(-x))
number = mp.mpf
CASES = {
    "erf": erf(1, 1, 0),
    "erf a b c": erf(number(2), number("0.5"), number(-1)),
    "gelu": lambda x: x * cdf(x),
    "gelu approximate": lambda x: x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + number("0.044715") * x**3))) / 2,
    "sin": lambda x: mp.sin(x),
    "sin a b c": lambda x: number(2) * mp.sin(number("1.5") * x + number("0.25")),
    "cos": lambda x: mp.cos(x),
    "rbf": lambda x: mp.sqrt(2) * mp.sin(mp.sqrt(2) * x + mp.pi / 4),
    "gabor": lambda x: mp.exp(-x * x) * mp.sin(x),
    "exp": lambda x: number("0.5") * mp.exp(number("1.5") * x),
    "gaussian": lambda x: number(2) * mp.exp(number("-0.75") * x * x),
    "tanh": mp.tanh,
    "sigmoid": logistic,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "silu": lambda x: x * logistic(x),
    "elu": lambda x: x if x > 0 else number("0.5") * mp.expm1(x),
    "selu": lambda x: number(1.0507009873554805) * (x if x > 0 else number(1.6732632423543772) * mp.expm1(x)),
    "polynomial": lambda x: number("0.5") - x + 2 * x**3,
    "monomial": lambda x: x**3,
    "rectifiedMonomial": lambda x: x**2 if x > 0 else number(0),
}
# Exact in single precision, none at a kink.
XS = [s * x for x in (2.0**-40, 2.0**-10, 0.0625, 0.25, 0.5, 0.75, 0.96875, 1.03125, 1.5, 2.25, 3.125, 4.5, 6.25, 8.5, 12.75, 20.5) for s in (1, -1)]


def case(f):
    rows = []
    for x in map(number, XS):
        value, slope, bend = f(x), mp.diff(f, x, h=abs(x) * number("1e-100")), mp.diff(f, x, 2, h=abs(x) * number("1e-100"))
        rows.append((value, slope, abs(value) + abs(x * slope), abs(slope) + abs(x * bend)))
    return [[float(mp.nstr(row[k], 20 if k < 2 else 3)) for row in rows] for k in range(4)]


path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "pointwise.json")
with open(path, "w") as file:
    json.dump({"x": XS, "cases": {name: case(f) for name, f in CASES.items()}}, file, separators=(",", ":"))
