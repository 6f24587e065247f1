"""What is predicted with no training: rates, the first step, kernel eigenvalues."""

from replearn.theory.eigenlearning import (
    SphereSpectrum,
    predict_best_ridge_curve,
    predict_learning_curve,
    sphere_degree_powers,
    sphere_spectrum,
)
from replearn.theory.first_step import predict_finite_overlap, predict_overlap
from replearn.theory.generated_step import carry_over, predict_generated_step
from replearn.theory.hierarchy import (
    best_quadratic,
    correction_scale,
    hierarchy_counting_bound,
    hierarchy_degree,
    hierarchy_parameters,
    hierarchy_plateau,
    plane_tilt,
    quadratic_remainder,
)
from replearn.theory.homogeneous import homogeneous_floor
from replearn.theory.kernel_floor import angular_spectrum, kernel_floor
from replearn.theory.label_transform import (
    correlation_onset,
    hermite_half,
    hermite_overlap,
    transformed_half,
    transformed_moments,
)
from replearn.theory.network_limit import predict_network_limit
from replearn.theory.parity_floor import leading_share, parity_floor
from replearn.theory.population_step import population_gradient, subspace_moment
from replearn.theory.projections import (
    participation,
    predict_kurtosis,
    typical_kurtosis,
)
from replearn.theory.rates import (
    kernel_rate,
    monomials,
    monomials_of_degree,
    network_rate,
)
from replearn.theory.task_kernel import (
    coefficients,
    kernel_spread,
    limit_kernel,
    predict_alignment,
    predict_energy,
    walsh_weights,
)
from replearn.theory.tensor_noise import predict_curvature_error, predict_tensor_error
from replearn.theory.transfer import predict_transfer_curve, transferred_kernel

__all__ = [
    "SphereSpectrum",
    "angular_spectrum",
    "best_quadratic",
    "carry_over",
    "coefficients",
    "correction_scale",
    "correlation_onset",
    "hermite_half",
    "hermite_overlap",
    "hierarchy_counting_bound",
    "hierarchy_degree",
    "hierarchy_parameters",
    "hierarchy_plateau",
    "homogeneous_floor",
    "kernel_floor",
    "kernel_rate",
    "kernel_spread",
    "leading_share",
    "limit_kernel",
    "monomials",
    "monomials_of_degree",
    "network_rate",
    "parity_floor",
    "participation",
    "plane_tilt",
    "population_gradient",
    "predict_alignment",
    "predict_best_ridge_curve",
    "predict_curvature_error",
    "predict_energy",
    "predict_finite_overlap",
    "predict_generated_step",
    "predict_kurtosis",
    "predict_learning_curve",
    "predict_network_limit",
    "predict_overlap",
    "predict_tensor_error",
    "predict_transfer_curve",
    "quadratic_remainder",
    "sphere_degree_powers",
    "sphere_spectrum",
    "subspace_moment",
    "transferred_kernel",
    "transformed_half",
    "transformed_moments",
    "typical_kurtosis",
    "walsh_weights",
]
