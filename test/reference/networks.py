"""Networks in the canonical JSON of infinite-width, and their translation to neural-tangents.

A layer is a plain dict, as `JSON.stringify` of a network gives it. `depth` of a network is its number of hidden
(activation) layers: depth 1 is dense, activation, dense.
"""


def dense(out_dim, w_std=1.0, b_std=None, parameterization="ntk", s=(1, 1)):
    return {
        "kind": "dense",
        "outDim": out_dim,
        "wStd": w_std,
        "bStd": b_std,
        "parameterization": parameterization,
        "s": list(s),
    }


def serial(*layers):
    return {"kind": "serial", "layers": list(layers)}


def activation(kind, **parameters):
    return {"kind": kind, **parameters}


def mlp(act, depth, width=16, w_std=1.0, b_std=None, parameterization="ntk", out_dim=1):
    """`depth` times (dense, activation), then a dense readout; `width` is one number or one per hidden layer."""
    widths = [width] * depth if isinstance(width, int) else width
    hidden = [layer for n in widths for layer in (dense(n, w_std, b_std, parameterization), act)]
    return serial(*hidden, dense(out_dim, w_std, b_std, parameterization))


def to_neural_tangents(layer):
    """The (init, apply, kernel) triple of neural-tangents for a network of this module."""
    from neural_tangents import stax

    kind = layer["kind"]
    if kind == "serial":
        return stax.serial(*[to_neural_tangents(inner) for inner in layer["layers"]])
    if kind == "dense":
        return stax.Dense(
            layer["outDim"],
            W_std=layer["wStd"],
            b_std=layer["bStd"],
            parameterization=layer["parameterization"],
            s=tuple(layer["s"]),
        )
    return {
        "relu": lambda: stax.Relu(),
        "leakyRelu": lambda: stax.LeakyRelu(layer["alpha"]),
        "abRelu": lambda: stax.ABRelu(layer["a"], layer["b"]),
        "abs": lambda: stax.Abs(),
        "erf": lambda: stax.Erf(layer["a"], layer["b"], layer["c"]),
        "sigmoidLike": lambda: stax.Sigmoid_like(),
        "identity": lambda: stax.Identity(),
        "flatten": lambda: stax.Flatten(),
    }[kind]()


def flatten_layers(layer):
    """The layers of a network in order, nested `serial`s opened."""
    if layer["kind"] != "serial":
        return [layer]
    return [inner for part in layer["layers"] for inner in flatten_layers(part)]
