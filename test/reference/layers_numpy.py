"""Kernels of any network of the layer fixtures in plain NumPy, straight from the formulas: one matrix over all points.

Independent of neural-tangents; layers.py writes no value on which the two differ.
"""

from dataclasses import replace

import numpy as np

from layers_attend import attend
from layers_duals import DUALS
from layers_operators import (
    centre_positions,
    contraction_matrix,
    dense_pattern,
    index_positions,
    pool_matrix,
    resize_matrix,
    size,
    window_sources,
)
from layers_state import State, block_matrix, gather, input_state, mapped, point_sources, remask, result

# Activations whose value at a masked location is not zero by itself: the reference masks again after these.
REMASKED = {"erf", "sigmoidLike", "sin", "cos", "rbf", "exp", "gaussian", "expNormalized", "hermite", "elementwise", "elementwiseNumerical"}


def affine(state, layer, k, t, shapes, fan_in, keep=1.0):
    """K' = w^2 A(K) + b^2 and its NTK; `keep` is 0 where weights are not shared."""
    w2, b = layer["wStd"] ** 2, layer["bStd"]
    nngp = keep * (w2 * k + (b or 0) ** 2)
    s_in, s_out = layer["s"]
    if layer["parameterization"] == "ntk":
        return replace(state, k=nngp, t=keep * (w2 * t) + nngp, shapes=shapes, gaussian=True)
    ntk = keep * (fan_in / s_in * k + w2 * t + (b is not None))
    shapes = tuple((*shape[:-1], shape[-1] * s_out) for shape in shapes)
    return replace(state, k=nngp, t=ntk, shapes=shapes, gaussian=True)


def dense(state, layer, _):
    shapes = state.reshaped([s[1:-1] for s in state.shapes], layer["outDim"])
    return remask(affine(state, layer, state.k, state.t, shapes, state.channels))


def convolve(state, layer, _):
    transposed, local = layer["kind"] == "convTranspose", layer["kind"] == "convLocal"
    window = layer["filterShape"]
    sides = [window_sources(s[1:-1], window, layer["strides"], layer["padding"], transposed) for s in state.shapes]
    taps = size(window)
    moved = [gather(state, point_sources(state, [sources[f] for sources, _ in sides])) for f in range(taps)]
    k, t = (sum(parts) / taps for parts in zip(*moved))
    shapes = state.reshaped([spatial for _, spatial in sides], layer["outChan"])
    mask = conv_mask(state, layer, transposed)
    out = replace(state, shapes=shapes, mask=mask)
    keep = out.same_location if local else 1.0
    return remask(affine(out, layer, k, t, shapes, state.channels * taps, keep))


def conv_mask(state, layer, transposed):
    if state.mask is None:
        return None
    if not transposed:
        return centre_mask(state, layer["filterShape"], layer["strides"], layer["padding"])
    padding = "SAME" if layer["padding"] == "CIRCULAR" else layer["padding"]
    sides = [window_sources(s[1:-1], layer["filterShape"], layer["strides"], padding, True)[0] for s in state.shapes]
    padded = np.append(state.mask, False)
    return np.any([padded[point_sources(state, [sources[f] for sources in sides])] for f in range(size(layer["filterShape"]))], 0)


def centre_mask(state, window, strides, padding):
    if state.mask is None:
        return None
    return state.mask[point_sources(state, [centre_positions(s[1:-1], window, strides, padding) for s in state.shapes])]


def pool(state, layer, _):
    window = layer["windowShape"]
    sides = [pool_matrix(s[1:-1], window, layer["strides"], layer["padding"], layer["normalizeEdges"]) for s in state.shapes]
    normalized = layer["kind"] == "sumPool" or (layer["normalizeEdges"] and layer["padding"] == "SAME")
    matrix = block_matrix(state, [m for m, _ in sides]) / (1 if normalized else size(window))
    mask = centre_mask(state, window, layer["strides"], layer["padding"])
    return remask(mapped(state, matrix, state.reshaped([spatial for _, spatial in sides]), mask))


def global_pool(state, layer, _):
    seen = np.ones(sum(state.counts), bool) if state.mask is None else ~state.mask
    rows = [np.ones((shape[0], 1, size(shape[1:-1]))) for shape in state.shapes]
    if layer["kind"] == "globalAvgPool":
        rows = [row / np.maximum(count.sum(1), 1)[:, None, None] for row, count in zip(rows, state.split(seen))]
    mask = None if state.mask is None else np.concatenate([part.all(1) for part in state.split(state.mask)])
    return mapped(state, block_matrix(state, rows), tuple((s[0], s[-1]) for s in state.shapes), mask)


def flatten(state, _, __):
    """Mean over equal locations."""
    sizes = [size(shape[1:-1]) for shape in state.shapes]
    sums = block_matrix(state, [np.ones((1, n)) for n in sizes])
    keep = state.same_location
    mask = None if state.mask is None else np.concatenate([part.all(1) for part in state.split(state.mask)])
    shapes = tuple((s[0], n * s[-1]) for s, n in zip(state.shapes, sizes))
    k, t = (sums @ (matrix * keep) @ sums.T / sizes[0] for matrix in (state.k, state.t))
    return State(shapes, k, t, mask, False)


def layer_norm(state, layer, _):
    rank = len(state.shapes[0])
    axes = [a % rank for a in layer["axis"]]
    kept = np.ones(sum(state.counts), bool) if state.mask is None else ~state.mask
    means = []
    for shape, q, seen in zip(state.shapes, state.split(np.diag(state.k)), state.split(kept)):
        over = tuple(a for a in axes if a < rank - 1)
        q, seen = (part.reshape(shape[:-1]) for part in (q, seen))
        counts = np.maximum(seen.sum(over, keepdims=True), 1) if over else 1
        mean = (q + layer["eps"]).sum(over, keepdims=True) / counts if over else q + layer["eps"]
        means.append(np.broadcast_to(mean, shape[:-1]).ravel())
    scale = 1 / np.sqrt(np.concatenate(means))
    return replace(state, k=state.k * scale[:, None] * scale, t=state.t * scale[:, None] * scale)


def dropout(state, layer, _):
    if layer["mode"] == "test":
        return state
    scale = np.where(np.eye(len(state.k), dtype=bool), 1 / layer["rate"], 1)
    return replace(state, k=state.k * scale, t=state.t * scale, gaussian=False)


def attention(state, layer, _):
    return remask(attend(state, layer))


def aggregate(state, layer, options):
    if options["pattern"] is None:
        return remask(state)
    axes, implementation = layer["aggregateAxis"], layer["implementation"]
    patterns = [dense_pattern(p, s[1:-1], axes, implementation) for p, s in zip(options["pattern"], state.shapes)]
    matrix = block_matrix(state, [p.transpose(0, 2, 1) for p in patterns])
    return remask(mapped(state, matrix, state.shapes, state.mask))


def through_matrices(state, sides):
    """A linear map of locations; a location is masked if it reads masked ones only."""
    matrix = block_matrix(state, [m for m, _ in sides])
    mask = None if state.mask is None else ~((matrix != 0) @ ~state.mask)
    return mapped(state, matrix, state.reshaped([spatial for _, spatial in sides]), mask)


def image_resize(state, layer, _):
    sides = [resize_matrix(s[1:-1], layer["shape"][1:-1], layer["method"], layer["antialias"]) for s in state.shapes]
    return remask(through_matrices(state, sides))


def dot_general(state, layer, _):
    return through_matrices(state, [contraction_matrix(s[1:-1], layer) for s in state.shapes])


def index(state, layer, _):
    sources, shapes, start = [], [], 0
    for shape, count in zip(state.shapes, state.counts):
        samples, locations, spatial = index_positions(shape, layer["idx"])
        sources.append((start + samples[:, None] * size(shape[1:-1]) + locations).ravel())
        shapes.append((len(samples), *spatial, shape[-1]))
        start += count
    sources = np.concatenate(sources)
    k, t = gather(state, sources)
    return replace(state, k=k, t=t, shapes=tuple(shapes), mask=None if state.mask is None else state.mask[sources])


def activate(state, layer, _):
    assert state.gaussian, f"{layer['kind']}: its input is not Gaussian"
    q = np.diag(state.k)
    value, slopes = DUALS[layer["kind"]](state.k, q[:, None], q[None, :], layer)
    out = replace(state, k=value, t=state.t * slopes, gaussian=False)
    return remask(out) if layer["kind"] in REMASKED else out


def joint_mask(states):
    return None if states[0].mask is None else np.logical_and.reduce([state.mask for state in states])


def fan_in_sum(states, *_):
    assert len(states) == 1 or all(state.gaussian for state in states), "fanInSum of what is not Gaussian"
    return replace(states[0], k=sum(s.k for s in states), t=sum(s.t for s in states), mask=joint_mask(states))


def fan_in_prod(states, *_):
    k, t = states[0].k, states[0].t
    for state in states[1:]:
        k, t = k * state.k, t * state.k + k * state.t
    return replace(states[0], k=k, t=t, mask=joint_mask(states), gaussian=len(states) == 1 and states[0].gaussian)


def fan_in_concat(states, layer, _):
    rank = len(states[0].shapes[0])
    axis = layer["axis"] % rank
    if axis == rank - 1:
        widths = np.array([state.channels for state in states])
        weights = widths / widths.sum()
        shapes = states[0].reshaped([s[1:-1] for s in states[0].shapes], int(widths.sum()))
        k, t = (sum(w * m for w, m in zip(weights, matrices)) for matrices in ([s.k for s in states], [s.t for s in states]))
        return State(shapes, k, t, joint_mask(states), False)
    assert all(state.gaussian for state in states), "fanInConcat of what is not Gaussian"
    return side_by_side(states, axis)


def side_by_side(states, axis):
    """Concatenation along samples or a spatial axis: branches are independent of each other."""
    shapes, order = [], []
    starts = np.cumsum([0] + [len(s.k) for s in states])
    for side in range(len(states[0].shapes)):
        labels = [starts[b] + sum(s.counts[:side]) + np.arange(s.counts[side]).reshape(s.shapes[side][:-1]) for b, s in enumerate(states)]
        joined = np.concatenate(labels, axis)
        shapes.append((*joined.shape, states[0].channels))
        order.append(joined.ravel())
    order = np.concatenate(order)
    blocks = []
    for field in ("k", "t"):
        matrix = np.zeros((starts[-1], starts[-1]))
        for b, state in enumerate(states):
            matrix[starts[b] : starts[b + 1], starts[b] : starts[b + 1]] = getattr(state, field)
        blocks.append(matrix[np.ix_(order, order)])
    mask = None if states[0].mask is None else np.concatenate([s.mask for s in states])[order]
    return State(tuple(shapes), *blocks, mask, True)


def serial(value, layer, options):
    for inner in layer["layers"]:
        value = apply_layer(value, inner, options)
    return value


LAYERS = {
    "serial": serial,
    "parallel": lambda values, layer, options: [apply_layer(v, inner, options) for v, inner in zip(values, layer["layers"])],
    "repeat": lambda value, layer, options: serial(value, {"layers": [layer["layer"]] * layer["n"]}, options),
    "identity": lambda value, *_: value,
    "fanOut": lambda value, layer, _: [value] * layer["num"],
    "fanInSum": fan_in_sum,
    "fanInProd": fan_in_prod,
    "fanInConcat": fan_in_concat,
    "dense": dense,
    **dict.fromkeys(("conv", "convLocal", "convTranspose"), convolve),
    **dict.fromkeys(("avgPool", "sumPool"), pool),
    **dict.fromkeys(("globalAvgPool", "globalSumPool"), global_pool),
    "flatten": flatten,
    "layerNorm": layer_norm,
    "dropout": dropout,
    "globalSelfAttention": attention,
    "aggregate": aggregate,
    "imageResize": image_resize,
    "dotGeneral": dot_general,
    "index": index,
    **dict.fromkeys(DUALS, activate),
}


def apply_layer(value, layer, options):
    return LAYERS[layer["kind"]](value, layer, options)


def evaluate(network, x1, x2=None, mask_constant=None, pattern=None, diagonal_spatial=False):
    """The fields of a kernel in the layout of infinite-width; x1 and x2 arrays, or lists of arrays."""
    several = isinstance(x1, list)
    pairs = list(zip(x1, [None] * len(x1) if x2 is None else x2)) if several else [(x1, x2)]
    states = [input_state([x for x in pair if x is not None], mask_constant) for pair in pairs]
    out = apply_layer(states if several else states[0], network, {"pattern": pattern})
    return result(out, diagonal_spatial)
