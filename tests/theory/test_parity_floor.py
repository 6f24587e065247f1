"""The floor of frozen features for a parity: against draws, and what it refuses."""

import pytest
import torch
from helpers import refuses

from replearn.theory import leading_share, parity_floor


@pytest.mark.parametrize(("r", "d"), [(1, 3), (2, 5), (3, 8)])
def test_the_lowest_degree_has_this_share_on_the_sphere(r: int, d: int) -> None:
    x = torch.randn(400_000, d, generator=torch.Generator().manual_seed(d)).double()
    harmonic = (x / x.norm(dim=1, keepdim=True))[:, :r].prod(1)
    share = float(harmonic.abs().mean() ** 2 / harmonic.square().mean())
    assert leading_share(r, d) == pytest.approx(share, rel=0.02)


def test_it_falls_from_one_in_proportion_then_more_slowly_to_zero() -> None:
    few = parity_floor(3, 10, [1, 100, 200])  # 210 harmonics of degree three
    share = leading_share(3, 10)
    wanted = 1 - share * torch.tensor([1.0, 100.0, 200.0]).double() / 210
    torch.testing.assert_close(few, wanted)
    all_of_it = parity_floor(3, 10, [210, 300, 10_000])
    assert float(all_of_it[0]) == pytest.approx(1 - share)
    assert float(all_of_it[0]) > float(all_of_it[1]) > float(all_of_it[2]) == 0


def test_bad_input_is_refused() -> None:
    refuses(lambda: leading_share(4, 3), "d=3")
    refuses(lambda: parity_floor(3, 2, [5]), "d=2")
    refuses(lambda: parity_floor(3, 9, [0]), "dimensions")
