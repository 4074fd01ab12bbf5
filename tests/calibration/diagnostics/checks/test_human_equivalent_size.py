from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.checks.human_equivalent_size import Question, equivalent_size
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
    best = 0
    for k in range(2, most + 1):
        missed = 0
        for q in found:
            first = q.answers[:k]
            reach = stats.t.ppf(1 - (1 - level) / 20, k - 1) * first.std(ddof=1) / np.sqrt(k)
            missed += abs(first.mean() - q.human_mean) > reach
        if missed / len(found) > (1 - level) / 2:
            break
        best = k
    return best


@pytest.mark.parametrize(("seed", "wrong"), [(1, 0.1), (2, 0.3), (3, 1.0), (4, 4.0)])
def test_it_is_the_search_written_out(seed, wrong) -> None:
    found = questions(seed, 30, 120, wrong)
    assert equivalent_size(found, 0.9) == (brute(found, 0.9), 120)


def test_better_llms_are_worth_more_and_the_interval_covers_new_questions() -> None:
    """Misses of 2,000 new questions' means at k*: half of .1, within three errors of the 200 that chose k*."""
    sizes = []
    for wrong in (0.05, 0.15, 0.3):
        size, _ = equivalent_size(questions(7, 200, 2000, wrong), 0.9)
        new = questions(8, 2000, size, wrong)
        reach = stats.t.ppf(1 - 0.1 / 20, size - 1) / np.sqrt(size)
        missed = np.mean([abs(q.answers.mean() - q.human_mean) > reach * q.answers.std(ddof=1) for q in new])
        assert missed < 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5
        sizes.append(size)
    assert sizes[0] > sizes[1] > sizes[2] > 1


def table(shift: float, n: int = 50, m: int = 400, count: int = 25, seed: int = 6) -> Table:
    rng = np.random.default_rng(seed)
    units = n + m
    human = np.arange(units) < n
    outcomes = tuple((f"q{j}", np.where(human, rng.normal(size=units), np.nan)) for j in range(count))
    said = tuple(PredictionColumn(rng.normal(shift * (-1) ** j, 1, units), outcome=f"q{j}") for j in range(count))
    return Table(outcomes, said)


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


def test_a_first_step_that_misses_is_worth_nobody() -> None:
    found = [Question(9.0, 5, np.zeros(10)) for _ in range(6)]
    assert equivalent_size(found, 0.95) == (0, 10)
