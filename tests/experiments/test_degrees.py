"""The measurement of each degree, from one factor and by hand."""

import math
from functools import partial

import pytest
import torch
from helpers import refuses

from replearn import kernels
from replearn.experiments.degrees import measure_degrees, predict_degrees
from replearn.experiments.gram import measure_gram_error, predict_feature_error
from replearn.kernels import kernel_of
from replearn.learners import KernelRidge, scaled_ridge
from replearn.targets.staircase import Staircase


@pytest.mark.parametrize("inputs", ["gaussian", "sphere"])
def test_every_size_agrees_with_a_fit_of_its_own(inputs: str) -> None:
    target, ns = Staircase(3, 2, inputs=inputs), [20, 45]
    kernel = kernels.rbf
    [found] = measure_degrees(kernel, [target], ns, seed=5)
    x, y = target.sample(45, seed=5)
    x_test = target.test_inputs(2000, seed=5)
    for i, n in enumerate(ns):
        learner = KernelRidge(kernel, scaled_ridge(kernel, 3, 1e-3))
        learnt = learner.fit(x[:n], y[:n]).predict(x_test)
        parts = target.parts(x_test)
        design = torch.cat([parts, torch.ones_like(parts[:, :1])], dim=1)
        fit = torch.linalg.lstsq(design, learnt[:, None]).solution[:3, 0]
        missing = (1 - math.sqrt(3) * fit).square()
        ours = torch.stack([found[f"degree-{k}"][i] for k in (1, 2, 3)])
        torch.testing.assert_close(ours, missing)
        truth = target(x_test)
        error = (learnt - truth).square().mean() / truth.var()
        torch.testing.assert_close(found["all"][i], error)


def test_a_target_outside_the_kernel_stays_missing() -> None:
    quadratic = partial(kernels.polynomial, degree=2)
    [found] = measure_degrees(quadratic, [Staircase(6, inputs="sphere")], [400], 0)
    # the cubic part acts as noise on the others
    assert float(found["degree-2"][0]) < 0.05
    assert float(found["degree-3"][0]) == pytest.approx(1.0, abs=0.2)


def test_theory_meets_measurement_on_the_sphere_and_no_biases_miss_degree_3() -> None:
    d, n = 8, 600
    for name, learnt in (("ntk", True), ("ntk-no-bias", False)):
        runs = [
            measure_degrees(kernel_of(name), [Staircase(d, inputs="sphere")], [n], s)[0]
            for s in range(4)
        ]
        mean = float(torch.stack([run["degree-3"][0] for run in runs]).mean())
        theory = float(predict_degrees(kernel_of(name), d, [n]).missing[0, 2])
        assert mean == pytest.approx(theory, abs=0.05)
        assert (mean < 0.5) == learnt


def test_targets_on_different_inputs_are_refused() -> None:
    both = [Staircase(5), Staircase(5, inputs="sphere")]
    refuses(lambda: measure_degrees(kernels.rbf, both, [10], 0), "share")
    refuses(lambda: kernel_of("svm"), "svm")
    refuses(lambda: measure_gram_error("svm", 8, 0), "kind")


def test_random_features_gram_error_is_the_predicted_one() -> None:
    squares = [measure_gram_error("random-features", 256, s) ** 2 for s in range(60)]
    measured = math.sqrt(sum(squares) / len(squares))
    assert measured == pytest.approx(predict_feature_error(256), rel=0.25)
    assert measured != pytest.approx(predict_feature_error(1024), rel=0.25)
