from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.checks.human_equivalent_size import Question, equivalent_size, misses
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "human_equivalent_size"
TENTH = Settings(confidence_level=0.9)


def questions(seed: int, m: int, answers: int, wrong: float, n: int = 10_000) -> list[Question]:
    """The LLM's mean is off by a normal error of sd ``wrong``."""
    rng = np.random.default_rng(seed)
    return [Question(rng.normal(0, n**-0.5), n, rng.normal(rng.normal(0.0, wrong), 1.0, answers)) for _ in range(m)]


def brute(found: list[Question], level: float) -> int:
    most = min(len(q.answers) for q in found)
    best = 4
    for k in range(5, most + 1):
        missed = 0
        for q in found:
            count = len(q.answers)
            reach = np.sqrt(3) * stats.t.ppf((1 + level) / 2, count - 1) * q.answers.std(ddof=1) / np.sqrt(k)
            missed += abs(q.answers[:k].mean() - q.human_mean) > reach
        if missed / len(found) > (1 - level) / 2:
            break
        best = k
    return best


@pytest.mark.parametrize(("seed", "wrong"), [(1, 0.1), (2, 0.3), (3, 1.0), (4, 4.0)])
def test_it_is_the_search_written_out(seed, wrong) -> None:
    found = questions(seed, 30, 120, wrong)
    assert equivalent_size(found, 0.9) == (brute(found, 0.9), 120)


def test_better_llms_are_worth_more_and_new_questions_are_missed_as_seldom_as_promised() -> None:
    """Misses of 2,000 new questions' means at k* are within the bound that holds for 95 % of studies."""
    sizes = []
    for wrong in (0.05, 0.15, 0.3):
        size, _ = equivalent_size(questions(7, 200, 2000, wrong), 0.9)
        sizes.append(size)
        missed = misses(questions(8, 2000, 2000, wrong), 0.9)[size - 1]
        assert missed <= stats.beta.ppf(0.95, 10 + 1, 200 - 10)
    assert sizes[0] > sizes[1] > sizes[2] > 4


def test_a_short_scale_on_which_few_answers_are_all_the_same_is_no_fault() -> None:
    rng = np.random.default_rng(3)
    found = [Question(rng.binomial(500, 0.9) / 500, 500, 1.0 * (rng.random(200) < 0.9)) for _ in range(40)]
    assert equivalent_size(found, 0.95)[0] > 100


def table(shift: float, n: int = 50, m: int = 400, count: int = 25, seed: int = 6) -> Table:
    rng = np.random.default_rng(seed)
    units = n + m
    human = np.arange(units) < n
    outcomes = tuple((f"q{j}", np.where(human, rng.normal(size=units), np.nan)) for j in range(count))
    said = tuple(PredictionColumn(rng.normal(shift * (-1) ** j, 1, units), outcome=f"q{j}") for j in range(count))
    return Table(outcomes, said)


def test_an_llm_that_answers_as_people_do_is_not_blamed_for_their_small_number() -> None:
    """However many of its answers are sent: their means are in error, and k* may end before their number by chance."""
    found = only(diagnose(of_table(table(0.0, n=100, m=600, count=60)), Settings(), [NAME]))
    assert measure(found, "human_equivalent_size").value < 100
    assert found.status == "pass"


def test_an_llm_that_errs_is_worth_few_and_one_that_does_not_many() -> None:
    bad = only(diagnose(of_table(table(1.0)), TENTH, [NAME]))
    assert bad.status == "warn"
    assert measure(bad, "human_equivalent_size").value < 20
    assert bad.statement.startswith("Exploratory")
    fair = only(diagnose(of_table(table(0.0)), TENTH, [NAME]))
    assert measure(fair, "human_equivalent_size").value > 20
    assert (measure(fair, "questions").value, measure(fair, "llm_answers").value) == (25.0, 400.0)


def test_all_answers_sent_is_a_lower_bound_and_many_enough_pass() -> None:
    capped = only(diagnose(of_table(table(0.0, m=6, seed=0)), TENTH, [NAME]))
    assert capped.status == "pass"
    assert "at least 6 humans" in capped.statement
    few = only(diagnose(of_table(table(0.4, n=5)), TENTH, [NAME]))
    assert few.status == "pass"
    assert "of 5 who answered" in few.statement


def test_few_questions_tell_a_number_and_conclude_nothing() -> None:
    found = only(diagnose(of_table(table(1.0, count=8)), TENTH, [NAME]))
    assert found.status == "not_testable"
    assert "8 questions, which are too few" in found.statement
    assert found.action == "send 20 questions or more"


def test_pairs_serve_where_there_is_nothing_else_and_few_questions_are_not_testable() -> None:
    rng = np.random.default_rng(0)
    outcomes = tuple((f"q{j}", rng.normal(size=20)) for j in range(5))
    said = tuple(PredictionColumn(rng.normal(size=20), outcome=f"q{j}") for j in range(5))
    assert measure(only(diagnose(of_table(Table(outcomes, said)), Settings(), [NAME])), "llm_answers").value == 20.0
    assert only(card([arm([1, 2, 3], [1, 2, 2])], NAME)).status == "not_testable"
    names = Labels(np.arange(6) % 2, ("no", "yes"))
    words = Table((("y", names),), (PredictionColumn(names),))
    assert only(diagnose(of_table(words), Settings(), [NAME])).status == "not_testable"


def test_the_fewest_answers_that_miss_are_worth_fewer() -> None:
    found = [Question(9.0, 5, np.zeros(10)) for _ in range(6)]
    assert equivalent_size(found, 0.95) == (4, 10)
