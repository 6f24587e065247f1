"""When do data look Gaussian: the table against the formula, and what must fail."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from beyond_the_kernel.when_do_data_look_gaussian import checks, grid, show
from replearn.experiments.curves import mean_interval
from replearn.experiments.projections import measure_balance
from replearn.targets.generators import random_generator
from replearn.theory import predict_kurtosis


def size(kind: str, n: int, value: str = "kurtosis", **at: object) -> float:
    return float(grid.at_size(kind, n, value, **at).mean())


@pytest.mark.parametrize("activation", grid.ACTIVATIONS)
@pytest.mark.parametrize("latent", show.LATENT)
def test_one_layer_lies_on_the_formula(activation: str, latent: str) -> None:
    """Within a tenth where many directions share the variance, else within a third."""
    for n in grid.SIZES:
        d = grid.latent_numbers(latent, n)
        measured = size("generic", n, "fourth", activation=activation, latent=latent)
        formula = predict_kurtosis(activation, n, d)
        assert measured == pytest.approx(formula, rel=0.15 if d >= 16 else 0.45)


def test_what_must_fail_fails_and_its_twin_does_not() -> None:
    """One input, equal weights and four latent numbers; generic weights beside them."""
    ends = grid.SIZES[0], grid.SIZES[-1]
    for activation in grid.ACTIVATIONS:
        single = [size("single", n, activation=activation) for n in ends]
        assert single[1] == pytest.approx(single[0], rel=0.03)
        assert single[1] > 20 * size("generic", 256, activation=activation)
        few = [size("generic", n, activation=activation, latent="4") for n in ends]
        assert few[1] > 0.6 * few[0]
        assert few[1] > 8 * size("generic", 256, activation=activation)
    generic, aligned = (
        [size(kind, n, "skewness", activation="relu") for n in ends]
        for kind in ("generic", "aligned")
    )
    assert generic[0] / generic[1] > 2 * aligned[0] / aligned[1]


def test_three_layers_fall_too() -> None:
    for activation in grid.ACTIVATIONS:
        at = {"activation": activation, "layers": 3}
        assert size("generic", 64, **at) > 2.5 * size("generic", 256, **at)


def test_the_theorem_holds_for_images() -> None:
    for data in [*grid.DATA][1:]:
        rows = grid.of_data(data)
        _, low, high = mean_interval(rows["fourth"].to_numpy(float))
        miss = 0.1 * abs(rows["formula"].mean())
        assert low - miss < rows["formula"].mean() < high + miss
    twin = grid.of_data("twin")
    assert abs(twin["fourth"].mean()) < 0.02
    assert abs(twin["formula"].mean()) < 0.02
    assert grid.of_data("digits")["formula"].nunique() == 1  # a population


def test_the_limit_for_few_latent_numbers() -> None:
    """An integral of the exercise, Gegenbauer nodes, and one large layer."""
    for d in (2, 3, 10):
        limit = checks.at_last(d)
        assert predict_kurtosis("sign", 10**9, d) == pytest.approx(limit, rel=1e-4)
    x = random_generator([3, 800], "sign", seed=1).sample(4000, 1)[1]
    assert measure_balance(x)[0] == pytest.approx(checks.at_last(3), rel=0.05)


def test_the_constants_are_those_of_samples() -> None:
    u = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    weight = torch.exp(-u * u / 2) / torch.exp(-u * u / 2).sum()
    for a in (0.1, -0.5):
        s = torch.maximum(u, a * u)
        k0, k1 = float(weight @ s), float(weight @ (u * s))
        rest = float(weight @ (s - k0 - k1 * u) ** 2)
        assert checks.constants(a) == pytest.approx((k0, k1, rest), abs=1e-6)


def test_what_is_shown_are_the_means_of_the_table() -> None:
    shown = show.measured()
    at = (shown.activation == "relu") & (shown.latent == "½N") & (shown.layers == 1)
    for curve, kind, value in (
        ("generic", "generic", "kurtosis"),
        ("aligned-skew", "aligned", "skewness"),
    ):
        rows = shown[at & (shown.learner == curve)].set_index("n")["mean"]
        for n in grid.SIZES:
            assert rows[n] == pytest.approx(size(kind, n, value, activation="relu"))
    assert "generic-skew" not in set(shown[shown.activation == "sign"].learner)
    told = show.predicted()
    assert set(told.layers) == {1}
    [line] = told[
        (told.activation == "erf") & (told.latent == "2N") & (told.n == 64)
    ].error
    assert line == pytest.approx(-predict_kurtosis("erf", 64, 128))


def test_the_hero_tells_the_kurtosis_of_its_bars() -> None:
    for n in (4, 64):
        frame = show.clouds(n)
        said = [
            float(v.replace("−", "-")) for v in re.findall(r"[−\d]+\.\d\d", frame.says)
        ]
        for bars, found in zip(frame.marks[::2], said, strict=True):
            middle, high = bars.at[:, [0, 2]].mean(1), bars.at[:, 3]
            if high.max() < 0.6:  # no bar is cut
                share = high / high.sum()
                fourth = float(share @ middle**4) / float(share @ middle**2) ** 2
                assert fourth - 3 == pytest.approx(found, abs=0.15)
    start = show.clouds(4)
    np.testing.assert_array_equal(start.marks[0].at, start.marks[2].at)
