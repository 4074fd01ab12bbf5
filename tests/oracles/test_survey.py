"""Weights, clusters and sampling probabilities against explicit matrices, statsmodels and formulas of R's survey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from service.calibration.clusters import arm_rows
from service.calibration.estimate import Frame, assemble
from service.calibration.estimators import estimator
from service.calibration.sample import Sample
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, simulate
from tests.oracles import survey

T = np.array([-1.0, 1.0])
CASES = [(seed, models) for seed in range(4) for models in (1, 2)]


def design(
    study: Study, seed: int, *, weights: bool, clusters: bool, spanning: bool = False, probability: bool = False
):
    """A sample with a survey design, and the same for the oracle: (sample, arms, LLM-only)."""
    rng = np.random.default_rng(100 + seed)
    sample = study.sample()
    human, arms, start = [], [], 0
    for source in sample.human:
        n = source.n
        w = rng.gamma(3.0, 1.0, n) if weights else np.ones(n)
        pi = rng.uniform(0.1, 0.9, n) if probability else np.ones(n)
        codes = rng.integers(0, 9, n) if spanning else start + rng.integers(0, 7, n)
        start += 0 if spanning else 7
        human.append(
            replace(
                source,
                weight=w if weights else None,
                cluster=codes if clusters else None,
                sampling_probability=pi if probability else None,
            )
        )
        arms.append(survey.SurveyArm(source.y, source.c, w / pi, w, codes))
    source = sample.llm_only[0]
    if source is None:
        return replace(sample, human=tuple(human)), arms, None
    w = rng.gamma(2.0, 1.0, source.n) if weights else np.ones(source.n)
    codes = rng.integers(0, 14, source.n) if spanning else start + rng.integers(0, 5, source.n)
    only = replace(source, weight=w if weights else None, cluster=codes if clusters else None)
    if probability:
        only = replace(only, sampling_probability=np.full(source.n, 0.5))
    found = replace(sample, human=tuple(human), llm_only=(only,))
    return found, arms, survey.Only(source.c, w, codes)


def fitted(sample: Sample, identification: str, slopes):
    frame = Frame(sample, identification)
    return assemble(frame, [frame.slope(d) if s is None else s for d, s in enumerate(slopes)], frame.pools)


def slopes_of(kind: str, p: int):
    rng = np.random.default_rng(5)
    return {"own": [None, None], "fixed": [rng.normal(size=p), rng.normal(size=p)], "mixed": [None, np.zeros(p)]}[kind]


@pytest.mark.parametrize("kind", ["own", "fixed", "mixed"])
@pytest.mark.parametrize(("seed", "models"), CASES)
@pytest.mark.parametrize("identification", ["exchangeability", "randomization", "sampling"])
def test_weights_unit_by_unit(identification: str, seed: int, models: int, kind: str) -> None:
    study = simulate(seed, (14, 17), 30, design="shared", models=models)
    sample, arms, only = design(study, seed, weights=True, clusters=False, probability=identification == "sampling")
    slopes = slopes_of(kind, len(sample.columns))
    estimate = fitted(sample, identification, slopes)
    used = None if identification == "randomization" else only
    tau, variance, by_arm = survey.weighted(arms, used, T, slopes, frame_weights=identification == "sampling")
    assert T @ estimate.theta == pytest.approx(tau, rel=1e-10)
    assert contrast_variance(estimate, T, "super")[0] == pytest.approx(variance, rel=1e-9)
    assert estimate.variance == pytest.approx([v for v, _ in by_arm], rel=1e-9)
    assert estimate.df == pytest.approx([df for _, df in by_arm], rel=1e-8)


@pytest.mark.parametrize("spanning", [False, True])
@pytest.mark.parametrize("kind", ["own", "fixed", "mixed"])
@pytest.mark.parametrize(("seed", "models"), CASES)
@pytest.mark.parametrize("identification", ["exchangeability", "randomization"])
def test_clusters_by_explicit_matrices(identification: str, seed: int, models: int, kind: str, spanning: bool) -> None:
    study = simulate(seed, (34, 37), 40, design="shared", models=models)
    sample, arms, only = design(study, seed, weights=False, clusters=True, spanning=spanning)
    slopes = slopes_of(kind, len(sample.columns))
    estimate = fitted(sample, identification, slopes)
    used = None if identification == "randomization" else only
    tau, variance, df = survey.clustered(arms, used, T, slopes)
    assert T @ estimate.theta == pytest.approx(tau, rel=1e-10)
    assert contrast_variance(estimate, T, "super") == (pytest.approx(variance, rel=1e-9), pytest.approx(df, rel=1e-8))


@pytest.mark.parametrize("spanning", [False, True])
@pytest.mark.parametrize("kind", ["own", "fixed", "mixed"])
@pytest.mark.parametrize(("seed", "models"), CASES)
@pytest.mark.parametrize("identification", ["exchangeability", "randomization", "sampling"])
def test_weights_with_clusters_by_leaving_one_out(
    identification: str, seed: int, models: int, kind: str, spanning: bool
) -> None:
    study = simulate(seed, (34, 37), 40, design="shared", models=models)
    by_probability = identification == "sampling"
    sample, arms, only = design(study, seed, weights=True, clusters=True, spanning=spanning, probability=by_probability)
    slopes = slopes_of(kind, len(sample.columns))
    estimate = fitted(sample, identification, slopes)
    used = None if identification == "randomization" else only
    tau, variance, df = survey.leave_one_out(arms, used, T, slopes, frame_weights=by_probability)
    assert T @ estimate.theta == pytest.approx(tau, rel=1e-10)
    assert contrast_variance(estimate, T, "super") == (pytest.approx(variance, rel=1e-8), pytest.approx(df))


def test_equal_weights_are_no_weights() -> None:
    study = simulate(3, (14, 17), 30, design="shared", models=2)
    plain, _, _ = design(study, 3, weights=False, clusters=False)
    equal = replace(
        plain,
        human=tuple(replace(s, weight=np.full(s.n, 2.5)) for s in plain.human),
        llm_only=(replace(plain.llm_only[0], weight=np.full(30, 2.5)),),
    )
    ours, theirs = fitted(equal, "exchangeability", [None, None]), fitted(plain, "exchangeability", [None, None])
    assert ours.theta == pytest.approx(theirs.theta, rel=1e-12)
    assert ours.variance == pytest.approx(theirs.variance, rel=1e-10)
    assert ours.df == pytest.approx(theirs.df, rel=1e-10)


@pytest.mark.parametrize("shift", [100.0, -1e4])
@pytest.mark.parametrize("name", ["regression", "auto", "human_only", "ppi", "power_tuned", "arm_tuned"])
@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_adding_a_constant_leaves_the_standard_error(*, weights: bool, clusters: bool, name: str, shift: float) -> None:
    study = simulate(4, (34, 37), 40, design="shared")
    moved = study.with_y(lambda y: y + shift).with_c(lambda c: c + shift)
    found = []
    for one in (study, moved):
        sample, _, _ = design(one, 4, weights=weights, clusters=clusters)
        estimate = estimator(name).fit(Frame(sample, "exchangeability"), T)
        found.append(contrast_variance(estimate, T, "super"))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-10)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-9)


def test_the_weighted_mean_and_its_linearised_error_are_those_of_statsmodels_and_of_r_survey() -> None:
    """Before the leverage correction: statsmodels with HC0, and svymean: n/(n-1) sum (z - zbar)^2 with z = w e / W."""
    study = simulate(8, (25, 30), (10, 12))
    sample = weighted_apart(study, 8)
    estimate = estimator("human_only").fit(Frame(sample, "exchangeability"), T)
    for d, source in enumerate(sample.human):
        y, w, n = source.y, source.weight, source.n
        fit = sm.WLS(y, np.ones(n), weights=w).fit(cov_type="HC0")
        rows = arm_rows(estimate, d)
        linearised = rows.a * rows.residual
        assert estimate.theta[d] == pytest.approx(fit.params[0], rel=1e-12)
        assert linearised @ linearised == pytest.approx(fit.cov_params()[0, 0], rel=1e-10)
        z = w * (y - np.average(y, weights=w)) / w.sum()
        svymean = n / (n - 1) * ((z - z.mean()) ** 2).sum()
        assert n / (n - 1) * (linearised @ linearised) == pytest.approx(svymean, rel=1e-10)
        share = ((np.eye(n) - np.outer(np.ones(n), w / w.sum())) ** 2).sum(axis=1)
        assert estimate.variance[d] == pytest.approx((linearised**2 / share).sum(), rel=1e-10)


def test_the_weighted_mean_of_clusters_is_the_jackknife_of_r_survey() -> None:
    """JK1 of R's survey: (G-1)/G sum (theta_(g) - theta)^2, and near the linearised form of its ultimate clusters."""
    study = simulate(9, (60,))
    rng = np.random.default_rng(9)
    w, codes = rng.gamma(4.0, 1.0, 60), np.repeat(np.arange(20), 3)
    plain = study.sample()
    sample = replace(plain, human=(replace(plain.human[0], weight=w, cluster=codes),))
    estimate = estimator("human_only").fit(Frame(sample, "exchangeability"), np.ones(1))
    variance, df = contrast_variance(estimate, np.ones(1), "super")
    y, mean = study.y[0], np.average(study.y[0], weights=w)
    left = [np.average(y[codes != g], weights=w[codes != g]) for g in range(20)]
    assert variance == pytest.approx(19 / 20 * sum((m - mean) ** 2 for m in left), rel=1e-8)
    assert df == 19
    z = np.bincount(codes, w * (y - mean) / w.sum())
    assert variance == pytest.approx(20 / 19 * (z @ z), rel=0.2)


def weighted_apart(study: Study, seed: int):
    """A sample of independent arms with weights on every unit."""
    rng = np.random.default_rng(seed)
    plain = study.sample()
    return replace(
        plain,
        human=tuple(replace(s, weight=rng.gamma(2.0, 1.0, s.n)) for s in plain.human),
        llm_only=tuple(replace(s, weight=rng.gamma(2.0, 1.0, s.n)) for s in plain.llm_only),
    )
