"""Several outcomes in one call: in order, each as if alone, and what is said of all of them together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import InvalidPlan, NotIdentified
from service.calibration.plan import Costs, NamedContrast, Plan
from service.calibration.sample import Sample
from tests.calibration.studies import problems, simulate

TWINS = {"n": (20, 25, 22), "m": 40, "design": "shared"}
PLAN = Plan(identification="exchangeability")


def named(seed: int, name: str, **of) -> Sample:
    return replace(simulate(seed, **(TWINS | of)).sample(), outcome=name)


SAMPLES = (named(1, "trust"), named(2, "warmth", models=2), named(3, "use", outcome="binary"))


def test_every_outcome_is_answered_as_if_alone_and_in_order() -> None:
    together = calibrate(SAMPLES, PLAN)
    alone = [calibrate(sample, PLAN) for sample in SAMPLES]
    assert together.estimates == tuple(e for a in alone for e in a.estimates)
    assert together.arms == tuple(block for a in alone for block in a.arms)
    assert [(e.outcome, e.name) for e in together.estimates[:3]] == [
        ("trust", "treatment - control"), ("trust", "third - control"), ("warmth", "treatment - control"),
    ]  # fmt: skip
    assert together.verdict == alone[0].verdict
    assert together.claim == min((a.claim for a in alone), key=["exploratory", "confirmatory"].index)


def test_one_sample_may_come_alone_or_in_a_list() -> None:
    assert calibrate([SAMPLES[0]], PLAN) == calibrate(SAMPLES[0], PLAN)


def test_a_tested_assumption_is_tested_jointly() -> None:
    alone = [calibrate(sample, PLAN).assumptions[-1] for sample in SAMPLES]
    (joint,) = [a for a in calibrate(SAMPLES, PLAN).assumptions if a.name == "exchangeability"]
    assert joint.p_value == pytest.approx(min(1.0, 3 * min(a.p_value for a in alone)))
    assert joint.statement.count(";") == 1


def test_a_rejection_of_one_outcome_leaves_the_claims_of_the_others() -> None:
    far = simulate(1, **TWINS)
    moved = replace(far, llm_only=tuple(c + 3.0 for c in far.llm_only)).sample()
    answer = calibrate((SAMPLES[0], replace(moved, outcome="far")), replace(PLAN, estimator="regression"))
    assert [e.claim for e in answer.estimates] == ["confirmatory"] * 2 + ["exploratory"] * 2
    assert answer.claim == "exploratory"
    assert [w.code for w in answer.warnings].count("exchangeability_rejected") == 1


def test_the_same_warning_is_given_once() -> None:
    few = [replace(named(k, name, n=(6, 25, 22)), pointers=("/x",) * 3) for k, name in ((1, "a"), (2, "b"))]
    assert [w.code for w in calibrate(few, PLAN).warnings].count("few_humans") == 1


def test_the_design_is_that_of_the_first_outcome() -> None:
    asked = replace(PLAN, costs=Costs(5.0, 0.1, budget=1000.0))
    together, alone = calibrate(SAMPLES, asked), calibrate(SAMPLES[0], asked)
    assert together.design.design.standard_error == alone.design.design.standard_error
    assert "design_first_outcome" in [w.code for w in together.warnings]
    assert "design_first_outcome" not in [w.code for w in alone.warnings]


def test_problems_of_all_outcomes_are_listed_once() -> None:
    wrong = Plan(contrasts=(NamedContrast("d", {"nobody": 1.0, "control": -1.0}),))
    with pytest.raises(InvalidPlan) as refused:
        calibrate(SAMPLES, wrong)
    assert problems(refused.value) == [("/plan/contrasts/0/weights/nobody", "unknown_arm")]
    bare = replace(named(1, "bare"), columns=(), llm_only=(None,))
    with pytest.raises(InvalidPlan) as refused:
        calibrate((bare, SAMPLES[1]), wrong)
    assert [code for _, code in problems(refused.value)] == ["unknown_arm", "no_paired_predictions"]
    with pytest.raises(NotIdentified):
        calibrate((bare, SAMPLES[1]), PLAN)
