"""Worlds to learn from: random networks, generated images, digits, their twins."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor

from replearn.checks import check_choice, check_int
from replearn.streams import Stream
from replearn.targets.generators import Generator, Moments, matched_gaussian
from replearn.targets.generators import random_generator as random_network
from replearn.targets.trained import digit_images, digit_parity, trained_generator
from replearn.theory.full_batch import Covariates, gaussian_covariates

EMPTY = 1e-12  # eigenvalues below this share of the largest hold nothing
Draw = Callable[[int, int, int], tuple[Tensor, Tensor]]
IMAGES = 1797
SOURCES = ("flow", "vae", "digits", f"flow-{IMAGES}")
MANY = 60_000  # samples behind moments that are not known exactly


@dataclass(frozen=True)
class World:
    """Features phi without their mean, and a number nu to which they are correlated.

    Args:
        moments: of the features; their cross-covariance with nu / sqrt(power), (p, 1).
        power: E nu^2. draw: (n, seed, part) -> features (n, p) and nu (n,).
    Cost: O(1).
    """

    moments: Moments
    power: float
    draw: Draw

    def covariates(self) -> Covariates:
        """What the theory is told. Returns: covariances alone. Cost: O(p^3)."""
        cross = self.moments.cross[:, 0] * math.sqrt(self.power)
        return gaussian_covariates(self.moments.covariance, cross, self.power)

    def twin(self) -> World:
        """The Gaussian world of the same covariances. Returns: it. Cost: O(p^3)."""
        twin = matched_gaussian(self.moments)
        return World(self.moments, self.power, partial(_twin, twin, self.power))


def _twin(
    twin: Generator, power: float, n: int, seed: int, part: int
) -> tuple[Tensor, Tensor]:
    c, x = twin.sample(n, seed, part=part)
    return x, math.sqrt(power) * c[:, 0]


def network_world(activation: str, d: int, p: int, seed: int) -> World:
    """Random features of Gaussian inputs, and a linear number of these: exact moments.

    Args: activation: of `random_generator`. d: inputs. p: features. seed: of weights
        and of the direction.
    Returns: the world; nu has mean square one.
    Cost: O(p^2 d).
    """
    network = random_network([d, p], activation, seed)
    return _latent_world(network, network.moments(), seed)


def network_covariates(activation: str, d: int, p: int, seed: int) -> Covariates:
    """What the theory is told of such a world, on average over all directions.

    The squares of E phi nu along an eigenvector are those of E phi c^T, divided by d.

    Args: activation, d: of the network. p: features. seed: of its weights, >= 0.
    Returns: the covariates; nu has mean square one.
    Cost: O(p^3).
    """
    own = random_network([d, p], activation, seed).moments()
    values, vectors = torch.linalg.eigh(own.covariance)
    squares = (vectors.T @ own.cross).square().sum(1) / d
    full = values > EMPTY * values[-1]
    return Covariates(values.clamp(min=0.0), squares * full, 1.0)


def direction(d: int, seed: int) -> Tensor:
    """The direction of the latent numbers along which nu lies.

    Args: d: latent numbers. seed: of the world.
    Returns: a unit vector (d,).
    Cost: O(d).
    """
    theta = Stream("teacher", seed, d).normal(d)
    return theta / theta.norm()


def _latent_world(generator: Generator, own: Moments, seed: int) -> World:
    """Features of a generator, and one direction of its latent numbers."""
    theta = direction(generator.latent, seed)

    def draw(n: int, seed: int, part: int) -> tuple[Tensor, Tensor]:
        c, x = generator.sample(n, seed, part=part)
        return x - own.mean, c @ theta

    cross = (own.cross @ theta)[:, None]
    return World(Moments(own.mean * 0, own.covariance, cross), 1.0, draw)


def image_world(source: str, features: int, loss: str, seed: int) -> World:
    """Images of digits, as pixels or through random ReLU features.

    "flow", "vae": fresh images of a trained generator; nu is one direction of what they
    are made from. "flow-1797": as many images of the flow as there are digits, drawn
    again and again. "digits": the digits, drawn again and again; nu is 1 for odd ones
    and -1 for even ones. If the loss is "logistic", the theory takes their label for
    the sign of the best linear prediction, and `power` is that of the prediction.

    Args: source: one of SOURCES. features: 0 for the 64 pixels themselves. loss:
        "square" or "logistic". seed: of features and direction.
    Returns: the world; its moments are those of 60 000 samples, or of the 1797 images.
    Cost: 1 s.
    """
    generator = _images(check_choice("source", source, SOURCES))
    if features:
        generator = _through(generator, check_int("features", features), seed)
    if source == "digits":
        phi, nu = generator.function(digit_images()), digit_parity()
        return _population(phi, nu, explained=loss == "logistic")
    if source == "flow-1797":
        fresh = _latent_world(generator, _moments("flow", features, seed), seed)
        return _population(*fresh.draw(IMAGES, seed, 2**20), explained=False)
    return _latent_world(generator, _moments(source, features, seed), seed)


def _population(phi: Tensor, nu: Tensor, explained: bool) -> World:
    """A world of finitely many pairs, drawn with replacement, and their own moments.

    If `explained`, nu counts as its best linear prediction from the features alone.
    """
    phi, centred = phi - phi.mean(0), nu - nu.mean()
    omega, cross = phi.T @ phi / len(phi), phi.T @ centred / len(phi)
    power = float(centred.square().mean())
    if explained:
        power = float(cross @ torch.linalg.pinv(omega, 1e-9, hermitian=True) @ cross)
    labels = nu if explained else centred

    def draw(n: int, seed: int, part: int) -> tuple[Tensor, Tensor]:
        place = Stream("latent numbers", seed, len(phi), part).integers(len(phi), n)
        return phi[place], labels[place]

    own = Moments(phi.mean(0), omega, cross[:, None] / math.sqrt(power))
    return World(own, power, draw)


def _images(source: str) -> Generator:
    if source == "digits":
        return Generator(torch.clone, 64, 64)
    return trained_generator(f"digits-{source.removesuffix(f'-{IMAGES}')}")


@lru_cache(4)
def _moments(source: str, features: int, seed: int) -> Moments:
    generator = _images(source)
    if features:
        generator = _through(generator, features, seed)
    return generator.moments(MANY)


@lru_cache(1)
def _grey() -> tuple[Tensor, float]:
    """The mean image, and the root mean square of a pixel's deviation from it."""
    images = digit_images()
    return images.mean(0), float(images.var(0).mean().sqrt())


def _through(images: Generator, features: int, seed: int) -> Generator:
    """ReLU features of images along random directions, there of mean square one."""
    w = Stream("random features", seed, features).normal(features, 64)
    w = w / w.norm(dim=1, keepdim=True)
    mean, size = _grey()

    def make(c: Tensor) -> Tensor:
        return torch.relu((images.function(c) - mean) / size @ w.T)

    return Generator(make, images.latent, features)
