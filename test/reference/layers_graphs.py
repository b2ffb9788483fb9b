"""Cases of aggregate: dense and sparse patterns, over all or some axes, weighted, with padding."""

import numpy as np

from layers_case import Case, pair, sample
from layers_dsl import aggregate, avg_pool, conv, dense, flatten, global_avg_pool, plain, relu, residual, serial


def dense_pair(*shape, weighted=False, key=""):
    """Random adjacency [n, *shape, *shape] for x1 and x2, no two samples alike."""
    patterns = []
    for n, side in ((3, "a"), (2, "b")):
        weights = sample(n, *shape, *shape, key=f"{side} pattern {key}")
        patterns.append(weights if weighted else (weights > 0.3).astype(float))
    return tuple(patterns)


def sparse_pair(*shape, edges=9, key=""):
    """[n, edges, axes, 2]: tails and heads; some edges twice, the last ones of every sample padding."""
    patterns = []
    for n, side in ((3, "a"), (2, "b")):
        rng = np.random.default_rng([n, edges, len(shape), len(key)])
        pattern = np.stack([rng.integers(0, length, size=(n, edges, 2)) for length in shape], axis=2)
        pattern[:, 1] = pattern[:, 0]
        for row, padding in zip(pattern, (0, 2, 3)):
            row[edges - padding :] = -1
        patterns.append(pattern)
    return tuple(patterns)


def case(name, net, shape, pattern):
    return Case(f"aggregate {name}", "aggregate", net, *pair(*shape, key="graph"), pattern=pattern)


def network(implementation, *tail, axis=None, parameterization="ntk", b=0.1):
    layer = aggregate(axis, implementation)
    options = {"b": b, "parameterization": parameterization}
    return serial(layer, dense(6, 1.3, **options), relu(), layer, dense(5, 1.2, **options), relu(), *tail, dense(1, **options))


def sequences():
    for implementation, make in (("DENSE", dense_pair), ("SPARSE", sparse_pair)):
        for name, tail in (("globalAvgPool", global_avg_pool()), ("globalSumPool", plain("globalSumPool")), ("flatten", flatten())):
            yield case(f"{implementation}, {name}", network(implementation, tail), (5, 3), make(5))
        yield case(f"{implementation}, standard", network(implementation, global_avg_pool(), parameterization="standard"), (5, 3), make(5))
        yield case(f"{implementation}, no pattern", network(implementation, global_avg_pool(), b=None), (5, 3), None)
        whole = serial(dense(3, 1.1), relu(), aggregate(None, implementation))
        yield case(f"{implementation}, output of all vertices", whole, (4, 2), make(4))
    yield case("DENSE, weighted", network("DENSE", global_avg_pool(), b=0.2), (5, 3), dense_pair(5, weighted=True))
    flat = tuple(p[:, :, 0, :] for p in sparse_pair(5))
    yield case("SPARSE, pattern of rank 3", network("SPARSE", global_avg_pool()), (5, 3), flat)


def images():
    """After one convolution for DENSE; SPARSE is right only where the axes are in their natural order (two of them)."""
    for axes, shape in (((1, 2), (3, 4)), ((1,), (3,)), ((2,), (4,))):
        sparse = serial(conv(3, (2, 2), padding="SAME"), relu(), conv(3, (2, 1), padding="SAME", b=0.1), relu(), aggregate(axes, "SPARSE"))
        yield case(
            f"SPARSE, axes {axes}", serial(sparse, dense(3, 1.1), relu(), global_avg_pool(), dense(1)), (3, 4, 2), sparse_pair(*shape)
        )
        before = serial(conv(3, (2, 2), padding="SAME", b=0.1), relu(), aggregate(axes))
        net = serial(before, conv(3, (2, 1), padding="SAME"), relu(), avg_pool((2, 2)), flatten(), dense(1))
        yield case(f"DENSE, axes {axes}", net, (3, 4, 2), dense_pair(*shape, weighted=True))


def deep():
    for implementation, make in (("DENSE", dense_pair), ("SPARSE", sparse_pair)):
        layer = aggregate(None, implementation)
        block = serial(layer, residual(serial(dense(4, 1.3, 0.1), relu(), dense(4, 1.1, 0.1))), relu(), dense(4, 1.2))
        net = serial(
            dense(4, 1.2, 0.1), relu(), dense(4), block, block, block, plain("globalSumPool"), dense(2, 0.4, 0.1), relu(), dense(1)
        )
        yield case(f"{implementation}, deep", net, (6, 3), make(6, key="deep"))._replace(group="deep")


def cases():
    for group in (sequences, images, deep):
        yield from group()
