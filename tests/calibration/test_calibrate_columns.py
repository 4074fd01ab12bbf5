"""Missing LLM answers, covariates and known population means, by their effect on an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan
from tests.calibration.studies import simulate


def people(seed: int, n: int = 400, m: int = 1600) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and LLM answer of n + m units; the LLM refuses where the outcome is high."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n + m)
    f = 0.8 * y + 0.5 * rng.normal(size=n + m)
    refuses = rng.random(n + m) < 1.0 / (1.0 + np.exp(-2.0 * (y - 1.0)))
    return y, np.where(refuses, np.nan, f)


def table(y: np.ndarray, f: np.ndarray, n: int, **more) -> Table:
    return Table((("y", np.where(np.arange(len(y)) < n, y, np.nan)),), (PredictionColumn(f, "gpt", **more),))


def answer(of: Table, **plan) -> Answer:
    return calibrate(from_table(of)[0], Plan(estimator="regression", **plan))


@pytest.mark.parametrize("fill", [-3.0, 0.0, 1e3])
def test_the_fill_does_not_matter_beside_the_refusal_column(fill: float) -> None:
    y, f = people(1)
    plain, filled = (answer(table(y, f, 400, **more)).estimates[0].result for more in ({}, {"fill": fill}))
    assert [filled.estimate, filled.standard_error, filled.df] == pytest.approx(
        [plain.estimate, plain.standard_error, plain.df], rel=1e-9
    )


def test_filling_is_right_where_dropping_is_biased() -> None:
    """The LLM refuses people with high outcomes: dropping them misses the mean of 0, filling does not."""
    kept, dropped = [], []
    for seed in range(60):
        y, f = people(seed)
        kept.append(answer(table(y, f, 400)).estimates[0].result)
        answered = ~np.isnan(f)
        n = int(answered[:400].sum())
        dropped.append(answer(table(y[answered], f[answered], n)).estimates[0].result)
    assert abs(np.mean([r.estimate for r in kept])) < 4 * np.std([r.estimate for r in kept]) / np.sqrt(60)
    assert np.mean([r.estimate for r in dropped]) < -0.1
    covered = [sum(r.interval.lower <= 0.0 <= r.interval.upper for r in results) for results in (kept, dropped)]
    assert covered[0] >= 51
    assert covered[1] <= 20


@pytest.mark.parametrize(("share", "claim"), [(1.0, "confirmatory"), (0.5, "exploratory"), (0.01, "confirmatory")])
def test_intervals_cover_where_only_llm_only_units_lack_answers(share: float, claim: str) -> None:
    """60 humans, all answered for, and 540 units of which a share was never asked: 300 studies, error of .95: .013.

    With what was filled in taken as data, .43 covered where all were missing and .82 where half were.
    """
    covered, claims = 0, []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        f = rng.normal(size=600)
        y = f + 0.3 * rng.normal(size=600)
        found = answer(table(y, np.where(np.arange(600) >= 600 - round(540 * share), np.nan, f), 60))
        interval = found.estimates[0].result.interval
        covered += interval.lower <= 0.0 <= interval.upper
        claims.append(found.claim)
        assert "llm_only_left_out" in [w.code for w in found.warnings]
    assert covered / 300 > 0.95 - 3 * 0.013
    assert claims.count(claim) >= 285 - 15


def test_a_column_that_tells_humans_and_llm_only_units_apart_is_no_common_population() -> None:
    y, f = people(4)
    told = np.where(np.isnan(f), 0.0, f)
    apart = replace(table(y, told, 400), covariates=(("wave", np.where(np.arange(2000) < 400, 0.1, 0.2)),))
    assert answer(apart).claim == "exploratory"
    assert answer(replace(apart, covariates=(("wave", np.full(2000, 0.1)),))).claim == "confirmatory"


@pytest.mark.parametrize("copied", [lambda y: y, lambda y: 7.0 - 2.0 * y])
def test_a_copy_of_the_outcome_is_no_prediction(copied) -> None:
    y = np.random.default_rng(5).normal(size=600)
    found = answer(table(y, copied(y), 60))
    assert found.claim == "exploratory"
    assert [w.pointer for w in found.warnings if w.code == "outcome_reproduced"] == ["/data/outcomes/y"]
    near = answer(table(y, copied(y) + 1e-3 * np.random.default_rng(6).normal(size=600), 60))
    assert near.claim == "confirmatory"
    assert "outcome_reproduced" not in [w.code for w in near.warnings]


def test_a_copy_among_many_outcomes_is_found() -> None:
    rng = np.random.default_rng(7)
    f = rng.normal(size=(4, 600))
    y = f + 0.3 * rng.normal(size=(4, 600))
    y[2, :60] = f[2, :60]
    y[:, 60:] = np.nan
    names = [f"y{k}" for k in range(4)]
    columns = tuple(PredictionColumn(f[k], "gpt", outcome=name) for k, name in enumerate(names))
    for estimator in ("auto", "regression"):
        found = calibrate(from_table(Table(tuple(zip(names, y, strict=True)), columns)), Plan(estimator=estimator))
        assert [e.claim for e in found.estimates] == [*["confirmatory"] * 2, "exploratory", "confirmatory"]


def test_missing_answers_are_counted_and_warned() -> None:
    y, f = people(2)
    found = answer(table(y, f, 400))
    assert found.arms[0].predictions[0].n_missing == int(np.isnan(f).sum())
    assert "missing_llm_answers" in [w.code for w in found.warnings]
    assert len(found.arms[0].predictions) == 1


def test_a_categorical_covariate_is_its_indicators() -> None:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, 120)
    y = np.where(np.arange(120) < 40, rng.normal(size=120) + group, np.nan)
    f = PredictionColumn(group + rng.normal(size=120), "gpt")
    named = Table((("y", y),), (f,), covariates=(("g", Labels(group, ("p", "q", "r"))),))
    coded = Table((("y", y),), (f,), covariates=tuple((f"g{k}", (group == k).astype(float)) for k in (1, 2)))
    assert answer(named).estimates[0].result == answer(coded).estimates[0].result


def test_a_known_population_mean_is_a_pool_without_end() -> None:
    """More and more LLM-only units with that mean come ever closer to it."""
    study = simulate(5, (25,))
    known = replace(study, columns=(replace(study.columns[0], population_mean=0.2),))
    plan = Plan(estimator="regression")
    limit = calibrate(known.sample(), plan).estimates[0].result
    gaps = []
    for m in (10**3, 10**5):
        only = study.c[0].mean() + np.tile([[-1.0, 1.0]], m // 2) * study.c[0].std()
        near = calibrate(replace(study, llm_only=(only - only.mean() + 0.2,)).sample(), plan).estimates[0].result
        gaps.append((abs(near.estimate - limit.estimate), abs(near.standard_error - limit.standard_error)))
    assert gaps[1][0] < gaps[0][0] / 50
    assert gaps[1][1] < gaps[0][1] / 50
    assert calibrate(known.sample(), Plan()).verdict == "llm_used"
    assert "exchangeability" in [a.name for a in calibrate(known.sample(), plan).assumptions]


@pytest.mark.parametrize(
    ("gap", "claim", "status"), [(0.1, "confirmatory", "not_rejected"), (9.0, "exploratory", "rejected")]
)
def test_a_stated_mean_that_the_humans_contradict_is_exploratory(gap: float, claim: str, status: str) -> None:
    """Under randomization only the stated means can be wrong; they are tested against the humans."""
    study = simulate(5, (25, 30), design="shared")
    means = np.hstack(study.c).mean(axis=1) + gap
    columns = tuple(replace(c, population_mean=float(m)) for c, m in zip(study.columns, means, strict=True))
    found = calibrate(replace(study, columns=columns).sample(), Plan(estimator="regression"))
    tested = next(a for a in found.assumptions if a.name == "known_population_means")
    assert (found.claim, tested.status, found.applied.identification) == (claim, status, "randomization")
    warned = [(w.code, w.pointer) for w in found.warnings]
    assert (("known_means_rejected", "/data/predictions") in warned) is (status == "rejected")
