"""What many tasks have in common, and what one step makes of it."""

from __future__ import annotations

import math

from torch import Tensor

from replearn.checks import check_int
from replearn.targets.boolean import family_of, walsh_functions


def walsh_weights(family: str, r: int) -> list[float]:
    r"""kappa_k, the mean square of a task's Walsh coefficient on k signs, k = 0 to r.

    iid: 2^-r each. Balanced: 0 on no sign, else 1 / (2^r - 1). Coordinate: 1/r on one
    sign. XOR: 1 / C(r, 2) on two. The squares of all 2^r coefficients sum to 1.

    Source: our own.

    Args: family: see `targets.boolean.family_of`. r: number of directions, 1 to 1000.
    Returns: r + 1 weights.
    Cost: O(r).
    Example:
        >>> walsh_weights("coordinate", 2)
        [0.0, 0.5, 0.0]
    """
    family, r = family_of(family), check_int("r", r, maximum=1000)
    if family == "iid":
        return [2.0**-r] * (r + 1)
    if family == "balanced":
        return [0.0] + [1 / (2**r - 1)] * r
    k = 1 if family == "coordinate" else check_int("signs", min(r, 2), 2, why="an XOR")
    return [1 / math.comb(r, k) if size == k else 0.0 for size in range(r + 1)]


def coefficients(family: str, r: int) -> tuple[float, float]:
    r"""What the two steps make of a neuron: its useful part, and its useless one.

    For infinitely many tasks and samples, a neuron w = w_par + w_perp, w_par in the
    plane of the r directions, |w| = 1, becomes

        E[K(v, v') relu(w.x') x 1{w.x >= 0}] = a w_par + b w_perp,
        a = (kappa_0 + kappa_1) / (2 pi), b = kappa_0 / (2 pi),

    to leading order in |w_par|^2, which is r/d at the start. The tasks' imbalance
    kappa_0 brings back w as it was; what each sign weighs, kappa_1, only w_par. From
    two signs on, what comes is smaller by |w_par|^2. iid: 2/(2 pi 2^r) and half of
    it. Balanced: 1/(2 pi (2^r - 1)), 0. Coordinate: 1/(2 pi r), 0. XOR: 0, 0.

    Source: derived in the book.

    Args:
        family: of the tasks: "iid", "balanced", "coordinate" or "xor".
        r: number of directions, >= 1 (XOR: >= 2).
    Returns: (a, b).
    Cost: O(r).
    Example:
        >>> [round(c, 5) for c in coefficients("iid", 3)]
        [0.03979, 0.01989]
        >>> [round(c, 5) for c in coefficients("balanced", 3)]
        [0.02274, 0.0]
    """
    nothing, single, *_ = walsh_weights(family, r)
    return (nothing + single) / (2 * math.pi), nothing / (2 * math.pi)


def limit_kernel(family: str, r: int) -> Tensor:
    r"""K(v, v'), the mean of f(v) f(v') over a family: K_T for T to infinity.

    K = sum over S of kappa_|S| chi_S(v) chi_S(v').

    Source: derived in the book.

    Args: family: of the tasks. r: number of directions, 1 to 12 (XOR: >= 2).
    Returns: (2^r, 2^r), rows as in `targets.boolean.sign_patterns`.
    Cost: O(8^r).
    Example:
        >>> limit_kernel("balanced", 1).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    chi, weights = walsh_functions(r), walsh_weights(family, r)
    sizes = [bin(s).count("1") for s in range(2**r)]
    return chi * chi.new_tensor([weights[k] for k in sizes]) @ chi


def kernel_spread(family: str, r: int, tasks: int) -> float:
    r"""Root mean square of K_T - K over pairs of patterns, for T independent tasks.

    An entry of K_T is a mean of T signs with mean K: its variance is (1 - K^2) / T.

    Source: our own.

    Args: family: of the tasks. r: directions, as for `limit_kernel`. tasks: T >= 1.
    Returns: the deviation, which falls as T^-1/2.
    Cost: as `limit_kernel`.
    Example:
        >>> kernel_spread("iid", 1, 50), kernel_spread("balanced", 1, 50)
        (0.1, 0.0)
    """
    left = 1 - limit_kernel(family, r).square().mean()
    return math.sqrt(max(float(left), 0.0) / check_int("tasks", tasks))


def predict_alignment(
    family: str, r: int, d: int, tasks: int, samples: int, width: int
) -> float:
    r"""The sine of the largest angle between the learnt plane and the true one.

    Tasks without imbalance: balanced, or their labels centred. With n fresh samples
    for each step of each task, what the second step's samples add outside the plane,
    seen from the plane's own direction, has in each of d - r coordinates and r
    directions the variance

        V = (1 - kappa_0) 4 pi^2 / (T n kappa_1^2) [kappa_1 / (8 pi) + B / n],
        B = (1 - kappa_0) (d / (4 m) + 1/16 + 1/(4 pi^2)),

    and tan(angle) = sqrt(V) (sqrt(d - r) + sqrt(r)), the size of such a matrix of
    independent numbers. The first term stays at large n: for balanced tasks
    tan = sqrt(pi (2^r - 1) / (2 T n)) (sqrt(d - r) + sqrt(r)), which falls as T^-1/2.

    Source: derived in the book, at the rigour of physics, for T well above 1 / kappa_1.

    Args:
        family: of the tasks. r, d: directions and dimension, r < d.
        tasks: T. samples: n, of each task for each of both steps. width: m.
    Returns: the sine; 1.0 where kappa_1 is 0.
    Cost: O(r).
    Example:
        >>> many = [predict_alignment("iid", 3, 50, t, 500, 128) for t in (64, 256)]
        >>> [round(value, 3) for value in many]
        [0.162, 0.082]
    """
    nothing, single, *_ = walsh_weights(family, r)
    d = check_int("d", d, minimum=r + 1)
    n, m = check_int("samples", samples), check_int("width", width)
    if not single:
        return 1.0
    left = 1 - nothing
    noise = left * (d / (4 * m) + 1 / 16 + 1 / (4 * math.pi**2)) / n
    scale = left * 4 * math.pi**2 / (check_int("tasks", tasks) * n * single**2)
    variance = scale * (single / (8 * math.pi) + noise)
    tangent = math.sqrt(variance) * (math.sqrt(d - r) + math.sqrt(r))
    return tangent / math.sqrt(1 + tangent**2)


def predict_energy(
    family: str, r: int, d: int, tasks: int, samples: int, centre: bool = False
) -> float:
    r"""The share of |W|^2 that lies in the plane after the two steps.

    The mean square of a head is h = (kappa_0 + kappa_1 r/d) / (2 pi) + 1/(2n), of a
    neuron's useful part p = a^2 r/d + h r [kappa_1 / (2 pi) + 1/(2n)] / T, of its
    useless part q = b^2 (1 - r/d) + h (d - r) / (2 n T); a, b as in `coefficients`.
    The share is p / (p + q), with r/d for the square of w_par at the start.

    Source: derived in the book, at the rigour of physics, for T well above 1 / kappa_1.

    Args:
        family: of the tasks. r, d: directions and dimension, r < d.
        tasks: T. samples: n, of each task for each step, fresh.
        centre: whether each task's labels are centred.
    Returns: the share, 0 to 1.
    Cost: O(r).
    Example:
        >>> many = [predict_energy("balanced", 3, 50, t, 500) for t in (16, 256)]
        >>> [round(value, 2) for value in many]
        [0.86, 0.99]
    """
    nothing, single, *_ = walsh_weights(family, r)
    d, n = check_int("d", d, minimum=r + 1), check_int("samples", samples)
    if centre:
        nothing, left = 0.0, 1 - nothing
    else:
        left = 1.0
    tasks, circle, noise = check_int("tasks", tasks), 2 * math.pi, left / (2 * n)
    head = (nothing + single * r / d) / circle + noise
    useful = ((nothing + single) / circle) ** 2 * r / d
    useful += head * r * (single / circle + noise) / tasks
    useless = (nothing / circle) ** 2 * (1 - r / d) + head * (d - r) * noise / tasks
    return useful / (useful + useless)
