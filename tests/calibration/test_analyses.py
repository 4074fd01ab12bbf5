"""Subgroups through ``calibrate``: each is what it is alone, and those that fail are left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.analyses import analyses
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, InvalidSample, NotIdentified, UnsupportedCombination
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.multiplicity import correlation
from service.calibration.plan import Model, Plan
from service.calibration.variance import influences
from tests.calibration.grouped import alone, coded, grouped
from tests.calibration.studies import problems

PLAN = Plan(identification="exchangeability")
NAMES = [None, "a", "b", "c", "d"]


def numbers(block) -> list[float | None]:
    result = block.result
    return [result.estimate, result.standard_error, result.df, result.p_value, result.interval.lower,
            block.human_only.estimate, block.variance_ratio, block.ppi_correlation]  # fmt: skip


def test_everyone_first_then_every_subgroup_by_name() -> None:
    table = grouped(1, outcomes=2)
    answer = calibrate(from_table(table), PLAN)
    assert [(e.outcome, e.subgroup) for e in answer.estimates] == [(y, g) for y in ("y0", "y1") for g in NAMES]
    assert [(a.outcome, a.subgroup, a.name) for a in answer.arms] == [
        (y, g, arm) for y in ("y0", "y1") for g in NAMES for arm in ("control", "treatment")
    ]
    assert answer.applied.subgroups == ("a", "b", "c", "d")
    plain = calibrate(from_table(replace(table, subgroup=None)), PLAN)
    assert [e for e in answer.estimates if e.subgroup is None] == list(plain.estimates)
    assert (plain.applied.subgroups, plain.heterogeneity) == (None, ())


@pytest.mark.parametrize(
    ("estimand", "model"),
    [
        (None, None),
        ("mean", None),
        ("linear", Model(("x", "s"), treatment=True)),
        ("poisson", Model(treatment=True)),
    ],
)
@pytest.mark.parametrize("design", ["plain", "weights", "clusters", "probabilities"])
def test_a_subgroup_is_what_its_units_are_alone(estimand: str | None, model: Model | None, design: str) -> None:
    table, rng = grouped(2), np.random.default_rng(3)
    size = len(table.human)
    survey = {
        "plain": Survey(),
        "weights": Survey(weight=rng.uniform(1.0, 3.0, size)),
        "clusters": Survey(cluster=rng.integers(0, 60, size).astype(float)),
        "probabilities": Survey(sampling_probability=np.where(table.human, rng.uniform(0.3, 0.9, size), np.nan)),
    }[design]
    covariates = (("x", rng.normal(size=size)), ("s", coded(rng.integers(0, 2, size), ("m", "f"))))
    table = replace(table, survey=survey, covariates=covariates)
    if estimand == "poisson":
        counts = tuple(replace(p, values=np.exp(0.3 * p.values)) for p in table.predictions)
        table = replace(table, outcomes=tuple((n, np.exp(0.3 * y)) for n, y in table.outcomes), predictions=counts)
    reading, plan = Reading(model=model), Plan(estimand=estimand, model=model)
    answer = calibrate(from_table(table, reading=reading), plan)
    for name in "abcd":
        own = calibrate(from_table(alone(table, name), reading=reading), plan)
        mine = [e for e in answer.estimates if e.subgroup == name]
        assert [e.component for e in mine] == [e.component for e in own.estimates]
        for ours, theirs in zip(mine, own.estimates, strict=True):
            assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-9)


def test_shares_of_categories_in_subgroups() -> None:
    table, rng = grouped(4), np.random.default_rng(5)
    codes = np.where(table.human, rng.integers(0, 3, len(table.human)), -1)
    names = ("no", "so", "yes")
    said = tuple(replace(p, values=coded(rng.integers(0, 3, codes.size), names)) for p in table.predictions)
    table = replace(table, outcomes=(("y0", coded(codes, names)),), predictions=said)
    answer = calibrate(from_table(table, reading=Reading(Categories())), Plan(estimand="proportions"))
    assert [(e.subgroup, e.name, e.component) for e in answer.estimates] == [
        (g, arm, c) for g in NAMES for arm in ("control", "treatment") for c in names
    ]
    total = [sum(e.result.estimate for e in answer.estimates if (e.subgroup, e.name) == (g, "control")) for g in NAMES]
    assert total == pytest.approx([1.0] * 5)


def test_many_outcomes_as_matrices_are_what_each_is_alone() -> None:
    table = grouped(6, outcomes=9, sizes=(24, 30))
    arms = coded(np.where(table.arm.codes < 0, np.arange(len(table.human)) % 2, table.arm.codes), table.arm.names)
    table = replace(table, predictions=tuple(replace(p, arm=None) for p in table.predictions[::2]),
                    prediction_design="independent", arm=arms)  # fmt: skip
    answer = calibrate(from_table(table), Plan())
    assert [(e.outcome, e.subgroup) for e in answer.estimates] == [
        (f"y{k}", g) for k in range(9) for g in (None, "c", "d")
    ]
    for name in "cd":
        own = calibrate(from_table(alone(table, name)), Plan(compare=True))
        mine = [e for e in answer.estimates if e.subgroup == name]
        for ours, theirs in zip(mine, own.estimates, strict=True):
            assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-9)
    assert [a.subgroup for a in answer.arms[:6]] == [None, None, "c", "c", "d", "d"]


def test_a_subgroup_that_is_too_small_is_left_out() -> None:
    answer = calibrate(from_table(grouped(7, sizes=(24, 5, 26))), PLAN)
    assert [e.subgroup for e in answer.estimates] == [None, "b", "d"]
    (warning,) = [w for w in answer.warnings if w.code == "subgroup_too_small"]
    assert warning.message.startswith("subgroup 'c' with 5 human answers was left out: arm ")
    assert warning.pointer == "/data/outcomes/y0"


def test_a_subgroup_that_only_the_analysis_refuses_is_left_out_too() -> None:
    table = grouped(8, sizes=(24, 20))
    cluster = np.arange(len(table.human)) // 2 * 1.0
    cluster[table.subgroup.codes == 1] = -1.0
    answer = calibrate(from_table(replace(table, survey=Survey(cluster=cluster))), PLAN)
    assert [e.subgroup for e in answer.estimates] == [None, "d"]
    (warning,) = [w for w in answer.warnings if w.code == "subgroup_too_small"]
    assert warning.message.startswith("subgroup 'c' with 20 human answers was left out: ")


def test_when_no_subgroup_is_left_nothing_is_answered() -> None:
    with pytest.raises(InvalidSample) as found:
        from_table(grouped(9, sizes=(4, 5, 4, 5)))
    assert problems(found.value) == [("/data/subgroup", "no_usable_subgroup")]
    table = grouped(9, sizes=(20,))
    names = coded(np.zeros(len(table.human)), ("only",))
    samples = list(
        from_table(replace(table, subgroup=names, survey=Survey(cluster=np.arange(len(table.human)) // 2.0)))
    )
    samples[1] = replace(samples[1], human=tuple(replace(u, cluster=0 * u.cluster) for u in samples[1].human))
    with pytest.raises(CalibrationError) as refused:
        calibrate(samples, PLAN)
    assert problems(refused.value) == [("/data/subgroup", "no_usable_subgroup")]


def test_what_is_wrong_with_everyone_is_refused_once() -> None:
    table = grouped(10, outcomes=2)
    bare = replace(table, predictions=())
    with pytest.raises(NotIdentified) as found:
        calibrate(from_table(bare), PLAN)
    assert problems(found.value) == [("/data", "no_paired_predictions")]


def test_what_subgroups_cannot_have_is_refused() -> None:
    table = grouped(11)
    strata = replace(table, survey=Survey(stratum=np.arange(len(table.human)) // 2 % 2.0))
    with pytest.raises(UnsupportedCombination) as found:
        calibrate(from_table(strata), replace(PLAN, stratum_shares={"0": 0.5, "1": 0.5}))
    assert problems(found.value) == [("/plan/stratum_shares", "unsupported_combination")]
    with pytest.raises(UnsupportedCombination) as found:
        calibrate(from_table(replace(table, subgroup=None)), replace(PLAN, partial_pooling=True))
    assert problems(found.value) == [("/plan/partial_pooling", "unsupported_combination")]
    assert len(calibrate(from_table(strata), PLAN).estimates) == 5


def test_warnings_say_which_subgroup_they_are_about() -> None:
    answer = calibrate(from_table(grouped(12, sizes=(40, 10))), PLAN)
    few = [w.message for w in answer.warnings if w.code == "few_humans"]
    assert len(few) == 2
    assert all(message.startswith("subgroup 'c': arm '") for message in few)
    ignored = [w.message for w in calibrate(from_table(grouped(12)), Plan()).warnings if w.code == "llm_only_ignored"]
    assert len(ignored) == 1
    assert ignored[0].startswith("LLM-only units")


def test_estimates_of_everyone_and_of_subgroups_are_lined_up_unit_by_unit() -> None:
    table = grouped(13, outcomes=1)
    found = analyses(from_table(table), Plan(estimand="mean", estimator="human_only"))
    ones = np.array([1.0, 0.0])
    ours = correlation([influences(group[0].fits[0], ones) for group in found.groups])
    y, arm, group = table.outcomes[0][1], table.arm.codes, table.subgroup.codes
    rows = []
    for code in (None, 3, 2, 1, 0):
        mine = (arm == 0) & ((group == code) if code is not None else True)
        rows.append(np.where(mine, y - y[mine].mean(), 0.0))
    assert ours == pytest.approx(np.corrcoef(rows), abs=1e-12)
    assert ours[0, 1:].min() > 0.2
    assert ours[1:, 1:] == pytest.approx(np.eye(4), abs=1e-12)


@pytest.mark.parametrize("model", [None, Model(treatment=True)])
@pytest.mark.parametrize("clustered", [False, True])
def test_a_subgroup_of_everyone_costs_no_simultaneous_coverage(model: Model | None, *, clustered: bool) -> None:
    table = grouped(14, sizes=(40,))
    cluster = np.arange(len(table.human)) // 2.0 if clustered else None
    table = replace(table, survey=Survey(cluster=cluster))
    plan = Plan(estimand=None if model is None else "linear", model=model, multiplicity="max_t")
    reading = Reading(model=model)
    both = calibrate(from_table(table, reading=reading), plan)
    one = calibrate(from_table(replace(table, subgroup=None), reading=reading), plan)
    for ours, theirs in zip(both.estimates[: len(one.estimates)], one.estimates, strict=True):
        width = [e.result.interval.upper - e.result.interval.lower for e in (ours, theirs)]
        assert width[0] == pytest.approx(width[1], rel=0.01)
