"""Two small generators trained on scikit-learn's digits, with their weights at hand.

`python -m replearn.targets.trained` trains them anew: the weights and a record of how
they came about lie beside this file. A flow (RealNVP) keeps all 64 dimensions of the
images; the decoder of a variational autoencoder has 20 latent numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from replearn.checks import check_choice, check_int
from replearn.streams import Stream
from replearn.targets.generators import Generator

FOLDER = Path(__file__).with_name("weights")
PIXELS, HALF, COUPLINGS, WIDTH = 64, 32, 6, 64
LATENT, HIDDEN = 20, 128
BATCH, ROUGH = 100, 0.03  # the noise that makes the images' grey levels continuous
Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Recipe:
    """How a generator is trained.

    Args:
        latent: D. start: fresh weights by seed. loss: of a batch, noise drawn from a
            stream. make: inputs from latent numbers. epochs: passes. rate: Adam's.
    """

    latent: int
    start: Callable[[Tensor, int], Weights]
    loss: Callable[[Weights, Tensor, Stream], Tensor]
    make: Callable[[Weights, Tensor], Tensor]
    epochs: int
    rate: float


def trained_generator(name: str) -> Generator:
    """A trained generator of digits, 8 x 8 pixels between 0 and about 1.

    Args: name: "digits-flow" (D = 64) or "digits-vae" (D = 20).
    Returns: the generator; its moments are estimated.
    Cost: 1 ms, and about 10 us a sample.
    Example:
        >>> c, x = trained_generator("digits-vae").sample(2, seed=0)
        >>> c.shape, x.shape
        (torch.Size([2, 20]), torch.Size([2, 64]))
    """
    recipe = RECIPES[check_choice("name", name, tuple(RECIPES))]
    with np.load(FOLDER / f"{name}.npz") as stored:
        weights = {key: _usable(stored[key]) for key in stored.files}
    return Generator(partial(recipe.make, weights), recipe.latent, PIXELS)


def _usable(values: Any) -> Tensor:
    own = torch.from_numpy(values)
    return own.double() if own.is_floating_point() else own.long()


def digit_images() -> Tensor:
    """The 1797 images of scikit-learn's digits, pixels between 0 and 1.

    Returns: (1797, 64), float64.
    Raises: ModuleNotFoundError: scikit-learn is not installed.
    Cost: 0.1 s.
    Example:
        >>> digit_images().shape
        torch.Size([1797, 64])
    """
    from sklearn.datasets import load_digits

    return torch.from_numpy(load_digits().data) / 16


def digit_labels() -> Tensor:
    """Which digit each of these images shows.

    Returns: (1797,), 0 to 9.
    Raises: ModuleNotFoundError: scikit-learn is not installed.
    Cost: 0.1 s.
    Example:
        >>> digit_labels()[:3].tolist()
        [0, 1, 2]
    """
    from sklearn.datasets import load_digits

    return torch.from_numpy(load_digits().target).long()


def digit_parity() -> Tensor:
    """For each of these images 1 where the digit is odd, and -1 where it is even.

    Returns: (1797,), float64.
    Raises: ModuleNotFoundError: scikit-learn is not installed.
    Cost: 0.1 s.
    Example:
        >>> digit_parity()[:4].tolist()  # 0, 1, 2, 3
        [-1.0, 1.0, -1.0, 1.0]
    """
    return 2 * (digit_labels() % 2).double() - 1


def train(name: str, epochs: int | None = None, seed: int = 0) -> tuple[Weights, float]:
    """Train a generator on all the digits by Adam, float32.

    Args: name: as for `trained_generator`. epochs: None takes the recipe's. seed: >= 0.
    Returns: what it needs to generate, and the mean loss of the last epoch.
    Cost: about 15 s on one core.
    Example:
        >>> sorted(train("digits-vae", epochs=1)[0])[:2]
        ['decoder in', 'decoder in bias']
    """
    recipe = RECIPES[check_choice("name", name, tuple(RECIPES))]
    epochs = check_int("epochs", recipe.epochs if epochs is None else epochs)
    images = digit_images().float()
    place = list(RECIPES).index(name)
    chance = Stream("batches of a generator", seed, place)
    with torch.enable_grad():
        weights = recipe.start(images, seed)
        moving = [w.requires_grad_() for k, w in weights.items() if k not in FIXED]
        adam = torch.optim.Adam(moving, lr=recipe.rate)
        losses: list[float] = []
        for _ in range(epochs):
            losses = []
            for batch in chance.order(len(images)).split(BATCH):
                loss = recipe.loss(weights, images[batch], chance)
                adam.zero_grad()
                loss.backward()
                adam.step()
                losses.append(float(loss.detach()))
    kept = {k: w.detach() for k, w in weights.items() if not k.startswith("encoder")}
    return kept, sum(losses) / len(losses)


def _layers(name: str, sizes: tuple[int, int, int], seed: int, place: int) -> Weights:
    """Two dense layers; the second begins small, so that a flow begins as it is."""
    inside, hidden, out = sizes
    stream = Stream("start of a generator", seed, place)
    drawn = [stream.normal(inside, hidden), stream.normal(hidden, out)]
    scales = (math.sqrt(2 / inside), 0.1 / math.sqrt(hidden))
    first, second = (s * w.float() for s, w in zip(scales, drawn, strict=True))
    return {
        f"{name} in": first,
        f"{name} in bias": torch.zeros(hidden),
        f"{name} out": second,
        f"{name} out bias": torch.zeros(out),
    }


def _dense(weights: Weights, name: str, x: Tensor) -> Tensor:
    hidden = torch.relu(x @ weights[f"{name} in"] + weights[f"{name} in bias"])
    return hidden @ weights[f"{name} out"] + weights[f"{name} out bias"]


# --- the flow -------------------------------------------------------------------

FIXED = ("mean", "scale", *(f"order {i}" for i in range(COUPLINGS)))


def _start_flow(images: Tensor, seed: int) -> Weights:
    weights: Weights = {
        "mean": images.mean(0),
        "scale": (images.var(0) + ROUGH**2).sqrt(),
    }
    for i in range(COUPLINGS):
        weights |= _layers(f"coupling {i}", (HALF, WIDTH, PIXELS), seed, i)
        order = Stream("start of a generator", seed, COUPLINGS + i).order(PIXELS)
        weights[f"order {i}"] = order
    return weights


def _bend(weights: Weights, i: int, kept: Tensor) -> tuple[Tensor, Tensor]:
    """The logarithm of a coupling's scale, bounded, and its shift."""
    log_scale, shift = _dense(weights, f"coupling {i}", kept).chunk(2, 1)
    return torch.tanh(log_scale), shift


def flow(weights: Weights, z: Tensor) -> Tensor:
    """Images from normal numbers: each coupling moves one half, told by the other.

    Source: Dinh, Sohl-Dickstein & Bengio 2017.

    Args: weights: of the couplings. z: (n, 64).
    Returns: (n, 64).
    Cost: 80 000 flops a row.
    Example:
        >>> weights = _start_flow(torch.zeros(2, 64), 0)
        >>> x = flow(weights, torch.ones(1, 64))
        >>> torch.allclose(unflow(weights, x)[0], torch.ones(1, 64), atol=1e-4)
        True
    """
    for i in range(COUPLINGS):
        kept, moved = z[:, weights[f"order {i}"]].chunk(2, 1)
        log_scale, shift = _bend(weights, i, kept)
        z = torch.cat([kept, moved * log_scale.exp() + shift], 1)
    return weights["mean"] + weights["scale"] * z


def unflow(weights: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    """The way back, and the logarithm of the volume that the flow gives to z.

    Args: weights: of the couplings. x: (n, 64).
    Returns: z (n, 64), and log |det| of the flow at z but for `scale` (n,).
    Cost: as `flow`.
    Example:
        >>> weights = _start_flow(torch.zeros(2, 64), 0)
        >>> unflow(weights, torch.zeros(3, 64))[1].shape
        torch.Size([3])
    """
    z, volume = (x - weights["mean"]) / weights["scale"], x.new_zeros(len(x))
    for i in reversed(range(COUPLINGS)):
        kept, moved = z.chunk(2, 1)
        log_scale, shift = _bend(weights, i, kept)
        back = torch.cat([kept, (moved - shift) * (-log_scale).exp()], 1)
        z, volume = back[:, weights[f"order {i}"].argsort()], volume + log_scale.sum(1)
    return z, volume


def _flow_loss(weights: Weights, images: Tensor, chance: Stream) -> Tensor:
    noise = ROUGH * chance.normal(*images.shape, dtype=images.dtype)
    z, volume = unflow(weights, images + noise)
    return (z.square().sum(1) / 2 + volume).mean()


# --- the autoencoder ------------------------------------------------------------


def _start_autoencoder(images: Tensor, seed: int) -> Weights:
    encoder = _layers("encoder", (PIXELS, HIDDEN, 2 * LATENT), seed, 0)
    return encoder | _layers("decoder", (LATENT, HIDDEN, PIXELS), seed, 1)


def _autoencoder_loss(weights: Weights, images: Tensor, chance: Stream) -> Tensor:
    """Cross-entropy of the pixels and the divergence of the code from N(0, I)."""
    mean, log_variance = _dense(weights, "encoder", images).chunk(2, 1)
    noise = chance.normal(*mean.shape, dtype=images.dtype)
    logits = _dense(weights, "decoder", mean + (log_variance / 2).exp() * noise)
    pixels = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, images, reduction="sum"
    )
    code = (log_variance.exp() + mean**2 - 1 - log_variance).sum() / 2
    return (pixels + code) / len(images)


def _decode(weights: Weights, c: Tensor) -> Tensor:
    return torch.sigmoid(_dense(weights, "decoder", c))


RECIPES = {
    "digits-flow": Recipe(PIXELS, _start_flow, _flow_loss, flow, 80, 1e-3),
    "digits-vae": Recipe(
        LATENT, _start_autoencoder, _autoencoder_loss, _decode, 150, 2e-3
    ),
}


def sha256(arrays: Iterable[np.ndarray]) -> str:
    """The digest of arrays one after the other, whatever file they lie in.

    Args: arrays: in their order.
    Returns: 64 hexadecimal digits.
    Cost: O(bytes).
    Example:
        >>> sha256([np.zeros(2)])[:8] == sha256([np.zeros(1), np.zeros(1)])[:8]
        True
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def record(
    name: str, epochs: int, seed: int, loss: float, stored: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """How weights came about: data, recipe, versions; and which they are.

    Args: name, epochs, seed: of `train`. loss: at its end. stored: the weights.
    Returns: what is written beside them.
    Cost: 0.1 s.
    Example:
        >>> record("digits-vae", 150, 0, 24.1, {})["images"]
        1797
    """
    images = digit_images()
    options = f"--seed {seed} --epochs {epochs}"
    return {
        "name": name,
        "command": f"python -m replearn.targets.trained {name} {options}",
        "data": "sklearn.datasets.load_digits, pixels / 16",
        "images": len(images),
        "sha256 of the images": sha256([images.numpy()]),
        "sha256 of the weights": sha256(stored[key] for key in sorted(stored)),
        "epochs": epochs,
        "seed": seed,
        "loss of the last epoch": round(loss, 3),
        "versions": {n: version(n) for n in ("torch", "numpy", "scikit-learn")},
    }


def main(arguments: list[str] | None = None) -> int:
    """Train and write the weights and their record; 0 when all is done.

    Args: arguments: of the command line.
    Returns: 0.
    Raises: SystemExit: an unknown name.
    Cost: about 15 s each.
    Example:
        >>> main(["digits-cats"])
        Traceback (most recent call last):
        SystemExit: 2
    """
    parser = argparse.ArgumentParser(prog="python -m replearn.targets.trained")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(RECIPES)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(RECIPES)
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; choose from {list(RECIPES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or RECIPES:
        epochs = options.epochs or RECIPES[name].epochs
        weights, loss = train(name, epochs, options.seed)
        stored: dict[str, Any] = {
            k: w.numpy().astype(np.int16) if k.startswith("order") else w.numpy()
            for k, w in weights.items()
        }
        np.savez_compressed(options.out / f"{name}.npz", **stored)
        told = record(name, epochs, options.seed, loss, stored)
        text = json.dumps(told, indent=1) + "\n"
        (options.out / f"{name}.json").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{options.out / name}.npz\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
