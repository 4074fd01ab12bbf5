"""Breaks of track records."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

PLACE, TESTS = f"{CORE}/track_records", "tests/calibration/track_records"

MUTATIONS = (
    Mutation("one gap more than the conformal interval may leave out", f"{PLACE}/conformal.py",
             "/ 2.0 + ROUNDING - 1.0", "/ 2.0 + ROUNDING",
             f"{TESTS}/test_conformal.py::test_one_contrast_per_study_is_the_published_interval"),
    Mutation("contrasts count as studies", f"{PLACE}/conformal.py",
             "weight = 1.0 / np.bincount(codes)[codes]", "weight = np.ones(len(codes))",
             f"{TESTS}/test_conformal.py::test_weights_of_contrasts_are_the_weighted_quantile"),
    Mutation("maximum likelihood for REML", f"{PLACE}/reml.py",
             "np.trace(spread) + np.sum", "np.sum",
             f"{TESTS}/test_reml.py::test_equal_variances_have_a_closed_form"),
    Mutation("Hartung-Knapp below the known errors", f"{PLACE}/line.py",
             "inflation = max(1.0, ", "inflation = (",
             f"{TESTS}/test_line.py::test_a_record_on_a_line_keeps_the_known_errors"),
    Mutation("no variance between studies in a prediction", f"{PLACE}/prediction.py",
             "noise = fitted.tau2_mean + ", "noise = fitted.tau2 + ",
             f"{TESTS}/test_prediction.py::test_intervals_cover_new_studies"),
    Mutation("correlated contrasts as independent", f"{PLACE}/sampling.py",
             "values, vectors.T @ y[rows], vectors.T @ x[rows]", "values, y[rows], x[rows]",
             f"{TESTS}/test_sampling.py::test_rotated_rows_have_the_likelihood_of_the_whole_matrix"),
    Mutation("what is left of an LLM's error is forgotten", f"{PLACE}/line.py",
             "slope**2 * llm.left", "0.0 * llm.left",
             f"{TESTS}/test_line.py::test_equal_llm_errors_are_the_classical_correction_for_attenuation"),
    Mutation("the sign of the estimate for the LLM's", f"{PLACE}/prediction.py",
             "-copysign(1.0, llm) * ratio", "-ratio",
             f"{TESTS}/test_prediction.py::test_the_sign_is_that_of_the_llm"),
)  # fmt: skip
