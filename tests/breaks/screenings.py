"""Breaks of screenings."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

SCREENINGS, TESTS = f"{CORE}/screenings", "tests/calibration/screenings"

MUTATIONS = (
    Mutation("weights that do not sum to the hypotheses", f"{SCREENINGS}/weights.py",
             "return np.asarray(mixed / mixed.mean())", "return np.asarray(mixed / mixed.min())",
             f"{TESTS}/test_weights.py::test_the_mean_is_one_and_none_is_less_than_the_least"),
    Mutation("one-sided gain of power", f"{SCREENINGS}/weights.py",
             "+ x + np.log1p(np.exp(-2.0 * x)) - log(2.0) - self.offset", "+ x - log(2.0) - self.offset",
             f"{TESTS}/test_weights.py::test_log_ratio_is_the_ratio_of_densities_of_the_absolute_z"),
    Mutation("a cross-weight that sees its own fold", f"{SCREENINGS}/cross_weights.py",
             "(scores.sum(axis=2) - scores[:, :, fold])", "scores.sum(axis=2)",
             f"{TESTS}/test_cross_weights.py::test_no_p_value_moves_the_weights_of_its_own_fold"),
    Mutation("cross-weights that see how small a rejected p-value is", f"{SCREENINGS}/cross_weights.py",
             "np.where(p > rule.error_rate, Gain(part).log_ratio(z), np.log(tail))",
             "Gain(part).log_ratio(np.minimum(37.0, -ndtri(p / 2.0)))",
             f"{TESTS}/test_cross_weights.py::test_only_that_a_p_value_is_below_the_error_rate_is_used"),
    Mutation("Holm that forgets the weights", f"{SCREENINGS}/rejections.py",
             "remaining = np.cumsum(weights[order][::-1])[::-1]", "remaining = np.arange(q.size, 0, -1.0)",
             f"{TESTS}/test_rejections.py::test_weighted_holm_is_the_closed_test"),
    Mutation("what was not run counts as p = 1 and can be rejected", f"{SCREENINGS}/rejections.py",
             "np.where(np.isnan(p_values), np.inf, p_values / weights)",
             "np.where(np.isnan(p_values), 1.0, p_values) / weights",
             f"{TESTS}/test_rejections.py::test_what_was_not_run_is_never_rejected_whatever_its_weight"),
    Mutation("folds that each spend the whole error rate", f"{SCREENINGS}/rejections.py",
             "within * (count / rows.shape[0])", "within",
             f"{TESTS}/test_rejections.py::test_folds_are_holm_at_their_share_of_the_rate"),
    Mutation("power of one tail", f"{SCREENINGS}/expectation.py",
             " + ndtr((-self.shift - critical) / spread)", "",
             f"{TESTS}/test_expectation.py::test_power_is_that_of_simulated_studies"),
    Mutation("the first in the list are next", f"{SCREENINGS}/discoveries.py",
             'np.argsort(-power[candidates], kind="stable")[:taken]', "np.arange(taken)",
             f"{TESTS}/test_discoveries.py::test_the_best_within_the_budget_are_the_best_of_every_choice"),
    Mutation("weights learned from all humans", f"{SCREENINGS}/screening.py",
             "        return plan.fixed\n    stated",
             "        return plan.fixed * hypotheses.p_values.max()\n    stated",
             f"{TESTS}/test_screening.py::test_fixed_weights_are_the_same_whatever_the_humans_said"),
)  # fmt: skip
