"""The rows of the exact fixtures: coincident, near-coincident, opposite, orthogonal, zero and extreme, as exact doubles or floats."""

import numpy as np

FEATURES = 6


def at_distance(row, distance, coordinate):
    """`row` moved along a coordinate where it is 0, so that the distance survives rounding to any format."""
    assert row[coordinate] == 0
    moved = row.copy()
    moved[coordinate] = distance * np.linalg.norm(row)
    return moved


def main_rows(dtype):
    rng = np.random.default_rng(11)
    base = rng.normal(size=FEATURES)
    base[5] = 0
    dense_noise = rng.normal(size=FEATURES)
    other = 3 * rng.normal(size=FEATURES)
    dyadic = np.array([1, 2, -1, 0.5, 0, 0])
    orthogonal = np.array([2, -1, 0, 0, 3, -1.5])
    near = [at_distance(base, d, 5) for d in (1e-3, 1e-6, 1e-9)]
    if dtype == "f64":
        near[1] = base * (1 + 1e-6 * dense_noise)
    return {
        "base": base,
        "duplicate of base": base,
        "base at 1e-3": near[0],
        "base at 1e-6": near[1],
        "base at 1e-9": near[2],
        "opposite of base": -base,
        "opposite of base at 1e-6": at_distance(-base, 1e-6, 5),
        "dyadic": dyadic,
        "opposite of dyadic at 1e-9": at_distance(-dyadic, 1e-9, 4),
        "orthogonal to dyadic": orthogonal,
        "other": other,
        "zero": np.zeros(FEATURES),
    }


def extreme_rows(dtype):
    scale = {"f64": 1e150, "f32": 1e15}[dtype]
    rng = np.random.default_rng(12)
    one, large, small = (x / np.linalg.norm(x) for x in rng.normal(size=(3, FEATURES)))
    large[5] = small[5] = 0
    large, small = large * scale, small / scale
    return {
        "one": one,
        "large": large,
        "duplicate of large": large,
        "large at 1e-9": at_distance(large, 1e-9, 5),
        "opposite of large": -large,
        "small": small,
        "duplicate of small": small,
        "small at 1e-6": at_distance(small, 1e-6, 5),
    }


def input_sets(dtype):
    """{set: {names, rows}}; the rows are Python floats that `dtype` represents exactly."""
    as_type = {"f64": np.float64, "f32": np.float32}[dtype]
    sets = {"main": main_rows(dtype), "extreme": extreme_rows(dtype)}
    sets["extreme one-sided"] = {name: row for name, row in sets["extreme"].items() if not name.startswith("opposite")}
    exact = lambda row: [float(v) + 0.0 for v in np.asarray(row).astype(as_type)]
    return {name: {"names": list(rows), "rows": [exact(row) for row in rows.values()]} for name, rows in sets.items()}
