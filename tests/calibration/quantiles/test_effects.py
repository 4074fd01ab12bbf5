"""Quantiles through the whole room: blocks, laws, published peers."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

import numpy as np
import pytest

from service.calibration.errors import NotIdentified, UnsupportedCombination
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.quantiles.support import ESTIMATORS
from tests.calibration.quantiles.asking import ask
from tests.calibration.quantiles.studies import ONE, SAMPLES, TWINS, TWO, surveyed, tied
from tests.calibration.studies import simulate

WIDE = {"bounds": (-1e9, 1e9)}


def numbers(block) -> list[float]:
    found = []
    for result in (block.result, block.human_only, *(a.result for a in block.alternatives)):
        ends = (result.interval.lower, result.interval.upper)
        found += [result.estimate, result.standard_error, result.df, result.p_value, *ends]
    found += [block.variance_ratio, block.effective_sample_size, block.ppi_correlation]
    if block.llm_only is not None:
        found += [block.llm_only.estimate, block.llm_only.standard_error]
    return [x for x in found if x is not None]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_block_is_complete_and_finite(name: str, estimator: str) -> None:
    analyses = ask(SAMPLES[name], 0.3, 0.5, estimator=estimator, compare=name in ("one", "twins"), **WIDE)
    assert [a.estimates[0].component for a in analyses] == ["q=0.3", "q=0.5"]
    for analysis in analyses:
        assert analysis.fits == ()
        for block in analysis.estimates:
            assert all(isfinite(x) for x in numbers(block))
            interval = block.result.interval
            assert interval.lower <= block.result.estimate <= interval.upper
            assert block.human_sample_size == sum(s.n for s in SAMPLES[name].human)
            assert block.result.standard_error >= 0.0
    if name in ("one", "twins"):
        others = [a.estimator for a in analyses[0].estimates[0].alternatives]
        assert others == [e for e in ESTIMATORS if e != estimator]


@pytest.mark.parametrize("q", [0.25, 0.5, 0.8])
def test_humans_alone_are_compared_by_their_order_statistics(q: float) -> None:
    (found,) = ask(SAMPLES["two arms"], q, estimator="human_only", **WIDE)
    own = [np.quantile(s.y, q, method="inverted_cdf") for s in SAMPLES["two arms"].human]
    assert found.estimates[0].result.estimate == own[1] - own[0]
    assert [a.mean.estimate for a in found.arms] == own
    assert found.estimates[0].variance_ratio == 1.0
    assert found.estimates[0].effective_sample_size == 85.0


@pytest.mark.parametrize("name", ["one", "two arms", "twins", "ties"])
def test_an_increasing_map_of_all_answers_moves_the_quantile_with_it(name: str) -> None:
    study = {"one": ONE, "two arms": TWO, "twins": TWINS, "ties": tied(TWO)}[name]
    (plain,) = ask(study.sample(), 0.4, **WIDE)
    (moved,) = ask(study.with_y(lambda y: 5.0 + 3.0 * y).with_c(lambda c: 5.0 + 3.0 * c).sample(), 0.4, **WIDE)
    for before, after in zip(plain.arms, moved.arms, strict=True):
        ends = [before.mean.estimate, before.mean.interval.lower, before.mean.interval.upper]
        if min(ends) > -1e8 and max(ends) < 1e8:
            mapped = [after.mean.estimate, after.mean.interval.lower, after.mean.interval.upper]
            assert mapped == pytest.approx([5.0 + 3.0 * x for x in ends], rel=1e-12)
    one, two = plain.estimates[0], moved.estimates[0]
    level = 5.0 if len(plain.arms) == 1 else 0.0
    assert two.result.estimate == pytest.approx(level + 3.0 * one.result.estimate, rel=1e-10, abs=1e-10)
    assert two.result.standard_error == pytest.approx(3.0 * one.result.standard_error, rel=1e-10)
    assert two.variance_ratio == pytest.approx(one.variance_ratio, rel=1e-10)


@pytest.mark.parametrize("name", ["one", "ties"])
def test_a_rising_curve_moves_one_population_exactly(name: str) -> None:
    study = {"one": ONE, "ties": simulate(41, (40,), 150, outcome="likert")}[name]
    low, high = (ask(s.sample(), 0.5)[0] for s in (study, study.with_y(np.exp).with_c(np.exp)))
    before, after = low.estimates[0].result, high.estimates[0].result
    assert after.estimate == pytest.approx(np.exp(before.estimate), rel=1e-14)
    assert after.interval.upper == pytest.approx(np.exp(before.interval.upper), rel=1e-14)
    assert after.df == before.df


def test_the_order_of_units_and_the_sign_of_a_contrast_change_nothing() -> None:
    rng = np.random.default_rng(0)
    (plain,) = ask(TWO.sample(), 0.4, **WIDE)
    (mixed,) = ask(TWO.with_rows(lambda rows: rows[:, rng.permutation(rows.shape[1])]).sample(), 0.4, **WIDE)
    assert mixed.estimates[0].result.interval == plain.estimates[0].result.interval
    (other,) = ask(TWO.sample(), 0.4, control="treatment", **WIDE)
    one, two = plain.estimates[0].result, other.estimates[0].result
    assert (two.estimate, two.interval.lower, two.interval.upper, two.p_value) == pytest.approx(
        (-one.estimate, -one.interval.upper, -one.interval.lower, one.p_value), rel=1e-12
    )


@pytest.mark.unwatched
@pytest.mark.parametrize("name", ["two arms", "ties", "twins", "clusters"])
@pytest.mark.parametrize("alternative", ["two_sided", "less", "greater"])
def test_interval_and_p_value_agree(name: str, alternative: str) -> None:
    for null in (-1.0, 0.0, 0.5, 1.0):
        for level in (0.5, 0.8, 0.95):
            plan = {"null_value": null, "confidence_level": level, "alternative": alternative, **WIDE}
            (found,) = ask(SAMPLES[name], 0.5, **plan)
            result = found.estimates[0].result
            low, high = result.interval.lower, result.interval.upper
            outside = (low is not None and null < low) or (high is not None and high < null)
            assert (result.p_value < 1.0 - level) == outside


def test_a_helpful_llm_shortens_and_a_worthless_one_leaves_alone() -> None:
    good = simulate(42, (150,), 1500, quality=1.5).sample()
    (found,) = ask(good, 0.5)
    block = found.estimates[0]
    assert block.verdict == "llm_used"
    assert block.variance_ratio < 0.85
    assert block.effective_sample_size == pytest.approx(150 / block.variance_ratio)
    assert block.claim == "confirmatory"
    worthless = simulate(43, (150,), 1500, quality=0.0).sample()
    (left,) = ask(worthless, 0.5)
    assert left.estimates[0].result == replace(left.estimates[0].human_only)
    assert left.sloped == (False,)


def test_a_rejected_pool_makes_it_exploratory() -> None:
    study = simulate(44, (80,), 400)
    moved = replace(study, llm_only=tuple(c + 1.0 for c in study.llm_only))
    (found,) = ask(moved.sample(), 0.5)
    assert found.estimates[0].claim == "exploratory"
    assert "exchangeability_rejected" in [w.code for w in found.warnings]


def test_several_arms_and_named_differences() -> None:
    sample = simulate(45, (40, 40, 40), (80, 80, 80)).sample()
    (found,) = ask(sample, 0.5, **WIDE)
    assert [e.name for e in found.estimates] == ["treatment - control", "third - control"]
    assert [a.name for a in found.arms] == ["control", "treatment", "third"]


def test_designs_go_together_where_the_engine_knows_them() -> None:
    both = surveyed(TWO.sample(), 6, weight=True, cluster=True)
    (found,) = ask(both, 0.5, **WIDE)
    assert all(isfinite(x) for x in numbers(found.estimates[0]))
    with pytest.raises(UnsupportedCombination):
        ask(SAMPLES["one"], 0.5, estimator="difference_in_predictions")


def test_the_largest_answers_of_all_are_within_reach() -> None:
    y = np.concatenate([np.zeros(30), np.arange(1.0, 31.0)])
    sample = from_arrays([ArmArrays("all", y, y + 0.25, np.tile(y, 5) + 0.25)])
    (found,) = ask(sample, 0.3, estimator="regression", bounds=(0.0, 99.0))
    result = found.estimates[0].result
    assert (result.estimate, result.interval.lower, result.interval.upper) == (0.0, 0.0, 0.0)


def test_estimators_that_cannot_answer_are_left_out_of_a_comparison() -> None:
    """Lambda = 1 takes its reference from the LLM-only units, and there is one."""
    sample = simulate(44, (40,), 1).sample()
    (found,) = ask(sample, 0.5, estimator="regression", compare=True)
    assert [a.estimator for a in found.estimates[0].alternatives] == [
        e for e in ESTIMATORS if e not in ("regression", "ppi")
    ]
    with pytest.raises(NotIdentified) as refused:
        ask(sample, 0.5, estimator="ppi")
    assert {p.code for p in refused.value.problems} == {"too_few_llm_only"}


def test_only_the_arm_that_leaves_an_end_open_is_warned_of() -> None:
    arms = [ArmArrays("few", np.arange(20.0), None, None), ArmArrays("many", np.arange(400.0), None, None)]
    (found,) = ask(from_arrays(arms), 0.9, estimator="human_only")
    said = [w.message for w in found.warnings if w.code == "unbounded_interval"]
    assert found.estimates[0].result.interval.lower is None
    assert [w.pointer for w in found.warnings if w.code == "unbounded_interval"] == ["/data/arms/0/human"]
    assert all("arm 'few'" in text for text in said)
