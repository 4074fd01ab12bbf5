"""Replicates against a loop that draws the same units and fits everything again, one replicate after another."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from service.calibration import redraws
from service.calibration.estimands import estimand
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.layouts.survey import Survey
from service.calibration.linearised import linearised
from service.calibration.redrawing import Redraws
from service.calibration.replicates import replicates
from service.calibration.resampling import counts, generator
from tests.calibration.models import TERMS, sample, table

B, N, M, SEED = 30, 24, 60, 3
EVERYONE = np.arange(N + M)
CLUSTERS = np.where(EVERYONE < N, EVERYONE % 9, EVERYONE % 21).astype(float)
WEIGHTS = 1.0 + EVERYONE % 3
DESIGNS = {
    "plain": Survey(),
    "weights": Survey(weight=WEIGHTS),
    "clusters": Survey(cluster=CLUSTERS),
    "weights and clusters": Survey(weight=WEIGHTS, cluster=CLUSTERS),
}


def components(data, kind="linear", model=TERMS):
    statistic = estimand(kind).statistic
    return linearised(sample(data, model), model, "exchangeability", statistic, Redraws(B, SEED))


def fitted(part, name="regression"):
    return estimator(name).fit(Frame(part, "exchangeability"), np.ones(1))


def solved(x, y, weight):
    return np.linalg.solve((x * weight) @ x.T, x @ (weight * y))


def contributions(x, y, weight, drawn, j):
    """Coefficient j of the drawn units' own fit, and what each of the units drawn contributes to its error."""
    own = weight * drawn
    theta = solved(x, y, own)
    return theta[j], (np.linalg.inv((x * own) @ x.T) @ x * weight * (y - theta @ x))[j]


def reached(part, pool):
    """P_i of the humans (p, n) and of the others (p, M)."""
    return [
        np.broadcast_to(pool.share(arm), units.n) * (units.c - pool.mean[:, None])
        for arm, units in ((0, part.human[0]), (None, part.llm_only[0]))
    ]


def loop(data, part, estimate, j):
    """tau* and V* of every replicate and of everyone once; the pool's columns are those of the component's sample."""
    n_clusters = len(set(CLUSTERS[:N])) if part.clustered else N
    code = part.human[0].cluster if part.clustered else np.arange(N)
    only = part.llm_only[0].cluster if part.clustered else N + np.arange(M)
    names = sorted(set(code.tolist()))
    apart = sorted(set(only.tolist()) - set(names))
    covariates = dict(data.covariates)
    x = np.stack((np.ones(N), covariates["x"][:N], covariates["d"][:N]))
    weight = np.ones(N) if data.survey.weight is None else data.survey.weight[:N]
    columns = [data.predictions[0].values[:N], covariates["z"][:N]]
    pool, slope, origin = estimate.pools[0], estimate.slope[0], np.array([c.origin for c in part.columns])
    reach = reached(part, pool)
    drawn = counts(n_clusters, B, generator(SEED, "bootstrap humans"))
    rest = counts(len(apart), B, generator(SEED, "bootstrap LLM-only"))
    drawn, rest = (np.concatenate((v, np.ones((1, v.shape[1]), dtype=np.uint8))) for v in (drawn, rest))
    found = []
    for v, w in zip(drawn, rest, strict=True):
        times = dict(zip(names, v.tolist(), strict=True)) | dict(zip(apart, w.tolist(), strict=True))
        units = np.array([times[c] for c in code.tolist()], dtype=float)
        theta, ry = contributions(x, data.outcomes[0][1][:N], weight, units, j)
        said = [contributions(x, c, weight, units, j) for c in columns]
        rc = np.array([r for _, r in said])
        b = np.linalg.solve((rc * units / weight) @ rc.T, rc @ (units / weight * ry))
        moved = sum(
            (times[g] - 1.0) * r
            for codes, rows in ((code, reach[0]), (only, reach[1]))
            for g, r in zip(codes.tolist(), rows.T, strict=True)
        )
        value = theta + b @ (pool.mean + origin + moved - np.array([g for g, _ in said]))
        clusters = {
            g: (ry - b @ rc)[code == g].sum()
            + b @ (reach[0][:, code == g].sum(axis=1) + reach[1][:, only == g].sum(axis=1))
            for g in times
        }
        found.append((value, sum(count * clusters[g] ** 2 for g, count in times.items())))
    human, c = part.human[0].y, part.human[0].c
    return np.array(found), np.average(human, weights=weight) + slope @ (
        pool.mean - np.average(c, axis=1, weights=weight)
    )


@pytest.mark.parametrize("many", [0, 12])
@pytest.mark.parametrize("design", DESIGNS)
def test_replicates_are_those_of_a_loop_that_fits_everything_again(design, many, monkeypatch):
    monkeypatch.setattr(redraws, "MANY", many)
    monkeypatch.setattr(redraws, "BLOCK", 150)
    data = table(n=N, m=M, survey=DESIGNS[design])
    for j, part in enumerate(components(data)):
        estimate = fitted(part)
        expected, value = loop(data, part, estimate, j)
        found = replicates(estimate, part.redraw, studentised=True)
        assert found.moved + value == pytest.approx(expected[:-1, 0], rel=1e-6)
        assert found.variance == pytest.approx(expected[:-1, 1], rel=1e-6)
        assert (value, found.whole) == pytest.approx(tuple(expected[-1]), rel=1e-6)
        alone = replicates(estimate, part.redraw, studentised=False)
        assert alone.moved == pytest.approx(found.moved, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("rare", [3, 4])
def test_resamples_without_a_level_give_the_same_replicates_all_at_once_as_one_by_one(rare, monkeypatch):
    """Few humans have d = 1: .02 to .05 of resamples draw none of them, and their information on d is nothing."""
    monkeypatch.setattr(sys.modules[__name__], "B", 300)
    data = table("poisson", n=N, m=M)
    (x, values), (d, _), (z, more) = data.covariates
    shown = np.where(EVERYONE < N, rare > EVERYONE, EVERYONE % 2).astype(float)
    data = replace(data, covariates=((x, values), (d, shown), (z, more)))
    found = {}
    for many in (0, 12):
        monkeypatch.setattr(redraws, "MANY", many)
        parts = components(data, "poisson")
        found[many] = np.array([replicates(fitted(p), p.redraw, studentised=True).moved for p in parts])
    assert found[12] == pytest.approx(found[0], rel=1e-6, abs=1e-9)
