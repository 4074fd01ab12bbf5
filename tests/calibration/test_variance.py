from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.estimate import Frame, assemble
from service.calibration.estimators import estimator
from service.calibration.layouts.survey import Survey
from service.calibration.variance import contrast_variance, drawn_together, influences
from tests.calibration import models
from tests.calibration.studies import as_moments, simulate

T = np.array([-1.0, 1.0])
TWINS = simulate(6, (12, 14), 9, design="shared", models=1)


def test_the_sample_at_hand_has_no_pool_term() -> None:
    estimate = estimator("regression").fit(Frame(TWINS.sample(), "randomization"), T)
    sample_variance, _ = contrast_variance(estimate, T, "sample")
    super_variance, _ = contrast_variance(estimate, T, "super")
    assert sample_variance == pytest.approx(estimate.variance.sum())
    assert super_variance > sample_variance


def test_the_pool_term_is_never_negative() -> None:
    """With useless predictions the debiased term would be below zero; then it is zero, and df is that of the arms."""
    hit = 0
    for seed in range(60):
        study = simulate(seed, (10, 10), design="shared", models=2, quality=0.0)
        estimate = estimator("regression").fit(Frame(study.sample(), "randomization"), T)
        slope, pool = estimate.pool_slopes(T)[0], estimate.pools[0]
        noise = np.vdot(pool.sampling, estimate.slope_covariance.sum(axis=0))
        variance, _ = contrast_variance(estimate, T, "super")
        expected = max(0.0, slope @ pool.sampling @ slope - noise) / pool.size
        assert variance - estimate.variance.sum() == pytest.approx(expected, abs=1e-14)
        hit += expected == 0.0
    assert hit > 5


def test_df_is_not_below_the_smallest_arm() -> None:
    """Two LLM-only units far apart carry nearly all of the variance: 1 degree of freedom, were it not for the floor."""
    study = simulate(6, (12, 14), (2, 2))
    far = replace(study, llm_only=tuple(1e3 * c for c in study.llm_only))
    estimate = estimator("ppi").fit(Frame(far.sample(), "exchangeability"), T)
    assert contrast_variance(estimate, T, "super")[1] == 11.0
    assert contrast_variance(estimate, np.array([0.0, 1.0]), "super")[1] == 13.0


def test_an_arm_outside_the_contrast_does_not_count() -> None:
    study = simulate(6, (12, 14, 4), (9, 9, 9))
    frame = Frame(study.sample(), "exchangeability")
    estimate = estimator("regression").fit(frame, np.array([-1.0, 1.0, 0.0]))
    pair = replace(study, y=study.y[:2], c=study.c[:2], llm_only=study.llm_only[:2])
    alone = estimator("regression").fit(Frame(pair.sample(), "exchangeability"), T)
    ours = contrast_variance(estimate, np.array([-1.0, 1.0, 0.0]), "super")
    assert ours == pytest.approx(contrast_variance(alone, T, "super"), rel=1e-12)


def test_compat_has_no_df() -> None:
    frame = Frame(simulate(6, (12, 14), (9, 9)).sample(), "exchangeability", compat=True)
    assert contrast_variance(estimator("ppi").fit(frame, T), T, "super")[1] == float("inf")


def test_a_variance_of_zero_takes_the_smallest_df() -> None:
    frame = Frame(TWINS.sample(), "randomization")
    nothing = replace(assemble(frame, [np.zeros(2)] * 2, frame.pools), variance=np.zeros(2))
    assert contrast_variance(nothing, T, "super") == (0.0, 11.0)


def test_a_known_mean_does_not_vary_in_the_joint_form() -> None:
    """ppi under randomization with one of two means known: only the other column's part of the pool varies."""
    columns = (replace(TWINS.columns[0], population_mean=0.2), TWINS.columns[1])
    for sample in (replace(TWINS, columns=columns).sample(), as_moments(replace(TWINS, columns=columns).sample())):
        estimate = estimator("ppi").fit(Frame(sample, "randomization"), T)
        variance, _ = contrast_variance(estimate, T, "super")
        reach = np.hstack(TWINS.c)[1]
        size = reach.shape[0]
        total = 0.0
        for d, (y, c) in enumerate(zip(TWINS.y, TWINS.c, strict=True)):
            n, rest = len(y), (y - y.mean()) - (c[d] - c[d].mean())
            r = T[d] * rest / np.sqrt(n * (n - 1))
            total += ((r + (c[1] - reach.mean()) * np.sqrt(size / (size - 1)) / size) ** 2).sum()
        assert variance == pytest.approx(total)


def test_moments_and_rows_have_one_joint_form_where_llm_only_units_are_in_the_pool() -> None:
    """Slopes that are no estimates, on a pool of humans and LLM-only units: both vary in one form together."""
    whole, found = simulate(7, (12, 14), 9, design="shared").sample(), []
    for sample in (whole, as_moments(whole)):
        frame = Frame(sample, "exchangeability")
        estimate = assemble(frame, [np.array([0.5, 0.2]), np.array([0.1, 0.7])], frame.pools)
        found.append(contrast_variance(estimate, T, "super"))
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_units_are_resampled_in_the_groups_they_were_sampled_in() -> None:
    study = simulate(4, (9, 8), (15, 12))
    estimate = estimator("regression").fit(Frame(study.sample(), "exchangeability"), np.zeros(0))
    contrast = np.array([-1.0, 1.0])
    groups = influences(estimate, contrast)
    found = drawn_together(estimate, contrast, "super")
    assert list(found) == [g.source for g in groups] == ["humans 0", "humans 1", "LLM-only 0", "LLM-only 1"]
    assert all(np.array_equal(found[g.source], g.values) for g in groups)


@pytest.mark.parametrize("clustered", [False, True])
def test_a_frame_of_known_probabilities_is_resampled_as_one(clustered: bool) -> None:
    everyone = np.arange(90)
    survey = Survey(
        sampling_probability=np.where(everyone < 30, 0.1 + everyone / 60.0, np.nan),
        cluster=(everyone // 3).astype(float) if clustered else None,
    )
    estimate = estimator("design_based").fit(
        Frame(models.sample(models.table(n=30, m=60, survey=survey), models.TERMS), "sampling"), np.ones(1)
    )
    found = drawn_together(estimate, np.ones(1), "super")
    assert {name: values.shape[0] for name, values in found.items()} == {"frame 0": 30 if clustered else 90}
    total = found["frame 0"]
    assert total @ total == pytest.approx(contrast_variance(estimate, np.ones(1), "super")[0], rel=1e-12)
