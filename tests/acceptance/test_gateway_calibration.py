"""The hand-over: the gateway's calibration output, filled with human answers, is a request that gives an effect."""

from __future__ import annotations

import json
import random

import pytest

from tests.acceptance.generating import COLOUR, TRUST, fetched, generate, personas, study

COUNT = 240
EFFECT = 0.5
SHARES = {"estimand": {"type": "proportions"}, "control": "control"}
NUMBERED = COLOUR | {"name": "number", "options": [{"code": k, "label": label} for k, label in enumerate("xyz", 1)]}
COLOURS = COLOUR | {"name": "colours", "type": "multi_select"}


@pytest.fixture(scope="module")
def gateway(gateways):
    return gateways()


def handed(gateway, *items, method="decision", replicates=1, **changes):
    """The data of a run, and its records."""
    asked = {"method": method, "replicates": replicates}
    body = study(COUNT, *changes.pop("models", [{"name": "m"}]), items=items, elicitation=asked, **changes)
    records = generate(gateway, body | {"output": "calibration"})
    assert records[-1]["data"]["layout"] == "table"
    return records[-1]["data"], records


def calibrated(server, data, plan=None):
    """The answer to a filled table; it is sent as it stands."""
    status, content = fetched(server, "/v1/calibrations", {"data": data} | ({"plan": plan} if plan else {}))
    assert status == 200, content
    return json.loads(content)


def llm(data, row, outcome, category=None):
    """What the LLM says of a person in the arm the person is in."""
    arm = (data.get("arm") or [None] * COUNT)[row]
    (values,) = (
        column["values"]
        for column in data["predictions"]
        if column["outcome"] == outcome
        and column.get("arm") in {None, arm}
        and column.get("category") == category
        and not column.get("draw")
    )
    return values[row]


def fill(data, outcome, answer):
    """Human answers where there are humans: ``answer(row, whether treated)``."""
    for row, human in enumerate(data["human"]):
        if human:
            treated = (data.get("arm") or [None] * COUNT)[row] == "treatment"
            data["outcomes"][outcome][row] = answer(row, treated)


def trusting(data, chance, outcome="trust"):
    """Humans who answer as the LLM says and more where treated, with noise."""
    fill(data, outcome, lambda row, treated: llm(data, row, outcome) + EFFECT * treated + chance.gauss(0, 0.1))


def own_effect(data):
    """The LLM's own effect, over everybody."""
    of = {
        arm: [v for column in data["predictions"] if column["arm"] == arm for v in column["values"]]
        for arm in ("control", "treatment")
    }
    return sum(of["treatment"]) / COUNT - sum(of["control"]) / COUNT


def test_crossed_arms_give_a_calibrated_effect(gateway, server):
    data, _ = handed(gateway, TRUST)
    assert (data["prediction_design"], len(data["predictions"])) == ("shared", 2)
    assert {arm for arm, human in zip(data["arm"], data["human"], strict=True) if not human} == {None}
    trusting(data, random.Random(1))
    answer = calibrated(server, data, {"identification": "exchangeability"})
    (effect,) = answer["estimates"]
    assert (effect["name"], effect["verdict"]) == ("treatment - control", "llm_used")
    assert effect["interval"]["lower"] < own_effect(data) + EFFECT < effect["interval"]["upper"]
    assert effect["standard_error"] < 0.5 * effect["human_only"]["standard_error"]
    assert effect["human_sample_size"] == COUNT / 2


def test_assigned_arms_are_independent_predictions(gateway, server):
    data, _ = handed(gateway, TRUST, assignment="assigned")
    assert (data["prediction_design"], len(data["predictions"])) == ("independent", 1)
    trusting(data, random.Random(2))
    (effect,) = calibrated(server, data)["estimates"]
    assert effect["verdict"] == "llm_used"
    assert effect["standard_error"] < effect["human_only"]["standard_error"]


def test_one_population_gives_a_mean(gateway, server):
    people = [{name: value for name, value in person.items() if name != "arm"} for person in personas(COUNT)]
    data, _ = handed(gateway, TRUST, arms=None, personas=people)
    assert data.keys().isdisjoint({"arm", "prediction_design"})
    trusting(data, random.Random(3))
    (mean,) = calibrated(server, data)["estimates"]
    assert (mean["verdict"], mean["outcome"]) == ("llm_used", "trust")


def test_draws_of_two_models_with_refusals(gateway, server):
    shy = {"name": "shy", "parameters": {"simulated": {"refusal_rate": 0.1}}}
    data, records = handed(gateway, TRUST, method="sample", replicates=3, models=[{"name": "m"}, shy])
    assert len(data["predictions"]) == 2 * 2 * 3
    refused = records[-1]["counts"]["refused"]
    assert sum(column["values"].count(None) for column in data["predictions"]) == refused > 0
    chance = random.Random(4)
    fill(data, "trust", lambda _, treated: chance.randint(1, 4) + treated)
    answer = calibrated(server, data)
    assert {model["name"] for model in answer["estimates"][0]["models"]} == {"m", "shy"}


@pytest.mark.parametrize("assignment", ["crossed", "assigned"])
@pytest.mark.parametrize("item", [COLOUR, NUMBERED], ids=["words", "numbers"])
@pytest.mark.parametrize("method", ["decision", "sample"])
def test_a_choice_gives_shares(gateway, server, assignment, item, method):
    data, _ = handed(gateway, item, method=method, assignment=assignment)
    codes = [option["code"] for option in item["options"]]
    name, chance = item["name"], random.Random(5)

    def answer(row, treated):
        shares = [llm(data, row, name, str(code)) for code in codes]
        return chance.choices(codes, [share + 0.2 * (treated and k == 0) + 0.05 for k, share in enumerate(shares)])[0]

    fill(data, name, answer)
    estimates = calibrated(server, data, SHARES)["estimates"]
    assert [effect["component"] for effect in estimates] == sorted(map(str, codes))
    assert sum(effect["estimate"] for effect in estimates) == pytest.approx(0, abs=1e-9)
    assert all(effect["name"] == "treatment - control" for effect in estimates)


@pytest.mark.parametrize("assignment", ["crossed", "assigned"])
@pytest.mark.parametrize("method", ["decision", "sample"])
def test_several_choices_are_outcomes_of_their_own(gateway, server, assignment, method):
    data, _ = handed(gateway, COLOURS, method=method, assignment=assignment)
    assert list(data["outcomes"]) == ["colours.r", "colours.b", "colours.g"]
    chance = random.Random(6)
    for outcome in data["outcomes"]:
        fill(data, outcome, lambda _, treated: int(chance.random() < 0.4 + 0.2 * treated))
    estimates = calibrated(server, data)["estimates"]
    assert [effect["outcome"] for effect in estimates] == list(data["outcomes"])


def test_several_scales_in_one_call(gateway, server):
    other = TRUST | {"name": "warmth", "text": "The sender is warm."}
    asked = {"method": "verbalized", "items_per_call": 2}
    body = study(COUNT, {"name": "m"}, items=[TRUST, other], elicitation=asked, output="calibration")
    data = generate(gateway, body)[-1]["data"]
    for outcome in ("trust", "warmth"):
        trusting(data, random.Random(7), outcome)
    assert [effect["outcome"] for effect in calibrated(server, data)["estimates"]] == ["trust", "warmth"]


def test_the_costs_of_a_run_are_costs_of_a_design(gateway, server):
    _, records = handed(gateway, TRUST, cache="off")
    basis = {"kind": "assumed", "ppi_correlation": {"m": 0.6}}
    asked = {"basis": basis, "costs": {"human": 4.0} | records[-1]["costs"]}
    status, content = fetched(server, "/v1/designs", asked | {"objective": {"kind": "budget", "budget": 1000}})
    assert status == 200, content
