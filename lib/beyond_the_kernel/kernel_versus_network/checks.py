"""The predictions, questions and exercises of "Kernel versus network"."""

from __future__ import annotations

from math import pi

import pandas as pd
import torch
from torch import Tensor

from replearn.experiments.curves import fit_exponent, reach, select
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import declare
from replearn.experiments.tables import read_table
from replearn.theory import predict_overlap, rates
from replearn.views.ask import ask as ask
from replearn.views.ask import recall as recall

agrees(
    "kvn-exact",
    rates.monomials,
    (2, 1),
    (10, 4),
    (80, 3),
    slips={
        "only the monomials of degree p itself are counted": rates.monomials_of_degree,
        "the constant monomial is left out": lambda d, p: rates.monomials(d, p) - 1,
        "it is the rate d^p, not a count of monomials": lambda d, p: d**p,
    },
)

solves(
    "kvn-half",
    lambda n, d, hessian_norm_squared, noise: predict_overlap(
        d, n, hessian_norm_squared, noise_variance=noise**2
    ),
    0.5,
    (40, 1.0, 0.0),
    (10, 2.0, 0.5),
    (80, 0.5, 1.0),
    slips={
        "the noise is not squared": lambda d, h, s: pi * d**2 * (1 + s) / (2 * h),
        "the Hessian's norm, squared already, is squared again": lambda d, h, s: (
            pi * d**2 * (1 + s**2) / (2 * h**2)
        ),
        "the 2 beside n is forgotten": lambda d, h, s: pi * d**2 * (1 + s**2) / h,
    },
    what="the overlap",
)


def exponent(rows: pd.DataFrame) -> float:
    """The exponent of d in the samples to 10 % error."""
    return fit_exponent(reach(rows))[0]


ONE_STEP = select(read_table("kernel-vs-network"), learner="one-step", r=1)
agrees(
    "kvn-exponent",
    exponent,
    *((select(ONE_STEP, degree=degree),) for degree in (3, 2)),
    relative=0.031,  # of exponents above 1.6: 0.05
    slips={
        "log d is fitted against log n": lambda rows: 1 / exponent(rows),
        "it is the exponent of n/d², two less": lambda rows: exponent(rows) - 2,
    },
)


def rest(x: Tensor, y: Tensor) -> Tensor:
    """What the least-squares fit without intercept leaves."""
    left: Tensor = y - x @ torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    return left


def remainder(x: Tensor, y: Tensor) -> Tensor:
    """What the least-squares fit with intercept leaves."""
    return rest(torch.cat([x, torch.ones_like(x[:, :1])], dim=1), y)


X = torch.randn(200, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = 2.0 + X @ torch.arange(5.0, dtype=X.dtype) + X[:, 0] ** 2
agrees(
    "kvn-least-squares",
    remainder,
    (X, Y),
    slips={
        "the fit has no intercept": rest,
        "the correlation is removed, as in step 1, and not the fit": lambda x, y: (
            y - y.mean() - x @ (x.T @ y / len(x))
        ),
        "the fit is returned, and not what it leaves": lambda x, y: y - remainder(x, y),
    },
)


def samples(table: str, learner: str, degree: int) -> dict[float, float]:
    """What a learner needs to 10 % error for one direction, by dimension."""
    rows = select(read_table(table), learner=learner, r=1, degree=degree)
    return reach(rows).needs()


def doubled() -> str:
    """What doubling d costs on the cubic."""
    kernel = samples("kernel-theory", "polynomial", 3)
    network = samples("kernel-vs-network", "one-step", 3)
    kernels, networks = (f"{n[40] / n[20]:.1f}" for n in (kernel, network))
    return (
        f"from d = 20 to d = 40 the network's need grows {networks} times, the "
        f"polynomial kernel's {kernels} (by theory)"
    )


def quadratic() -> str:
    """What the quadratic target costs."""
    names = ("polynomial", "one-step")
    kernel, network = (samples("kernel-vs-network", name, 2)[40] for name in names)
    return f"at d = 40 the kernel {kernel:.0f} samples, the network {network:.0f}"


declare(
    "kernel-versus-network",
    doubled=doubled,
    quadratic=quadratic,
    power=lambda: f"{exponent(select(ONE_STEP, degree=3)):.1f}",
)
