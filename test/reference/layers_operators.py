"""Linear maps of locations in NumPy: source positions of sliding windows, resize, index, contraction and graph matrices.

Locations are the spatial axes in row-major order. A map of positions holds, for each location of the result, the location
it reads, or -1 for a zero.
"""

import itertools
import math

import numpy as np


def size(spatial):
    return math.prod(spatial)


def same_low(n, window, stride):
    """Zeros that SAME padding puts before an axis of length n."""
    out = -(-n // stride)
    return max((out - 1) * stride + window - n, 0) // 2


def axis_sources(n, window, stride, padding, transposed):
    """[window, out]: the position that tap f of output o reads along one axis, -1 outside."""
    taps = np.arange(window)[:, None]
    if transposed:
        return transposed_sources(n, window, stride, padding, taps)
    low = 0 if padding == "VALID" else same_low(n, window, stride)
    out = (n - window) // stride + 1 if padding == "VALID" else -(-n // stride)
    source = np.arange(out) * stride + taps - low
    if padding == "CIRCULAR":
        return source % n
    return np.where((source >= 0) & (source < n), source, -1)


def transposed_sources(n, window, stride, padding, taps):
    """The input is spread `stride` apart and correlated; CIRCULAR folds the VALID result onto n * stride positions."""
    valid = n * stride + max(window - stride, 0)
    if padding == "SAME":
        low = window - 1 if stride > window - 1 else math.ceil((window + stride - 2) / 2)
    else:
        low = window - 1
    out = valid if padding == "VALID" else n * stride
    position = np.arange(out) + taps - low
    if padding == "CIRCULAR":
        position = (position + (valid - out) // 2) % out
    inside = (position >= 0) & (position % stride == 0) & (position // stride < n)
    return np.where(inside, position // stride, -1)


def window_sources(spatial, window, strides, padding, transposed=False):
    """([taps, locations], spatial shape of the result)."""
    strides = strides or [1] * len(window)
    axes = [axis_sources(n, f, s, padding, transposed) for n, f, s in zip(spatial, window, strides)]
    result = [axis.shape[1] for axis in axes]
    rows = []
    for taps in itertools.product(*[range(f) for f in window]):
        grids = np.meshgrid(*[axis[tap] for axis, tap in zip(axes, taps)], indexing="ij") if axes else []
        inside = np.ones(result, bool)
        flat = np.zeros(result, int)
        for n, grid in zip(spatial, grids):
            inside &= grid >= 0
            flat = flat * n + np.maximum(grid, 0)
        rows.append(np.where(inside, flat, -1).ravel())
    return np.array(rows), tuple(result)


def centre_positions(spatial, window, strides, padding):
    """The location at the centre of each window: what a mask follows."""
    strides = strides or [1] * len(window)
    padding = "SAME" if padding == "CIRCULAR" else padding
    axes = []
    for n, f, s in zip(spatial, window, strides):
        out = axis_sources(n, f, s, padding, False).shape[1]
        low = 0 if padding == "VALID" else same_low(n, f, s)
        axes.append(np.arange(n) if out == n else np.arange(out) * s - low + (f - 1) // 2)
    return positions(spatial, axes)


def positions(spatial, axes):
    """Flat locations of the outer product of positions along each axis."""
    return np.ravel_multi_index(np.meshgrid(*axes, indexing="ij"), spatial).ravel() if axes else np.zeros(1, int)


def pool_matrix(spatial, window, strides, padding, normalize_edges):
    """[out, in]: ones in the window; rows divided by the overlap where SAME padding is normalised, else unscaled."""
    sources, result = window_sources(spatial, window, strides, padding)
    matrix = np.zeros((sources.shape[1], size(spatial)))
    for row in sources:
        inside = np.flatnonzero(row >= 0)
        np.add.at(matrix, (inside, row[inside]), 1)
    if normalize_edges and padding == "SAME":
        matrix /= matrix.sum(1, keepdims=True)
    return matrix, result


def resize_axis(n, out, method, antialias):
    scale = out / n
    position = (np.arange(out) + 0.5) / scale - 0.5
    if method == "nearest":
        return np.eye(n)[np.floor((np.arange(out) + 0.5) / scale).astype(int)]
    spread = max(1 / scale, 1) if antialias else 1
    weights = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(n)) / spread)
    weights /= weights.sum(1, keepdims=True)
    return np.where(((position >= -0.5) & (position <= n - 0.5))[:, None], weights, 0)


def resize_matrix(spatial, shape, method, antialias):
    """`shape` of the result with -1 for an axis that stays; a resized axis of equal length is the identity."""
    matrix, result = np.eye(1), []
    for n, out in zip(spatial, shape):
        result.append(n if out == -1 else out)
        matrix = np.kron(matrix, np.eye(n) if out == -1 else resize_axis(n, out, method, antialias))
    return matrix, tuple(result)


def numpy_index(idx):
    def entry(value):
        if isinstance(value, dict):
            return slice(value["start"], value["stop"], value["step"])
        return Ellipsis if value == "..." else value

    return tuple(entry(value) for value in idx)


def index_positions(shape, idx):
    """(samples that stay, flat locations, spatial shape) of x[idx], x of shape [n, ..., channels]."""
    spatial = shape[1:-1]
    labels = np.arange(shape[0])[:, None] * size(spatial) + np.arange(size(spatial))
    labels = np.broadcast_to(labels.reshape(shape[:-1])[..., None], shape)[numpy_index(idx)][..., 0]
    samples = labels.reshape(len(labels), -1)[:, 0] // size(spatial)
    return samples, labels[0].ravel() % size(spatial), labels.shape[1:]


def contraction_matrix(spatial, layer):
    """The matrix of a dotGeneral that contracts spatial axes with the constant, or scales by it."""
    constant = np.reshape(layer["constant"]["data"], layer["constant"]["shape"])
    contracted, batch = layer["dimensionNumbers"]
    assert not any(batch), "batch axes"
    lhs = layer["side"] == "lhs"
    axes, own = (contracted[1], contracted[0]) if lhs else (contracted[0], contracted[1])
    basis = np.eye(size(spatial)).reshape((size(spatial),) + tuple(spatial))
    result = np.tensordot(basis, constant, (axes, own))
    return result.reshape(size(spatial), -1).T, result.shape[1:]


def dense_pattern(pattern, spatial, axes, implementation):
    """[n, locations, locations]: x' = P^T x, P[tail, head]; `axes` counts from 1 as in [n, ..., channels]."""
    chosen = [a - 1 for a in axes] if axes is not None else list(range(len(spatial)))
    shape = [spatial[a] for a in chosen]
    if implementation == "SPARSE":
        dense = np.zeros((len(pattern), size(shape), size(shape)))
        for sample, edges in enumerate(np.reshape(pattern, (len(pattern), -1, len(shape), 2))):
            for edge in edges:
                if (edge >= 0).all():
                    dense[sample, np.ravel_multi_index(edge[:, 0], shape), np.ravel_multi_index(edge[:, 1], shape)] += 1
    else:
        dense = np.reshape(pattern, (len(pattern), size(shape), size(shape)))
    # Identity along the axes that the pattern leaves alone.
    grid = np.array(list(np.ndindex(*spatial)))
    inner = np.ravel_multi_index(grid[:, chosen].T, shape)
    others = [a for a in range(len(spatial)) if a not in chosen]
    alike = (grid[:, None, others] == grid[None, :, others]).all(-1)
    return dense[:, inner[:, None], inner[None, :]] * alike
