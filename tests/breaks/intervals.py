"""Breaks of intervals, tests and multiplicity."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation("equivalence from one of the two one-sided tests", f"{CORE}/inference.py",
             'return max(pivot.tail(low, "lower"), pivot.tail(high, "upper"))', 'return pivot.tail(low, "lower")',
             "tests/calibration/test_inference.py::test_equivalence_is_statsmodels_tost"),
    Mutation("a resampled p-value without the data themselves", f"{CORE}/intervals/pivot.py",
             "return (beyond + 1) /", "return beyond /",
             "tests/calibration/intervals/test_pivot.py::test_a_value_is_outside_a_bound_exactly_when_its_tail_is_smaller"),
    Mutation("bootstrap_t without its own standard error", f"{CORE}/intervals/bootstrap_t.py",
             "return studentised(moved, variance, NO_VARIANCE * whole)", "return moved / context.standard_error",
             "tests/calibration/intervals/test_bootstrap_t.py::test_the_human_only_mean_has_the_textbook_statistic"),
    Mutation("Wilson's limits without his centre", f"{CORE}/intervals/score.py",
             "middle = self.p + square / 2.0", "middle = self.p",
             "tests/calibration/intervals/test_score.py::test_one_share_is_statsmodels_wilson"),
    Mutation("arms of one pool as independent shares", f"{CORE}/intervals/score.py",
             "found[d, e] = found[e, d] = min(1.0, max(-1.0, r))", "found[d, e] = found[e, d] = 0.0",
             "tests/calibration/intervals/test_score.py::test_shares_have_the_arms_own_variance_and_their_correlation"),
    Mutation("slopes of re-assignments from the data", f"{CORE}/reassignment.py",
             "inverse = np.linalg.pinv(gram, rcond=EPS, hermitian=True)",
             "inverse = np.linalg.pinv(gram[:1] + 0.0 * gram, rcond=EPS, hermitian=True)",
             "tests/calibration/test_reassignment.py::test_the_pieces_are_those_of_a_refit_at_any_effect"),
    Mutation("exact ties are not extreme", f"{CORE}/reassignment.py",
             ">= -TIE * (1.0 + np.abs(x))", "> TIE * (1.0 + np.abs(x))",
             "tests/calibration/test_reassignment.py::test_ties_are_as_extreme"),
    Mutation("bets that know the outcome they are placed on", f"{CORE}/capital.py",
             "_before((x - mean) ** 2)", "np.cumsum((x - mean) ** 2)",
             "tests/calibration/test_capital.py::test_p_values_are_those_of_a_slow_loop"),
    Mutation("Bonferroni forgotten between arms", f"{CORE}/intervals/betting.py",
             "w.bound(tail / len(self.wagers), outward)", "w.bound(tail, outward)",
             "tests/calibration/intervals/test_betting.py::test_a_contrast_adds_the_arms_bounds_at_their_share_of_the_tail"),
    Mutation("a confidence sequence for one look", f"{CORE}/intervals/confidence_sequence.py",
             "log1p(sqrt(self.time + 1.0) / (2.0 * tail))", "log1p(1.0 / (2.0 * tail))",
             "tests/calibration/intervals/test_confidence_sequence.py::test_the_boundary_is_the_published_one"),
    Mutation("holm steps the wrong way", f"{CORE}/multiplicity.py",
             'up = method == "holm"', 'up = method != "holm"',
             "tests/calibration/test_multiplicity.py::test_adjusted_p_values_are_statsmodels"),
)  # fmt: skip
