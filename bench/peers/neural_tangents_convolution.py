"""neural-tangents on one of the convolutional networks of convolution.bench.ts, one thread: prints {"seconds": …} of one compiled run: of the second,
unless the first took longer than LONG.

  neural_tangents_convolution.py pool|flatten|myrtle --dtype float32 --side 32 --depth 21 --n1 1 --n2 1
"""

import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "reference"))

from peers import pin

# Seconds from which a first run needs no warm-up.
LONG = 3


def network(stax, options):
    conv = lambda: stax.Conv(8, (3, 3), padding="SAME", W_std=2**0.5)
    layers = lambda count: [layer for _ in range(count) for layer in (conv(), stax.Relu())]
    pool = lambda: stax.AvgPool((2, 2), strides=(2, 2))
    if options.network == "myrtle":
        body = [*layers(2), pool(), *layers(1), pool(), *layers(1), pool(), stax.GlobalAvgPool()]
    else:
        body = [*layers(options.depth), stax.GlobalAvgPool() if options.network == "pool" else stax.Flatten()]
    return stax.serial(*body, stax.Dense(1, W_std=2**0.5))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=("pool", "flatten", "myrtle"))
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--depth", type=int, default=21)
    parser.add_argument("--n1", type=int, default=1)
    parser.add_argument("--n2", type=int, default=1)
    options = parser.parse_args()
    pin(None)
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", options.dtype == "float64")
    from neural_tangents import stax

    _, _, kernel_fn = network(stax, options)
    rng = np.random.default_rng(1)
    x1, x2 = (rng.normal(size=(n, options.side, options.side, 3)).astype(options.dtype) for n in (options.n1, options.n2))
    run = jax.jit(lambda a, b: kernel_fn(a, b, ("nngp", "ntk"))).lower(x1, x2).compile()
    seconds = timed(run, x1, x2)
    print(json.dumps({"seconds": seconds if seconds > LONG else timed(run, x1, x2)}))


def timed(run, x1, x2):
    import jax

    start = time.perf_counter()
    jax.block_until_ready(run(x1, x2))
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
