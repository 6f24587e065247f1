"""Two ways from one factor to the predictions; the ridge as it is given."""

import pytest
import torch

from replearn import kernels
from replearn.learners import KernelRidge
from replearn.learners.kernel_ridge import factorise, prefix_duals, prefix_predictions
from replearn.targets import paper_target

D, N = 6, 120


@pytest.fixture(scope="module")
def data():
    target = paper_target(D, 2, 3)
    return target.sample(N, seed=0, noise=0.3), target.stratified(80, seed=1)


def test_both_ways_to_the_predictions_are_taken(data):
    (x, y), (x_test, _) = data
    factor = factorise(kernels.rbf(x, x), 0.1)
    cross, labels = kernels.rbf(x, x_test), torch.stack([y, y.square()], 1)
    duals = prefix_duals(factor, labels, [N])
    assert (N * N + N * 80) * 2 > N * N * 2  # sizes few, points few: partial sums
    by_sums = prefix_predictions(factor, cross[:, :2], labels, [N])
    torch.testing.assert_close(by_sums[0], cross[:, :2].T @ duals[:, 0])


def test_the_ridge_is_added_as_given(data):
    (x, y), (x_test, _) = data
    gram = kernels.ntk(x, x) + 0.7 * torch.eye(N, dtype=torch.float64)
    expected = kernels.ntk(x_test, x) @ torch.linalg.solve(gram, y)
    found = KernelRidge(kernels.ntk, 0.7).fit(x, y).predict(x_test)
    torch.testing.assert_close(found, expected)
    wrong = KernelRidge(kernels.ntk, 0.7 * N).fit(x, y).predict(x_test)
    assert not torch.allclose(wrong, expected, rtol=1e-3)
