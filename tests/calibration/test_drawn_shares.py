"""Shares of strata that are the sample's own: their sampling error against the plain mean, by hand, and in coverage."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from service.calibration import drawn_shares
from service.calibration.answer import EstimateBlock
from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from service.calibration.resolution import resolve
from service.calibration.sample import Sample
from service.calibration.variance import contrast_variance, influences

NAMES = ("a", "b", "c")
STATED = {"a": 0.5, "b": 0.3, "c": 0.2}
ONE = np.ones(1)


def drawn(rng: np.random.Generator, n: int, m: int, *, together: int = 1, weights: bool = False) -> Table:
    """n humans and m LLM-only units, ``together`` in a cluster, drawn at random from strata with means 0, 2 and 4."""
    groups = rng.choice(3, (n + m) // together, p=list(STATED.values()))
    code = np.repeat(groups, together) if together > 1 else groups
    common = 0.5 * np.repeat(rng.normal(size=groups.shape), together)
    y = 2.0 * code + common + rng.normal(size=n + m)
    survey = Survey(
        stratum=Labels(code, NAMES),
        cluster=np.repeat(np.arange(groups.size), together).astype(float) if together > 1 else None,
        weight=rng.uniform(0.5, 1.5, n + m) if weights else None,
    )
    said = PredictionColumn(y + 0.7 * rng.normal(size=n + m))
    return Table(
        (("y", np.where(np.arange(n + m) < n, y, np.nan)),), (said,), survey=survey, covariates=(("x", code + common),)
    )


def sample_of(table: Table, model: Model | None = None) -> Sample:
    return from_table(table, "error", Reading(None, model))[0]


def answered(table: Table, **plan: object) -> EstimateBlock:
    model = plan.get("model")
    return calibrate(from_table(table, "error", Reading(None, model)), Plan(**plan)).estimates[0]


def test_a_sample_weighed_by_its_own_shares_is_as_uncertain_as_its_plain_mean() -> None:
    table = drawn(np.random.default_rng(1), 4000, 0)
    y = table.outcomes[0][1]
    own = answered(table, estimator="human_only").result
    stated = answered(table, estimator="human_only", stratum_shares=STATED).result
    assert own.estimate == pytest.approx(y.mean(), rel=1e-12)
    assert own.standard_error**2 == pytest.approx(y.var(ddof=1) / 4000, rel=2e-3)
    assert stated.standard_error < 0.6 * own.standard_error


@pytest.mark.parametrize("weights", [False, True])
def test_the_error_is_the_sum_over_the_units_that_the_shares_are_made_of(weights: bool) -> None:
    table = drawn(np.random.default_rng(2), 60, 200, weights=weights)
    resolved = resolve(sample_of(table), Plan(estimator="regression"))
    cells = resolved.cells(ONE)
    fit = resolved.fit(cells)
    code = table.survey.stratum.codes
    w = table.survey.weight if weights else np.ones(260)
    share = np.bincount(code, w) / w.sum()
    away = fit.theta - share @ fit.theta
    g = 1.0 - share * (1.0 - share) @ fit.variance / (share @ away**2)
    s = w / w.sum() * away[code] * sqrt(g * 260 / 259)
    assert 0.5 < g < 1.0
    known = resolve(sample_of(table), Plan(estimator="regression", stratum_shares=dict(zip(NAMES, share, strict=True))))
    if not weights:
        variance, _ = contrast_variance(known.fit(cells), cells, "super")
        assert contrast_variance(fit, cells, "super")[0] == pytest.approx(variance + s @ s, rel=1e-12)
    without = {
        (i.source, k): v for i in influences(known.fit(cells), cells) for k, v in zip(i.keys, i.values, strict=True)
    }
    found = {(i.source, k): v for i in influences(fit, cells) for k, v in zip(i.keys, i.values, strict=True)}
    assert len(found) == 260
    assert [v - without[key] for key, v in found.items()] == pytest.approx([s[k] for _, k in found], abs=1e-15)


def test_nothing_is_added_for_the_sample_at_hand_nor_for_stated_shares() -> None:
    table = drawn(np.random.default_rng(3), 60, 100)
    resolved = resolve(sample_of(table), Plan())
    cells = resolved.cells(ONE)
    assert drawn_shares.by_stratum(resolved.fit(cells), cells, "sample") is None
    stated = resolve(sample_of(table), Plan(stratum_shares=STATED))
    assert drawn_shares.by_stratum(stated.fit(cells), cells, "super") is None
    variance = contrast_variance(resolved.fit(cells), cells, "super")[0]
    assert contrast_variance(resolved.fit(cells), cells, "sample")[0] < 0.7 * variance


def test_strata_that_differ_by_chance_alone_add_little() -> None:
    """40 strata of 3 that are alike: without g their own noise would add a third to the variance."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(60):
        y, code = rng.normal(size=120), np.repeat(np.arange(40), 3)
        names = tuple(f"s{h}" for h in range(40))
        table = Table((("y", y),), (PredictionColumn(y),), survey=Survey(stratum=Labels(code, names)))
        resolved = resolve(sample_of(table), Plan(estimator="human_only"))
        cells = resolved.cells(ONE)
        variance = contrast_variance(resolved.fit(cells), cells, "super")[0]
        found.append(variance / contrast_variance(resolved.fit(cells), cells, "sample")[0])
    assert np.mean(found) == pytest.approx(1.06, abs=0.05)


def test_clusters_of_one_are_units() -> None:
    table = drawn(np.random.default_rng(5), 60, 200)
    alone = Survey(stratum=table.survey.stratum, cluster=np.arange(260.0))
    plain, clustered = (answered(t).result for t in (table, Table(**(vars_of(table) | {"survey": alone}))))
    assert clustered.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert clustered.standard_error == pytest.approx(plain.standard_error, rel=0.03)


def vars_of(table: Table) -> dict[str, object]:
    return {name: getattr(table, name) for name in ("outcomes", "predictions", "covariates")}


def sizes(rng: np.random.Generator) -> Table:
    return drawn(rng, 60, 60)


def clusters(rng: np.random.Generator) -> Table:
    return drawn(rng, 240, 480, together=4)


def weighted(rng: np.random.Generator) -> Table:
    return drawn(rng, 80, 160, weights=True)


@pytest.mark.unwatched
@pytest.mark.parametrize(
    ("study", "plan", "truth"),
    [
        pytest.param(sizes, {}, 1.4, id="mean"),
        pytest.param(sizes, {"estimator": "human_only"}, 1.4, id="human only"),
        pytest.param(sizes, {"interval": "bootstrap_t", "replicates": 400, "seed": 1}, 1.4, id="bootstrap"),
        pytest.param(clusters, {}, 1.4, id="clusters"),
        pytest.param(weighted, {}, 1.4, id="weights"),
        pytest.param(sizes, {"estimand": "linear", "model": Model()}, 1.4, id="a model's constant"),
        pytest.param(clusters, {"estimand": "linear", "model": Model()}, 1.4, id="a model's constant, clusters"),
    ],
)
def test_intervals_cover(study: Callable[[np.random.Generator], Table], plan: dict[str, object], truth: float) -> None:
    """400 samples: 95 % covered, Monte Carlo error .011; three of them below. Without s_i: .69 to .86."""
    rng = np.random.default_rng(6)
    found = [answered(study(rng), **plan).result.interval for _ in range(400)]
    hits = [i.lower <= truth <= i.upper for i in found]
    assert np.mean(hits) >= 0.95 - 3 * sqrt(0.95 * 0.05 / 400)
