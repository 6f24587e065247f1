"""A narrow convolutional network on the digits: all at once, or layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from replearn.checks import check_choice, check_int, undisturbed
from replearn.streams import Stream
from replearn.targets.trained import digit_images, digit_labels

LAYERS, SIDE, CLASSES = 4, 8, 10
TRAINED, BATCH, RATE, EVERY = 1000, 50, 1e-2, 50
WAYS = ("joint", "staged", "greedy")
WINDOW = [(i, j) for i in range(3) for j in range(3)]
RIDGE = 1e-2  # of the probe, over the mean square of a feature


class NarrowNetwork:
    """Four layers of 3 x 3 filters and ReLU, many networks in one product.

    Images are halved by averages after the second layer. Each layer has a head, which
    is linear in the averages over the four quarters of its maps; the last one is the
    network's read-out, the others are for training layer by layer.

    Args:
        seeds: of each network's split of the digits, start and batches.
        channels: of every layer.
    Cost: about 5 ms a step for five networks of 3 channels.
    Example:
        >>> NarrowNetwork([0, 1], 3).accuracy("test").shape
        (2,)
    """

    def __init__(self, seeds: Sequence[int], channels: int) -> None:
        c, images = check_int("channels", channels), digit_images().float()
        order = torch.stack(
            [Stream("order of the digits", s).order(len(images)) for s in seeds]
        )
        labels = digit_labels()
        parts = {"training": order[:, :TRAINED], "test": order[:, TRAINED:]}
        self.x = {
            part: images[at].view(*at.shape, SIDE, SIDE, 1)
            for part, at in parts.items()
        }
        self.y = {part: labels[at] for part, at in parts.items()}
        self.batches = [Stream("batches of digits", s) for s in seeds]
        self.filters, self.biases, self.heads = [], [], []
        for layer in range(LAYERS):
            inside = 9 * (c if layer else 1)
            start = [Stream("start of a narrow network", s, layer) for s in seeds]
            drawn = torch.stack([s.normal(inside, c).float() for s in start])
            self.filters.append(math.sqrt(2 / inside) * drawn)
            self.biases.append(torch.zeros(len(seeds), 1, c))
            self.heads.append(torch.zeros(len(seeds), 4 * c + 1, CLASSES))

    def maps(self, x: Tensor, layer: int, start: int = 0) -> Tensor:
        """What layers up to `layer` make of what layer `start` handed up, or of x.

        x and what is returned: (networks, images, side, side, channels).
        """
        for i in range(start, layer):
            runs, many, side, _, _ = x.shape
            padded = functional.pad(x, (0, 0, 1, 1, 1, 1))
            seen = [padded[:, :, a : a + side, b : b + side] for a, b in WINDOW]
            flat = torch.cat(seen, 4).view(runs, many * side * side, -1)
            x = torch.baddbmm(self.biases[i], flat, self.filters[i]).relu()
            x = x.view(runs, many, side, side, -1)
            x = _averages(x, side // 2) if i == 1 else x
        return x

    def logits(self, x: Tensor, layer: int, start: int = 0) -> Tensor:
        """What the head of a layer says of x: (networks, images, 10)."""
        return _flat(self.maps(x, layer, start), 2) @ self.heads[layer - 1]

    @undisturbed
    def train_layers(self, way: str, steps: int) -> None:
        """Train all layers: each stage adds one, and has this many steps.

        "greedy": those below are frozen. "staged": they train on. "joint": all layers
        are there from the start, for the steps of all stages.
        """
        check_choice("way", way, WAYS)
        if way == "joint":
            self._train(range(LAYERS), LAYERS, LAYERS * steps)
            return
        for layer in range(LAYERS):
            first = layer if way == "greedy" else 0
            self._train(range(first, layer + 1), layer + 1, steps)

    @undisturbed
    def first_layer(
        self, own_head: bool, others_join: bool, join: int, steps: int
    ) -> tuple[list[int], np.ndarray]:
        """Train the first layer, and probe it on the way.

        Args:
            own_head: whether it is read out by itself, else through the layers above at
                their random start. others_join: whether all layers train from the step
                `join` on. steps: of all.
        Returns: the steps, and what `probe` says there, (looks, networks).
        """
        seen: list[np.ndarray] = []
        head = 1 if own_head else LAYERS

        def look() -> None:
            seen.append(self.probe())

        self._train([0], head, join, look)
        if others_join:
            self._train(range(LAYERS), LAYERS, steps - join, look)
        else:
            self._train([0], head, steps - join, look)
        look()
        return list(range(0, steps + 1, EVERY)), np.stack(seen)

    @undisturbed
    def accuracy(self, part: str) -> np.ndarray:
        """The share of "training" or "test" images read rightly, by network."""
        said = self.logits(self.x[check_choice("part", part, tuple(self.x))], LAYERS)
        return _right(said, self.y[part])

    @undisturbed
    def probe(self) -> np.ndarray:
        """The same on test images, for a ridge regression on the first layer's maps."""
        phi = {part: _flat(self.maps(x, 1), 4).double() for part, x in self.x.items()}
        known = phi["training"]
        gram, wanted = known.mT @ known, functional.one_hot(self.y["training"]).double()
        ridge = RIDGE * gram.diagonal(dim1=1, dim2=2).mean(1)
        gram += ridge[:, None, None] * torch.eye(gram.shape[1], dtype=gram.dtype)
        weights = torch.linalg.solve(gram, known.mT @ wanted)
        return _right(phi["test"] @ weights, self.y["test"])

    def _train(
        self,
        layers: Sequence[int],
        head: int,
        steps: int,
        look: Callable[[], None] | None = None,
    ) -> None:
        """Train these layers and a head by Adam; its rate falls unless it is looked."""
        frozen = min(layers)
        base, labels = self.maps(self.x["training"], frozen), self.y["training"]
        moving = [self.heads[head - 1]]
        moving += [p[i] for i in layers for p in (self.filters, self.biases)]
        rows = torch.arange(len(labels))[:, None]
        adam = torch.optim.Adam(moving, lr=RATE)
        for parameter in moving:
            parameter.requires_grad_(True)
        for step in range(steps):
            if look and step % EVERY == 0:
                look()
            if not look:
                adam.param_groups[0]["lr"] = RATE * min(1.0, 2 * (steps - step) / steps)
            drawn = torch.stack([s.uniform(BATCH) for s in self.batches])
            some = (drawn * base.shape[1]).long()
            with torch.enable_grad():
                said = self.logits(base[rows, some], head, frozen)
                wrong = functional.cross_entropy(
                    said.flatten(0, 1), labels[rows, some].flatten()
                )
                grads = torch.autograd.grad(len(labels) * wrong, moving)
            for parameter, grad in zip(moving, grads, strict=True):
                parameter.grad = grad
            adam.step()
        for parameter in moving:
            parameter.requires_grad_(False)


def _averages(maps: Tensor, side: int) -> Tensor:
    """Means over squares, so that `side` of them lie beside one another."""
    runs, many, old, _, channels = maps.shape
    one = old // side
    return maps.view(runs, many, side, one, side, one, channels).mean((3, 5))


def _flat(maps: Tensor, side: int) -> Tensor:
    """These means in a row, and a one."""
    flat = _averages(maps, side).flatten(2)
    return torch.cat([flat, flat.new_ones(*flat.shape[:2], 1)], 2)


def _right(said: Tensor, labels: Tensor) -> np.ndarray:
    return np.asarray((said.argmax(2) == labels).double().mean(1))
