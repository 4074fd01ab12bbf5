from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.exchangeability import combined, pool_p_values
from service.calibration.estimate import Frame
from tests.calibration.studies import Study, as_moments, simulate


def p_value(frame: Frame) -> float | None:
    return combined(pool_p_values(frame))


def frame(study: Study, *, rows: bool = True) -> Frame:
    sample = study.sample() if rows else as_moments(study.sample())
    return Frame(sample, "exchangeability")


def hotelling(human: np.ndarray, only: np.ndarray) -> float:
    """The textbook two-sample test with pooled covariance."""
    (p, n), m = human.shape, only.shape[1]
    deviations = np.hstack([c - c.mean(axis=1, keepdims=True) for c in (human, only)])
    pooled = deviations @ deviations.T / (n + m - 2)
    gap = human.mean(axis=1) - only.mean(axis=1)
    square = gap @ np.linalg.solve(pooled * (1 / n + 1 / m), gap)
    return float(stats.f.sf(square * (n + m - p - 1) / (p * (n + m - 2)), p, n + m - p - 1))


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_one_column_is_the_t_test(rows: bool) -> None:
    study = simulate(17, (20,), 30)
    expected = stats.ttest_ind(study.c[0][0], study.llm_only[0][0]).pvalue
    assert p_value(frame(study, rows=rows)) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_twins_are_tested_over_the_humans_of_all_arms(rows: bool) -> None:
    study = simulate(17, (20, 25), 30, design="shared", models=2)
    assert p_value(frame(study, rows=rows)) == pytest.approx(hotelling(np.hstack(study.c), study.llm_only[0]))


def test_independent_pools_share_the_level() -> None:
    study = simulate(17, (20, 25, 22), (30, 35, 0), models=2)
    single = [hotelling(c, s) for c, s in zip(study.c[:2], study.llm_only[:2], strict=True)]
    assert p_value(frame(study)) == pytest.approx(min(1.0, 2 * min(single)))


def test_a_p_value_is_never_above_1() -> None:
    study = simulate(17, (20, 25), (20, 25))
    assert p_value(frame(replace(study, llm_only=study.c))) == 1.0


def test_a_known_mean_is_tested_against_the_humans() -> None:
    study = simulate(17, (20,))
    known = replace(study, columns=(replace(study.columns[0], population_mean=0.2),))
    assert p_value(frame(known)) == pytest.approx(stats.ttest_1samp(study.c[0][0], 0.2).pvalue)


def test_a_known_mean_beside_an_estimated_one() -> None:
    """V = S/n where a mean is known and S (1/n + 1/m) elsewhere, with the covariance shared by both groups."""
    study = simulate(17, (20,), 30, models=2)
    columns = (replace(study.columns[0], population_mean=0.2), study.columns[1])
    human, only = study.c[0], study.llm_only[0]
    pooled = (19 * np.cov(human) + 29 * np.cov(only)) / 48
    V = pooled * (1 / 20 + np.array([[0.0, 0.0], [0.0, 1 / 30]]))
    gap = human.mean(axis=1) - np.array([0.2, only[1].mean()])
    square = gap @ np.linalg.solve(V, gap)
    expected = stats.f.sf(square * 47 / (2 * 48), 2, 47)
    assert p_value(frame(replace(study, columns=columns))) == pytest.approx(expected)


def test_only_the_known_mean_is_testable_without_llm_only_units() -> None:
    study = simulate(17, (20,), models=2)
    known = replace(study, columns=(study.columns[0], replace(study.columns[1], population_mean=0.2)))
    assert p_value(frame(known)) == pytest.approx(stats.ttest_1samp(study.c[0][1], 0.2).pvalue)


@pytest.mark.parametrize(
    "study", [simulate(17, (20,)), simulate(17, (20,), 30).with_c(np.zeros_like)], ids=["no LLM-only unit", "constant"]
)
def test_not_testable(study: Study) -> None:
    assert p_value(frame(study)) is None


def test_more_columns_than_humans_are_tested_as_far_as_the_units_go() -> None:
    study = simulate(17, (4,), 30, models=6)
    assert p_value(frame(study)) == pytest.approx(hotelling(study.c[0], study.llm_only[0]))
    few = simulate(17, (3,), 1, models=3)
    assert p_value(frame(few)) == pytest.approx(hotelling(few.c[0][:2], few.llm_only[0][:2]))


@pytest.mark.unwatched
def test_the_level_is_kept() -> None:
    rejected = sum(p_value(frame(simulate(s, (12, 13), 30, design="shared"))) < 0.05 for s in range(1000))
    assert 30 <= rejected <= 72


def test_a_pool_whose_units_are_one_cluster_cannot_be_tested() -> None:
    sample = simulate(17, (20,), 30).sample()
    human, only = (replace(u, cluster=np.zeros(u.n, dtype=np.int64)) for u in (sample.human[0], sample.llm_only[0]))
    assert p_value(Frame(replace(sample, human=(human,), llm_only=(only,)), "exchangeability")) is None
    apart = replace(only, cluster=np.arange(30))
    assert p_value(Frame(replace(sample, human=(human,), llm_only=(apart,)), "exchangeability")) is None


@pytest.mark.parametrize("known", [None, 0.4])
def test_weights_without_clusters_by_hand(known: float | None) -> None:
    """One column: the squared gap of weighted means over the sum of squared influences times G/(G - 1), on n - 1."""
    rng = np.random.default_rng(4)
    study = simulate(4, (15, 16), 40, design="shared")
    columns = tuple(replace(c, population_mean=known) for c in study.columns[:1])
    plain = replace(study, columns=columns, c=tuple(c[:1] for c in study.c), llm_only=(study.llm_only[0][:1],)).sample()
    w = [rng.gamma(3.0, 1.0, n) for n in (15, 16, 40)]
    sample = replace(
        plain,
        human=tuple(replace(s, weight=v) for s, v in zip(plain.human, w, strict=False)),
        llm_only=(replace(plain.llm_only[0], weight=w[2]),),
    )
    identification = "exchangeability" if known is None else "randomization"
    c, v = np.concatenate([s.c[0] for s in sample.human]), np.concatenate(w[:2])
    mean = np.average(c, weights=v)
    parts = (c - mean) * v / v.sum()
    reference = known
    if known is None:
        d = sample.llm_only[0].c[0]
        reference = np.average(d, weights=w[2])
        parts = np.concatenate([parts, -(d - reference) * w[2] / w[2].sum()])
    square = (mean - reference) ** 2 / (parts @ parts * parts.size / (parts.size - 1))
    found = pool_p_values(Frame(sample, identification))
    assert found == (pytest.approx(stats.f.sf(square, 1, 30)),)
