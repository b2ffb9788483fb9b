"""The state of the NumPy evaluation: NNGP and NTK between all points, a point being a location of a sample of either input."""

from dataclasses import dataclass, replace

import numpy as np

from layers_operators import size


@dataclass(frozen=True)
class State:
    shapes: tuple  # of the finite activations, [n, ..., channels], one or two
    k: np.ndarray  # [points, points], the points of x1 before those of x2
    t: np.ndarray
    mask: np.ndarray | None  # [points]
    gaussian: bool

    def spatial(self, side):
        return self.shapes[side][1:-1]

    @property
    def channels(self):
        return self.shapes[0][-1]

    @property
    def counts(self):
        """Points of each side."""
        return [size(shape[:-1]) for shape in self.shapes]

    def split(self, points):
        """An array over points, cut into [samples, locations] per side."""
        parts = np.split(points, np.cumsum(self.counts)[:-1])
        return [part.reshape(shape[0], -1) for part, shape in zip(parts, self.shapes)]

    def reshaped(self, spatials, channels=None):
        """Shapes with other spatial axes."""
        return tuple((s[0], *spatial, channels or s[-1]) for s, spatial in zip(self.shapes, spatials))

    @property
    def same_location(self):
        """[points, points]: the two locations agree (of equally shaped inputs)."""
        labels = np.concatenate([np.tile(np.arange(size(s[1:-1])), s[0]) for s in self.shapes])
        return labels[:, None] == labels[None, :]


def input_state(arrays, mask_constant=None):
    masks = None
    if mask_constant is not None:
        masks = [np.isnan(x) if np.isnan(mask_constant) else x == mask_constant for x in arrays]
        arrays = [np.where(m, 0, x) for x, m in zip(arrays, masks)]
        masks = np.concatenate([m.all(-1).ravel() for m in masks])
    rows = np.concatenate([x.reshape(-1, x.shape[-1]) for x in arrays])
    k = rows @ rows.T / rows.shape[1]
    return State(tuple(x.shape for x in arrays), k, np.zeros_like(k), masks, False)


def gather(state, sources):
    """K and T between the points `sources` reads (-1: zero)."""

    def take(matrix):
        padded = np.pad(matrix, ((0, 1), (0, 1)))
        return padded[np.ix_(sources, sources)]

    return take(state.k), take(state.t)


def point_sources(state, per_side):
    """Positions of locations, one array per side, as positions of points for all samples."""
    parts, start = [], 0
    for shape, count, source in zip(state.shapes, state.counts, per_side):
        first = start + np.arange(shape[0])[:, None] * size(shape[1:-1])
        parts.append(np.where(source >= 0, first + np.maximum(source, 0), -1).ravel())
        start += count
    return np.concatenate(parts)


def block_matrix(state, per_side):
    """Matrices of locations, [out, in] or one per sample, as one matrix of points."""
    blocks = []
    for shape, matrix in zip(state.shapes, per_side):
        blocks += list(np.broadcast_to(matrix, (shape[0], *np.shape(matrix)[-2:])))
    result = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)))
    row = column = 0
    for block in blocks:
        result[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return result


def mapped(state, matrix, shapes, mask=None, **changes):
    return replace(state, k=matrix @ state.k @ matrix.T, t=matrix @ state.t @ matrix.T, shapes=shapes, mask=mask, **changes)


def remask(state):
    if state.mask is None:
        return state
    seen = ~(state.mask[:, None] | state.mask[None, :])
    return replace(state, k=state.k * seen, t=state.t * seen)


def block(state, matrix, a, b):
    """The [n_a, locations_a, n_b, locations_b] part of a matrix over points."""
    starts = np.cumsum([0, *state.counts])
    part = matrix[starts[a] : starts[a + 1], starts[b] : starts[b + 1]]
    return part.reshape(state.shapes[a][0], size(state.spatial(a)), state.shapes[b][0], size(state.spatial(b)))


def interleaved(state, matrix, a, b, diagonal):
    """(n_a, n_b, H, H, W, W), or (n_a, n_b, H, W) where only equal locations are kept."""
    values = block(state, matrix, a, b)
    n_a, n_b = values.shape[0], values.shape[2]
    if diagonal:
        return np.einsum("alcl->acl", values).reshape(n_a, n_b, *state.spatial(a))
    rank = len(state.spatial(a))
    full = values.reshape(n_a, *state.spatial(a), n_b, *state.spatial(b))
    order = [0, rank + 1] + [axis for i in range(rank) for axis in (1 + i, rank + 2 + i)]
    return full.transpose(order)


def result(state, diagonal=False):
    """The fields of a kernel; cov1 and cov2 for the same sample only."""
    last = len(state.shapes) - 1

    def variances(side):
        values = interleaved(state, state.k, side, side, diagonal)
        return np.einsum("aa...->a...", values)

    return {
        "nngp": interleaved(state, state.k, 0, last, diagonal),
        "ntk": interleaved(state, state.t, 0, last, diagonal),
        "cov1": variances(0),
        "cov2": variances(1) if last else None,
        "shape1": list(state.shapes[0]),
        "shape2": list(state.shapes[last]),
        "isGaussian": state.gaussian,
    }
