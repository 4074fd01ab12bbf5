from __future__ import annotations

from dataclasses import replace

import pytest

from service.calibration.errors import InvalidPlan, UnsupportedCombination
from service.calibration.plan import Costs, Plan
from service.calibration.quantiles.support import check, check_bounds
from service.calibration.sample import Column
from tests.calibration.quantiles.asking import resolved
from tests.calibration.quantiles.studies import ONE, SAMPLES
from tests.calibration.studies import as_moments, problems

PLAN = Plan(quantiles=(0.5,))


@pytest.mark.parametrize(
    ("changed", "place", "listed"),
    [
        ({"estimator": "power_tuned"}, "/plan/estimator", "supported: auto, regression, human_only, ppi"),
        ({"interval": "bootstrap"}, "/plan/interval", "supported: auto, t, normal"),
        ({"multiplicity": "max_t"}, "/plan/multiplicity", "supported: none, holm"),
        ({"costs": Costs(5.0, 0.1)}, "/plan/costs", "supported: costs with means"),
    ],
)
def test_what_is_not_computed_is_refused_with_what_is(changed: dict, place: str, listed: str) -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        check(SAMPLES["one"], replace(PLAN, **changed))
    assert problems(refused.value) == [(place, "unsupported_combination")]
    assert listed in refused.value.problems[0].hint


def test_all_problems_are_listed_at_once() -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        check(as_moments(SAMPLES["one"]), replace(PLAN, interval="score", estimator="arm_tuned"))
    assert problems(refused.value) == [
        ("/plan/estimator", "unsupported_combination"),
        ("/plan/interval", "unsupported_combination"),
        ("/data/layout", "rows_required"),
    ]


def test_a_predictions_known_mean_is_refused_and_a_covariates_is_not() -> None:
    known = replace(ONE, columns=(replace(ONE.columns[0], population_mean=1.0),)).sample()
    with pytest.raises(UnsupportedCombination) as refused:
        check(known, PLAN)
    assert problems(refused.value) == [("/data/predictions/0", "unsupported_combination")]
    sample = SAMPLES["two LLMs and a covariate"]
    columns = tuple(replace(c, population_mean=0.0) if c.kind == "covariate" else c for c in sample.columns)
    assert isinstance(columns[2], Column)
    check(replace(sample, columns=columns), PLAN)


def test_bounds_must_hold_every_answer() -> None:
    check_bounds(resolved(SAMPLES["ties"], replace(PLAN, bounds=(1.0, 5.0))))
    with pytest.raises(InvalidPlan) as refused:
        check_bounds(resolved(SAMPLES["ties"], replace(PLAN, bounds=(2.0, 5.0))))
    assert problems(refused.value) == [("/plan/bounds", "outside_bounds")]
