"""What every answer owes its reader: finite JSON, an interval and a p-value that agree, complete cards."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import strategies as st

from service.api.wire import answer as wire
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from tests.contract import cases
from tests.contract.cases import PAIRS, SEEDS, examples
from tests.contract.laws import holds

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
TAILS = st.sampled_from(["two_sided", "less", "greater"])
CARDS = [
    pytest.param(entry, id=f"{kind}-{entry.name}")
    for kind, registry in (("estimator", ESTIMATORS), ("estimand", ESTIMANDS))
    for entry in registry
]


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} left the service")


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS, tail=TAILS)
def test_every_answer_is_finite_json(estimator: str, estimand: str, data, seed: int, tail: str) -> None:
    kind = data.draw(cases.kinds(estimand))
    plan = cases.plan(kind, estimator, estimand, compare=True, alternative=tail)
    answer = cases.answer(cases.study(kind, seed), plan)
    encoded = msgspec.json.encode(wire.from_core(answer, wire.Digests("a", "b")))
    document = json.loads(encoded, parse_constant=refuse)
    for estimate in document["estimates"]:
        for name in ("estimate", "standard_error", "p_value", "variance_ratio", "human_sample_size"):
            assert isinstance(estimate[name], float | int), name
        assert estimate["standard_error"] > 0.0
        assert 0.0 <= estimate["p_value"] <= 1.0
    assert {a["estimator"] for e in document["estimates"] for a in e["alternatives"]} <= {e.name for e in ESTIMATORS}


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS, away=st.floats(-4.0, 4.0))
def test_the_p_value_and_the_interval_agree(estimator: str, estimand: str, data, seed: int, away: float) -> None:
    """The p-value is below 1 - level exactly when the null value is outside the interval."""
    kind, tail, level = data.draw(cases.kinds(estimand)), data.draw(TAILS), data.draw(LEVELS)
    study = cases.study(kind, seed)
    plan = cases.plan(kind, estimator, estimand, alternative=tail, confidence_level=level)
    first = cases.answer(study, plan).estimates[0].result
    null = first.estimate + away * first.standard_error
    null = cases.possible(plan, null, first.estimate)
    found = cases.answer(study, replace(plan, null_value=null)).estimates[0].result
    low, high = found.interval.lower, found.interval.upper
    inside = (low is None or low <= null) and (high is None or null <= high)
    assert (found.p_value < 1.0 - level) == (not inside)
    if holds("exact_ends", estimand):
        assert (low is None, high is None) == (tail == "less", tail == "greater")
    if not holds("end_of_interval", estimand):
        return
    on_the_end = cases.answer(study, replace(plan, null_value=high if low is None else low)).estimates[0].result
    assert on_the_end.p_value == pytest.approx(1.0 - level, rel=1e-6)


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS)
def test_a_higher_level_gives_a_wider_interval(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study = cases.study(kind, seed)
    levels = (0.5, 0.8, 0.95, 0.999 if holds("exact_ends", estimand) else 0.99)
    plans = [cases.plan(kind, estimator, estimand, confidence_level=level) for level in levels]
    intervals = [cases.answer(study, plan).estimates[0].result.interval for plan in plans]
    assert [i.level for i in intervals] == list(levels)
    for narrow, wide in pairwise(intervals):
        if holds("exact_ends", estimand):
            assert wide.lower < narrow.lower < narrow.upper < wide.upper
            continue
        assert wide.lower is None or wide.lower <= narrow.lower
        assert wide.upper is None or narrow.upper <= wide.upper


@pytest.mark.parametrize("entry", CARDS)
def test_every_card_is_complete(entry) -> None:
    for field in dataclasses.fields(entry.card):
        value = getattr(entry.card, field.name)
        texts = [value] if isinstance(value, str) else list(value)
        assert texts, field.name
        assert all(isinstance(text, str) and text.strip() == text and len(text) > 2 for text in texts), field.name
