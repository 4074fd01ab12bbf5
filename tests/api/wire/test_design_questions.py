from __future__ import annotations

import pytest

from service.api.wire.design_questions import QuestionUnits, questions
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from service.calibration.designs.questionnaire import Asked, Questionnaire
from service.calibration.designs.questions import questions_design
from tests.api.wire.designing import answered, assumed, refused
from tests.calibration.designs.cases import one

TWO = [{"name": "trust", "basis": assumed(0.7)}, {"name": "income", "basis": assumed(0.3, 2.0), "weight": 2}]


def ask(listed: list[dict] = TWO, **rest: object) -> dict:
    return {"kind": "questions", "questions": listed} | rest


def test_every_number_of_the_core_stands_on_the_wire():
    asked = tuple(Asked(name, one(rho), Costs(4.0, (0.05,))) for name, rho in (("a", 0.7), ("b", 0.3)))
    for sample in ("separate", "same"):
        core = questions_design(Questionnaire(asked, sample, "worst", Objective("budget", 400.0)))
        wire = questions(core)
        for name in wire.__struct_fields__:
            if name not in ("questions", "groups"):
                assert getattr(wire, name) == getattr(core, name), name
        for sent, found in zip(wire.questions, core.questions, strict=True):
            for name in QuestionUnits.__struct_fields__:
                if name != "groups":
                    assert getattr(sent, name) == getattr(found, name), name
        parts = [(sent.groups, found.groups) for sent, found in zip(wire.questions, core.questions, strict=True)]
        for groups, counted in [(wire.groups, core.groups), *parts]:
            assert (groups is None) is (counted is None)
            assert groups is None or [(g.human, g.n) for g in groups] == [(g.human, g.n) for g in counted]


def test_questions_are_told_with_nothing_of_a_single_design():
    found = answered(basis=ask())
    assert [q["name"] for q in found["questions"]["questions"]] == ["trust", "income"]
    assert (found["questions"]["sample"], found["questions"]["minimise"]) == ("separate", "weighted_sum")
    nothing = ("design", "continuous", "human_only", "cost_share", "llm_pays", "bands", "top_up", "sampling")
    assert all(found[name] is None for name in nothing)
    assert len(found["frontier"]) == 13
    assert found["passport"]["method"] == "c-optimal design for budget over questions"
    assert "2 questions on separate samples" in found["passport"]["report"]


def test_weights_prices_and_effects_are_each_questions_own():
    plain = answered(basis=ask(), effect=0.3)["questions"]["questions"]
    own = [TWO[0] | {"weight": 9, "effect": 0.5, "costs": {"human": 9, "llm": 0.5}}, TWO[1]]
    changed = answered(basis=ask(own), effect=0.3)["questions"]["questions"]
    assert changed[0]["share"] > plain[0]["share"]
    assert {g["unit_cost"] for g in changed[0]["groups"]} <= {9.0, 9.5, 0.5}
    assert changed[0]["weight"] == 9
    assert changed[1]["power"] < plain[1]["power"]


@pytest.mark.parametrize("sample", ["separate", "same"])
def test_the_worst_is_made_as_good_as_the_others(sample):
    found = answered(basis=ask(sample=sample, minimise="worst"))["questions"]
    errors = [q["weight"] * q["standard_error"] ** 2 for q in found["questions"]]
    assert max(errors) == pytest.approx(found["value"])
    if sample == "separate":
        assert errors[0] == pytest.approx(errors[1], rel=0.1)


def test_pilots_and_moments_may_be_asked_about_beside_assumptions():
    pilot = {
        "kind": "pilot",
        "data": {
            "layout": "arrays",
            "arms": [
                {
                    "name": "all",
                    "human": [3, 4, 2, 5, 4, 3, 2, 1],
                    "llm": [3, 4, 2, 4, 4, 3, 3, 2],
                    "llm_only": [3, 2, 4],
                }
            ],
        },
    }
    found = answered(basis=ask([TWO[0], {"name": "pilot", "basis": pilot}]))["questions"]["questions"]
    assert min(q["n_human"] for q in found) > 5
    alone = answered(basis=pilot, objective={"kind": "budget", "budget": found[1]["cost"]})
    assert found[1]["standard_error"] == pytest.approx(alone["design"]["standard_error"], rel=0.01)


def test_every_questions_refusals_point_into_it():
    bad = [
        {"name": "a", "basis": assumed(0.5) | {"arms": {"x": {}}}},
        {"name": "b", "basis": assumed(0.5) | {"ppi_correlation": {"g": 0.5, "h": 0.5}}},
    ]
    assert refused(basis=ask(bad)) == [
        ("/basis/questions/0/basis/arms/x", "unknown_arm"),
        ("/basis/questions/1/basis/model_correlation", "missing_model_correlation"),
    ]
    impossible = {"kind": "assumed", "ppi_correlation": {"g": 0.9, "h": 0.9}, "model_correlation": -0.9}
    assert refused(basis=ask([{"name": "a", "basis": impossible}, TWO[0], {"name": "b", "basis": impossible}])) == [
        (f"/basis/questions/{i}/basis/model_correlation", "impossible_correlations") for i in (0, 2)
    ]
    assert refused(basis=ask([TWO[0], TWO[0]])) == [("/basis/questions/1/name", "duplicate_question")]
    priced = {"human": 4, "llm": {"other": 1}}
    ways = [{"name": "a", "basis": assumed({"g": 0.5})}, {"name": "b", "basis": assumed({"g": 0.5}), "costs": priced}]
    assert {pointer for pointer, _ in refused(basis=ask(ways))} == {"/basis/questions/1/costs/llm"}
    named = {"arms": ["a", "/basis"], "prediction_design": "independent"}
    contrast = {"name": "d", "weights": {"a": 1, "x/basis": -1}}
    assert refused(basis=ask([{"name": "a", "basis": assumed(0.5)}]), contrasts=[contrast], **named) == [
        ("/contrasts/0/weights/x~1basis", "unknown_arm")
    ]


def test_what_only_one_design_has_is_refused():
    assert refused(basis=ask(), draws={"max": 2}, simulate=True) == [
        ("/draws", "unsupported_combination"),
        ("/simulate", "unsupported_combination"),
    ]
