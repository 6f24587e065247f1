"""What is to be learned: inputs and labels."""

from replearn.targets.multi_index import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
    sample_gaussian,
    sample_noise,
)

__all__ = [
    "MultiIndex",
    "degenerate_target",
    "paper_target",
    "rank_deficient_target",
    "sample_gaussian",
    "sample_noise",
]
