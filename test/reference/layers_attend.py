"""globalSelfAttention in the infinite-width limit (Hron et al. 2020, arXiv 2006.10540), over the points of a state."""

from dataclasses import replace

import numpy as np

from layers_functions import FUNCTIONS
from layers_state import block_matrix


def position_covariance(state, layer):
    """[points, points] of the positional embedding: by the distance of the two locations, whatever their samples."""
    grids = [np.tile(np.array(list(np.ndindex(*s[1:-1]))), (s[0], 1)) for s in state.shapes]
    points = np.concatenate(grids)
    difference = np.abs(points[:, None, :] - points[None, :, :])
    if layer["posEmbDecayFn"] is None:
        covariance = (difference == 0).all(-1).astype(float)
    else:
        covariance = np.asarray(FUNCTIONS[layer["posEmbDecayFn"]]((difference ** float(layer["posEmbPNorm"])).sum(-1)), np.float64)
    if state.mask is not None:
        covariance = covariance * ~(state.mask[:, None] | state.mask[None, :])
    return covariance


def interpolation(state, layer):
    """(alpha, beta): K with embedding = alpha K + beta R."""
    beta = layer["wPosEmbStd"] ** 2
    if layer["posEmbType"] == "SUM":
        return 1, beta
    own = state.channels
    embedding = own if layer["nChanPosEmb"] is None else layer["nChanPosEmb"]
    return own / (own + embedding), beta * embedding / (own + embedding)


def samples_of(state):
    return np.concatenate([np.repeat(np.arange(s[0]), np.prod(s[1:-1], dtype=int)) + 1000 * side for side, s in enumerate(state.shapes)])


def attention_weights(state, layer, logits):
    """G of every sample from its own covariance, as one block-diagonal matrix of points."""
    samples = samples_of(state)
    own = samples[:, None] == samples[None, :]
    hidden = np.zeros(len(samples), bool) if state.mask is None else state.mask
    mechanism = layer["attentionMechanism"]
    if mechanism == "SOFTMAX":
        logits = np.where(hidden[None, :], -1e20, logits)
        top = np.where(own, logits, -np.inf).max(1, keepdims=True)
        weights = np.where(own, np.exp(np.minimum(logits - top, 0)), 0)
        return weights / weights.sum(1, keepdims=True)
    logits = np.where(hidden[None, :] | ~own, 0, logits)
    return {"IDENTITY": lambda x: x, "ABS": np.abs, "RELU": lambda x: np.maximum(x, 0)}[mechanism](logits)


def attend(state, layer):
    k, t = state.k, state.t
    if layer["posEmbType"] == "NONE":
        k_embedded, t_embedded = k, t
    else:
        alpha, beta = interpolation(state, layer)
        covariance = position_covariance(state, layer)
        k_embedded, t_embedded = alpha * k + beta * covariance, alpha * t + beta * covariance
    if layer["linearScaling"]:
        nngp, ntk = linear_scaling(state, layer, k_embedded, t_embedded)
    else:
        nngp, ntk = root_scaling(state, layer, k_embedded, t_embedded)
    shapes = state.reshaped([s[1:-1] for s in state.shapes], layer["nChanOut"])
    return replace(state, k=nngp, t=ntk, shapes=shapes, gaussian=True)


def linear_scaling(state, layer, k_embedded, t_embedded):
    """Queries and keys tied, logits divided by d: the attention weights are deterministic."""
    weights = attention_weights(state, layer, layer["wKeyStd"] * layer["wQueryStd"] * k_embedded)
    values = (k_embedded, t_embedded) if layer["valPosEmb"] else (state.k, state.t)
    scale, bias = (layer["wOutStd"] * layer["wValueStd"]) ** 2, (layer["bStd"] or 0) ** 2
    k, t = (scale * weights @ value @ weights.T for value in values)
    return k + bias, t + bias + 2 * k


def root_scaling(state, layer, k_embedded, t_embedded):
    """Logits divided by sqrt(d), identity: products of the kernel with its sum over pairs of locations."""
    plain = not layer["valPosEmb"]
    k_value, t_value = (state.k, state.t) if plain else (k_embedded, t_embedded)
    ones = block_matrix(state, [np.ones((1, int(np.prod(s[1:-1], dtype=int)))) for s in state.shapes])

    def total(product):
        """Sums over all pairs of locations of each pair of samples, spread back to the points."""
        return ones.T @ (ones @ product @ ones.T) @ ones

    scale = (layer["wKeyStd"] * layer["wQueryStd"] * layer["wOutStd"] * layer["wValueStd"]) ** 2
    bias = (layer["bStd"] or 0) ** 2
    c = total(k_embedded * k_value)
    cross = total(k_embedded * t_value) + total(k_value * t_embedded)
    return scale * c * k_embedded + bias, scale * (cross * k_embedded + c * (t_embedded + 4 * k_embedded)) + bias
