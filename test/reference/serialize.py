"""Writing fixtures: JSON numbers are the shortest decimals that round-trip a double."""

import gzip
import json
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def numbers(array):
    """Nested lists of Python floats, -0 as 0."""
    import numpy as np

    return (np.asarray(array, dtype=np.float64) + 0.0).tolist()


def write_json(path, value):
    """Compact JSON; gzipped, without a time stamp, where the name ends in .gz."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    target = FIXTURES / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text, 9, mtime=0) if path.endswith(".gz") else text)
    print(f"{path}: {target.stat().st_size} bytes")


def read_json(path):
    data = (FIXTURES / path).read_bytes()
    return json.loads(gzip.decompress(data) if path.endswith(".gz") else data)
