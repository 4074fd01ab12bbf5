from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import human_only
from service.calibration.estimators.auto import fit, helpful, many
from service.calibration.inference import Settings, infer
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from service.calibration.plan import Plan
from service.calibration.ridge import ridge
from service.calibration.sample import Sample
from service.calibration.strata import stratified
from service.calibration.variance import contrast_variance
from tests.calibration.models import TERMS, table
from tests.calibration.models import sample as modelled_sample
from tests.calibration.studies import Study, as_moments, categorised, simulate

T = np.array([-1.0, 1.0])


def frame(study: Study) -> Frame:
    return Frame(study.sample(), "exchangeability")


def test_the_rule_is_adjusted_r_squared_above_p_over_n_minus_2() -> None:
    for seed in range(200):
        own = frame(simulate(seed, (12,), 30, models=1 + seed % 3, quality=0.4))
        found = own.screened.fits[0]
        helps = found.adjusted_r_squared > found.rank / 10
        assert helpful(own, 0) is helps


def test_arms_decide_for_themselves() -> None:
    good, bad = simulate(1, (30, 30), (60, 60)), simulate(9, (30, 30), (60, 60), quality=0.0)
    mixed = replace(good, c=(good.c[0], bad.c[1]), llm_only=(good.llm_only[0], bad.llm_only[1]))
    estimate = fit(frame(mixed), T)
    assert estimate.fixed == (False, True)
    assert estimate.theta[1] == pytest.approx(mixed.y[1].mean())


@pytest.mark.parametrize(("n", "offered"), [(4, False), (5, True)])
def test_at_least_4_humans_more_than_columns(n: int, offered: bool) -> None:
    """A perfect LLM is used with 5 humans, and not with 4."""
    study = simulate(1, (n,), 30)
    own = frame(replace(study, c=(study.y[0][None] + 1e-3 * study.c[0],)))
    assert helpful(own, 0) is offered


@pytest.mark.parametrize(
    "study",
    [simulate(1, (20,)), simulate(1, (20,), 30).with_c(np.zeros_like), simulate(1, (4,), 30, models=4)],
    ids=["no pool", "nothing varies", "no fit"],
)
def test_without_a_pool_a_column_or_a_fit_the_humans_stay(study: Study) -> None:
    assert helpful(frame(study), 0) is False
    assert fit(frame(study), np.ones(1)).theta == pytest.approx([study.y[0].mean()])


def test_the_choice_looks_at_r_squared_never_at_the_estimate() -> None:
    study = simulate(1, (20, 20), (40, 40))
    plain = fit(frame(study), T).fixed
    assert fit(frame(replace(study, y=(study.y[0], study.y[1] + 100.0))), T).fixed == plain


@pytest.mark.parametrize(("models", "columns"), [(1, 0), (4, 0), (5, 5), (21, 21)])
def test_ridge_is_for_more_columns_than_a_fifth_of_the_humans(models: int, columns: int) -> None:
    own = frame(simulate(2, (20,), 40, models=models))
    assert len(many(own, 0)) == columns
    assert fit(own, np.ones(1)).fixed == (True,) if columns else (False,)


def test_ridge_is_not_for_few_humans_moments_clusters_strata_or_influence_values() -> None:
    study = simulate(2, (20,), 40, models=6)
    plain = study.sample()
    units, only = plain.human[0], plain.llm_only[0]
    clusters = replace(plain, human=(replace(units, cluster=np.arange(20)),))
    halves = replace(
        plain,
        human=(replace(units, stratum=np.arange(20) % 2),),
        llm_only=(replace(only, stratum=np.arange(40) % 2),),
        strata=("a", "b"),
    )
    for sample in (as_moments(plain), clusters, stratified(halves), simulate(2, (7,), 30, models=3).sample()):
        assert many(Frame(sample, "exchangeability"), 0) == ()
    assert many(frame(simulate(2, (20,), models=6)), 0) == ()
    assert len(many(frame(study), 0)) == 6


def test_moments_that_would_take_a_ridge_slope_say_so() -> None:
    few, enough = simulate(2, (14, 15), (30, 30), models=3).sample(), simulate(2, (15, 15), (30, 30), models=3).sample()

    def said(sample: Sample, **plan: str) -> list[tuple[str, str]]:
        answer = calibrate(sample, Plan(**plan))
        return [(w.pointer, w.message.partition(" has ")[0]) for w in answer.warnings if w.code == "ridge_needs_rows"]

    assert said(as_moments(few)) == [(few.pointers[0], f"arm {few.arms[0]!r}")]
    assert said(as_moments(few), estimator="regression") == said(as_moments(enough)) == said(few) == []


def test_a_ridge_arm_has_left_out_residuals_in_the_joint_influence_form() -> None:
    study = simulate(6, (24,), 60, models=7)
    own = frame(study)
    found, shrunk = fit(own, np.ones(1)), ridge(own.arms[0], range(7))
    everyone = np.hstack([study.c[0], study.llm_only[0]])
    gap = everyone - everyone.mean(axis=1, keepdims=True)
    reach = shrunk.slope @ gap / 84.0 * np.sqrt(84.0 / 83.0)
    own_part = shrunk.residual / np.sqrt(24.0 * 23.0)
    expected = np.square(own_part + reach[:24]).sum() + np.square(reach[24:]).sum()
    assert found.theta[0] == pytest.approx(
        study.y[0].mean() + shrunk.slope @ (everyone.mean(axis=1) - study.c[0].mean(axis=1))
    )
    assert contrast_variance(found, np.ones(1), "super")[0] == pytest.approx(expected, rel=1e-12)
    assert found.df[0] == pytest.approx(23.0 - shrunk.effective)
    assert found.variance[0] == pytest.approx(own_part @ own_part)


def test_weights_enter_a_ridge_arm_as_they_enter_a_fixed_slope() -> None:
    study = simulate(6, (24,), 60, models=7)
    sample, weight = study.sample(), np.random.default_rng(2).uniform(0.5, 2.0, 24)
    weighted = replace(sample, human=(replace(sample.human[0], weight=weight),))
    own = Frame(weighted, "exchangeability")
    found, shrunk, w = fit(own, np.ones(1)), ridge(own.arms[0], range(7)), weight / weight.sum()
    spare = 1.0 - 2.0 * w + w @ w
    assert found.human_influence(0) == pytest.approx(w * shrunk.residual / np.sqrt(spare), rel=1e-10)


def test_shares_of_many_columns_sum_to_1() -> None:
    shares = categorised(simulate(3, (20,), 50, models=4))
    answer = calibrate(shares.samples(), Plan(estimand="proportions"))
    assert answer.estimates[0].verdict == "llm_used"
    assert sum(e.result.estimate for e in answer.estimates) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.unwatched
@pytest.mark.parametrize(("quality", "ratio"), [(0.0, 1.3), (1.2, 0.75)])
def test_many_columns_cover_and_gain(quality: float, ratio: float) -> None:
    """12 models, 20 humans, against the mean of all LLM-only outcomes' population: 0."""
    hits, squares = 0, np.zeros(2)
    for seed in range(500):
        own = frame(simulate(seed, (20,), 200, models=12, quality=quality))
        found = infer(fit(own, np.ones(1)), np.ones(1), Settings())
        hits += found.interval.lower <= 0.0 <= found.interval.upper
        squares += found.estimate**2, human_only.fit(own, np.ones(1)).theta[0] ** 2
    assert hits > 0.92 * 500
    assert squares[0] < ratio * squares[1]


def test_all_categories_decide_together_by_their_joint_r_squared() -> None:
    decided = set()
    for seed in range(60):
        study = categorised(simulate(seed, (24,), 60, quality=0.25))
        x = np.vstack([np.ones(24), study.c[0]])
        y = np.equal(study.y[0], np.arange(3)[:, None]).astype(float)
        rest = y.T - x.T @ np.linalg.lstsq(x.T, y.T, rcond=None)[0]
        r_squared = 1.0 - np.square(rest).sum() / np.square(y.T - y.mean(axis=1)).sum()
        helps = 1.0 - (1.0 - r_squared) * 23.0 / 21.0 > 2.0 / 22.0
        assert {helpful(Frame(sample, "exchangeability"), 0) for sample in study.samples()} == {helps}
        decided.add(helps)
    assert decided == {True, False}


def with_llms(rho: float, count: int, seed: int) -> Table:
    """A linear study of 60 humans whose LLMs know so much of what moves a person."""
    data, rng = table(n=60, m=300, seed=seed), np.random.default_rng([seed, count])
    noise = data.predictions[0].values
    own = [rho * noise + rng.normal(size=noise.shape) for _ in range(count)]
    return replace(data, predictions=tuple(PredictionColumn(f, model=f"m{k}") for k, f in enumerate(own)))


@pytest.mark.unwatched
@pytest.mark.parametrize(("rho", "least", "most"), [(0.0, 0.0, 0.15), (2.0, 0.7, 1.0)])
def test_thirteen_llms_beside_coefficients_are_used_where_they_predict_who_was_left_out(rho, least, most) -> None:
    """Adjusted R^2 alone takes worthless columns in .43 of such estimates: influence values share their terms."""
    plan = Plan(estimand="linear", model=TERMS)
    used = [
        e.verdict == "llm_used"
        for seed in range(40)
        for e in calibrate(modelled_sample(with_llms(rho, 13, seed), TERMS), plan).estimates
    ]
    assert least <= np.mean(used) <= most


def test_a_fit_that_leaves_one_degree_of_freedom_gives_none_to_slopes() -> None:
    own = frame(simulate(2, (20,), 40))
    influential = replace(own.sample, spare=2.0)
    assert helpful(Frame(replace(influential, spare=2.5), "exchangeability"), 0)
    assert not helpful(Frame(influential, "exchangeability"), 0)
