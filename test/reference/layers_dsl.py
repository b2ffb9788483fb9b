"""Networks for the layer fixtures: each function makes the triple of neural-tangents and the JSON of infinite-width together."""

from typing import NamedTuple

import jax.numpy as jnp
from neural_tangents import stax

from layers_functions import FUNCTIONS


class Layer(NamedTuple):
    nt: tuple
    json: dict


def optional_tuple(value):
    return None if value is None else tuple(value)


def optional_list(value):
    return None if value is None else list(value)


def function_of(name):
    return None if name is None else FUNCTIONS[name]


def serial(*layers):
    return Layer(stax.serial(*[layer.nt for layer in layers]), {"kind": "serial", "layers": [layer.json for layer in layers]})


def parallel(*layers):
    return Layer(stax.parallel(*[layer.nt for layer in layers]), {"kind": "parallel", "layers": [layer.json for layer in layers]})


def repeat(layer, n):
    return Layer(stax.repeat(layer.nt, n), {"kind": "repeat", "layer": layer.json, "n": n})


def dense(out_dim, w=1.0, b=None, parameterization="ntk", s=(1, 1)):
    return Layer(
        stax.Dense(out_dim, W_std=w, b_std=b, parameterization=parameterization, s=s),
        {"kind": "dense", "outDim": out_dim, "wStd": w, "bStd": b, "parameterization": parameterization, "s": list(s)},
    )


CONVOLUTIONS = {"conv": stax.Conv, "convLocal": stax.ConvLocal, "convTranspose": stax.ConvTranspose}


def convolution(kind, out_chan, filter_shape, strides=None, padding="VALID", w=1.0, b=None, parameterization="ntk", s=(1, 1)):
    triple = CONVOLUTIONS[kind](
        out_chan,
        tuple(filter_shape),
        strides=optional_tuple(strides),
        padding=padding,
        W_std=w,
        b_std=b,
        parameterization=parameterization,
        s=s,
    )
    data = {"kind": kind, "outChan": out_chan, "filterShape": list(filter_shape), "strides": optional_list(strides), "padding": padding}
    data |= {"dilation": None, "groups": 1, "wStd": w, "bStd": b, "parameterization": parameterization, "s": list(s)}
    return Layer(triple, data)


def conv(*args, **options):
    return convolution("conv", *args, **options)


def conv_local(*args, **options):
    return convolution("convLocal", *args, **options)


def conv_transpose(*args, **options):
    return convolution("convTranspose", *args, **options)


def pool_json(kind, window, strides, padding, normalize_edges):
    data = {"kind": kind, "windowShape": list(window), "strides": optional_list(strides), "padding": padding}
    return data | {"normalizeEdges": normalize_edges}


def avg_pool(window, strides=None, padding="VALID", normalize_edges=False):
    triple = stax.AvgPool(tuple(window), optional_tuple(strides), padding, normalize_edges)
    return Layer(triple, pool_json("avgPool", window, strides, padding, normalize_edges))


def sum_pool(window, strides=None, padding="VALID"):
    return Layer(stax.SumPool(tuple(window), optional_tuple(strides), padding), pool_json("sumPool", window, strides, padding, False))


def layer_norm(axis=(-1,), eps=1e-12):
    return Layer(stax.LayerNorm(axis=tuple(axis), eps=eps), {"kind": "layerNorm", "axis": list(axis), "eps": eps})


def dropout(rate, mode="train"):
    return Layer(stax.Dropout(rate, mode), {"kind": "dropout", "rate": rate, "mode": mode})


def attention(
    n_chan_out=4,
    n_chan_key=3,
    n_chan_val=5,
    n_heads=2,
    linear_scaling=True,
    w=(1.0, 1.0, 1.0, 1.0),
    b=None,
    mechanism="SOFTMAX",
    pos_emb="NONE",
    p_norm=2,
    decay=None,
    n_chan_pos_emb=None,
    w_pos_emb=1.0,
    val_pos_emb=False,
):
    """`w`: standard deviations of key, value, query and out."""
    key, value, query, out = w
    triple = stax.GlobalSelfAttention(
        n_chan_out,
        n_chan_key,
        n_chan_val,
        n_heads,
        linear_scaling=linear_scaling,
        W_key_std=key,
        W_value_std=value,
        W_query_std=query,
        W_out_std=out,
        b_std=b,
        attention_mechanism=mechanism,
        pos_emb_type=pos_emb,
        pos_emb_p_norm=p_norm,
        pos_emb_decay_fn=function_of(decay),
        n_chan_pos_emb=n_chan_pos_emb,
        W_pos_emb_std=w_pos_emb,
        val_pos_emb=val_pos_emb,
    )
    data = {"kind": "globalSelfAttention", "nChanOut": n_chan_out, "nChanKey": n_chan_key, "nChanVal": n_chan_val, "nHeads": n_heads}
    data |= {"linearScaling": linear_scaling, "wKeyStd": key, "wValueStd": value, "wQueryStd": query, "wOutStd": out, "bStd": b}
    data |= {"attentionMechanism": mechanism, "posEmbType": pos_emb, "posEmbPNorm": p_norm, "posEmbDecayFn": decay}
    return Layer(triple, data | {"nChanPosEmb": n_chan_pos_emb, "wPosEmbStd": w_pos_emb, "valPosEmb": val_pos_emb})


def aggregate(axis=None, implementation="DENSE"):
    triple = stax.Aggregate(aggregate_axis=optional_tuple(axis), implementation=implementation)
    return Layer(triple, {"kind": "aggregate", "aggregateAxis": optional_list(axis), "implementation": implementation})


def dot_general(constant, side, dimension_numbers):
    array = jnp.array(constant, dtype=float)
    triple = stax.DotGeneral(**{side: array}, dimension_numbers=dimension_numbers)
    data = {"data": [float(v) for v in array.ravel()], "shape": list(array.shape)}
    numbers = [[list(axes) for axes in pair] for pair in dimension_numbers]
    return Layer(triple, {"kind": "dotGeneral", "constant": data, "side": side, "dimensionNumbers": numbers})


def image_resize(shape, method="linear", antialias=True):
    triple = stax.ImageResize(tuple(shape), method, antialias)
    return Layer(triple, {"kind": "imageResize", "shape": list(shape), "method": method, "antialias": antialias})


def index(*idx):
    """Entries are integers, slices and Ellipsis."""

    def entry(value):
        if isinstance(value, slice):
            return {"start": value.start, "stop": value.stop, "step": value.step}
        return "..." if value is Ellipsis else value

    return Layer(stax.Index(idx=idx), {"kind": "index", "idx": [entry(value) for value in idx]})


def fan_out(num):
    return Layer(stax.FanOut(num), {"kind": "fanOut", "num": num})


def fan_in_concat(axis=-1):
    return Layer(stax.FanInConcat(axis), {"kind": "fanInConcat", "axis": axis})


def plain(kind):
    """identity, flatten, the global pools, fanInSum and fanInProd: layers without parameters."""
    return Layer(getattr(stax, kind[0].upper() + kind[1:])(), {"kind": kind})


ACTIVATIONS = {
    "relu": stax.Relu,
    "abs": stax.Abs,
    "sigmoidLike": stax.Sigmoid_like,
    "gabor": stax.Gabor,
    "sign": stax.Sign,
    "abRelu": stax.ABRelu,
    "leakyRelu": stax.LeakyRelu,
    "erf": stax.Erf,
    "gelu": stax.Gelu,
    "sin": stax.Sin,
    "cos": stax.Cos,
    "rbf": stax.Rbf,
    "exp": stax.Exp,
    "gaussian": stax.Gaussian,
    "expNormalized": lambda gamma, shift, doClip: stax.ExpNormalized(gamma, shift, doClip),
    "hermite": stax.Hermite,
    "monomial": stax.Monomial,
    "rectifiedMonomial": stax.RectifiedMonomial,
    "polynomial": stax.Polynomial,
}


def activation(kind, **parameters):
    return Layer(ACTIVATIONS[kind](**parameters), {"kind": kind, **parameters})


def elementwise(fn, nngp_fn, d_nngp_fn=None):
    triple = stax.Elementwise(function_of(fn), function_of(nngp_fn), function_of(d_nngp_fn))
    return Layer(triple, {"kind": "elementwise", "fn": fn, "nngpFn": nngp_fn, "dNngpFn": d_nngp_fn})


def elementwise_numerical(fn, deg, df=None):
    triple = stax.ElementwiseNumerical(function_of(fn), deg, function_of(df))
    return Layer(triple, {"kind": "elementwiseNumerical", "fn": fn, "deg": deg, "df": df})


def relu():
    return activation("relu")


def erf(a=1, b=1, c=0):
    return activation("erf", a=a, b=b, c=c)


def flatten():
    return plain("flatten")


def global_avg_pool():
    return plain("globalAvgPool")


def fan_in_sum():
    return plain("fanInSum")


def identity():
    return plain("identity")


def residual(main, shortcut=None):
    """fanOut(2), the two branches side by side, fanInSum."""
    return serial(fan_out(2), parallel(main, shortcut or identity()), fan_in_sum())
