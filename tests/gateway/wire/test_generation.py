from __future__ import annotations

import msgspec
import pytest

from service.gateway.providers.simulated import PARTICULAR
from service.gateway.study import Caps, Template
from service.gateway.wire.generation import GenerationRequest, Particular, to_study
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.gateway.studies import LIKERT, NUMERIC, PERSONAS, request, study

DECODER = StrictDecoder(GenerationRequest)


def test_every_default_is_the_documented_one() -> None:
    whole = {
        "personas": [{"unit_id": "u"}],
        "items": [LIKERT],
        "models": [{"name": "m", "provider": "openai"}, {"name": "s"}],
        "elicitation": {"method": "decision"},
    }
    found = to_study(msgspec.convert(whole, GenerationRequest))
    assert [arm.name for arm in found.arms] == ["all"]
    assert (found.assignment, found.execution_order, found.cache, found.output) == ("crossed", "random", "use", "cells")
    assert found.elicitation.replicates == found.elicitation.items_per_call == 1
    assert (found.elicitation.option_order, found.elicitation.lenient) == ("fixed", False)
    assert found.template == Template("", "{arm}\n{item}")
    assert found.caps == Caps()
    assert (found.seed, found.done) == (0, frozenset())
    assert [(m.provider, m.model, m.on_unsupported) for m in found.models] == [
        ("openai", "m", "error"), ("simulated", "simulated", "error"),
    ]  # fmt: skip
    assert (found.personas[0].attributes, found.personas[0].arm, found.personas[0].human) == ({}, None, False)
    assert found.items[0].decline == "none"


def test_null_means_absent() -> None:
    nulls = dict.fromkeys(
        ["arms", "assignment", "template", "seed", "execution_order", "limits", "resume", "cache", "output"]
    )
    bare = request(arms=None, template=None)
    assert to_study(msgspec.convert(bare | nulls, GenerationRequest)) == study(arms=None, template=None)


def test_what_is_given_is_taken() -> None:
    found = study(
        items=[NUMERIC],
        models=[{"name": "m", "model": "x", "parameters": {"temperature": 0, "simulated": {"noise": 2}}}],
        elicitation={"method": "sample", "replicates": 3, "option_order": "random", "lenient": True},
        limits={"usd": 5, "tokens": 10, "calls": 3, "deadline_seconds": 60},
        resume={"done": ["a"]},
        seed=7,
    )
    assert (found.items[0].low, found.items[0].high, found.items[0].integer) == (0, 120, True)
    assert found.models[0].parameters == {"temperature": 0, "noise": 2}
    assert found.caps == Caps(5, 10, 3, 60)
    assert found.done == {"a"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"personas": []}, "/personas"),
        ({"personas": [PERSONAS[0] | {"age": 3}]}, "/personas/0/age"),
        ({"items": [LIKERT | {"type": "matrix"}]}, "/items/0/type"),
        ({"items": [LIKERT | {"options": [{"code": 1.5}]}]}, "/items/0/options/0/code"),
        ({"items": [LIKERT | {"options": [{"code": 1, "label": "a" * 2001}]}]}, "/items/0/options/0/label"),
        ({"elicitation": {}}, "/elicitation"),
        ({"elicitation": {"method": "decision", "replicates": 0}}, "/elicitation/replicates"),
        ({"models": [{"name": "m", "parameters": {"temperature": "1"}}]}, "/models/0/parameters/temperature"),
        ({"models": [{"name": "m", "base_url": "http://x"}]}, "/models/0/base_url"),
        ({"limits": {"usd": -1}}, "/limits/usd"),
        *(
            (
                {"models": [{"name": "m", "parameters": {"simulated": {name: value}}}]},
                f"/models/0/parameters/simulated/{name}",
            )
            for name, value in (("max_output_tokens", 9), ("temperature", 9), ("seed", -1), ("error_rate", 1.5))
        ),
    ],
)
def test_shapes_are_refused_with_their_place(changes, place) -> None:
    with pytest.raises(ProblemError) as refused:
        DECODER.decode(msgspec.json.encode(request(**changes)))
    assert [error.pointer for error in refused.value.errors] == [place]


def test_what_is_simulated_is_what_the_embedded_provider_knows() -> None:
    assert set(Particular.__struct_fields__) == PARTICULAR
