"""Breaks of claims, effective sizes, correlations and the wire."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation("ignore the exchangeability test in the claim", f"{CORE}/assumptions.py",
             '_status(combined(p_values)) != "not_rejected"', "False",
             "tests/calibration/test_calibrate_verdicts.py::test_rejected_exchangeability_is_exploratory"),
    Mutation("a claim that cannot fall with a rejected fallback", f"{CORE}/assumptions.py",
             "if test is None or not pools:",
             "if test is None:",
             "tests/calibration/test_calibrate_verdicts.py::test_a_rejection_does_not_touch_an_answer_that_rests_on_humans"),
    Mutation("no Bonferroni over pools", f"{CORE}/diagnostics/exchangeability.py",
             "len(known) * min(known)", "min(known)",
             "tests/calibration/diagnostics/test_exchangeability.py::test_independent_pools_share_the_level"),
    Mutation("the effective sample size upside down", f"{CORE}/effects.py",
             "else n / ratio",
             "else n * ratio",
             "tests/calibration/test_calibrate.py::test_sample_sizes_and_ratios_are_one_definition"),
    Mutation("an unsigned PPI correlation", f"{CORE}/blocks.py",
             "return -size if signed else size", "return size",
             "tests/calibration/test_blocks.py::test_one_column_and_one_arm_keep_the_sign_of_the_correlation"),
    Mutation("upper and lower swapped in the summary", "service/api/wire/answer.py",
             "            first.result.interval.lower,\n            first.result.interval.upper,\n",
             "            first.result.interval.upper,\n            first.result.interval.lower,\n",
             "tests/api/wire/test_answer.py::test_the_summary_is_the_first_estimate"),
)  # fmt: skip
