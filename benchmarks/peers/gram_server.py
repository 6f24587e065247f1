"""Runs in the peers' environment: neural-tangents' NTK Gram, timed on request.

The first line of standard input is JSON: the paths of x and z and the kernel's
parameters; it is answered when the kernel is compiled. Every further line is a path:
the Gram is computed, saved there, and the seconds of the computation are the answer.
"""

import json
import sys
import time

import jax
import numpy as np
from neural_tangents import stax


def main() -> None:
    """Serve until standard input ends."""
    jax.config.update("jax_enable_x64", True)
    order = json.loads(sys.stdin.readline())
    x, z = jax.numpy.array(np.load(order["x"])), jax.numpy.array(np.load(order["z"]))
    stds = {
        "W_std": order["weight_variance"] ** 0.5,
        "b_std": order["bias_variance"] ** 0.5,
    }
    hidden = [stax.Dense(1, **stds), stax.Relu()] * order["depth"]
    _, _, kernel = stax.serial(*hidden, stax.Dense(1, **stds))
    gram = jax.jit(lambda a, b: kernel(a, b, "ntk"))
    gram(x, z).block_until_ready()
    print("compiled", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        result = gram(x, z).block_until_ready()
        seconds = time.perf_counter() - start
        np.save(line.strip(), np.asarray(result))
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
