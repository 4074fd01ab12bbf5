from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.blocks import arm_block, arm_verdict, llm_only, model_block, ppi_correlation
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import Settings, infer
from tests.calibration.studies import Study, as_moments, simulate

T = np.array([-1.0, 1.0])
ARMS = simulate(14, (20, 25), (40, 50), models=2)
TWINS = simulate(14, (20, 25), 40, design="shared", models=2)
ONE = simulate(14, (20,), 40)


def frame(study: Study, identification: str = "exchangeability") -> Frame:
    return Frame(study.sample(), identification)


def r_squared(y: np.ndarray, c: np.ndarray) -> float:
    residual = (
        y
        - y.mean()
        - np.linalg.lstsq((c - c.mean(axis=1, keepdims=True)).T, y - y.mean())[0] @ (c - c.mean(axis=1, keepdims=True))
    )
    return 1.0 - residual @ residual / ((y - y.mean()) ** 2).sum()


def test_the_ppi_correlation_of_a_contrast_weighs_the_arms() -> None:
    top = bottom = 0.0
    for t, y, c in zip((-2.0, 1.0), ARMS.y, ARMS.c, strict=True):
        share = t**2 * np.var(y, ddof=1) / len(y)
        top, bottom = top + share * r_squared(y, c), bottom + share
    found = ppi_correlation(frame(ARMS).human, frame(ARMS).whole, np.array([-2.0, 1.0]))
    assert found == pytest.approx(np.sqrt(top / bottom))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_one_column_and_one_arm_keep_the_sign_of_the_correlation(sign: float) -> None:
    study = ONE.with_c(lambda c: sign * c)
    found = ppi_correlation(frame(study).human, frame(study).whole, np.ones(1))
    assert found == pytest.approx(np.corrcoef(study.y[0], study.c[0][0])[0, 1])
    assert np.sign(found) == sign


def test_an_arm_outside_the_contrast_needs_no_fit() -> None:
    own = frame(simulate(14, (20, 3), (9, 9), models=2))
    assert ppi_correlation(own.human, own.whole, np.array([1.0, 0.0])) is not None
    assert ppi_correlation(own.human, own.whole, T) is None


def test_llm_only_of_independent_arms() -> None:
    own = frame(ARMS)
    found = llm_only(own, T, own.sample.directions)
    means = [c.mean(axis=0) for c in ARMS.llm_only]
    assert found.estimate == pytest.approx(means[1].mean() - means[0].mean())
    assert found.standard_error == pytest.approx(np.sqrt(sum(np.var(m, ddof=1) / len(m) for m in means)))
    assert found.claim == "exploratory"


def test_llm_only_of_twins_is_the_mean_difference_within_units() -> None:
    shared = frame(TWINS)
    d = (TWINS.llm_only[0][1::2] - TWINS.llm_only[0][0::2]).mean(axis=0)
    found = llm_only(shared, T, shared.sample.directions)
    assert [found.estimate, found.standard_error] == pytest.approx([d.mean(), np.sqrt(np.var(d, ddof=1) / 40)])


def test_without_llm_only_units_the_paired_answers_speak() -> None:
    shared = frame(replace(TWINS, llm_only=(None,)), "randomization")
    c = np.hstack(TWINS.c)
    d = (c[1::2] - c[0::2]).mean(axis=0)
    found = llm_only(shared, T, shared.sample.directions)
    assert [found.estimate, found.standard_error] == pytest.approx([d.mean(), np.sqrt(np.var(d, ddof=1) / 45)])
    own = frame(replace(ARMS, llm_only=(None, ARMS.llm_only[1])))
    expected = ARMS.llm_only[1].mean() - ARMS.c[0].mean()
    assert llm_only(own, T, own.sample.directions).estimate == pytest.approx(expected)


def test_llm_only_at_a_known_mean_has_no_error() -> None:
    study = replace(ONE, columns=(replace(ONE.columns[0], population_mean=0.3),))
    found = llm_only(frame(study), np.ones(1), frame(study).sample.directions)
    assert (found.estimate, found.standard_error) == (0.3, 0.0)


def test_one_llm_only_unit_has_no_error_at_all() -> None:
    own = frame(simulate(14, (20, 25), (1, 50)))
    assert llm_only(own, T, own.sample.directions).standard_error is None
    assert llm_only(own, np.array([0.0, 1.0]), own.sample.directions).standard_error > 0.0


def test_no_prediction_no_llm_only() -> None:
    own = frame(ARMS)
    nothing = np.zeros_like(own.sample.directions)
    assert llm_only(own, T, nothing) is None
    assert llm_only(own, np.zeros(2), own.sample.directions) is None


@pytest.mark.parametrize("level", [0.0, 1e8])
def test_llm_only_of_a_mean_is_at_the_level_of_its_column(level: float) -> None:
    own = frame(ONE.with_c(lambda c: c + level))
    assert llm_only(own, np.ones(1), own.sample.directions).estimate == pytest.approx(ONE.llm_only[0].mean() + level)


def test_a_models_block_knows_its_own_columns_only() -> None:
    study = replace(ARMS, columns=(replace(ARMS.columns[0], icc=0.4), replace(ARMS.columns[1], icc=0.6)))
    own = frame(study)
    found = model_block(own, T, "m1", None, 0.8)
    alone = frame(replace(ARMS.with_c(lambda c: c[1:]), columns=ARMS.columns[1:]))
    assert (found.name, found.icc, found.variance_ratio_without) == ("m1", 0.6, 0.8)
    assert found.ppi_correlation == pytest.approx(ppi_correlation(alone.human, alone.whole, T))
    wide = frame(simulate(14, (4, 25), (9, 9), models=2))
    assert model_block(wide, T, "m1", None, None).ppi_correlation is not None
    tiny = frame(simulate(14, (3, 25), 9, design="shared", models=1))
    assert model_block(tiny, T, "m0", None, None).ppi_correlation is None


def test_a_model_without_draws_has_no_icc_and_with_several_their_mean() -> None:
    assert model_block(frame(ARMS), T, "m0", None, None).icc is None
    columns = tuple(replace(c, icc=0.1 * (j + 1)) for j, c in enumerate(TWINS.columns))
    found = model_block(frame(replace(TWINS, columns=columns)), T, "m0", None, None)
    assert found.icc == pytest.approx(0.15)


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_an_arm_shows_its_sizes_fit_and_columns(rows: bool) -> None:
    sample = ARMS.sample() if rows else as_moments(ARMS.sample())
    own = Frame(sample, "exchangeability")
    estimate = estimator("regression").fit(own, T)
    mean = infer(estimate, np.array([0.0, 1.0]), Settings(null_value=None))
    block = arm_block(own, estimate, np.eye(2)[1], "llm_used", mean)
    r2 = r_squared(ARMS.y[1], ARMS.c[1])
    assert (block.name, block.outcome, block.n_human, block.n_llm_only) == ("treatment", "y", 25, 50)
    assert [block.r_squared, block.adjusted_r_squared] == pytest.approx([r2, 1 - (1 - r2) * 24 / 22])
    assert (block.mean, block.verdict) == (mean, "llm_used")
    assert [p.model for p in block.predictions] == ["m0", "m1"]
    assert [p.tuning for p in block.predictions] == pytest.approx(estimate.slope[1])
    ratios = [np.std(c, ddof=1) / np.std(ARMS.y[1], ddof=1) for c in ARMS.c[1]]
    assert [p.dispersion_ratio for p in block.predictions] == pytest.approx(ratios)
    assert [(p.n_missing, p.dropped) for p in block.predictions] == [(0, False), (0, False)]


def test_dropped_columns_are_marked_in_their_arm() -> None:
    study = replace(ARMS, c=(np.vstack([ARMS.c[0][0], np.full(20, 3.0)]), ARMS.c[1]))
    own = frame(study)
    estimate = estimator("regression").fit(own, T)
    mean = infer(estimate, T, Settings())
    blocks = [arm_block(own, estimate, np.eye(2)[d], "llm_used", mean) for d in (0, 1)]
    assert [[p.dropped for p in b.predictions] for b in blocks] == [[False, True], [False, False]]
    assert blocks[0].predictions[1].tuning == 0.0


def test_an_arm_without_predictions_or_fit_has_no_r_squared() -> None:
    bare = frame(simulate(14, (20, 25), models=0, covariates=1))
    estimate = estimator("human_only").fit(bare, T)
    block = arm_block(bare, estimate, np.eye(2)[0], "human_only_requested", infer(estimate, T, Settings()))
    assert (block.r_squared, block.adjusted_r_squared, block.predictions, block.n_llm_only) == (None, None, (), 0)


def test_missing_answers_are_counted_per_arm_and_pool() -> None:
    holes = [np.where(np.arange(c.shape[1]) % 5 == 0, np.nan, c) for c in (*ARMS.c, *ARMS.llm_only)]
    study = replace(ARMS, c=tuple(holes[:2]), llm_only=tuple(holes[2:]))
    own = frame(study)
    estimate = estimator("regression").fit(own, T)
    block = arm_block(own, estimate, np.eye(2)[1], "llm_used", infer(estimate, T, Settings()))
    assert [p.n_missing for p in block.predictions] == [5 + 10, 5 + 10]


def test_verdicts_of_an_arm() -> None:
    own = frame(ARMS)
    used = estimator("regression").fit(own, T)
    assert arm_verdict(own, used, 0, "regression") == "llm_used"
    assert arm_verdict(own, used, 0, "human_only") == "human_only_requested"
    unused = estimator("human_only").fit(own, T)
    assert arm_verdict(own, unused, 0, "auto") == "human_only_chosen"
    without = frame(replace(ARMS, llm_only=(None, ARMS.llm_only[1])))
    assert arm_verdict(without, estimator("auto").fit(without, T), 0, "auto") == "no_pool"
    covariate = frame(
        simulate(14, (20, 25), 9, design="shared", models=1, covariates=1).with_c(
            lambda c: np.vstack([np.zeros((2, c.shape[1])), c[2:]])
        )
    )
    assert arm_verdict(covariate, estimator("regression").fit(covariate, T), 0, "regression") == "no_llm"
    assert arm_verdict(covariate, estimator("human_only").fit(covariate, T), 0, "auto") == "no_llm"
    tiny = frame(simulate(14, (3, 25), (9, 9), models=2))
    assert arm_verdict(tiny, estimator("auto").fit(tiny, T), 0, "auto") == "human_only_chosen"
