"""What learns: each learner fits samples and knows its own learning curve."""

from replearn.learners.adam import AdamNetwork
from replearn.learners.algorithm_one import AlgorithmOne
from replearn.learners.base import Learner, Predictor
from replearn.learners.features import feature_errors, turned_to
from replearn.learners.hierarchy import Climb, HierarchyNetwork, StagedNetwork
from replearn.learners.kernel_ridge import KernelRidge, scaled_ridge
from replearn.learners.many_tasks import AlternatingNetwork, LinearProbe, ManyTaskStep
from replearn.learners.one_step import OneStepNetwork
from replearn.learners.one_step_variants import OneStepVariant
from replearn.learners.random_features import LinearisedNetwork, Oracle, RandomFeatures
from replearn.learners.ridge_head import HeadChoice
from replearn.learners.transfer import TransferredFeatures

__all__ = [
    "AdamNetwork",
    "AlgorithmOne",
    "AlternatingNetwork",
    "Climb",
    "HeadChoice",
    "HierarchyNetwork",
    "KernelRidge",
    "Learner",
    "LinearProbe",
    "LinearisedNetwork",
    "ManyTaskStep",
    "OneStepNetwork",
    "OneStepVariant",
    "Oracle",
    "Predictor",
    "RandomFeatures",
    "StagedNetwork",
    "TransferredFeatures",
    "feature_errors",
    "scaled_ridge",
    "turned_to",
]
