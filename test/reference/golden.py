"""Writes kernels/golden.json: the four rows of the fully connected golden table, recomputed to 30 digits.

Three hidden layers of base widths 5, 7, 3, scalar output, sigma_w^2 = 2, sigma_b^2 = 0.1, biases everywhere. The published
values are asserted to 1e-14; the recursion is that of Sohl-Dickstein et al. 2020 (arXiv 2001.07301).
"""

import math

from mpmath import mp, mpf

from high_precision import evaluate
from networks import activation, mlp
from serialize import write_json

mp.dps = 60
X = [1, 2, -1, 0.5]
Y = [0.5, -1, 2, 1]
ENTRIES = ("nngpXX", "nngpXY", "ntkXX", "ntkXY")
PUBLISHED = {
    ("relu", "ntk"): (3.525, 2.004268524250399, 13.5, 2.92726141210234),
    ("relu", "standard"): (3.525, 2.004268524250399, 35.0875, 7.943636518075234),
    ("erf", "ntk"): (1.086135722433275, -0.02198449275462906, 6.153847138245356, -0.6135601704882922),
    ("erf", "standard"): (1.086135722433275, -0.02198449275462906, 17.29553575950541, 0.3898728562667788),
}
ACTIVATIONS = {"relu": activation("relu"), "erf": activation("erf", a=1, b=1, c=0)}


def row(kind, parameterization):
    network = lambda w_std, b_std: mlp(ACTIVATIONS[kind], 3, [5, 7, 3], w_std, b_std, parameterization)
    state = evaluate(network(mp.sqrt(2), mp.sqrt(mpf(1) / 10)), [X, Y], [(0, 0), (0, 1)])
    values = (state.k[0], state.k[1], state.t[0], state.t[1])
    for value, published in zip(values, PUBLISHED[kind, parameterization]):
        assert abs(value - published) <= mpf("1e-14") * abs(value), (kind, parameterization, value, published)
    return {
        "network": network(math.sqrt(2), math.sqrt(0.1)),
        **dict(zip(ENTRIES, map(float, values))),
        "digits": {name: mp.nstr(value, 30, strip_zeros=False) for name, value in zip(ENTRIES, values)},
    }


def main():
    content = {
        "source": "recursion of Sohl-Dickstein, Novak, Schoenholz, Lee 2020, arXiv 2001.07301; mpmath, 60 digits; test/reference/golden.py",
        "x": X,
        "y": Y,
        "cases": [row(*key) for key in PUBLISHED],
    }
    write_json("kernels/golden.json", content)


if __name__ == "__main__":
    main()
