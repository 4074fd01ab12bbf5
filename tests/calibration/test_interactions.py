"""Interactions asked for: statsmodels' regression, cell means, what is left out, and their truth in a factorial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS, WLS

from service.calibration.calibrate import calibrate
from service.calibration.conjoint import with_interactions
from service.calibration.errors import CalibrationError
from service.calibration.estimands import amce
from service.calibration.interactions import with_pairs
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from tests.calibration.conjoints import LEVELS, MODEL, Conjoint, conjoint, design

EDUCATION, JOB, SEX = "/plan/estimand/terms/0", "/plan/estimand/terms/1", "/plan/estimand/terms/2"
BOTH = replace(MODEL, interactions=(("education", "job"), ("sex", "job")))
HUMANS = Plan(estimand="amce", estimator="human_only", model=BOTH)
SATURATED = [(i, j) for i in range(3) for j in range(3)]


def made(of: Conjoint, *pairs: tuple[str, str], weight: np.ndarray | None = None):
    weight = np.ones(of.human.sum()) if weight is None else weight
    asked = replace(design(of), interactions=pairs)
    found, doubts = with_pairs(with_interactions(asked, weight), weight, of.who[of.human])
    return found, amce.fit(of.y[of.human][None], found, weight), doubts


def by_hand(of: Conjoint, pair: tuple[int, int]) -> np.ndarray:
    """Intercept, all levels but the first, and the products of a pair of attributes; (k, n)."""
    shown = [[(of.shown[k] == level)[of.human] for level in range(1, len(v))] for k, v in enumerate(LEVELS.values())]
    products = [a & b for a in shown[pair[0]] for b in shown[pair[1]]]
    return np.array([np.ones(of.human.sum()), *(row for rows in shown for row in rows), *products], dtype=float)


def named(pair: tuple[str, str]) -> list[str]:
    a, b = pair
    return [f"{a}={x}:{b}={y}" for x in LEVELS[a][1:] for y in LEVELS[b][1:]]


@pytest.mark.parametrize("pair", [("education", "job"), ("sex", "education")])
def test_interactions_are_coefficients_of_products_with_their_clustered_covariances(pair: tuple[str, str]) -> None:
    of = conjoint(11)
    keys = {"education": EDUCATION, "job": JOB, "sex": SEX}
    _, fit, doubts = made(of, (keys[pair[0]], keys[pair[1]]))
    place = [list(LEVELS).index(name) for name in pair]
    x, y, groups = by_hand(of, (place[0], place[1])), of.y[of.human], of.who[of.human]
    theirs = OLS(y, x.T).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    at = [fit.names.index(name) for name in named(pair)]
    phi = np.array([fit.influence[at][:, groups == g].sum(axis=1) for g in np.unique(groups)]).T / y.size
    assert fit.theta[at] == pytest.approx(theirs.params[6:], rel=1e-8)
    assert phi @ phi.T == pytest.approx(theirs.cov_params()[6:, 6:], rel=1e-8, abs=1e-12)
    assert doubts == ()


def test_human_only_intervals_have_the_hc2_errors_of_one_regression_by_pair() -> None:
    of = conjoint(12)
    found = {e.component: e.result for e in calibrate(of.sample(BOTH, clusters=False), HUMANS).estimates}
    for pair, places in ((("education", "job"), (0, 1)), (("sex", "job"), (2, 1))):
        theirs = OLS(of.y[of.human], by_hand(of, places).T).fit(cov_type="HC2")
        for name, estimate, error in zip(named(pair), theirs.params[6:], theirs.bse[6:], strict=True):
            assert found[name].estimate == pytest.approx(estimate, rel=1e-8)
            assert found[name].standard_error == pytest.approx(error, rel=1e-8)


def test_weighted_interactions_are_those_of_weighted_least_squares() -> None:
    of = conjoint(13)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, int(of.human.sum()))
    _, fit, _ = made(of, (EDUCATION, JOB), weight=weight)
    theirs = WLS(of.y[of.human], by_hand(of, (0, 1)).T, weight).fit(cov_type="HC0")
    at = [fit.names.index(name) for name in named(("education", "job"))]
    phi = fit.influence[at] * weight / weight.sum()
    assert fit.theta[at] == pytest.approx(theirs.params[6:], rel=1e-8)
    assert phi @ phi.T == pytest.approx(theirs.cov_params()[6:, 6:], rel=1e-8, abs=1e-12)


def test_means_of_cells_are_raw_means_with_their_own_errors() -> None:
    of = conjoint(14)
    found = {e.component: e.result for e in calibrate(of.sample(BOTH, clusters=False), HUMANS).estimates}
    for i, a in enumerate(LEVELS["education"]):
        for j, b in enumerate(LEVELS["job"]):
            mine = of.y[of.human & (of.shown[0] == i) & (of.shown[1] == j)]
            result = found[f"mean of education={a}, job={b}"]
            assert result.estimate == pytest.approx(mine.mean(), rel=1e-10)
            assert result.standard_error == pytest.approx(mine.std(ddof=1) / np.sqrt(mine.size), rel=1e-9)


def test_what_is_asked_for_changes_nothing_else() -> None:
    of = conjoint(15, banned=((2, 1),))
    plan = Plan(estimand="amce", estimator="regression", model=MODEL)
    alone = {e.component: e.result for e in calibrate(of.sample(), plan).estimates}
    both = {e.component: e.result for e in calibrate(of.sample(BOTH), replace(plan, model=BOTH)).estimates}
    one = replace(MODEL, interactions=(("sex", "job"),))
    single = {e.component: e.result for e in calibrate(of.sample(one), replace(plan, model=one)).estimates}
    assert len(alone) < len(single) < len(both)
    assert {name: both[name] for name in alone} == alone
    for name, result in single.items():
        assert both[name].estimate == pytest.approx(result.estimate, rel=1e-11)
        assert both[name].standard_error == pytest.approx(result.standard_error, rel=1e-11)


def test_the_llm_moves_interactions_and_makes_them_more_precise() -> None:
    of = conjoint(16, respondents=80, more=1500)
    plan = Plan(estimand="amce", estimator="regression", model=BOTH)
    found = [e for e in calibrate(of.sample(BOTH, clusters=False), plan).estimates if ":" in (e.component or "")]
    assert len(found) == 6
    assert all(e.verdict == "llm_used" and e.result.standard_error < e.human_only.standard_error for e in found)


def test_a_banned_cell_is_left_out_and_the_others_are_differences_of_cell_means() -> None:
    """Two attributes, saturated: (school, nurse) is never shown, nor is its interaction told; the others are."""
    of = conjoint(17, banned=((1, 1),))
    found, fit, doubts = made(of, (EDUCATION, JOB))
    names = [fit.names[k] for k in fit.places]
    assert "education=school:job=nurse" not in names
    assert "mean of education=school, job=nurse" not in names
    assert [w.code for w in doubts] == ["combination_left_out", "interaction_left_out"]
    assert "education=school with job=nurse" in doubts[0].message
    assert "education=school:job=nurse" in doubts[1].message
    assert found.pairs[0].reported == 3
    cells = np.array([((of.shown[0] == i) & (of.shown[1] == j))[of.human] for i, j in SATURATED if (i, j) != (1, 1)])
    sex = (of.shown[2] == 1)[of.human]
    theirs = OLS(of.y[of.human], np.array([*cells, sex], dtype=float).T).fit().params
    mean = dict(zip([c for c in SATURATED if c != (1, 1)], theirs[:-1], strict=True))
    for (i, a), (j, b) in [
        ((1, "school"), (2, "doctor")),
        ((2, "college"), (1, "nurse")),
        ((2, "college"), (2, "doctor")),
    ]:
        expected = mean[i, j] - mean[0, j] - mean[i, 0] + mean[0, 0]
        assert fit.theta[fit.names.index(f"education={a}:job={b}")] == pytest.approx(expected, rel=1e-9)


def test_a_banned_baseline_costs_the_interactions_of_its_level() -> None:
    """Nobody is uneducated and a doctor: how much more education is worth for doctors cannot be told."""
    of = conjoint(18, banned=((0, 2),))
    _, fit, doubts = made(of, (EDUCATION, JOB))
    told = [fit.names[k] for k in fit.places if ":" in fit.names[k]]
    assert told == ["education=college:job=nurse", "education=school:job=nurse"]
    assert "education=college:job=doctor, education=school:job=doctor" in doubts[1].message
    cells = [c for c in SATURATED if c != (0, 2)]
    x = [((of.shown[0] == i) & (of.shown[1] == j))[of.human] for i, j in cells]
    theirs = OLS(of.y[of.human], np.array([*x, (of.shown[2] == 1)[of.human]], dtype=float).T).fit().params
    mean = dict(zip(cells, theirs[:-1], strict=True))
    expected = mean[2, 1] - mean[0, 1] - mean[2, 0] + mean[0, 0]
    assert fit.theta[fit.names.index(told[0])] == pytest.approx(expected, rel=1e-9)


def test_baselines_that_never_meet_are_refused_pair_by_pair() -> None:
    of = conjoint(19, banned=((0, 0),))
    with pytest.raises(CalibrationError) as refused:
        made(of, (SEX, JOB), (EDUCATION, JOB))
    problems = [(p.pointer, p.code) for p in refused.value.problems]
    assert problems == [("/plan/estimand/interactions/1", "baselines_never_meet")]
    assert "education=none" in refused.value.problems[0].detail


def test_a_cell_of_one_respondent_is_left_out_of_mean_and_regression() -> None:
    of = conjoint(20)
    in_cell = (of.shown[0] == 2) & (of.shown[1] == 1)
    first = of.who[in_cell & of.human][0]
    keep = ~in_cell | (of.who == first)
    thin = Conjoint(of.shown[:, keep], of.y[keep], of.f[keep], of.who[keep], of.human[keep])
    none = ~in_cell
    without = Conjoint(of.shown[:, none], of.y[none], of.f[none], of.who[none], of.human[none])
    _, fit, doubts = made(thin, (EDUCATION, JOB))
    _, other, _ = made(without, (EDUCATION, JOB))
    assert "education=college with job=nurse" in doubts[0].message
    told = [name for name in (fit.names[k] for k in fit.places) if ":" in name]
    assert told == [name for name in (other.names[k] for k in other.places) if ":" in name]
    assert [fit.theta[fit.names.index(name)] for name in told] == pytest.approx(
        [other.theta[other.names.index(name)] for name in told], rel=1e-10
    )
    for name in told:
        mine, theirs = (f.influence[f.names.index(name)] / f.influence.shape[1] for f in (fit, other))
        assert mine @ mine == pytest.approx(theirs @ theirs, rel=1e-10)
    calibrate(thin.sample(BOTH), Plan(estimand="amce", model=BOTH))


@pytest.mark.parametrize(
    ("interactions", "found"),
    [
        ((("education", "age"),), {("/plan/estimand/interactions/0/1", "unknown_attribute")}),
        ((("job", "job"),), {("/plan/estimand/interactions/0", "interaction_with_itself")}),
        (
            (("sex", "job"), ("a", "b"), ("job", "sex"), ("sex", "sex")),
            {
                ("/plan/estimand/interactions/1/0", "unknown_attribute"),
                ("/plan/estimand/interactions/1/1", "unknown_attribute"),
                ("/plan/estimand/interactions/2", "duplicate_interaction"),
                ("/plan/estimand/interactions/3", "interaction_with_itself"),
            },
        ),
    ],
)
def test_pairs_that_cannot_be_are_all_named(interactions: tuple, found: set) -> None:
    with pytest.raises(CalibrationError) as refused:
        conjoint(1).sample(replace(MODEL, interactions=interactions))
    assert {(p.pointer, p.code) for p in refused.value.problems} == found


FACTORS = Model(("message", "source"), interactions=(("message", "source"),), called="attributes")
TRUTH = 0.5


def factorial(rng: np.random.Generator, n: int = 120, more: int = 600) -> Table:
    """A 2 x 3 factorial: one message by one source per person; a warm message is worth ``TRUTH`` more from a friend."""
    message, source = rng.integers(0, 2, n + more), rng.integers(0, 3, n + more)
    common = rng.standard_normal(n + more)
    worth = 0.3 * message + np.array([0.0, 0.2, -0.1])[source] + TRUTH * (message == 1) * (source == 1)
    y = worth + 0.8 * common + (0.5 + 0.5 * message) * rng.standard_normal(n + more)
    said = 1.0 + 0.4 * worth + common + 0.6 * rng.standard_normal(n + more)
    return Table(
        outcomes=(("support", np.where(np.arange(n + more) < n, y, np.nan)),),
        predictions=(PredictionColumn(said, "gpt"),),
        covariates=(
            ("message", Labels(message, ("a cold one", "b warm one"))),
            ("source", Labels(source, ("a stranger", "b friend", "c paper"))),
        ),
        survey=Survey(),
    )


def test_a_factorial_experiment_s_interaction_is_a_difference_of_differences() -> None:
    table = factorial(np.random.default_rng(3))
    y, (message, source) = table.outcomes[0][1][:120], [labels.codes[:120] for _, labels in table.covariates]
    plan = Plan(estimand="amce", estimator="human_only", model=FACTORS)
    answer = calibrate(from_table(table, "error", Reading(None, FACTORS)), plan)
    mean = {(i, j): y[(message == i) & (source == j)].mean() for i in range(2) for j in range(3)}
    found = {e.component: e.result.estimate for e in answer.estimates}
    for j, name in ((1, "b friend"), (2, "c paper")):
        expected = mean[1, j] - mean[0, j] - mean[1, 0] + mean[0, 0]
        assert found[f"message=b warm one:source={name}"] == pytest.approx(expected, rel=1e-9)
    assert answer.applied.interactions == (("message", "source"),)


@pytest.mark.slow
def test_intervals_of_an_interaction_cover_its_truth() -> None:
    """300 factorials of 120 people: .95 within three Monte Carlo errors of .0126; bias within four of its own."""
    plan = Plan(estimand="amce", estimator="regression", model=FACTORS)
    rng, covered, estimates, gain = np.random.default_rng(8), 0, [], []
    for _ in range(300):
        answer = calibrate(from_table(factorial(rng), "error", Reading(None, FACTORS)), plan)
        e = next(e for e in answer.estimates if e.component == "message=b warm one:source=b friend")
        covered += e.result.interval.lower <= TRUTH <= e.result.interval.upper
        estimates.append(e.result.estimate)
        gain.append(e.variance_ratio)
    assert abs(covered / 300 - 0.95) < 3.0 * 0.0126
    assert abs(np.mean(estimates) - TRUTH) < 4.0 * np.std(estimates) / np.sqrt(300)
    assert np.mean(gain) < 0.9


def test_an_attribute_of_one_level_has_no_interactions() -> None:
    table = factorial(np.random.default_rng(3))
    (message, shown), source = table.covariates
    same = replace(table, covariates=((message, replace(shown, codes=0 * shown.codes)), source))
    plan = Plan(estimand="amce", model=FACTORS)
    with pytest.raises(CalibrationError) as refused:
        calibrate(from_table(same, "error", Reading(None, FACTORS)), plan)
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/plan/estimand/attributes/0", "constant_term")]
