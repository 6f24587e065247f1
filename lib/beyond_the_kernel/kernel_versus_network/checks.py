"""The predictions, questions and exercises of "Kernel versus network"."""

from __future__ import annotations

from math import pi

import pandas as pd
import torch
from torch import Tensor

from replearn.experiments.curves import fit_exponent, reach, select
from replearn.experiments.exercises import agrees, solves
from replearn.experiments.exercises import check as check
from replearn.experiments.questions import predict, question
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


def samples(table: str, learner: str, degree: int) -> dict[int, float]:
    """What a learner needs to 10 % error for one direction, by dimension."""
    found = reach(select(read_table(table), learner=learner, r=1, degree=degree))
    return dict(zip(found.x.tolist(), found.n.tolist(), strict=True))


def doubled() -> str:
    """What doubling d costs on the cubic."""
    kernel = samples("kernel-theory", "polynomial", 3)
    network = samples("kernel-vs-network", "one-step", 3)
    kernels, networks = (f"{n[40] / n[20]:.1f}" for n in (kernel, network))
    return f"the polynomial kernel {kernels} times (by theory), the network {networks}"


def quadratic() -> str:
    """What the quadratic target costs."""
    names = ("polynomial", "one-step")
    kernel, network = (samples("kernel-vs-network", name, 2)[40] for name in names)
    return f"at d = 40 the kernel {kernel:.0f} samples, the network {network:.0f}"


predict(
    "kvn-doubled",
    "The target is a cubic, and you double the dimension from 20 to 40. How many times "
    "as many samples does each need?",
    "both about 4 times",
    "both about 8 times",
    "the kernel about 4, the network about 8",
    "the kernel about 8, the network about 4",
    measured=doubled,
    where="Set d to 20, then to 40, and read what each needs under the curves.",
    at="#kvn:d=20",
)
predict(
    "kvn-quadratic",
    "Now the target is purely quadratic. Who needs fewer samples in 40 dimensions?",
    "the network, by far",
    "the kernel, by far",
    "about the same",
    measured=quadratic,
    where="Set d to 40 and the degree to 2.",
    at="#kvn:d=40,p=2",
)
question(
    "kvn-unseen",
    "The label is ½ He₂(z₁) plus a cubic of z₂. The one-step network is given thirty "
    "times as many samples. What becomes of its error?",
    "it stays, at the cubic's share of the variance",
    "The expected Hessian of a cubic is zero, so the step never sees the second "
    "direction; more samples only average away the noise that it saw there.",
    (
        "it falls like one over the number of samples",
        "Then the neurons would have to turn towards z₂. What is the mean of the step "
        "made of, and does a cubic enter there?",
    ),
    (
        "it falls below 10 %, as for its twin",
        "In the twin each direction has a quadratic term too. What does the average "
        "curvature show of z₂ here?",
    ),
)
question(
    "kvn-same-overlap",
    "In 20 dimensions 800 samples turn a certain share of the first layer towards the "
    "target's direction. How many give the same share in 80 dimensions?",
    800 * 4**2,
    "The share depends on n and d through n/d² alone, and d is four times as large: "
    "sixteen times as many samples.",
    (800 * 4, "That keeps n/d. Which quotient stands in the overlap's formula?"),
    (800 * 4**3, "That is a kernel's rate. How many entries has the matrix H?"),
    unit="samples",
)
question(
    "kvn-below",
    lambda: (
        "On the cubic the network's need grows like d to the power "
        f"{exponent(select(ONE_STEP, degree=3)):.1f}, as measured; the theorem has d². "
        "Do they contradict each other?"
    ),
    "no: the theorem says how many are enough, not how many are needed",
    "It is an upper bound, with constants and logarithms left out.",
    (
        "yes: one of the two must be wrong",
        "What does the theorem promise? Does it say anything of fewer samples?",
    ),
    (
        "no: five seeds cannot tell the two exponents apart",
        "Look at the interval of the fitted exponent in the dimensions from 10 on.",
    ),
)
