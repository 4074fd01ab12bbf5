"""What a model behind ``transformers serve`` is asked for a cell of a study, spelled out character by character.

The words around a decision are the server's own (transformers 5.23, decision/template_utils.py, DECISION_PROMPT), those
around messages the tiny model's chat template.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

from service.gateway.elicitation import question_text
from service.gateway.providers.protocol import Question
from service.gateway.study import Item, Option
from tests.acceptance.generating import Record

MOST = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The wires' names of the bound on the output."""


def written(body: Record, cell: Record) -> Record:
    """The question that a sampled text answers, with the parameters that its record says were sent."""
    sent = cell["provenance"]["parameters_sent"]
    (most,) = (sent[name] for name in MOST if name in sent)
    system, user = _texts(body, [cell])
    chance = {"temperature": sent["temperature"], "seed": sent.get("seed", 0), "max_tokens": most}
    return {"prompt": f"<s><|system|>{system}<|user|>{user}<|assistant|>"} | chance


def decided(body: Record, call: list[Record]) -> list[tuple[Record, list[Record]]]:
    """The cells of one call, each with the questions that its probabilities answer."""
    state = "\n\n".join(_texts(body, call))
    found = []
    for cell in call:
        asked = _labelled(_question(body, cell))
        prompts = ((f"<s><|user|>{state}\n\n{text}<|assistant|>", labels) for text, labels in asked)
        found.append((cell, [{"prompt": prompt, "labels": labels} for prompt, labels in prompts]))
    return found


def _texts(body: Record, call: list[Record]) -> tuple[str, str]:
    """System and user text."""
    (person,) = (each["attributes"] for each in body["personas"] if each["unit_id"] == call[0]["unit_id"])
    (arm,) = (each["text"] for each in body["arms"] if each["name"] == call[0]["arm"])
    numbers: list[Any] = list(range(1, len(call) + 1)) if len(call) > 1 else [None]
    method = body["elicitation"]["method"]
    asked = (question_text(_question(body, cell), method, k) for cell, k in zip(call, numbers, strict=True))
    return f"You are {person['age']} years old and work as {person['job']}.", arm + "\n" + "\n\n".join(asked)


def _question(body: Record, cell: Record) -> Question:
    """The item of a cell with its options in the order on record."""
    (item,) = (each for each in body["items"] if each["name"] == cell["item"])
    by_code = {each["code"]: Option(each["code"], each["label"]) for each in item.get("options", ())}
    bounds = {"low": item.get("min"), "high": item.get("max"), "integer": item.get("integer", False)}
    known = Item(item["name"], item["type"], item["text"], tuple(by_code.values()), **bounds)
    return Question(known, tuple(by_code[code] for code in cell["provenance"]["option_order"]))


def _labelled(question: Question) -> Iterator[tuple[str, list[str]]]:
    """Texts and the labels whose next-token probabilities count; a yes or no for every option of a multi_select."""
    item, shown = question.item, [option.label for option in question.options]
    if item.type == "multi_select":
        for option in shown:
            yield f"{item.text}\nThis is among the answers chosen: {option}\nAnswer Yes or No only.", ["Yes", "No"]
        return
    labels = list(ascii_uppercase[: len(shown)])
    listed = "\n".join(f"{label}. {option}" for label, option in zip(labels, shown, strict=True))
    kind = "level" if item.type == "likert" else "option"
    how = f"Answer with the letter of the {kind} that fits best (A to {labels[-1]}) only."
    yield f"{item.text}\n{listed}\n{how}", labels
