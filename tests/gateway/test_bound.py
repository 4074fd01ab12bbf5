from __future__ import annotations

import pytest

from service.gateway import bound
from service.gateway.bound import Bounding
from service.gateway.cells import Cells
from service.gateway.conduct.budget import upper_bound
from service.gateway.prompts import Prompts
from service.gateway.providers.offer import Price
from service.gateway.providers.registry import CODECS
from service.gateway.wire.records import Bound
from tests.gateway.studies import CHOICE, LIKERT, MULTI, NUMERIC, crowd, prompts

PRICE = Price(1.0, 10.0, "2026-11-01")
SAMPLE = {"method": "sample", "replicates": 2}
LONG = 'a "very" long word for a job\n'
FEW = {"models": [{"name": "m", "parameters": {"max_output_tokens": 50, "seed": 7}}]}


def bounded(made: Prompts, codec: str = "openai_chat") -> Bound:
    names = [model.name for model in made.study.models]
    return Bounding(made, dict.fromkeys(names, CODECS[codec]), dict.fromkeys(names, PRICE)).bound()


def test_the_bound_is_the_sum_of_what_every_call_would_hold() -> None:
    made = prompts(personas=crowd(5), elicitation=SAMPLE, **FEW)
    codec = CODECS["openai_chat"]
    calls = [made.render(one).call for one in Cells(made.study).in_order()]
    held = [upper_bound(call, PRICE, codec.encode(call)) for call in calls]
    found = bounded(made)
    assert found.usd == pytest.approx(sum(h.nano_usd for h in held) / 1e9)
    assert found.output_tokens == 50 * len(calls)
    assert found.input_tokens + found.output_tokens == sum(h.tokens for h in held)


def people(*jobs: str | None) -> list[dict]:
    arms = ("control", "treatment")
    return [
        {"unit_id": f"u{k}", "attributes": {"age": 30, "job": job}, "arm": arms[k % 3 == 0]}
        for k, job in enumerate(jobs)
    ]


STUDIES = [
    {"personas": people(*["cook"] * 29, LONG)},
    {"personas": people(*["cook"] * 29, LONG), "assignment": "assigned"},
    {"personas": people("cook"), "elicitation": SAMPLE | {"replicates": 50}},
    {"personas": people(*["cook"] * 20, LONG), "arms": [{"name": f"a{k}", "text": "word " * k} for k in range(9)]},
    {"personas": people("b" * 50, " " * 100, None), "template": {"user": "{job}", "system": "{item}"}},
    {"personas": people("", *["bb"] * 9), "template": {"user": "{job}", "system": "{item}"}},
    {"personas": people(*["cook"] * 9), "items": [LIKERT, CHOICE | {"text": LONG * 9}, MULTI, NUMERIC]},
    {"personas": people(*["cook"] * 9), "models": [{"name": f"m{k}", "parameters": {"seed": k}} for k in range(9)]},
]


@pytest.mark.parametrize("few", [20, 3, 0])
@pytest.mark.parametrize("codec", ["openai_chat", "gemini", "simulated"])
@pytest.mark.parametrize("changes", STUDIES)
def test_what_stands_for_many_calls_is_no_shorter_than_any(changes, codec, few, monkeypatch) -> None:
    made = prompts(**{"elicitation": SAMPLE} | FEW | changes)
    exact = bounded(made, codec)
    monkeypatch.setattr(bound, "EXACT", few)
    quick = bounded(made, codec)
    assert quick.input_tokens >= exact.input_tokens
    assert quick.usd >= exact.usd
    assert quick.output_tokens == exact.output_tokens


def test_a_bound_by_the_longest_persona_is_close(monkeypatch) -> None:
    made = prompts(personas=people(*["cook"] * 29, LONG), elicitation=SAMPLE, **FEW)
    exact = bounded(made).input_tokens
    monkeypatch.setattr(bound, "EXACT", 10)
    assert exact <= bounded(made).input_tokens < 1.3 * exact


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({"arms": [{"name": f"a{k}"} for k in range(3000)], "items": [LIKERT | {"name": f"q{k}"} for k in range(2100)],
          "assignment": "assigned", "personas": [{"unit_id": "u", "arm": "a7"}]}, 2101),
        ({"arms": [{"name": f"a{k}"} for k in range(3000)], "items": [LIKERT | {"name": f"q{k}"} for k in range(2)],
          "personas": [{"unit_id": "u"}]}, 2),
        ({"models": [{"name": f"m{k}"} for k in range(100)], "items": [LIKERT | {"name": f"q{k}"} for k in range(300)],
          "personas": [{"unit_id": "u"}], "arms": [{"name": "only"}]}, 400),
        ({"personas": [{"unit_id": f"u{k}", "attributes": {"life": "x" * k * 10**6}} for k in range(2)],
          "items": [LIKERT | {"name": f"q{k}"} for k in range(300)], "template": {"system": "{life}"}}, 301),
    ],
)  # fmt: skip
def test_few_requests_are_rendered_whatever_the_design(changes, most, monkeypatch) -> None:
    made = prompts(**{"template": {}, "elicitation": {"method": "sample"}} | changes)
    rendered = []
    monkeypatch.setattr(Prompts, "render", lambda self, planned, true=Prompts.render: (
        rendered.append(planned), true(self, planned))[1])  # fmt: skip
    bounded(made)
    assert 0 < len(rendered) <= most
