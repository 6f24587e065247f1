"""What makes a Gram fast changes no number: compiled arc-cosines, blocks on threads."""

import math

import numba
import pytest
import torch

from replearn.kernels import COMPILER, Kernel, _layers, nngp, ntk, polynomial, rbf


@pytest.mark.parametrize("kernel", [ntk, nngp, rbf, polynomial])
def test_threads_change_no_bit(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    grams = []
    for threads, inference in ((1, False), (3, False), (3, True)):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=threads: n)
        with torch.inference_mode(inference):
            grams.append(torch.cat([kernel(x, x), kernel(x, x[:90])], dim=1))
        assert torch.equal(grams[-1], grams[0])


def test_the_arc_cosines_are_exact_and_become_vector_instructions() -> None:
    angle = torch.linspace(1e-3, math.pi - 1e-3, 5001, dtype=torch.float64)
    x = torch.stack([angle.cos(), angle.sin()], dim=1)
    expected = (angle.sin() + 2 * angle.cos() * (math.pi - angle)) / math.pi
    found = ntk(x, [[1.0, 0.0]])[:, 0]
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-14)
    compiled = numba.njit("(f8[:, :, ::1], f8[::1], f8[::1], i8, f8, f8)", **COMPILER)
    code = "".join(compiled(_layers).inspect_asm().values())
    assert "divpd" in code or "fdiv\tv" in code
