"""What a fixture is made of, and the inputs: seeded, of eight bits behind the point, so that they are the same in float32."""

import zlib
from typing import NamedTuple

import numpy as np

from layers_dsl import Layer


class Case(NamedTuple):
    name: str
    group: str
    net: Layer
    x1: object  # an array, or a list of arrays
    x2: object  # likewise, or None
    mask: float | None = None
    pattern: tuple | None = None
    diagonal: bool | None = None
    first: Layer | None = None  # kernel(net, kernel(first, x1, x2))
    shape_is_known: bool = True  # False where the reference cannot tell the output's shape,
    variances_are_known: bool = True  # and where its cov1 and cov2 are wrong or NaN, which the entries do not read


def sample(n, *shape, key="", scale=1.0):
    """[n, *shape], another for each key."""
    rng = np.random.default_rng(zlib.crc32(repr((n, shape, key)).encode()))
    return np.round(scale * rng.normal(size=(n, *shape)) * 256) / 256


def pair(*shape, key="", scale=1.0):
    """x1 of three samples, x2 of two."""
    return sample(3, *shape, key=f"a{key}", scale=scale), sample(2, *shape, key=f"b{key}", scale=scale)


def masked(x, value, keep):
    """Every sample but the first ends early: of `keep[i]` positions along the first spatial axis, the rest is `value`."""
    x = np.array(x)
    for row, length in zip(x, keep):
        row[length:] = value
    return x
