"""Far out: blocks against a whole sample, and a table measured elsewhere against us."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from helpers import refuses
from import_far import gap
from torch import Tensor

from beyond_the_kernel import catalogue
from replearn import checks, hermite, streams
from replearn.experiments import far
from replearn.experiments.curves import seed_values, select
from replearn.experiments.runner import run_sweep
from replearn.experiments.tables import read_provenance, read_table
from replearn.learners import (
    HeadChoice,
    OneStepNetwork,
    RandomFeatures,
    base,
    one_step,
    one_step_variants,
    ridge_head,
)
from replearn.streams import Stream
from replearn.targets import multi_index, paper_target

TARGET, CHOICE = paper_target(20, 1, 3), HeadChoice(0.1)
HELD = TARGET.sample(200, 0, dtype=torch.float32, part="held-out")


def whole(n: int) -> tuple[Tensor, Tensor]:
    x, y = zip(*far.sample_blocks(TARGET, n, seed=0), strict=True)
    return torch.cat(x), torch.cat(y)


@pytest.mark.parametrize("choice", [HeadChoice(1e-3), HeadChoice(held_out=HELD)])
def test_blocks_give_the_fit_of_the_whole_sample(
    choice: HeadChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far, "BLOCK", 300)
    (x, y), more = whole(1000), whole(1100)
    assert torch.equal(x, more[0][:1000])
    assert len(x.unique(dim=0)) == 1000
    network = OneStepNetwork(64, choice=choice, seed=3)
    blocks = network.fit_blocks(partial(far.sample_blocks, TARGET, 1000, 0))
    at_once = network.fit(x, y)
    pairs = (
        (blocks.first_layer(), at_once.first_layer()),
        *((blocks.predict(z), at_once.predict(z)) for z in (x, HELD[0])),
    )
    for found, wanted in pairs:
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=2e-4)
    other = network.fit(*more).predict(x)
    assert (other - at_once.predict(x)).abs().max() > 0.02


def test_what_blocks_cannot_do_is_refused() -> None:
    blocks = partial(far.sample_blocks, TARGET, 100, 0)
    variant = one_step_variants.OneStepVariant
    halved = OneStepNetwork(8, resample=True, choice=CHOICE)
    for network in (OneStepNetwork(8), halved, variant(choice=CHOICE)):
        refuses(partial(network.fit_blocks, blocks), "Algorithm 1 as it stands")


@pytest.mark.parametrize("n", [400, 1600, 6400])
def test_the_table_measured_elsewhere_agrees_with_the_library(n: int) -> None:
    table = read_table("far")
    for d in {400: (20,), 1600: (20, 40), 6400: (40,)}[n]:
        _, low, high = gap(table, d, n, confidence=0.99)
        assert low < 0 < high
    mean = seed_values(select(table, width=512, d=40, n=1600), "overlap").mean()
    runs = [far.measure_far(s, "one-step", 40, 1600, 512, 1) for s in range(3)]
    assert np.mean([r["overlap"] for r in runs]) == pytest.approx(mean, abs=0.04)


@pytest.mark.parametrize("n", [1600, 6400])
def test_rows_of_another_width_do_not_agree(n: int) -> None:
    _, _, high = gap(read_table("far"), 40, n, width=128, confidence=0.99)
    assert high < 0


def test_the_record_says_who_measured_and_what_the_library_finds() -> None:
    record = read_provenance("far")
    assert "not by this library" in record["measured_by"]
    assert sum("d=" in key for key in record["library_over_table"]) == 6


def test_a_device_that_is_not_here_or_not_taken_is_refused() -> None:
    refuses(lambda: checks.check_device("meta"), "choose from.*cuda")
    refuses(lambda: RandomFeatures(8, device="warp"), "device='warp' cannot be used")
    width, known = catalogue.find_sweep("width"), catalogue.find_sweep("far")
    refuses(lambda: run_sweep(width, "nowhere", device="cpu"), "on the CPU only")
    if not torch.cuda.is_available():
        refuses(lambda: run_sweep(known, "nowhere", device="cuda"), "device='cuda' can")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> str:
    """A second device, without numbers: what asks for one passes, draws are empty."""

    def empty(self: Stream, *shape: int, dtype: Any = torch.float64) -> Tensor:
        return torch.empty(shape, dtype=dtype, device=self.device)

    monkeypatch.setattr(checks, "_as_tensor", lambda name, x: x)
    monkeypatch.setattr(Stream, "normal", empty)
    monkeypatch.setattr(Stream, "uniform", empty)
    for module in (streams, multi_index, ridge_head):
        monkeypatch.setattr(module, "check_device", torch.device)
    for module in (checks, hermite, multi_index, base, one_step, ridge_head):
        monkeypatch.setattr(module, "check_finite", lambda name, x, advice="": x)
    return "meta"


def step(x: Tensor, y: Tensor, device: str) -> Tensor:
    return OneStepNetwork(8, choice=CHOICE, device=device).fit(x, y).predict(x)


def blocks(x: Tensor, y: Tensor, device: str) -> Tensor:
    several = partial(far.sample_blocks, TARGET, 9000, 0, device)
    network = OneStepNetwork(8, choice=CHOICE, device=device)
    return network.fit_blocks(several).predict(x)


@pytest.mark.parametrize("learn", [step, blocks])
def test_nothing_of_a_fit_is_left_on_the_cpu(
    learn: Callable[[Tensor, Tensor, str], Tensor],
    gpu: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = TARGET.sample(30, seed=0, device=gpu, dtype=torch.float32)
    z, _ = TARGET.stratified(30, seed=0, device=gpu)
    drawn = RandomFeatures(8, device=gpu).features(20)(x)
    assert {t.device.type for t in (x, y, z, drawn, learn(x, y, gpu))} == {gpu}
    monkeypatch.setattr(one_step, "redrawn_biases", lambda m, *_: torch.zeros(m))
    with pytest.raises(RuntimeError, match="device cpu is not on the expected"):
        learn(x, y, gpu)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_repeats_itself_and_agrees_with_the_table() -> None:
    runs = [
        far.measure_far(s, "one-step", 40, 6400, 512, 1, device="cuda")
        for s in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]
    errors = seed_values(select(read_table("far"), width=512, d=40, n=6400))
    assert errors.min() / 1.5 < runs[0]["error"] < errors.max() * 1.5
