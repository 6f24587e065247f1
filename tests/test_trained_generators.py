"""The trained generators: what they make, how they came about, and their volume."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import normal, refuses
from torch import Tensor

from replearn.targets import trained
from replearn.targets.generators import Generator, estimate_moments

each = pytest.mark.parametrize("name", trained.RECIPES)
IMAGES = trained.digit_images()


def distance(generator: Generator) -> float:
    """Of the generator's covariance from the digits', in units of the latter."""
    found = estimate_moments(generator, 20_000).covariance
    digits = torch.cov(IMAGES.T)
    return float((found - digits).norm() / digits.norm())


@each
def test_what_is_made_looks_like_digits(name: str) -> None:
    generator = trained.trained_generator(name)
    _, x = generator.sample(4000, seed=0)
    assert float((x.mean(0) - IMAGES.mean(0)).abs().max()) < 0.1
    # an autoencoder's decoder smooths, so that its images vary less
    spread = {"digits-flow": 0.05, "digits-vae": 0.2}[name]
    assert float(x.std()) == pytest.approx(float(IMAGES.std()), rel=spread)
    assert distance(generator) < 0.5
    # fresh weights make nothing of the kind
    recipe = trained.RECIPES[name]
    fresh = recipe.start(IMAGES.float(), 0)
    double = {k: w.double() if w.is_floating_point() else w for k, w in fresh.items()}

    def untrained(c: Tensor) -> Tensor:
        return recipe.make(double, c)

    assert distance(Generator(untrained, recipe.latent, 64)) > 0.6


@each
def test_the_weights_have_a_record(name: str) -> None:
    kept = json.loads((trained.FOLDER / f"{name}.json").read_text("utf-8"))
    with np.load(trained.FOLDER / f"{name}.npz") as stored:
        told = trained.record(name, kept["epochs"], kept["seed"], 0.0, dict(stored))
    changes = {"loss of the last epoch", "versions"}
    assert {k: v for k, v in kept.items() if k not in changes} == {
        k: v for k, v in told.items() if k not in changes
    }
    assert kept["epochs"] == trained.RECIPES[name].epochs
    digest = hashlib.sha256(IMAGES.numpy().tobytes()).hexdigest()
    assert kept["sha256 of the images"] == digest
    assert (trained.FOLDER / f"{name}.npz").stat().st_size < 300_000


@each
def test_the_command_trains_them_anew(name: str, tmp_path: Path) -> None:
    command = [name, "--epochs", "2", "--out", str(tmp_path), "--seed", "1"]
    assert trained.main(command) == 0
    assert {p.name for p in tmp_path.iterdir()} == {f"{name}.npz", f"{name}.json"}
    short = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    full = json.loads((trained.FOLDER / f"{name}.json").read_text("utf-8"))
    first, again = trained.train(name, 2, seed=1), trained.train(name, 2, seed=1)
    assert (
        first[1] == again[1] == pytest.approx(short["loss of the last epoch"], abs=1e-3)
    )
    assert short["loss of the last epoch"] > full["loss of the last epoch"] + 1
    assert short["command"].endswith(" --seed 1 --epochs 2")
    assert short["sha256 of the weights"] != full["sha256 of the weights"]
    assert any(
        not torch.equal(w, trained.train(name, 1)[0][k]) for k, w in first[0].items()
    )


def test_the_flow_s_volume_is_its_jacobian_s() -> None:
    weights = trained._start_flow(IMAGES.float(), 0)
    weights = {
        k: w.double() + 0.1 * normal(*w.shape) if k.startswith("coupling") else w
        for k, w in weights.items()
    }
    z = normal(2, 64, seed=1)
    x = trained.flow(weights, z)
    back, volume = trained.unflow(weights, x)
    torch.testing.assert_close(back, z)
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(
            lambda row: trained.flow(weights, row[None])[0], z[i]
        )
        expected = torch.linalg.slogdet(jacobian / weights["scale"][:, None])[1]
        torch.testing.assert_close(volume[i], expected)
    assert float((volume[0] - volume[1]).abs()) > 0.1


def test_unknown_ones_are_refused() -> None:
    refuses(lambda: trained.trained_generator("cifar"), "name='cifar'")
    refuses(lambda: trained.train("digits-vae", epochs=0), "epochs=0")
