"""Timing peers on one thread. Prints one JSON line: the arguments, seconds (best, median, runs) and GFLOP/s or ns.

  peers.py numpy-gemm --n 1024 --dtype float32
  peers.py numpy-potrf --n 2000
  peers.py numpy-syevd --n 1000 --dtype float64
  peers.py neural-tangents-kernel --n 4096 --features 784 --depth 10 --dtype float32 [--bias 0.1]
  peers.py numpy-kernel           (the same arguments)

The kernels are NNGP and NTK of a ReLU network with wStd = sqrt 2, x2 left out. Threads are limited before NumPy and JAX
are imported, and the process is pinned to one core.
"""

import argparse
import json
import os
import statistics
import sys
import time

TILE_ENTRIES = 65536
BATCH = 256


def pin(core):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if core is None else core})


def measure(action, runs):
    """Seconds of each run, after the warm-up that `action`'s maker did."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def numpy_gemm(np, options):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=(options.n, options.n)).astype(options.dtype) for _ in range(2))
    out = np.empty_like(a)
    np.dot(a, b, out=out)
    return lambda: np.dot(a, b, out=out), {"flop": 2 * options.n**3}


def numpy_potrf(np, options):
    a = np.random.default_rng(1).normal(size=(options.n, options.n)).astype(options.dtype)
    matrix = a @ a.T + options.n * np.eye(options.n, dtype=options.dtype)
    np.linalg.cholesky(matrix[:256, :256])
    return lambda: np.linalg.cholesky(matrix), {"flop": options.n**3 / 3}


def numpy_syevd(np, options):
    a = np.random.default_rng(1).normal(size=(options.n, options.n)).astype(options.dtype)
    matrix = a @ a.T + options.n * np.eye(options.n, dtype=options.dtype)
    np.linalg.eigh(matrix[:256, :256])
    return lambda: np.linalg.eigh(matrix), {"flop": 14 / 3 * options.n**3}


def kernel_inputs(np, options):
    return np.random.default_rng(1).normal(size=(options.n, options.features)).astype(options.dtype)


def neural_tangents_kernel(np, options):
    import jax

    jax.config.update("jax_enable_x64", options.dtype == "float64")
    import neural_tangents as nt
    from neural_tangents import stax

    dense = lambda n: stax.Dense(n, W_std=2**0.5, b_std=options.bias)
    hidden = [layer for _ in range(options.depth) for layer in (dense(512), stax.Relu())]
    _, _, kernel_fn = stax.serial(*hidden, dense(1))
    batch = min(BATCH, options.n)
    kernel_fn = nt.batch(kernel_fn, batch_size=batch, device_count=0, store_on_device=False)
    x = kernel_inputs(np, options)
    assert options.n % batch == 0, f"--n must be a multiple of {batch}"
    run = lambda rows: jax.block_until_ready(kernel_fn(rows, None, ("nngp", "ntk")))
    run(x[:batch])
    return lambda: run(x), {"entries": options.n**2 * options.depth}


def relu_tile(np, c, t, q_rows, q_columns, layers, bias2):
    """In place: correlation c and NTK over the norms, t, through the layers of a critical ReLU network (w^2 = 2).

    Each layer: theta = arccos c, C' = (sin theta + (pi - theta) c) / pi, T' = C' + (1 - theta / pi) T, before the bias.
    q_rows, q_columns: variances at every layer, a column and a row.
    """
    theta, sine = np.empty_like(c), np.empty_like(c)
    for layer in range(layers):
        np.clip(c, -1, 1, out=c)
        np.arccos(c, out=theta)
        np.multiply(c, c, out=sine)
        np.subtract(1, sine, out=sine)
        np.sqrt(sine, out=sine)
        np.subtract(np.pi, theta, out=theta)
        theta *= c.dtype.type(1 / np.pi)
        sine *= c.dtype.type(1 / np.pi)
        c *= theta
        c += sine
        t *= theta
        if bias2:
            rescale(np, c, t, q_rows[layer : layer + 2], q_columns[layer : layer + 2], bias2)
        t += c
    return c, t


def rescale(np, c, t, q_rows, q_columns, bias2):
    """From correlations under the old norms to correlations under the new, which have the bias in them."""
    row_scale = np.sqrt(q_rows[0] / q_rows[1])[:, None]
    column_scale = np.sqrt(q_columns[0] / q_columns[1])[None, :]
    for matrix in (c, t):
        matrix *= row_scale
        matrix *= column_scale
    c += np.sqrt(bias2 / q_rows[1])[:, None] * np.sqrt(bias2 / q_columns[1])[None, :]


def numpy_kernel(np, options):
    x = kernel_inputs(np, options)
    bias2 = (options.bias or 0) ** 2

    def run():
        n = options.n
        nngp, ntk = np.empty((n, n), x.dtype), np.empty((n, n), x.dtype)
        np.dot(x, x.T, out=nngp)
        first = 2 * np.einsum("ij,ij->i", x, x) / options.features
        q = np.stack([first + (layer + 1) * bias2 for layer in range(options.depth + 1)]).astype(x.dtype)
        root = np.sqrt(q)
        rows = max(1, TILE_ENTRIES // n)
        for start in range(0, n, rows):
            tile = slice(start, min(start + rows, n))
            c, t = nngp[tile], ntk[tile]
            c *= x.dtype.type(2 / options.features)
            c += x.dtype.type(bias2)
            c /= root[0, tile, None]
            c /= root[0]
            t[...] = c
            relu_tile(np, c, t, q[:, tile], q, options.depth, x.dtype.type(bias2))
            for matrix in (c, t):
                matrix *= root[-1, tile, None]
                matrix *= root[-1]
        return nngp, ntk

    return run, {"entries": options.n**2 * options.depth}


PEERS = {
    "numpy-gemm": numpy_gemm,
    "numpy-potrf": numpy_potrf,
    "numpy-syevd": numpy_syevd,
    "neural-tangents-kernel": neural_tangents_kernel,
    "numpy-kernel": numpy_kernel,
}


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--n", type=int, default=1024)
    parser.add_argument("--features", type=int, default=784)
    parser.add_argument("--depth", type=int, default=10, help="number of hidden layers")
    parser.add_argument("--dtype", choices=("float32", "float64"), default=None, help="default float32, float64 for numpy-potrf")
    parser.add_argument("--bias", type=float, default=None, help="bStd; left out: no bias")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--core", type=int, default=None, help="default: the last one allowed")
    options = parser.parse_args(arguments)
    options.dtype = options.dtype or ("float64" if options.peer == "numpy-potrf" else "float32")
    return options


def main():
    options = parse(sys.argv[1:])
    pin(options.core)
    import numpy as np

    action, work = PEERS[options.peer](np, options)
    runs = measure(action, options.runs)
    best, median = min(runs), statistics.median(runs)
    report = {**vars(options), "seconds": {"best": best, "median": median, "runs": runs}}
    if "flop" in work:
        report["gflops"] = {"best": work["flop"] / best / 1e9, "median": work["flop"] / median / 1e9}
    else:
        report["nsPerEntryAndLayer"] = {"best": best / work["entries"] * 1e9, "median": median / work["entries"] * 1e9}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
