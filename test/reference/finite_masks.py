"""Finite networks with masked inputs by neural-tangents in float64: outputs, NTKs, Taylor polynomials.

The locations that are masked hold MASK in every channel. What is masked of an output is 0 (`unmask_fn`).
"""

import os

os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"  # compiling takes longer than computing

import jax

jax.config.update("jax_enable_x64", True)

import neural_tangents as nt
import numpy as np

import layers_dsl as dsl
from finite import IMAGE, SEQUENCE, STANDARD, array_of, drawn, named, rounded
from layers_dsl import activation, conv, conv_local, conv_transpose, dense, erf, fan_in_concat, fan_out, flatten, global_avg_pool
from layers_dsl import parallel, plain, relu, residual, serial
from serialize import write_json

MASK = 100.0


def tails():
    """Name, network, shape of a sample, keyword arguments of apply."""
    padded = serial(conv(3, (3,), padding="SAME", b=0.2), activation("sin", a=1, b=1, c=0.4), global_avg_pool(), dense(2))
    yield "conv SAME, globalAvgPool", padded, SEQUENCE, {}
    strided = serial(conv(3, (3, 3), padding="SAME", strides=(2, 1), b=0.2), erf(), dsl.avg_pool((2, 1)), conv(2, (1, 2), **STANDARD), flatten(), dense(2))
    yield "conv SAME with strides, avgPool, flatten", strided, IMAGE, {}
    scattered = serial(conv_transpose(3, (2, 2), strides=(2, 1), b=0.1), relu(), global_avg_pool(), dense(2))
    yield "convTranspose", scattered, IMAGE, {}
    local = serial(conv_local(3, (2,), b=0.2), erf(), plain("globalSumPool"), dense(2))
    yield "convLocal, globalSumPool", local, SEQUENCE, {}
    # Over channels alone: the variance of the reference counts masked locations.
    normal = serial(conv(3, (1,), b=0.3), dsl.layer_norm((-1,)), erf(), conv(3, (2,)), dsl.layer_norm((-1,)), erf(), global_avg_pool(), dense(2))
    yield "layerNorm", normal, SEQUENCE, {}
    around = lambda layer: serial(conv(3, (1,), b=0.1), erf(), layer, erf(), global_avg_pool(), dense(2))
    yield "attention SOFTMAX, CONCAT", around(dsl.attention(b=0.2, pos_emb="CONCAT", w_pos_emb=0.7, val_pos_emb=True)), SEQUENCE, {}
    root = dsl.attention(linear_scaling=False, mechanism="IDENTITY", pos_emb="SUM", w=(0.9, 1.2, 1.1, 0.8))
    yield "attention IDENTITY by the root, SUM", around(root), SEQUENCE, {}
    yield "attention RELU, decay", around(dsl.attention(mechanism="RELU", pos_emb="SUM", decay="exponential", b=0.1)), SEQUENCE, {}
    yield "attention ABS", around(dsl.attention(mechanism="ABS", b=0.1)), SEQUENCE, {}
    yield "residual", serial(dense(4, b=0.2), residual(serial(erf(), dense(4, b=0.1))), erf(), dense(2), global_avg_pool()), SEQUENCE, {}
    concat = serial(fan_out(2), parallel(dense(3, b=0.4), dense(2, b=0.1)), fan_in_concat(-1), dense(3, b=0.2), erf(), global_avg_pool(), dense(2))
    yield "concat", concat, SEQUENCE, {}
    weights = np.round(np.random.default_rng(3).normal(size=(3, 5, 5)), 3)
    graph = serial(conv(3, (1,), b=0.1), erf(), dsl.aggregate(), dense(3), erf(), global_avg_pool(), dense(2))
    yield "aggregate", graph, SEQUENCE, {"pattern": weights}
    resized = serial(conv(3, (2, 2), b=0.3), dsl.image_resize((-1, 2, 4, -1)), dsl.index(slice(None), slice(None), slice(None, None, 2)), erf(), flatten(), dense(2))
    yield "resize, index", resized, IMAGE, {}
    yield "spatial output", serial(conv(3, (2, 2), padding="SAME", b=0.1), erf(), conv(2, (1, 1), **STANDARD)), IMAGE, {}


def masked_inputs(rng, n, sample):
    """Sample 0 is whole, the others lack about a third of their locations."""
    x = np.round(rng.normal(size=(n, *sample)), 3)
    mask = rng.random(size=(n, *sample[:-1])) < 0.35
    mask[0] = False
    x[mask] = MASK
    return jax.numpy.array(x)


def case(name, net, sample, keywords, seed):
    print(name, flush=True)
    _, apply_fn, _ = net.nt
    apply_fn = nt.stax.unmask_fn(apply_fn)
    params, other = drawn(net, sample, seed), drawn(net, sample, seed + 1000)
    near = jax.tree_util.tree_map(lambda p, q: rounded(p + 0.3 * q), params, other)
    rng = np.random.default_rng(seed)
    x1, x2 = (masked_inputs(rng, n, sample) for n in (3, 2))
    f = lambda p, x: apply_fn(p, x, mask_constant=MASK, **{key: value[: x.shape[0]] for key, value in keywords.items()})
    result = {"name": name, "network": net.json, "params": named(net.json, params), "near": named(net.json, near)}
    result |= {"x1": array_of(x1), "x2": array_of(x2), "output": array_of(f(params, x1))}
    result["pattern"] = array_of(keywords["pattern"]) if "pattern" in keywords else None
    # Two functions, since the samples of x1 and x2 may have patterns of their own.
    jacobians = [jax.jit(jax.jacobian(f))(params, x) for x in (x1, x2)]
    rows = [
        np.concatenate([np.reshape(j, (x.shape[0], -1, p.size)) for j, p in zip(jax.tree_util.tree_leaves(jacobian), jax.tree_util.tree_leaves(params))], axis=-1)
        for jacobian, x in zip(jacobians, (x1, x2))
    ]
    result["ntk"] = array_of(np.einsum("aip,bjp->abij", *rows))
    result["taylor"] = [array_of(jax.jit(nt.taylor_expand(f, params, degree))(near, x1)) for degree in range(3)]
    return result


def main():
    cases = [case(name, net, sample, keywords, seed) for seed, (name, net, sample, keywords) in enumerate(tails(), 1)]
    write_json("finite/masks.json.gz", {"version": "neural-tangents 0.6.5, float64", "mask": MASK, "cases": cases})


if __name__ == "__main__":
    main()
