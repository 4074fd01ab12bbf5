"""Breaks of weights, clusters, strata and sampling probabilities."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation("no leverage correction with weights", f"{CORE}/leverage.py",
             'np.maximum(1.0 - 2.0 * h + np.einsum("kn,kl,ln->n", z, inner, z) / root_weight**2, LEAST)',
             "np.ones_like(h)",
             "tests/oracles/test_survey.py::test_weights_unit_by_unit"),
    Mutation("clusters without their leverage", f"{CORE}/clusters.py",
             "root = np.where(spare > PERFECT, 1.0 / np.sqrt(np.maximum(spare, PERFECT)), 0.0)",
             "root = np.ones_like(spare)",
             "tests/oracles/test_survey.py::test_clusters_by_explicit_matrices"),
    Mutation("personas of a cluster apart from its people", f"{CORE}/clusters.py",
             "values += _pool_part(estimate, contrast, codes)",
             "values = np.hypot(values, _pool_part(estimate, contrast, codes))",
             "tests/oracles/test_survey.py::test_clusters_by_explicit_matrices"),
    Mutation("slopes kept when a cluster is left out", f"{CORE}/clusters.py",
             "right = (z @ outcome) - _sums(z * outcome, clusters, codes.count)",
             "right = (z @ outcome) - 0.0 * _sums(z * outcome, clusters, codes.count)",
             "tests/oracles/test_survey.py::test_weights_with_clusters_by_leaving_one_out"),
    Mutation("pool weights that are not balanced", f"{CORE}/pools.py",
             "scale = kish(whole) / float(whole.sum()) if balanced else 1.0", "scale = 1.0",
             "tests/calibration/test_pools.py"),
    Mutation("strata that all count alike", f"{CORE}/strata.py",
             "np.outer(contrast, weights).ravel()",
             "np.outer(contrast, np.full(weights.shape, 1.0 / weights.size)).ravel()",
             "tests/calibration/test_strata.py"),
    Mutation("a pooled slope that costs no degrees of freedom", f"{CORE}/arm_estimate.py",
             "variance=part.variance * slope.inflation", "variance=part.variance",
             "tests/calibration/test_arm_estimate.py"),
    Mutation("sampling probabilities ignored", f"{CORE}/estimate.py",
             "weight = weight / source.sampling_probability", "weight = weight * 1.0",
             "tests/oracles/test_survey.py::test_weights_unit_by_unit"),
)  # fmt: skip
