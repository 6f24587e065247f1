"""The NTK Gram matrix against neural-tangents, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from replearn import kernels
from replearn.targets import sample_gaussian

from .timing import Result, Run, compare, scaled, timed

PEERS = Path(__file__).parent / "peers"
ENVIRONMENT = Path(__file__).parents[1] / ".venv-peers"
PYTHON = ENVIRONMENT / "bin/python"
SETTINGS = {"weight_variance": 2.0, "bias_variance": 0.5}


def set_up_peers() -> None:
    """Create the peers' environment, once (minutes and 3 GB).

    Raises:
        RuntimeError: it cannot be created.
    """
    ready = ENVIRONMENT / "ready"
    if ready.exists():
        return
    print(f"Installing neural-tangents into {ENVIRONMENT.name} ...", flush=True)
    requirements = str(PEERS / "requirements.txt")
    try:
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n")
        subprocess.run(
            [PYTHON, "-m", "pip", "install", "-q", "-r", requirements], check=True
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(
            "the environment of neural-tangents could not be created (it needs the "
            "network, and Python 3.11 or 3.12); see the lines above"
        ) from error
    ready.touch()


class Peer:
    """neural-tangents at the other end of a pipe, compiled and warm.

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d). depth: hidden layers.
        folder: where both sides leave arrays.
    """

    def __init__(self, x: Tensor, z: Tensor, depth: int, folder: Path) -> None:
        self.folder = folder
        paths = {"x": str(folder / "x.npy"), "z": str(folder / "z.npy")}
        np.save(paths["x"], x.numpy())
        np.save(paths["z"], z.numpy())
        # as many threads as torch has
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        flags = one if torch.get_num_threads() == 1 else ""
        self.server = subprocess.Popen(
            [PYTHON, PEERS / "gram_server.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        )
        self.ask(json.dumps(paths | SETTINGS | {"depth": depth}))

    def ask(self, line: str) -> str:
        """Send a line, and return the answer."""
        server = self.server
        if server.stdin is None or server.stdout is None or server.stderr is None:
            raise RuntimeError("neural-tangents was started without pipes")
        print(line, file=server.stdin, flush=True)
        answer = server.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"neural-tangents stopped:\n{server.stderr.read()}")
        return answer

    def run(self) -> Run:
        """The Gram matrix, and the seconds it took."""
        path = self.folder / "gram.npy"
        seconds = float(self.ask(str(path)))
        return Run(torch.from_numpy(np.load(path)), seconds)

    def stop(self) -> None:
        """End the process."""
        self.server.communicate()


def compare_ntk(scale: float, repetitions: int) -> list[Result]:
    """The Gram of 2000 + 2000 inputs, one to five hidden layers, float64.

    Args:
        scale: of the number of inputs. repetitions: timed pairs.
    Returns:
        One comparison per depth.
    Raises:
        RuntimeError: the peers' environment cannot be created, or fails.
    """
    set_up_peers()
    n, d = scaled(2000, scale), 20
    x, z = sample_gaussian(n, d, seed=0), sample_gaussian(n, d, seed=1)

    def against(depth: int) -> Result:
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(x, z, depth, Path(folder))
            try:
                return compare(
                    f"NTK Gram, {n} x {n}, d = {d}, hidden layers: {depth}",
                    (
                        "kernels.ntk",
                        lambda: timed(lambda: kernels.ntk(x, z, depth, **SETTINGS)),
                    ),
                    ("neural-tangents, compiled", peer.run),
                    repetitions,
                    target=1.3,
                )
            finally:
                peer.stop()

    return [against(depth) for depth in range(1, 6)]
