from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.plan import Costs, Plan
from service.calibration.transport.supported import problems
from service.calibration.transport.transported import transported
from tests.calibration.transports import TARGET, samples, table

DATA, READING = table(n=60, m=60), Reading(target=TARGET)


@pytest.mark.parametrize(
    ("plan", "places"),
    [
        (Plan(), []),
        (Plan(estimand="mean_difference", interval="normal", estimator="ppi", multiplicity="max_t"), []),
        (Plan(estimand="quantile"), ["/plan/estimand"]),
        (Plan(estimand="linear", interval="bootstrap"), ["/plan/estimand", "/plan/interval"]),
        (Plan(interval="randomization", estimator="design_based"), ["/plan/interval", "/plan/estimator"]),
        (
            Plan(estimator="recalibrated", inference_population="sample"),
            ["/plan/estimator", "/plan/inference_population"],
        ),
        (Plan(compat=True, costs=Costs(5.0, 0.1)), ["/plan/compat", "/plan/costs"]),
        (Plan(stratum_shares={"a": 1.0}), ["/plan/stratum_shares"]),
    ],
)
def test_plans(plan: Plan, places: list[str]) -> None:
    found = problems(samples(DATA)[0], plan)
    assert [p.pointer for p in found] == places
    assert all(p.code == "unsupported_combination" and p.hint.startswith("supported: target") for p in found)


def test_data() -> None:
    h, ids = np.full(120, 0.5), np.arange(120.0) % 3
    known = tuple(replace(p, population_mean=0.5) for p in DATA.predictions)

    def places(data) -> list[str]:
        return sorted({p.pointer for sample in samples(data) for p in problems(sample, Plan())})

    assert places(replace(DATA, survey=Survey(sampling_probability=h))) == ["/data/sampling_probability"]
    assert places(replace(DATA, survey=Survey(stratum=ids))) == ["/data/stratum"]
    assert places(replace(DATA, survey=Survey(weight=h, cluster=ids))) == []
    assert places(replace(DATA, subgroup=ids)) == ["/data/subgroup"]
    y = np.where(np.arange(120) < 3, np.nan, DATA.outcomes[0][1])
    silent = replace(DATA, outcomes=(("y", y),), human=tuple(np.arange(120) < 60))
    (asked,) = from_table(silent, "response_propensity", READING)
    assert [p.pointer for p in problems(asked, Plan())] == ["/plan/missing"]
    assert places(replace(DATA, predictions=known)) == [f"/data/predictions/{j}/population_mean" for j in (0, 1)]


def test_they_are_refused_together() -> None:
    with pytest.raises(UnsupportedCombination) as found:
        transported(samples(replace(DATA, survey=Survey(stratum=np.arange(120.0) % 3))), Plan(interval="score"))
    assert [p.pointer for p in found.value.problems] == ["/plan/interval", "/data/stratum"]
