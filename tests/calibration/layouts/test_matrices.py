"""Outcomes as matrices: the samples, the refusals and the answers of one outcome after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import InvalidSample
from service.calibration.layouts import collected, matrices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from service.calibration.samples import blocks_of
from tests.calibration.test_many import same

UNITS, OUTCOMES = 90, 24
HUMAN = np.arange(UNITS) < 50


def study(seed: int, *, arms: int = 1, models: int = 1, holes: int = 0, covariates: int = 0) -> Table:
    """A table of many outcomes in different units; ``holes`` humans at most did not answer an outcome."""
    rng = np.random.default_rng(seed)
    columns, predictions = [], []
    for k in range(OUTCOMES):
        f = rng.normal(size=(models, UNITS))
        y = np.where(HUMAN, f.sum(axis=0) + rng.normal(size=UNITS), np.nan) * 10.0 ** rng.integers(-3, 4)
        y[rng.choice(50, rng.integers(0, holes + 1), replace=False)] = np.nan
        if rng.random() < 0.2:
            f[0, rng.integers(0, UNITS, 3)] = np.nan
        far = 1e8 if rng.random() < 0.2 else 0.0
        columns.append((f"y/{k}", y + far))
        predictions += [PredictionColumn(row + far, f"m{j}", outcome=f"y/{k}") for j, row in enumerate(f)]
    order = rng.permutation(len(predictions))
    return Table(
        tuple(columns),
        tuple(predictions[j] for j in order),
        arm=Labels(rng.integers(0, arms, UNITS), ("b", "a", "c")[:arms]) if arms > 1 else None,
        prediction_design="independent" if arms > 1 else None,
        covariates=tuple((f"x{j}", rng.normal(size=UNITS)) for j in range(covariates)),
    )


def one_by_one(of: Table, monkeypatch: pytest.MonkeyPatch) -> Sequence[Sample]:
    with monkeypatch.context() as patched:
        patched.setattr(collected, "FEWEST", 10**9)
        return from_table(of, "drop_unit")


def told(samples: Sequence[Sample]) -> list[object]:
    """Everything that is in the samples."""
    sources = [
        [s and (s.c.tolist(), s.y is not None and s.y.tolist()) for s in (*x.human, *x.llm_only)] for x in samples
    ]
    return [(replace(x, human=(), llm_only=()), rows) for x, rows in zip(samples, sources, strict=True)]


CASES = {
    "one population": {},
    "answers missing": {"holes": 3},
    "arms": {"arms": 2},
    "arms and answers missing": {"arms": 3, "holes": 1},
    "models": {"models": 2, "holes": 2},
    "covariates": {"arms": 2, "covariates": 2, "holes": 1},
}


@pytest.mark.unwatched
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("plan", [Plan(), Plan(estimator="regression", multiplicity="holm")])
def test_many_at_once_are_what_each_is_alone(case: str, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = 0
    for seed in range(4):
        of = study(seed, **CASES[case])
        samples, alone = from_table(of, "drop_unit"), one_by_one(of, monkeypatch)
        matrix += sum(len(block.places) for block in blocks_of(samples))
        same(calibrate(samples, plan), calibrate(alone, plan))
        assert told(samples) == told(alone)
        assert blocks_of(alone) == ()
    assert (matrix > 9) == ("models" not in case and "covariates" not in case)


def test_a_block_holds_what_its_samples_hold() -> None:
    for seed in range(4):
        samples = from_table(study(seed, arms=2, holes=1), "drop_unit")
        for block in blocks_of(samples):
            for k, place in enumerate(block.places):
                sample = samples[place]
                assert (block.outcomes[k], block.models[k]) == (sample.outcome, sample.columns[0].model)
                assert (block.origins[k], block.column_origins[k]) == (sample.origin, sample.columns[0].origin)
                assert block.warnings[k] == sample.warnings
                for arm, human, only in zip(block.arms, sample.human, sample.llm_only, strict=True):
                    assert arm.y[k].tolist() == human.y.tolist()
                    assert arm.c[k].tolist() == human.c[0].tolist()
                    assert arm.only[k].tolist() == only.c[0].tolist()
                    assert not any(values.flags.writeable for values in (arm.y, arm.c, arm.only))


def test_few_humans_are_said_of_every_outcome() -> None:
    of = study(1)
    few = tuple((name, np.where(np.arange(UNITS) < 9, values, np.nan)) for name, values in of.outcomes)
    samples = from_table(replace(of, outcomes=few, human=tuple(HUMAN.tolist())), "drop_unit")
    (block,) = blocks_of(samples)
    assert all([w.code for w in warned][-1] == "few_humans" for warned in block.warnings)
    assert list(block.warnings) == [samples[place].warnings for place in block.places]


BROKEN = {
    "not_finite": lambda y, f: (
        np.where(np.arange(UNITS) == 7, np.inf, y),
        np.where(np.arange(UNITS) == 60, -np.inf, f),
    ),
    "numeric_overflow": lambda y, f: (y, np.where(np.arange(UNITS) == 60, 1e80, f)),
    "no_variation": lambda y, f: (np.where(np.isnan(y), np.nan, 3.0), f),
    "too_few_humans": lambda y, f: (np.where(np.arange(UNITS) < 2, y, np.nan), f),
    "no_usable_answers": lambda y, f: (y, np.full(UNITS, np.nan)),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_refused_is_refused_alike(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of many outcomes are broken: the same problems at the same places in the same order."""
    of = study(3, holes=2)
    outcomes, predictions = dict(of.outcomes), list(of.predictions)
    for name in ("y/20", "y/3", "y/11"):
        j = next(j for j, column in enumerate(predictions) if column.outcome == name)
        outcomes[name], values = BROKEN[code](outcomes[name], predictions[j].values)
        predictions[j] = replace(predictions[j], values=values)
    broken = replace(of, outcomes=tuple(outcomes.items()), predictions=tuple(predictions))
    with pytest.raises(InvalidSample) as together:
        from_table(broken, "drop_unit")
    with pytest.raises(InvalidSample) as alone:
        one_by_one(broken, monkeypatch)
    assert together.value.problems == alone.value.problems
    assert {p.code for p in together.value.problems} == {code}
    assert len(together.value.problems) in {3, 6}


def test_what_is_more_than_one_plain_prediction_has_no_block() -> None:
    of = study(5)
    complete = tuple(replace(c, values=np.nan_to_num(c.values), population_mean=0.1) for c in of.predictions)
    few = dict(of.outcomes[:7])
    twins = Labels(np.where(HUMAN, np.arange(UNITS) % 2, -1), ("a", "b"))
    for other in (
        replace(of, survey=Survey(weight=np.ones(UNITS))),
        replace(of, predictions=complete),
        replace(of, predictions=()),
        replace(of, outcomes=tuple(few.items()), predictions=tuple(c for c in of.predictions if c.outcome in few)),
        replace(of, prediction_design="shared", arm=twins),
        replace(of, human=(True,) * UNITS),
    ):
        assert blocks_of(from_table(other, "drop_unit")) == ()
    first = of.predictions[0]
    (block,) = blocks_of(from_table(replace(of, predictions=(*of.predictions, replace(first, draw=1))), "drop_unit"))
    assert first.outcome not in block.outcomes


def test_fewer_than_eight_sound_outcomes_have_no_block() -> None:
    of = study(6)
    holed = [replace(c, values=np.where(np.arange(UNITS) == 3, np.nan, c.values)) for c in of.predictions[:18]]
    assert matrices.FEWEST == 8
    assert blocks_of(from_table(replace(of, predictions=(*holed, *of.predictions[18:])), "drop_unit")) == ()
