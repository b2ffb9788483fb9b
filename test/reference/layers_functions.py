"""Functions that a network cannot hold as JSON: fixtures hold their names, and test/layers/support.ts has the same functions.

Written with jax.numpy, so that neural-tangents can differentiate them; they accept NumPy arrays too.
"""

import jax.numpy as jnp

FUNCTIONS = {
    # posEmbDecayFn: of the distance.
    "inverse": lambda d: 1 / (1 + d),
    "inverseSquare": lambda d: 1 / (1 + d**2),
    "exponential": lambda d: jnp.exp(-d),
    # Activations with their duals E[f(u)f(v)] as functions of (k, q1, q2).
    "square": lambda x: x**2,
    "squareDual": lambda k, q1, q2: 2 * k**2 + q1 * q2,
    "squareSlopes": lambda k, q1, q2: 4 * k,
    "wave": lambda x: jnp.sin(x) + jnp.cos(x),
    "waveDual": lambda k, q1, q2: jnp.exp(k - (q1 + q2) / 2),
    "bell": lambda x: jnp.exp(-(x**2) / 4),
    "bellDual": lambda k, q1, q2: 1 / jnp.sqrt((1 + q1 / 2) * (1 + q2 / 2) - k**2 / 4),
    "sine": lambda x: jnp.sin(x),
    "cosine": lambda x: jnp.cos(x),
    "cubic": lambda x: x**3 - x,
}
