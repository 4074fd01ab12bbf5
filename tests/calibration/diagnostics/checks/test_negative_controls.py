from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "negative_controls"
SETTINGS = Settings(negative_controls=("y",))


def arms(human: float, llm: float, n: int = 200):
    rng = np.random.default_rng(7)
    return [
        arm(
            shift * human + rng.normal(size=n), shift * llm + rng.normal(size=n), shift * llm + rng.normal(size=n), name
        )
        for shift, name in ((0.0, "control"), (1.0, "treatment"))
    ]


@pytest.mark.parametrize(("human", "llm", "statuses"), [(0.0, 0.0, ["pass", "pass"]), (0.6, 0.0, ["fail", "pass"]),
                                                        (0.0, 0.6, ["pass", "warn"])])  # fmt: skip
def test_who_moves_what_cannot_be_moved_is_caught(human, llm, statuses) -> None:
    assert [f.status for f in card(arms(human, llm), NAME, settings=SETTINGS).findings] == statuses


def test_numbers_are_welchs() -> None:
    data = arms(0.1, 0.2)
    human, llm = card(data, NAME, settings=SETTINGS).findings
    expected = stats.ttest_ind(data[1].human, data[0].human, equal_var=False)
    assert measure(human, "effect").p_value == pytest.approx(expected.pvalue)
    answers = [np.concatenate([a.llm, a.llm_only]) for a in data]
    expected = stats.ttest_ind(answers[1], answers[0], equal_var=False)
    assert measure(llm, "effect").p_value == pytest.approx(expected.pvalue)
    assert (human.place.model, llm.place.model) == (None, "llm")


def test_false_alarms_have_the_level() -> None:
    """Two tests on one card at .05: at most 9 % of 200 studies (Monte Carlo error 1.5 %)."""
    rng, rang = np.random.default_rng(3), 0
    for _ in range(200):
        data = [arm(rng.normal(size=30), rng.normal(size=30), None, name) for name in ("control", "treatment")]
        rang += any(f.status != "pass" for f in card(data, NAME, settings=SETTINGS).findings)
    assert rang <= 0.09 * 200


def twins(under: tuple[str | None, ...], *, clusters: bool = False) -> Table:
    rng = np.random.default_rng(8)
    n = 60
    person = rng.normal(size=n)
    values = [person + 0.3 * k + 0.2 * rng.normal(size=n) for k in range(2)]
    return Table(
        (("y", np.where(np.arange(n) < 40, person, np.nan)),),
        tuple(PredictionColumn(v, "gpt", arm=a) for v, a in zip(values, under, strict=False)),
        arm=Labels(np.where(np.arange(n) < 40, np.arange(n) % 2, -1), ("control", "treatment")),
        prediction_design="shared",
        survey=Survey(cluster=np.arange(float(n)) // 2 if clusters else None),
    )


@pytest.mark.parametrize("clusters", [False, True])
def test_twins_are_compared_with_themselves(clusters) -> None:
    table = twins(("control", "treatment"), clusters=clusters)
    found = diagnose(of_table(table), SETTINGS, [NAME]).findings[1]
    gap = table.predictions[1].values - table.predictions[0].values
    assert measure(found, "effect").value == pytest.approx(gap.mean())
    if not clusters:
        assert measure(found, "effect").p_value == pytest.approx(stats.ttest_1samp(gap, 0.0).pvalue)
    assert found.status == "warn"


def test_what_cannot_be_tested_says_so() -> None:
    assert only(card(arms(0.0, 0.0), NAME)).status == "not_testable"
    assert only(card(arms(0.0, 0.0)[:1], NAME, settings=SETTINGS)).status == "not_testable"
    same = diagnose(of_table(twins((None,))), SETTINGS, [NAME]).findings
    assert same[1].status == "not_testable"
    thin = [arm([1, 2], [1, 2], None, "control"), arm([1, 1], [1, 2], None, "treatment")]
    assert {f.status for f in card(thin, NAME, settings=SETTINGS).findings} == {"not_testable"}
    one = diagnose(of_table(twins(("control",))), SETTINGS, [NAME]).findings
    assert one[1].status == "not_testable"
    constant = [arm([2, 2, 2], [1, 2, 3], None, "control"), arm([2, 2, 2], [1, 2, 3], None, "treatment")]
    assert [f.status for f in card(constant, NAME, settings=SETTINGS).findings] == ["pass", "pass"]
