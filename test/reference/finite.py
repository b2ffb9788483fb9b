"""Finite networks by neural-tangents in float64: outputs, empirical kernels, NTK-vector products, Taylor polynomials, training.

Every case is written with the JSON of the network and parameters of three decimals. Before it is written, the NTK by Jacobian contraction
and by structured derivatives agree to 1e-12 of its size.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"  # compiling takes longer than computing

import jax

jax.config.update("jax_enable_x64", True)

import warnings

import jax.numpy as jnp
import neural_tangents as nt
import numpy as np
from jax.example_libraries import optimizers

import layers_dsl as dsl
from layers_dsl import activation, conv, conv_local, conv_transpose, dense, erf, fan_in_concat, fan_out, flatten, global_avg_pool
from layers_dsl import identity, parallel, plain, relu, residual, serial
from serialize import numbers, write_json

warnings.filterwarnings("ignore")

STANDARD = {"parameterization": "standard", "b": 0.2}
IMAGE, SEQUENCE, VECTOR = (4, 3, 2), (5, 2), (6,)
NAMES = {"globalSelfAttention": ("queryMatrices", "keyMatrices", "valMatrices", "wOut", "b", "posEmb")}
PARAMETERIZED = ("dense", "conv", "convLocal", "convTranspose", "globalSelfAttention")
#: traceAxes, diagonalAxes
LAYOUTS = {
    2: [((-1,), ()), ((), ()), ((), (-1,))],
    4: [((-1,), ()), ((3,), (1, 2)), ((1, 2, 3), ()), ((2,), (3,)), ((1,), ()), ((), (2,)), ((-2,), (1, -1))],
}


def tails():
    """Name, network, shape of a sample, keyword arguments of apply."""
    both = serial(dense(4, b=0.3), erf(), dense(5, w=1.3, **STANDARD), activation("gelu"), dense(3))
    yield "dense, both parameterizations", both, VECTOR, {}
    yield "dense, s-chain", serial(dense(4, s=(1, 2), **STANDARD), erf(), dense(3, s=(2, 1), **STANDARD)), VECTOR, {}
    yield "relu", serial(dense(5, b=0.1), relu(), dense(5, w=1.5), activation("leakyRelu", alpha=0.2), dense(2)), VECTOR, {}
    strided = serial(conv(3, (3, 3), padding="SAME", b=0.2), erf(), conv(4, (2, 2), strides=(2, 1), **STANDARD), erf(), flatten(), dense(2))
    yield "conv SAME, strides, flatten", strided, IMAGE, {}
    circular = serial(conv(3, (3, 2), padding="CIRCULAR"), activation("sin", a=1, b=1, c=0.2), global_avg_pool(), dense(2, **STANDARD))
    yield "conv CIRCULAR, globalAvgPool", circular, IMAGE, {}
    local = serial(conv_local(3, (2, 2), b=0.2), erf(), conv_transpose(2, (2, 2), strides=(2, 1)), erf(), plain("globalSumPool"), dense(2))
    yield "convLocal, convTranspose", local, IMAGE, {}
    pools = serial(conv(3, (2, 2)), dsl.avg_pool((2, 2), padding="SAME", normalize_edges=True), dsl.layer_norm((1, -1)), dsl.sum_pool((2, 1)), erf(), flatten(), dense(2))
    yield "pools, layerNorm", pools, IMAGE, {}
    around = lambda layer: serial(conv(3, (2,), b=0.1), erf(), layer, erf(), global_avg_pool(), dense(2))
    yield "attention SOFTMAX, CONCAT", around(dsl.attention(b=0.2, pos_emb="CONCAT", w_pos_emb=0.7, val_pos_emb=True)), SEQUENCE, {}
    root = dsl.attention(linear_scaling=False, mechanism="IDENTITY", pos_emb="SUM", w=(0.9, 1.2, 1.1, 0.8))
    yield "attention IDENTITY by the root, SUM", around(root), SEQUENCE, {}
    yield "attention RELU, decay", around(dsl.attention(mechanism="RELU", pos_emb="SUM", decay="exponential", b=0.1)), SEQUENCE, {}
    decayed = dsl.attention(mechanism="ABS", pos_emb="CONCAT", decay="inverse", p_norm=1, w_pos_emb=1.1, n_chan_pos_emb=4, val_pos_emb=True)
    yield "attention ABS, decay, CONCAT", around(decayed), SEQUENCE, {}
    yield "residual", serial(dense(4), residual(serial(erf(), dense(4, b=0.1))), activation("gaussian", a=1, b=-1), dense(2)), VECTOR, {}
    product = serial(fan_out(2), parallel(serial(dense(3), erf()), dense(3)), plain("fanInProd"), dense(2))
    yield "product", product, VECTOR, {}
    concat = serial(fan_out(2), parallel(serial(dense(3), erf(), dense(2)), dense(4, **STANDARD)), fan_in_concat(-1), dense(2))
    yield "concat", concat, VECTOR, {}
    rng = np.random.default_rng(3)
    weights = np.round(rng.normal(size=(3, 5, 5)), 3)
    graph = serial(conv(3, (1,), b=0.1), erf(), dsl.aggregate(), dense(3), erf(), global_avg_pool(), dense(2))
    yield "aggregate DENSE", graph, SEQUENCE, {"pattern": weights}
    edges = rng.integers(-1, 5, size=(3, 7, 1, 2))
    # Padding at both ends: with one end alone the reference takes the last vertex for it.
    edges = np.where((edges < 0).any(axis=-1, keepdims=True), -1, edges)
    sparse = serial(conv(3, (1,), b=0.1), erf(), dsl.aggregate(implementation="SPARSE"), dense(3), erf(), global_avg_pool(), dense(2))
    yield "aggregate SPARSE", sparse, SEQUENCE, {"pattern": edges}
    resized = serial(conv(3, (2, 2)), dsl.image_resize((-1, 2, 4, -1)), dsl.index(slice(None), slice(None), slice(None, None, 2)), erf(), flatten(), dense(2))
    yield "resize, index", resized, IMAGE, {}
    yield "spatial output", serial(conv(3, (2, 2), b=0.1), erf(), conv(2, (2, 1), **STANDARD)), IMAGE, {}


def rounded(array):
    return jnp.array(np.round(np.asarray(array, dtype=np.float64), 3))


def named(network, params):
    """Entries of infinite-width's params, depth first."""
    if network["kind"] in ("serial", "parallel"):
        return [entry for layer, own in zip(network["layers"], params) for entry in named(layer, own)]
    if network["kind"] not in PARAMETERIZED:
        return []
    names = NAMES.get(network["kind"], ("w", "b"))
    return [{name: array_of(a) for name, a in zip(names, params) if a is not None}]


def array_of(array):
    return {"data": numbers(np.ravel(array)), "shape": list(np.shape(array))}


def drawn(net, sample, seed):
    init_fn, _, _ = net.nt
    _, params = init_fn(jax.random.PRNGKey(seed), (1, *sample))
    return jax.tree_util.tree_map(rounded, params)


def split(keywords):
    """Keyword arguments of x1 (three samples) and of x2 (two)."""
    return {name: (value, value[:2]) for name, value in keywords.items()}


def kernels(apply_fn, x1, x2, params, keywords):
    rank = apply_fn(params, x1, **keywords).ndim
    for trace, diagonal in LAYOUTS[rank]:
        axes = {"trace_axes": trace, "diagonal_axes": diagonal}
        nngp = nt.empirical_nngp_fn(apply_fn, **axes)(x1, x2, params, **split(keywords))
        of = lambda implementation: nt.empirical_ntk_fn(apply_fn, **axes, implementation=implementation)
        by = lambda implementation: jax.jit(lambda p: of(implementation)(x1, x2, p, **split(keywords)))(params)
        contracted = by(1)
        if (trace, diagonal) == LAYOUTS[rank][0]:
            assert np.max(np.abs(contracted - by(3))) < 1e-12 * np.max(np.abs(contracted)), (trace, diagonal)
        yield {"traceAxes": list(trace), "diagonalAxes": list(diagonal), "nngp": array_of(nngp), "ntk": array_of(contracted)}


def case(name, net, sample, keywords, seed):
    _, apply_fn, _ = net.nt
    params, other = drawn(net, sample, seed), drawn(net, sample, seed + 1000)
    near = jax.tree_util.tree_map(lambda p, q: rounded(p + 0.3 * q), params, other)
    rng = np.random.default_rng(seed)
    x1, x2 = (rounded(rng.normal(size=(n, *sample))) for n in (3, 2))
    output = apply_fn(params, x1, **keywords)
    of_second = {key: value[:2] for key, value in keywords.items()}
    v = rounded(rng.normal(size=apply_fn(params, x2, **of_second).shape))
    f = lambda p, x: apply_fn(p, x, **({key: value[: x.shape[0]] for key, value in keywords.items()}))
    result = {"name": name, "network": net.json, "params": named(net.json, params), "near": named(net.json, near)}
    print(name, flush=True)
    result |= {"x1": array_of(x1), "x2": array_of(x2), "v": array_of(v), "output": array_of(output)}
    result["pattern"] = array_of(keywords["pattern"]) if "pattern" in keywords else None
    result["kernels"] = list(kernels(apply_fn, x1, x2, params, keywords))
    result["vectorProduct"] = array_of(jax.jit(nt.empirical_ntk_vp_fn(f, x1, x2, params))(v))
    result["linearized"] = array_of(jax.jit(nt.linearize(f, params))(near, x1))
    taylor = lambda degree: jax.jit(nt.taylor_expand(f, params, degree))(near, x1)
    result["taylor"] = [array_of(taylor(degree)) for degree in range(4)]
    assert np.max(np.abs(result["taylor"][1]["data"] - np.array(result["linearized"]["data"]))) < 1e-12
    return result


OPTIMIZERS = {
    "gd": (optimizers.sgd, {}, 0.3),
    "momentum": (optimizers.momentum, {"mass": 0.8}, 0.1),
    "adam": (optimizers.adam, {"b1": 0.85, "b2": 0.98, "eps": 1e-6}, 0.02),
}


def trajectories(name, net, sample, outputs, seed, steps=12):
    _, apply_fn, _ = net.nt
    params = drawn(net, sample, seed)
    rng = np.random.default_rng(seed)
    x, y = rounded(rng.normal(size=(5, *sample))), rounded(rng.normal(size=(5, outputs)))
    loss = lambda p: 0.5 * jnp.mean((apply_fn(p, x) - y) ** 2)
    gradients = jax.jit(jax.value_and_grad(loss))
    ntk_fn = jax.jit(lambda p: nt.empirical_ntk_fn(apply_fn)(x, None, p))
    runs = {}
    for optimizer, (make, options, rate) in OPTIMIZERS.items():
        init, update, get = make(rate, **options)
        state, losses = init(params), []
        for step in range(steps):
            value, gradient = gradients(get(state))
            losses.append(float(value))
            state = update(step, gradient, state)
        ntk = ntk_fn(get(state))
        losses.append(float(loss(get(state))))
        runs[optimizer] = {"learningRate": rate, **options, "losses": losses, "output": array_of(apply_fn(get(state), x)), "ntk": array_of(ntk)}
    return {"name": name, "network": net.json, "params": named(net.json, params), "x": array_of(x), "y": array_of(y), "runs": runs}


def main():
    cases = [case(name, net, sample, keywords, seed) for seed, (name, net, sample, keywords) in enumerate(tails(), 1)]
    dense_net = serial(dense(8, w=1.4, b=0.1), activation("gelu"), dense(6, **STANDARD), erf(), dense(2))
    conv_net = serial(conv(4, (3, 3), padding="SAME", b=0.1), relu(), conv(3, (2, 2), **STANDARD), erf(), global_avg_pool(), dense(2))
    training = [trajectories("dense", dense_net, VECTOR, 2, 5), trajectories("conv", conv_net, IMAGE, 2, 6)]
    write_json("finite/neural-tangents.json.gz", {"version": "neural-tangents 0.6.5, float64", "cases": cases, "training": training})


if __name__ == "__main__":
    main()
