"""Many outcomes at once: the same answer as one after the other, whatever the mixture of outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, InvalidPlan
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.many import analysed_at_once
from service.calibration.plan import Costs, NamedContrast, Plan
from service.calibration.sample import Sample

SHAPES = (
    lambda y, _f: (y, _f),
    lambda y, f: (100.0 + 15.0 * y, 1e3 * f),
    lambda y, f: (1e8 + y, 1e8 + f),
    lambda y, f: (np.clip(np.round(3.0 + 1.2 * y), 1.0, 5.0), np.clip(np.round(3.0 + f), 1.0, 5.0)),
    lambda y, f: (np.exp(1.3 * y), f),
    lambda y, f: ((y > 0.2).astype(float), f),
    lambda y, f: ((y > np.nanquantile(y, 0.6)).astype(float), (f > 0.0).astype(float)),
    lambda y, f: (y, -f),
    lambda y, f: (y, f - 0.4 * np.isnan(y)),
    lambda y, f: (y, np.full_like(f, 7.0)),
    lambda y, f: (y, 50.0 + np.where(np.arange(f.size) % 23 == 5, 60.0, f)),
    lambda y, f: (y, np.where(np.arange(f.size) == 0, 1.0, 0.0)),
    lambda y, f: (y, np.where(np.arange(f.size) % 7 == 3, np.nan, f)),
    lambda y, f: (y, np.where(np.isnan(y), 5.0, f)),
)
MARKED = (6, 8, 13)  # shapes that look at who is human


def request(seed: int, sizes: tuple[int, ...], outcomes: int = 28, *, missing: bool = True) -> Sequence[Sample]:
    """A table whose outcomes go through all shapes; sizes are humans and LLM-only units of each arm in turn."""
    rng = np.random.default_rng(seed)
    human = np.concatenate([np.arange(n + m) < n for n, m in zip(sizes[::2], sizes[1::2], strict=True)])
    arm = np.concatenate([np.full(n + m, d) for d, (n, m) in enumerate(zip(sizes[::2], sizes[1::2], strict=True))])
    columns, predictions = [], []
    for k in range(outcomes):
        f = rng.normal(size=human.size)
        y = rng.uniform(0.0, 1.0) * f + rng.normal(size=human.size) + 0.3 * arm
        y, f = SHAPES[k % len(SHAPES)](np.where(human, y, np.nan) if k % len(SHAPES) in MARKED else y, f)
        y = np.where(human, y, np.nan)
        if missing and k == 3:
            y[np.flatnonzero(human)[-1]] = np.nan
        columns.append((f"y{k}", y))
        predictions.append(PredictionColumn(f, outcome=f"y{k}", model="LLM" if k % 2 else "other"))
    codes = Labels(arm.astype(np.int64), ("control", "treatment", "third")[: len(sizes) // 2])
    table = Table(
        tuple(columns),
        tuple(predictions),
        arm=codes if len(sizes) > 2 else None,
        prediction_design="independent" if len(sizes) > 2 else None,
        human=tuple(human.tolist()),
    )
    return from_table(table, "drop_unit")


def one_by_one(samples: Sequence[Sample], plan: Plan) -> Answer:
    return calibrate([*samples], plan)


def same(a: object, b: object, scale: float = 1.0, place: str = "answer") -> None:
    """Numbers to 1e-10, relative or in standard errors; everything else equal."""
    if is_dataclass(a):
        assert type(a) is type(b), place
        own = getattr(a, "standard_error", None) or getattr(getattr(a, "result", None), "standard_error", None)
        for part in fields(a):
            same(getattr(a, part.name), getattr(b, part.name), own or scale, f"{place}.{part.name}")
    elif isinstance(a, tuple | list):
        assert isinstance(b, tuple | list), place
        assert len(a) == len(b), place
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, scale, f"{place}[{i}]")
    elif isinstance(a, float):
        assert type(b) is float, place
        assert a == pytest.approx(b, rel=1e-10, abs=1e-10 * min(scale, 1.0)), place
    else:
        assert type(a) is type(b), place
        assert a == b, place


CONTRASTS = (NamedContrast("all", {"control": -1.0, "treatment": 0.25, "third": 0.75}),)
REQUESTS = {
    "one population": ((40, 60), Plan()),
    "regression": ((12, 30), Plan(estimator="regression", confidence_level=0.9, null_value=0.1)),
    "human_only": ((30, 40), Plan(estimator="human_only")),
    "t as requested": ((25, 31), Plan(interval="t", estimator="regression")),
    "few humans": ((5, 9), Plan(multiplicity="hochberg")),
    "two arms": ((20, 40, 25, 30), Plan()),
    "two arms, control": ((20, 40, 25, 30), Plan(control="treatment", multiplicity="holm")),
    "three arms": ((20, 25, 21, 30, 70, 12), Plan(estimator="regression", multiplicity="benjamini_hochberg")),
    "contrasts": ((20, 25, 21, 30, 19, 12), Plan(contrasts=CONTRASTS, interval="t")),
    "arms' means": ((120, 25, 121, 30, 119, 12), Plan(estimand="mean")),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_of_one_outcome_after_the_other(name: str) -> None:
    sizes, plan = REQUESTS[name]
    for seed in range(4):
        samples = request(seed, sizes)
        done = analysed_at_once(samples, plan)
        assert 6 < len(done) < len(samples)
        assert set(range(len(samples))) - set(done) >= {9, 11, 12, 13, 23, 25, 26, 27}
        same(calibrate(samples, plan), one_by_one(samples, plan))


@pytest.mark.parametrize("far", [40.0, -40.0])
@pytest.mark.parametrize("where", [range(3), range(30, 33)], ids=["humans", "LLM-only units"])
def test_answers_far_off_are_named_whoever_they_stand_beside(far: float, where: range) -> None:
    rng = np.random.default_rng(3)
    f = rng.normal(size=(20, 200))
    y = np.where(np.arange(200) < 30, f + rng.normal(size=f.shape), np.nan)
    f[::2, list(where)] = far
    columns = tuple(PredictionColumn(row, outcome=f"y{k}") for k, row in enumerate(f))
    samples = from_table(Table(tuple((f"y{k}", row) for k, row in enumerate(y)), columns))
    found = analysed_at_once(samples, Plan(estimator="regression"))
    named = {k for k, a in found.items() if "outlying_predictions" in {w.code for w in a.warnings}}
    assert len(found) == 20
    assert named == set(range(0, 20, 2))
    alone = analysed_at_once(samples, Plan(estimator="human_only"))
    assert {w.code for a in alone.values() for w in a.warnings} == set()


def test_rows_that_stand_several_times_are_named() -> None:
    rng = np.random.default_rng(4)
    f = np.tile(rng.normal(size=(20, 40)), 4)
    y = np.where(np.arange(160) < 80, f + np.tile(rng.normal(size=(20, 40)), 4), np.nan)
    columns = tuple(PredictionColumn(row, outcome=f"y{k}") for k, row in enumerate(f))
    samples = from_table(Table(tuple((f"y{k}", row) for k, row in enumerate(y)), columns))
    found = analysed_at_once(samples, Plan(estimator="regression"))
    assert [[w.code for w in a.warnings if w.code == "repeated_rows"] for a in found.values()] == [
        ["repeated_rows", "repeated_rows"]
    ] * 20


def test_every_analysis_is_of_its_own_outcome_and_the_plan_is_resolved_once() -> None:
    samples = request(1, (20, 40, 25, 30))
    done = analysed_at_once(samples, Plan())
    assert all(analysis.estimates[0].outcome == samples[place].outcome for place, analysis in done.items())
    assert len({id(analysis.resolved) for analysis in done.values()}) < 3
    assert done[0].resolved.sample is samples[0]


@pytest.mark.parametrize(
    "plan",
    [
        Plan(estimator="power_tuned"), Plan(alternative="less"), Plan(interval="normal"), Plan(compare=True),
        Plan(compat=True), Plan(costs=Costs(human=5.0, llm=0.1)), Plan(multiplicity="max_t"),
        Plan(contrasts=CONTRASTS), Plan(inference_population="sample"),
    ],
)  # fmt: skip
def test_other_plans_go_one_by_one(plan: Plan) -> None:
    assert analysed_at_once(request(1, (20, 40)), plan) == {}


def test_without_a_block_samples_go_one_by_one() -> None:
    samples = request(1, (20, 40))
    assert len(analysed_at_once(samples, Plan())) > 9
    assert analysed_at_once(list(samples), Plan()) == {}


def test_what_is_refused_is_refused_alike() -> None:
    samples, plan = request(1, (20, 40)), Plan(estimand="mean_difference", control="nobody")
    with pytest.raises(CalibrationError) as together:
        calibrate(samples, plan)
    with pytest.raises(CalibrationError) as alone:
        one_by_one(samples, plan)
    assert type(together.value) is type(alone.value) is InvalidPlan
    assert together.value.problems == alone.value.problems
