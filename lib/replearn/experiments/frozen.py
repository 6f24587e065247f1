"""Algorithm 1 beside networks whose features stay frozen, and their infinite limits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from replearn.checks import check_choice, check_sizes
from replearn.kernels import kernel_of
from replearn.learners import LinearisedNetwork, OneStepNetwork, RandomFeatures
from replearn.learners.kernel_ridge import (
    factorise,
    prefix_duals,
    prefix_means,
    scaled_ridge,
    tuned_errors,
)
from replearn.learners.ridge_head import BLOCK_ROWS, Features, HeadChoice
from replearn.targets import MultiIndex

Data = tuple[Tensor, Tensor]

FINITE = ("one-step", "random-features", "linearised")
# "linearised" is the limit of the network of that name, "nngp" of random features
INFINITE = ("linearised", "nngp", "ntk", "polynomial")
HELD_OUT = TEST = 100_000
# in units of k(1, 1); with unit noise the best ridges are large
RIDGES = (1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)


def measure_excess(
    ns: Sequence[int],
    seed: int,
    target: MultiIndex,
    noise: float,
    width: int,
    learner: str = "one-step",
    row_norm: float = 0.5,
) -> dict[str, list[float]]:
    """Squared error on noiseless labels after training on noisy ones, at each n.

    Ridges are chosen on 100 000 noisy held-out samples, of the kernels on a tenth.

    Args:
        ns: increasing sizes. seed: of data and weights. target: f*. noise: of labels.
        width: number of neurons, even; 0 for the infinite-width kernels.
        learner: one of FINITE, or at infinite width of INFINITE.
        row_norm: of Algorithm 1's first layer, root mean square.
    Returns: the learner -> errors, one per n.
    Cost: half a minute for width 100 and n = 100 000 at d = 10.
    """
    check_choice("learner", learner, FINITE if width else INFINITE)
    sizes = check_sizes("ns", ns, maximum=10**7)
    data = _draw(target, sizes[-1], seed, noise)
    if not width:
        return {learner: _infinite(learner, target.degree, sizes, *data).tolist()}
    samples, held_out, test = data
    choice = HeadChoice(held_out=held_out)
    linearised = LinearisedNetwork(width, choice, seed)
    if learner == "linearised" and sizes[-1] < 2 * linearised.dimension(target.d):
        return {learner: _by_duals(linearised, sizes, *data).tolist()}
    network = {
        "one-step": OneStepNetwork(width, row_norm, choice=choice, seed=seed),
        "random-features": RandomFeatures(width, choice, seed),
        "linearised": linearised,
    }[learner]
    return {learner: network.learning_curve(*samples, sizes, *test).tolist()}


def _draw(target: MultiIndex, n: int, seed: int, noise: float) -> tuple[Data, ...]:
    """Samples for the largest size, held-out ones, and noiseless test points."""
    samples = target.sample(n, seed, noise, torch.float32)
    held_out = target.sample(HELD_OUT, seed, noise, torch.float32, "held-out")
    x_test, _ = target.sample(TEST, seed, 0.0, torch.float32, "test")
    return samples, held_out, (x_test, target(x_test))


def _infinite(
    learner: str, degree: int, ns: Sequence[int], samples: Data, held: Data, test: Data
) -> Tensor:
    # a Gram against all 200 000 points would not fit: the first tenth of them
    def part(data: Data, points: int) -> Data:
        return data[0][:points].double(), data[1][:points, None].double()

    return tuned_errors(
        kernel_of(learner, degree),
        RIDGES,
        part(samples, ns[-1]),
        ns,
        part(held, HELD_OUT // 10),
        part(test, TEST // 10),
    )[:, 0]


def _by_duals(
    network: LinearisedNetwork, ns: Sequence[int], samples: Data, held: Data, test: Data
) -> Tensor:
    """The linearised network where its features are too many for their own Gram."""
    d = samples[0].shape[1]
    features = network.features(d)
    phi = features(samples[0]).double()
    gram = phi @ phi.T

    def kernel(x: Tensor, z: Tensor) -> Tensor:
        return features(x.float()).double() @ features(z.float()).double().T

    label = samples[1][:, None].double()
    labels = torch.cat([label, torch.ones_like(label)], dim=1)
    means = prefix_means(label, ns)
    weights = []
    for relative in RIDGES:
        factor = factorise(gram.clone(), scaled_ridge(kernel, d, relative))
        duals = prefix_duals(factor, labels, ns)
        weights.append(phi.T @ (duals[:, :, 0] - means[:, 0] * duals[:, :, 1]))
    stacked, centre = torch.cat(weights, dim=1), means[:, 0].repeat(len(RIDGES))
    judged, errors = (
        _mean_squares(features, stacked, centre, *data).reshape(len(RIDGES), -1)
        for data in (held, test)
    )
    return errors.gather(0, judged.argmin(dim=0, keepdim=True))[0]


def _mean_squares(
    features: Features, weights: Tensor, centre: Tensor, x: Tensor, y: Tensor
) -> Tensor:
    total = weights.new_zeros(weights.shape[1])
    for start in range(0, len(x), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        residual = features(x[rows]).double() @ weights + centre - y[rows, None]
        total += residual.square().sum(0)
    return total / len(x)
