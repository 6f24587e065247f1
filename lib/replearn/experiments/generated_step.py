"""The one-step network and a kernel on inputs that a generator makes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from replearn.checks import check_choice, check_int, check_sizes
from replearn.kernels import kernel_of
from replearn.learners.kernel_ridge import tuned_errors
from replearn.learners.one_step import redrawn_biases
from replearn.learners.one_step_variants import OneStepVariant
from replearn.learners.ridge_head import HeadChoice
from replearn.streams import Stream
from replearn.targets.generators import (
    Generator,
    Moments,
    identity_generator,
    matched_gaussian,
    random_generator,
)
from replearn.targets.multi_index import (
    MultiIndex,
    degenerate_target,
    normal_quantiles,
    paper_target,
)
from replearn.theory.generated_step import predict_generated_step

WIDTH, HELD_OUT, TEST = 64, 500, 2000
RIDGES = (1e-6, 1e-4, 1e-2, 0.1, 0.3, 1.0, 3.0)
KERNEL_LIMIT = 3200  # samples of a kernel, for the time and memory of a laptop
INPUTS = ("generated", "matched", "whitened", "kernel")
Sample = tuple[Tensor, Tensor]  # x (n, N), y (n,)


def make_generator(latent: int, aspect: float, activation: str, seed: int) -> Generator:
    """A random one-layer generator of `aspect` inputs to a latent number; or none.

    Args: latent: D. aspect: N / D. activation: "none" for x = c, else as for
        `layered_generator`. seed: of the weights.
    Returns: the generator.
    Cost: O(N^2 D).
    Example:
        >>> make_generator(10, 4, "sign", 0).dimension
        40
    """
    if activation == "none":
        return identity_generator(latent)
    return random_generator([latent, round(aspect * latent)], activation, seed)


def standardise(moments: Moments, white: bool = False) -> tuple[Tensor, Moments]:
    """The linear map that makes tr Omega = N, or Omega = 1, and the moments after it.

    Args: moments: of the inputs, N of them. white: whether Omega becomes the identity.
    Returns: the map A (N, N), for A (x - mean), and the moments of what it gives.
    Raises: ValueError: to be whitened, but some direction of the inputs is empty.
    Cost: O(N^3).
    Example:
        >>> G = make_generator(5, 4, "sign", 0)
        >>> round(float(standardise(G.moments(), white=True)[1].covariance.trace()), 6)
        20.0
    """
    values, vectors = torch.linalg.eigh(moments.covariance)
    if white and float(values[0]) < 1e-10 * float(values[-1]):
        raise ValueError("inputs that fill fewer dimensions than N cannot be whitened")
    scales = values.rsqrt() if white else torch.full_like(values, values.mean() ** -0.5)
    change = (vectors * scales) @ vectors.T
    omega = change @ moments.covariance @ change
    zero = torch.zeros_like(moments.mean)
    return change, Moments(zero, omega, change @ moments.cross)


def latent_target(latent: int, r: int, degree: int, seed: int) -> MultiIndex:
    """The paper's target on latent numbers, along random directions.

    Args: latent: D. r: directions. degree: p; of -p the part of degree two is left
        out. seed: of the directions.
    Returns: the target.
    Cost: O(D r^2).
    Example:
        >>> latent_target(10, 2, 3, seed=0).directions.shape
        torch.Size([2, 10])
    """
    preset = paper_target if degree > 0 else degenerate_target
    shares = preset(latent, r, abs(degree)).hermite_coefficients()
    rows = Stream("teacher", seed, latent).normal(latent, r)
    directions = torch.linalg.qr(rows).Q.T
    return MultiIndex(latent, r, abs(degree), shares, directions)


def measure_generated_step(
    latent: int,
    aspect: float,
    activation: str,
    targets: Sequence[tuple[int, int]],
    ns: Sequence[int],
    inputs: Sequence[str],
    seed: int,
    width: int = WIDTH,
) -> Mapping[str, Any]:
    """Test errors / Var f* on y = g(B c), x = G(c), and what is predicted for them.

    Labels have no noise. Ridges are chosen on 500 held-out samples; test points have
    B c on normal quantiles. Each seed has its own generator, teacher and network, whose
    step leaves out what all neurons have in common.

    Args:
        latent, aspect, activation: see `make_generator`.
        targets: (r, degree) of each, see `latent_target`; all on the same inputs.
        ns: increasing sizes.
        inputs: of INPUTS. "generated": the step on x; "matched": on Gaussian inputs
            of the same moments; "whitened": on x with covariance 1; "kernel": the
            tangent kernel on x, to 3200 samples.
        seed: >= 0. width: m, of the network.
    Returns: columns r, degree, learner (of `inputs`), n, error, and predicted, which
        is NaN for the kernel and where r > 1.
    Cost: O(n N (D + m)) per size; the kernel's O(n^3).
    """
    for name in inputs:
        check_choice("each of inputs", name, INPUTS)
    sizes = check_sizes("ns", ns, maximum=10**7)
    made = make_generator(
        check_int("latent", latent, minimum=2), aspect, activation, seed
    )
    wanted = [latent_target(latent, r, p, seed) for r, p in targets]
    rows: list[dict[str, Any]] = []
    for name in inputs:
        generator = matched_gaussian(made.moments()) if name == "matched" else made
        change, moments = standardise(generator.moments(), name == "whitened")
        used = [n for n in sizes if name != "kernel" or n <= KERNEL_LIMIT]
        for (r, degree), target in zip(targets, wanted, strict=True):
            data = _draw(generator, target, change, sizes[-1], seed)
            if name == "kernel":
                errors = _kernel(target, used, data)
            else:
                errors = _network(used, seed, data, width)
            theory = [math.nan] * len(used)
            if name != "kernel" and r == 1:
                theory = predict_for(moments, target, used, seed, width)
            setting = {"r": r, "degree": degree, "learner": name}
            rows += [
                {**setting, "n": n, "error": error, "predicted": told}
                for n, error, told in zip(used, errors, theory, strict=True)
            ]
    return {key: [row[key] for row in rows] for key in rows[0]}


def look_through(
    latent: int,
    aspect: float,
    activation: str,
    ns: Sequence[int],
    seed: int,
    points: int,
) -> Mapping[int, Tensor]:
    """What one neuron sees of the number that matters, after a step on n samples.

    Args:
        latent, aspect, activation: see `make_generator`. ns: increasing sizes.
        seed: >= 0. points: how many test inputs.
    Returns: n -> rows of b.c and of the activation without its bias, scaled to
        variance one (points, 2); of the neuron that starts most along phi.
    Cost: O(n N (D + m)) per size.
    """
    sizes = check_sizes("ns", ns, maximum=10**7)
    made = make_generator(latent, aspect, activation, seed)
    target = latent_target(latent, 1, 3, seed)
    change, moments = standardise(made.moments())
    (x, y), _, (x_test, _) = _draw(made, target, change, sizes[-1], seed)
    network = OneStepVariant("common", width=WIDTH, seed=seed)
    phi = (moments.cross @ _direction(target)).float()
    first = int(network.layer_along(torch.outer(phi, phi)).norm(dim=1).argmax())
    # the test points have b.c on quantiles, in an order that the seed shuffles
    seen = normal_quantiles(len(x_test), 1, seed, d=latent)[:points, 0]
    found = {}
    for n in sizes:
        w = network.first_layer(x[:n], network.step_labels(x[:n], y[:n]))[first]
        activation_ = (x_test @ w).double()
        shown = torch.stack([seen, activation_[:points] / activation_.std()], 1)
        found[n] = shown * shown.new_tensor([1.0, float(torch.sign(w @ phi))])
    return found


def predict_for(
    moments: Moments,
    target: MultiIndex,
    ns: Sequence[int],
    seed: int,
    width: int = WIDTH,
) -> list[float]:
    """The limit for the very neurons of the network with this seed.

    Args: moments: standardised. target: of the latent numbers, along one direction.
        ns: sizes. seed: of the network. width: m.
    Returns: errors / Var f*.
    Cost: that of `predict_generated_step`.
    """
    b = _direction(target)
    phi = (moments.cross @ b).float()
    unit = phi / phi.norm()
    # a step of this size makes the expected rows H w; with H = u u^T they are (u.w) u
    network = OneStepVariant(step_size=math.sqrt(math.pi / 2), width=width, seed=seed)
    rows = network.layer_along(torch.outer(unit, unit))[: width // 2]
    z = (rows @ unit).double() * math.sqrt(len(phi))
    biases = redrawn_biases(width, seed, torch.float32, len(phi)).double()
    shares = target.hermite_coefficients()
    c = [shares.get((k,), 0.0) for k in range(target.degree + 1)]
    return predict_generated_step(moments, b, (z, biases), c, ns).tolist()


def _direction(target: MultiIndex) -> Tensor:
    if target.directions is None or target.r > 1:
        raise ValueError("target must name its direction, and have one only")
    return target.directions[0]


def _draw(
    generator: Generator, target: MultiIndex, change: Tensor, n: int, seed: int
) -> list[Sample]:
    """Training, held-out and test samples, standardised: x (n, N) and y (n,)."""
    parts = []
    for name, rows in (("training", n), ("held-out", HELD_OUT), ("test", TEST)):
        width = generator.latent + generator.extra
        c = Stream(f"{name} inputs", seed, width).normal(rows, width)
        seen = c[:, : generator.latent]
        if name == "test":
            seen = target.stratify(seen, seed)[0]
            c = torch.cat([seen, c[:, generator.latent :]], 1)
        x = (generator(c) - generator.moments().mean) @ change.T
        parts.append((x.float(), target(seen).float()))
    return parts


def _network(ns: list[int], seed: int, data: list[Sample], width: int) -> list[float]:
    (x, y), (x_held, y_held), (x_test, y_test) = data
    choice = HeadChoice(held_out=(x_held, y_held[:, None]))
    network = OneStepVariant("common", width=width, choice=choice, seed=seed)
    errors = network.learning_curve(x, y, ns, x_test, y_test)
    return (errors.double() / y_test.double().var()).tolist()


def _kernel(target: MultiIndex, ns: list[int], data: list[Sample]) -> list[float]:
    train, held, test = ((x.double(), y.double()[:, None]) for x, y in data)
    kernel = kernel_of("ntk", target.degree)
    errors = tuned_errors(kernel, RIDGES, train, ns, held, test)
    return (errors[:, 0] / test[1].var()).tolist()
