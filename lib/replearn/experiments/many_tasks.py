"""How near the neurons come to the plane that all tasks share."""

from __future__ import annotations

import torch
from torch import Tensor

from replearn.checks import check_matrix


def plane_sine(w: Tensor, directions: Tensor) -> float:
    """Sine of the largest angle between W's r leading singular directions and U's.

    Args: w: first layer (m, d). directions: orthonormal U (r, d).
    Returns: 0 for the same plane, 1 where one direction is missed altogether.
    Cost: O(m d^2 + d^3).
    """
    w = check_matrix("w", w, dtype=torch.float64)
    u = check_matrix("directions", directions, w.shape[1], torch.float64)
    top = torch.linalg.eigh(w.T @ w).eigenvectors[:, -len(u) :]
    missed = torch.linalg.matrix_norm(top - u.T @ (u @ top), 2)
    return min(float(missed), 1.0)
