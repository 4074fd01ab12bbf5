from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "interchangeability"


def study(seed: int, n: int, gap: float = 0.0, effect: float = 0.5, llm_effect: float = 0.5):
    rng = np.random.default_rng(seed)
    arms = []
    for name, human, llm in (("control", 0.0, gap), ("treatment", effect, gap + llm_effect)):
        person = rng.normal(size=n)
        y, f = human + 0.8 * person + 0.6 * rng.normal(size=n), llm + 0.8 * person + 0.6 * rng.normal(size=n)
        arms.append(arm(y, f, None, name))
    return arms


def test_equal_means_and_effects_are_equivalent_with_many_and_open_with_few() -> None:
    many = card(study(1, 1500), NAME).findings
    assert [f.status for f in many] == ["pass", "pass"]
    assert many[0].statement.startswith("Exploratory: LLM and human means are within 0.2")
    assert {f.status for f in card(study(1, 12), NAME).findings} == {"not_testable"}


def test_a_shifted_mean_and_an_exaggerated_effect_are_caught() -> None:
    shifted = card(study(2, 300, gap=0.5), NAME).findings
    assert [f.status for f in shifted] == ["warn", "warn"]
    large = card(study(3, 600, effect=0.3, llm_effect=1.0), NAME).findings
    assert [f.status for f in large] == ["pass", "warn"]
    assert "effects differ" in large[1].statement
    assert measure(large[1], "ratio_of_effects").value == pytest.approx(1.0 / 0.3, rel=0.4)
    assert measure(large[1], "sign_agreement").value == 1.0
    opposite = card(study(3, 600, effect=0.4, llm_effect=-0.4), NAME).findings[1]
    assert measure(opposite, "sign_agreement").value == 0.0


def test_numbers_are_those_of_tost_on_pairs_and_of_welch_without() -> None:
    data = study(4, 40)
    found = card(data, NAME).findings
    gap = data[0].llm - data[0].human
    spread = np.sqrt(np.mean([np.var(a.human, ddof=1) for a in data]))
    margin = 0.2 * spread
    expected = max(
        stats.ttest_1samp(gap, -margin, alternative="greater").pvalue,
        stats.ttest_1samp(gap, margin, alternative="less").pvalue,
    )
    assert measure(found[0], "equivalence").p_value == pytest.approx(expected)
    assert measure(found[0], "mean_difference").p_value == pytest.approx(stats.ttest_1samp(gap, 0.0).pvalue)
    effects = [data[1].llm - data[1].human, gap]
    assert measure(found[1], "effect_difference").p_value == pytest.approx(
        stats.ttest_ind(*effects, equal_var=False).pvalue
    )
    alone = only(card([arm(data[0].human, None, data[0].llm)], NAME))
    welch = stats.ttest_ind(data[0].llm, data[0].human, equal_var=False)
    assert measure(alone, "mean_difference").p_value == pytest.approx(welch.pvalue)


def test_equivalence_is_falsely_claimed_in_at_most_the_level() -> None:
    """A gap of exactly the margin: .05 of 400 studies (Monte Carlo error .011)."""
    rng, claimed = np.random.default_rng(5), 0
    for _ in range(400):
        y = rng.normal(size=400)
        claimed += only(card([arm(y, rng.normal(0.2, 1.0, size=400))], NAME)).status == "pass"
    assert claimed <= 0.083 * 400


def test_a_difference_counts_only_if_it_would_among_all_tests_of_the_card() -> None:
    """One of many subgroups differs at .05: alone that is an alarm, among twenty it is what chance gives."""
    rng = np.random.default_rng(2)
    y = rng.normal(size=1000)
    f = y + rng.normal(size=1000)
    groups = Labels(np.repeat(np.arange(20), 50), tuple(f"g{i:02d}" for i in range(20)))
    found = diagnose(of_table(Table((("y", y),), (PredictionColumn(f),), subgroup=groups)), Settings(), [NAME]).findings
    raw = [measure(one, "mean_difference").p_value for one in found]
    assert min(raw) < 0.05
    assert [one.status for one in found if one.status == "warn"] == []
    assert all(measure(one, "mean_difference_p_value_adjusted").value > 0.05 for one in found)


def test_effects_without_pairs_use_the_arms_humans() -> None:
    data = [arm(a.human, None, a.llm, a.name) for a in study(6, 500)]
    found = card(data, NAME).findings[1]
    human = data[1].human.mean() - data[0].human.mean()
    llm = data[1].llm_only.mean() - data[0].llm_only.mean()
    assert measure(found, "ratio_of_effects").value == pytest.approx(llm / human)


def test_what_cannot_be_compared_says_so() -> None:
    names = Labels(np.arange(6) % 2, ("no", "yes"))
    words = Table((("y", names),), (PredictionColumn(names),))
    assert only(diagnose(of_table(words), Settings(), [NAME])).status == "not_testable"
    assert only(card([arm([1, 2, 3], [1, None, None])], NAME)).status == "not_testable"
    assert only(card([arm([2, 2, 2], [1, 2, 3])], NAME)).status == "not_testable"
    assert only(card([arm([2], None, [1, 2, 3])], NAME)).status == "not_testable"
    thin = [arm([1, 2], [1, 2], None, "control"), arm([1, 2, 4, 5], [1, 2, 3, 3], None, "treatment")]
    found = card(thin, NAME).findings
    assert found[0].status == "not_testable"
    told = ["mean_difference", "equivalence", "mean_difference_p_value_adjusted"]
    assert [m.name for m in found[1].measures] == told
    flat = [arm([1, 2, 3], [1, 2, 2], None, "control"), arm([3, 2, 1], [1, 2, 3], None, "treatment")]
    assert "ratio_of_effects" not in [m.name for m in card(flat, NAME).findings[1].measures]


def test_small_subgroups_are_not_judged() -> None:
    y = np.random.default_rng(0).normal(size=30)
    groups = Labels(np.repeat([0, 1], [25, 5]), ("a", "b"))
    found = diagnose(of_table(Table((("y", y),), (PredictionColumn(y + 0.1),), subgroup=groups)), Settings(), [NAME])
    assert [(f.place.subgroup, f.status == "not_testable") for f in found.findings][2] == ("b", True)
