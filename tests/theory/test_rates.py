"""The guide lines."""

import itertools

import pytest

from replearn.theory import kernel_rate, monomials, monomials_of_degree, network_rate


def test_network_beats_kernel_only_above_degree_two() -> None:
    for d, r in itertools.product([20, 80], [1, 2, 4]):
        assert network_rate(d, r, 2) >= kernel_rate(d, 2)
        assert network_rate(d, r, 4) < kernel_rate(d, 4)


@pytest.mark.parametrize(("d", "degree"), [(1, 5), (2, 3), (3, 4), (5, 2)])
def test_monomials_counts_them(d: int, degree: int) -> None:
    exponents = itertools.product(range(degree + 1), repeat=d)
    assert monomials(d, degree) == sum(sum(e) <= degree for e in exponents)


def test_monomials_of_a_degree_add_up() -> None:
    for d in (1, 2, 7):
        counts = [monomials_of_degree(d, p) for p in (1, 2, 3)]
        assert 1 + sum(counts) == monomials(d, 3)
