"""The design inside a calibration: computed from costs, doubted where the data cannot tell, refused at its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.plan import Costs, Plan
from service.calibration.resolution import resolve
from service.calibration.study_design import planned_frame, study_design
from tests.calibration import nonresponse
from tests.calibration.studies import Study, problems, simulate

ARMS = simulate(23, (20, 25), (60, 70))


def answer(study: Study, costs: Costs, **plan) -> Answer:
    return calibrate(study.sample(), Plan(costs=costs, **plan))


def test_the_design_spends_the_budget() -> None:
    found = answer(ARMS, Costs(5.0, 0.1, budget=400.0)).design
    assert 380.0 < found.design.cost <= 400.0


def test_without_a_budget_it_spends_what_the_study_cost() -> None:
    cost = 45 * (5.0 + 0.1) + 130 * (0.2 + 0.1)
    found = answer(ARMS, Costs(5.0, 0.1, 0.2)).design
    assert cost - 10.0 < found.design.cost <= cost


def test_it_is_the_design_of_the_resolved_plan() -> None:
    costs = Costs(5.0, 0.1, budget=400.0)
    alone = study_design(resolve(ARMS.sample(), Plan(costs=costs, confidence_level=0.9)), costs)
    inside = answer(ARMS, costs, confidence_level=0.9).design
    assert inside.design.standard_error == alone.design.standard_error
    assert inside.design.interval_width == alone.design.interval_width
    wider = answer(ARMS, costs, confidence_level=0.99).design.design
    assert wider.interval_width > inside.design.interval_width


def test_data_that_cannot_tell_cost_a_warning_and_not_the_answer() -> None:
    """ppi needs no regression; the design does, and five humans carry none of six columns."""
    wide = simulate(23, (5, 5), (60, 60), models=6)
    found = answer(wide, Costs(5.0, 0.1), estimator="ppi")
    assert found.design is None
    assert [(w.code, w.pointer) for w in found.warnings if w.code == "design_not_computed"] == [
        ("design_not_computed", "/plan/costs")
    ]
    assert np.isfinite(found.estimates[0].result.estimate)


@pytest.mark.parametrize(
    ("costs", "place", "code"),
    [
        (Costs(5.0, {"m0": 0.1, "other": 0.2}), "/plan/costs/llm", "unknown_model"),
        (Costs(5.0, {}), "/plan/costs/llm", "missing_price"),
        (Costs(5.0, 0.1, budget=1.0), "/plan/costs", "infeasible_constraints"),
    ],
)
def test_costs_that_are_wrong_are_refused_at_their_place(costs: Costs, place: str, code: str) -> None:
    with pytest.raises(CalibrationError) as refused:
        answer(ARMS, costs)
    assert problems(refused.value) == [(place, code)]


def test_a_survey_design_is_said_not_to_be_planned_for() -> None:
    study = simulate(3, (30, 33), 60, design="shared")
    plain = study.sample()
    plan = Plan(identification="exchangeability", costs=Costs(5.0, 0.02, budget=1000.0))
    strata = replace(
        plain,
        strata=("a", "b"),
        human=tuple(replace(s, stratum=np.arange(s.n) % 2) for s in plain.human),
        llm_only=(replace(plain.llm_only[0], stratum=np.arange(60) % 2),),
    )
    found, alone = calibrate(strata, plan), calibrate(plain, plan)
    assert "design_ignores_survey_design" in [w.code for w in found.design.warnings]
    assert "design_ignores_survey_design" not in [w.code for w in alone.design.warnings]
    assert [g.arm for g in found.design.design.groups] == [g.arm for g in alone.design.design.groups]


def test_people_who_did_not_answer_are_no_part_of_a_design() -> None:
    resolved = resolve(nonresponse.sample(nonresponse.Asked(200), 1), Plan())
    with pytest.raises(CalibrationError) as refused:
        planned_frame(resolved)
    assert problems(refused.value) == [("/basis/plan/missing", "unsupported_combination")]
