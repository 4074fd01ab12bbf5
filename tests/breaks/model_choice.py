"""Breaks of the choice of one model among several."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation(
        "models chosen on the humans that they correct",
        f"{CORE}/cross_fitting.py",
        "np.flatnonzero(own != fold)",
        "np.flatnonzero(own > -1)",
        "tests/calibration/test_model_selection.py::test_a_humans_answer_has_no_part_in_its_own_choice_and_slopes",
    ),
    Mutation(
        "the best of many without the price of looking",
        f"{CORE}/model_selection.py",
        "2.0 * log(len(sample.models))",
        "0.0 * log(len(sample.models))",
        "tests/calibration/test_model_selection.py::test_the_limited_harm_rule_pays_for_looking",
    ),
    Mutation(
        "a model chosen by few humans",
        f"{CORE}/model_selection.py",
        "FEWEST_UNITS = 50",
        "FEWEST_UNITS = 5",
        "tests/calibration/test_model_selection.py::test_below_fifty_independent_humans_in_an_arm_all_models_are_used",
    ),
    Mutation(
        "LLM-only units with one fold's slopes",
        f"{CORE}/cross_fitting.py",
        'np.einsum("dk,kdp->dp", shares, learned.slope)',
        "learned.slope[0]",
        "tests/calibration/test_cross_fitting.py::test_the_estimate_is_the_average_of_the_folds_estimates",
    ),
    Mutation(
        "models scored as if their units were others",
        f"{CORE}/model_scores.py",
        "own.get(source, 0.0) / a - np.asarray(other.get(source, 0.0)) / b",
        "own[source] / a",
        "tests/calibration/test_model_scores.py::test_interval_and_p_value_are_the_delta_methods",
    ),
)
