"""neural-tangents on the finite network of finite.bench.ts, on as many threads as it likes: prints {"seconds": …} of one run after a warm-up.

  neural_tangents_finite.py ntk|monte-carlo --width 2048 --features 3072 --n 16 --outputs 8 [--samples 4]

ntk: the full empirical NTK by structured derivatives, compiled. monte-carlo: monte_carlo_kernel_fn of NNGP and NTK, seconds a sample.
"""

import argparse
import json
import os
import time

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ntk", "monte-carlo"))
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--features", type=int, default=3072)
    parser.add_argument("--n", type=int, default=16)
    parser.add_argument("--outputs", type=int, default=8)
    parser.add_argument("--samples", type=int, default=4)
    options = parser.parse_args()
    import jax
    import numpy as np
    import neural_tangents as nt
    from neural_tangents import stax

    hidden = [layer for _ in range(3) for layer in (stax.Dense(options.width), stax.Relu())]
    init_fn, apply_fn, _ = stax.serial(*hidden, stax.Dense(options.outputs))
    x = np.random.default_rng(1).normal(size=(options.n, options.features)).astype("float32")
    key = jax.random.PRNGKey(0)
    structured = nt.NtkImplementation.STRUCTURED_DERIVATIVES
    if options.what == "ntk":
        _, params = init_fn(key, x.shape)
        kernel = jax.jit(nt.empirical_ntk_fn(apply_fn, trace_axes=(), implementation=structured))
        count, run = 1, lambda: kernel(x, None, params)
    else:
        count = options.samples
        kernel = nt.monte_carlo_kernel_fn(init_fn, apply_fn, key, count, implementation=structured)
        run = lambda: kernel(x, None, ("nngp", "ntk"))
    jax.block_until_ready(run())
    start = time.perf_counter()
    jax.block_until_ready(run())
    print(json.dumps({"seconds": (time.perf_counter() - start) / count}))


if __name__ == "__main__":
    main()
