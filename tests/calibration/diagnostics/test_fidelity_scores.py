from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.cross_fitting import dealt
from service.calibration.diagnostics.fidelity_scores import fidelity_scores
from service.calibration.estimate import Frame
from service.calibration.sample import Column, Sample, Units
from tests.calibration.test_model_selection import generators


def scored(sample: Sample, level: float = 0.95):
    frame = Frame(sample, "exchangeability")
    return fidelity_scores(frame, dealt(sample, 0), sample.models, level)


def by_hand(sample: Sample, column: int) -> tuple[float, np.ndarray]:
    """The correlation of answers with predictions from the other folds, and every unit's influence on it."""
    folds, u, v = dealt(sample, 0), [], []
    for d, units in enumerate(sample.human):
        f, y, fold = units.c[column], units.y, folds.human[d]
        h = np.empty(y.size)
        for k in range(folds.count):
            out = fold != k
            h[fold == k] = np.polyfit(f[out], y[out], 1)[0] * (f[fold == k] - f.mean())
        u.append(y - y.mean())
        v.append(h - h.mean())
    u, v = np.concatenate(u), np.concatenate(v)
    u, v = u / np.sqrt(np.mean(u**2)), v / np.sqrt(np.mean(v**2))
    r = float(np.mean(u * v))
    leverage = (1 + (u**2 + v**2 - 2 * r * u * v) / (1 - r**2)) / u.size
    return r, 1.5 * (u * v - r * (u**2 + v**2) / 2) / u.size / np.sqrt(1 - leverage)


def two_arms(rng: np.random.Generator, n: int = 30) -> Sample:
    parts = [generators(rng, n, 2, 0.7) for _ in range(2)]
    return replace(
        parts[0],
        arms=("a", "b"),
        human=tuple(p.human[0] for p in parts),
        llm_only=tuple(p.llm_only[0] for p in parts),
        pointers=("/data", "/data"),
    )


@pytest.mark.parametrize("arms", [1, 2])
def test_scores_differences_and_intervals_are_those_made_by_hand(arms) -> None:
    rng = np.random.default_rng(4)
    sample = generators(rng, 60, 2, 0.7) if arms == 1 else two_arms(rng)
    found = scored(sample)
    assert [m for m, s in sorted(found.items(), key=lambda item: item[1].rank)] == ["m1", "m0"]
    (r0, phi0), (r1, phi1) = by_hand(sample, 0), by_hand(sample, 1)
    assert (found["m0"].correlation, found["m1"].correlation) == pytest.approx((r0, r1))
    n = phi1.size
    error = np.sqrt(np.sum(phi1**2))
    assert found["m1"].standard_error == pytest.approx(error)
    reach = stats.t.ppf(0.975, n - 1) * error / (1 - r1**2)
    assert (found["m1"].lower, found["m1"].upper) == pytest.approx(np.tanh(np.arctanh(r1) + np.array([-reach, reach])))
    assert found["m1"].to_best is None
    behind = found["m0"].to_best
    half = stats.t.ppf(0.975, n - 1) * np.sqrt(np.sum((phi0 - phi1) ** 2))
    assert (behind.value, behind.lower, behind.upper) == pytest.approx((r0 - r1, r0 - r1 - half, r0 - r1 + half))
    assert behind.beyond_noise


def test_more_models_make_the_comparison_with_the_best_wider() -> None:
    sample = generators(np.random.default_rng(1), 50, 4, 0.6)
    found = scored(sample)
    phi = {m: by_hand(sample, j)[1] for j, m in enumerate(sample.models)}
    best = min(found, key=lambda m: found[m].rank)
    other = next(m for m in found if m != best)
    half = stats.t.ppf(1 - 0.025 / 6, 49) * np.sqrt(np.sum((phi[other] - phi[best]) ** 2))
    assert found[other].to_best.upper - found[other].to_best.value == pytest.approx(half)


def test_worthless_models_are_not_flattered_where_the_fit_itself_is() -> None:
    """Mean score of 100 studies of 30 humans and a worthless model: at most .02; of the fit to all humans .14."""
    rng, told, naive = np.random.default_rng(2), [], []
    for _ in range(100):
        sample = generators(rng, 30, 1)
        told.append(scored(sample)["m0"].correlation)
        naive.append(abs(np.corrcoef(sample.human[0].c[0], sample.human[0].y)[0, 1]))
    assert np.mean(told) < 0.02
    assert np.mean(naive) > 0.11


def test_a_reversed_scale_scores_alike_and_a_constant_scores_nothing() -> None:
    sample = generators(np.random.default_rng(3), 40, 2, 0.7)
    (units,) = sample.human
    turned = replace(sample, human=(replace(units, c=np.array([np.ones(40), -units.c[1]])),))
    found = scored(turned)
    assert found["m1"].correlation == pytest.approx(scored(sample)["m1"].correlation)
    assert (found["m0"].correlation, found["m0"].standard_error) == (0.0, 0.0)


def test_a_copy_has_a_score_of_about_one() -> None:
    sample = generators(np.random.default_rng(3), 40, 1)
    (units,) = sample.human
    found = scored(replace(sample, human=(replace(units, c=units.y[None]),)))["m0"]
    assert (found.correlation, found.lower, found.upper) == pytest.approx((1.0, 1.0, 1.0), abs=1e-9)


def test_weights_and_clusters_are_read() -> None:
    sample = generators(np.random.default_rng(5), 60, 2, 0.6)
    (units,) = sample.human
    equal = replace(sample, human=(replace(units, weight=np.full(60, 3.0)),))
    assert scored(equal)["m1"].correlation == pytest.approx(scored(sample)["m1"].correlation)
    skewed = replace(sample, human=(replace(units, weight=np.where(units.y > 0, 9.0, 1.0)),))
    assert scored(skewed)["m1"].correlation != pytest.approx(scored(sample)["m1"].correlation, abs=1e-3)
    twice = Units(np.tile(units.c, 4), np.tile(units.y, 4))
    alone = scored(replace(sample, human=(twice,)))["m1"]
    together = scored(replace(sample, human=(replace(twice, cluster=np.tile(np.arange(60), 4)),)))["m1"]
    assert together.standard_error == pytest.approx(2 * alone.standard_error, rel=0.15)


def test_a_model_with_too_many_columns_has_no_score() -> None:
    rng = np.random.default_rng(6)
    columns = tuple(Column(f"c{j}", "prediction", "wide" if j else "narrow", None, None, (0,), (0,)) for j in range(9))
    units, only = Units(rng.normal(size=(9, 10)), rng.normal(size=10)), Units(rng.normal(size=(9, 20)))
    assert list(scored(Sample(("all",), "independent", columns, (units,), (only,), ("/data",)))) == ["narrow"]
