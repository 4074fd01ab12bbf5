"""Breaks of the published forms."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
    Mutation("a published interval at the first lambda", f"{CORE}/published/coefficients.py",
             "again = influence(family, rows, estimate).tuning(of)",
             "again = once",
             "tests/oracles/test_published.py::test_golden_linear_with_one_lambda"),
    Mutation("a published lambda that is not clipped", f"{CORE}/published/coefficients.py",
             "min(1.0, max(0.0, float(shared / ((1.0 + n / m) * spread))))",
             "float(shared / ((1.0 + n / m) * spread))",
             "tests/calibration/published/test_coefficients.py::test_a_contrary_llm_gets_lambda_0_and_the_human_only_answer"),
    Mutation("a published interval about the published point", f"{CORE}/republished.py",
             "result(float(found.centre[j])",
             "result(float(found.estimate[j])",
             "tests/calibration/test_republished.py::test_the_published_numbers_stand_in_the_answer"),
    Mutation("a published quantile with ddof 1", f"{CORE}/published/quantile.py",
             "only * (m - only) / float(m) ** 3",
             "only * (m - only) / (float(m) ** 2 * (m - 1.0))",
             "tests/oracles/test_published_quantiles.py"),
    Mutation("a published quantile where F first reaches q", f"{CORE}/published/quantile.py",
             "np.argmax(off <= off.min() + TIE)",
             "np.argmax(distance >= 0.0)",
             "tests/oracles/test_published_quantiles.py::test_the_median_of_golden"),
    Mutation("a published quantile tested at its neighbours below only", f"{CORE}/published/quantile.py",
             "sides = chances[grid <= value], chances[grid >= value]",
             "sides = chances[grid <= value], chances[grid <= value]",
             "tests/calibration/published/test_quantile.py::test_a_value_is_outside_an_interval_exactly_when_its_p_value_is_below_the_error"),
    Mutation("an empty published set that is tested", f"{CORE}/quantiles/as_published.py",
             "if found.accepted and null is not None",
             "if null is not None",
             "tests/calibration/quantiles/test_as_published.py::test_an_interval_between_two_answers_is_said_and_nothing_is_tested"),
    Mutation("a published quantile of deviations", f"{CORE}/quantiles/as_published.py",
             "return rectified(human.y + sample.origin, human.c[0] + level, only.c[0] + level, q)",
             "return rectified(human.y, human.c[0], only.c[0], q)",
             "tests/calibration/quantiles/test_as_published.py::test_far_from_0_the_values_are_those_that_were_sent"),
    Mutation("arms under a form that was published for one population", f"{CORE}/quantiles/as_published.py",
             "if len(sample.arms) > 1:",
             "if len(sample.arms) > 2:",
             "tests/calibration/quantiles/test_as_published.py::test_what_has_no_published_form_is_refused"),
)  # fmt: skip
