"""Breaks of reading data: moments, refusals, collinear columns, draws."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation("Yes and yes are two categories", f"{CORE}/layouts/categories.py",
             "if one != other][:1]", "if False]",
             "tests/calibration/layouts/test_categories.py"),
    Mutation("an LLM may use words of its own for categories", f"{CORE}/layouts/categories.py",
             "if given and names and not names & given", "if False",
             "tests/calibration/layouts/test_categories.py"),
    Mutation("merge moments without the gap of the means", f"{CORE}/moments.py",
             " + gap[:, None] * (gap * (a.n * (b.n / n)))", "",
             "tests/oracles/test_dense.py::test_shards_of_moments_merge_into_the_whole"),
    Mutation("fill refusals without a refusal column", f"{CORE}/layouts/refusals.py",
             "return [filled, refusal]", "return [filled]",
             "tests/calibration/test_calibrate_columns.py::test_the_fill_does_not_matter_beside_the_refusal_column"),
    Mutation("what is filled in counts as data", f"{CORE}/layouts/draft.py",
             "out = lacking(draft.columns, arms, k, size)", "out = np.zeros(size, dtype=bool)",
             "tests/calibration/test_calibrate_columns.py::"
             "test_intervals_cover_where_only_llm_only_units_lack_answers"),
    Mutation("units left out for want of an answer are forgotten", f"{CORE}/diagnostics/exchangeability.py",
             "chances = [frame.sample.unanswered_by_chance]", "chances = [1.0]",
             "tests/calibration/test_calibrate_columns.py::"
             "test_intervals_cover_where_only_llm_only_units_lack_answers"),
    Mutation("a copy of the outcome is a prediction", f"{CORE}/assumptions.py",
             """    if unsound and pools:
        return "exploratory"
""", "",
             "tests/calibration/test_calibrate_columns.py::test_a_copy_of_the_outcome_is_no_prediction"),
    Mutation("rows that repeat by chance are copies", f"{CORE}/repeated.py",
             "(1.0 + rate) - mean * mean", "4.0",
             "tests/calibration/test_repeated.py::test_scales_of_few_values_are_told_as_seldom_as_promised"),
    Mutation("keep collinear columns", f"{CORE}/least_squares.py",
             "if norm * spread[j] > tolerance[j]:", "if True:",
             "tests/calibration/test_least_squares.py::test_dependent_columns_are_dropped_in_order"),
    Mutation("an ICC without the within-unit part", f"{CORE}/layouts/predictions.py",
             "(between - within) / total",
             "between / total",
             "tests/calibration/layouts/test_table.py::test_the_intraclass_correlation_by_hand"),
)  # fmt: skip
