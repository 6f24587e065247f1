"""What is to be learned: inputs and labels."""

from replearn.targets.boolean import BooleanTasks, draw_tasks
from replearn.targets.hierarchy import (
    Hierarchy,
    Relabelled,
    as_multi_index,
    paper_hierarchy,
    plain_hierarchy,
)
from replearn.targets.multi_index import (
    MultiIndex,
    degenerate_target,
    paper_target,
    rank_deficient_target,
    sample_gaussian,
    sample_noise,
)

__all__ = [
    "BooleanTasks",
    "Hierarchy",
    "MultiIndex",
    "Relabelled",
    "as_multi_index",
    "degenerate_target",
    "draw_tasks",
    "paper_hierarchy",
    "paper_target",
    "plain_hierarchy",
    "rank_deficient_target",
    "sample_gaussian",
    "sample_noise",
]
