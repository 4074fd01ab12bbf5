from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.transport.transported import transported
from tests.calibration.transports import TARGET, answered, samples, table

OLDER = Target({"age": 44.0})


def refused(data, target=TARGET, **plan) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as found:
        answered(data, target, **plan)
    return [(p.pointer.removeprefix("/plan/target"), p.code) for p in found.value.problems]


def test_without_a_target_nothing_changes() -> None:
    sent = samples(table(), None)
    assert transported(sent, Plan()) is sent


@pytest.mark.parametrize("identification", ["randomization", "exchangeability"])
def test_the_estimate_is_the_formula_of_the_contract(identification: str) -> None:
    """th = mean_target(b'c) + weighted mean of w (y - b'c), with b from the joint weighted regression, by hand."""
    data = table(4, weighted=True)
    made = transported(samples(data), Plan(control="c", identification=identification))[0]
    raw = samples(data)[0]
    answer = answered(data, estimator="regression", identification=identification)
    means, pool = [], []
    for sent, own in zip(raw.human, made.human, strict=True):
        w, x = own.weight / own.weight.sum(), np.concatenate((np.ones((1, sent.n)), sent.c, sent.x))
        assert np.abs(sent.x @ w).max() < 1e-10
        b = np.linalg.solve((x * w) @ x.T, (x * w) @ sent.y)[1:3]
        means.append((b, w @ (sent.y - b @ sent.c)))
        pool.append((own.weight, sent.c))
    weights, c = np.concatenate([w for w, _ in pool]), np.concatenate([c for _, c in pool], axis=1)
    size = weights.sum() ** 2 / (weights @ weights)
    total, top = size, c @ weights / weights.sum() * size
    if identification == "exchangeability":
        only = made.llm_only[0].weight
        size = only.sum() ** 2 / (only @ only)
        total, top = total + size, top + raw.llm_only[0].c @ only / only.sum() * size
    expected = [b @ (top / total) + level for b, level in means]
    by_name = dict(zip(raw.arms, expected, strict=True))
    assert {a.name: a.mean.estimate for a in answer.arms} == pytest.approx(by_name, abs=1e-9)
    assert answer.estimates[0].result.estimate == pytest.approx(by_name["t"] - by_name["c"], abs=1e-9)


def test_with_the_samples_own_margins_human_only_is_the_regression_at_its_means() -> None:
    """Weights are then 1, and residuals those of the regression on sex and age: its HC2 standard error."""
    data = table(5, 80, 0, arms=False)
    sex, age = data.covariates[0][1].codes, data.covariates[1][1]
    target = Target({"sex": {"f": float(sex.mean()), "m": 1.0 - float(sex.mean())}, "age": float(age.mean())})
    found = answered(data, target, estimator="human_only")
    x = np.stack((np.ones(80), sex - sex.mean(), age - age.mean()))
    inverse = np.linalg.inv(x @ x.T)
    y = data.outcomes[0][1]
    e, h = y - x.T @ inverse @ x @ y, np.einsum("kn,kl,ln->n", x, inverse, x)
    assert found.estimates[0].result.estimate == pytest.approx(y.mean(), abs=1e-12)
    assert found.estimates[0].result.standard_error == pytest.approx(np.sqrt((e * e / (1 - h)).sum()) / 80, rel=1e-9)
    assert found.transport.humans.kish_n == pytest.approx(80.0)


def test_covariates_of_the_target_are_no_columns_and_others_stay() -> None:
    shoe = ("shoe", np.random.default_rng(1).normal(42.0, 2.0, 800))
    data = table()
    both = replace(data, covariates=(*data.covariates, shoe))
    assert [c.name for c in samples(both)[0].columns if c.kind == "covariate"] == ["shoe"]
    assert [c.name for c in samples(both, OLDER)[0].columns if c.kind == "covariate"] == ["sex (level 2)", "shoe"]
    assert answered(both).transport.humans.smd_after == pytest.approx(dict.fromkeys(["sex=f", "sex=m", "age"], 0.0))


def test_exchangeability_is_tested_at_the_target() -> None:
    """LLM-only units of another age: rejected as they are, not once both are weighted to the same margins."""
    data = table(7, 300, 1500, arms=False)
    age = np.where(np.arange(1800) < 300, data.covariates[1][1], data.covariates[1][1] + 12.0)
    said = (replace(data.predictions[0], values=data.predictions[0].values + 0.05 * (age - 40.0)),)
    data = replace(data, covariates=(("age", age),), predictions=said)

    def status(answer) -> str:
        return next(a.status for a in answer.assumptions if a.name == "exchangeability")

    assert status(answered(data, None)) == "rejected"
    assert status(answered(data, OLDER)) == "not_rejected"


def test_impossible_margins_are_all_named_with_who_cannot_meet_them() -> None:
    assert (
        refused(table(), Target({"age": 120.0, "sex": {"f": 0.5, "m": 0.5}}))
        == [("/margins/age", "mean_outside_range")] * 2
    )
    data = table(1, 40, 40)
    women = data.covariates[0][1].codes
    treated = (data.arm.codes == 1) & (women == 1)
    lone = replace(data, arm=Labels(np.where(treated & (np.cumsum(treated) > 1), 0, data.arm.codes), ("c", "t")))
    assert refused(lone) == [("/margins/sex/f", "category_of_one")]
    none = replace(data, arm=Labels(np.where(treated, 0, data.arm.codes), ("c", "t")))
    assert refused(none) == [("/margins/sex/f", "category_not_in_sample")]


def test_llm_only_units_that_are_not_used_need_not_meet_the_margins() -> None:
    data = table(1, 60, 60)
    (_, sex), age = data.covariates
    men = replace(data, covariates=(("sex", Labels(np.where(np.arange(120) < 60, sex.codes, 0), sex.names)), age))
    assert answered(men).arms[0].n_llm_only == 0
    assert refused(men, identification="exchangeability") == [("/margins/sex/f", "category_not_in_sample")]


def test_shares_of_categories_sum_to_1() -> None:
    data = table(3)
    y = data.outcomes[0][1]
    codes = np.where(np.isnan(y), -1, np.digitize(y, [-0.3, 0.8]))
    said = tuple(
        replace(p, values=Labels(np.digitize(p.values, [-0.3, 0.8]), ("a", "b", "c"))) for p in data.predictions
    )
    data = replace(data, outcomes=(("y", Labels(codes, ("a", "b", "c"))),), predictions=said)
    read = Reading(Categories(None), None, TARGET)
    answer = calibrate(from_table(data, "error", read), Plan(estimand="proportions", control="c"))
    shares = [a.mean.estimate for a in answer.arms]
    assert [sum(shares[:3]), sum(shares[3:])] == pytest.approx([1.0, 1.0], abs=1e-12)
    assert answer.applied.interval == "t"
    assert len(answer.transport.tipping) == 3


def test_several_outcomes_and_missing_answers() -> None:
    data = table(3)
    y = data.outcomes[0][1]
    holes = np.where(np.arange(800) == np.flatnonzero(~np.isnan(y))[0], np.nan, 2.0 * y)
    predictions = tuple(replace(p, outcome=name) for name in ("y", "z") for p in data.predictions)
    data = replace(data, outcomes=(("y", y), ("z", holes)), predictions=predictions, human=tuple(np.arange(800) < 200))
    answer = calibrate(from_table(data, "drop_unit", Reading(target=TARGET)), Plan(control="c", multiplicity="max_t"))
    assert [e.outcome for e in answer.estimates] == ["y", "z"]
    assert answer.estimates[0].result.estimate == pytest.approx(answered(table(3)).estimates[0].result.estimate)
    assert answer.estimates[1].result.estimate == pytest.approx(2.0 * answer.estimates[0].result.estimate, rel=0.1)


def test_clusters_are_left_out_and_spoken_for() -> None:
    cluster = np.arange(800.0) // 4
    found = answered(replace(table(3), survey=Survey(cluster=cluster)))
    apart = answered(table(3))
    assert found.estimates[0].result.estimate == pytest.approx(apart.estimates[0].result.estimate)
    assert found.estimates[0].result.standard_error == pytest.approx(apart.estimates[0].result.standard_error, rel=0.3)
    assert found.estimates[0].result.standard_error != apart.estimates[0].result.standard_error
