"""Items, questions and calls for the tests of elicitation."""

from __future__ import annotations

import tomllib
from pathlib import Path

from service.gateway.elicitation import labels_of, schema_of
from service.gateway.providers.protocol import Call, Completion, Question
from service.gateway.study import Item, Option

NEAR = tomllib.loads((Path(__file__).parents[1] / "near_answers.toml").read_text(encoding="utf-8"))


def item(type_, codes=(), name="q", **rest):
    """An item whose options are codes, each its own label, or (code, label)."""
    pairs = [c if isinstance(c, tuple) else (c, str(c)) for c in codes]
    return Item(name, type_, f"Text of {name}", tuple(Option(*pair) for pair in pairs), **rest)


def question(asked, order=None):
    """The question of an item, its options in their own order or in that of ``order`` (places)."""
    offered = asked.offered
    return Question(asked, offered if order is None else tuple(offered[place] for place in order))


def call(method, *questions):
    """The call that asks these questions (or items in their own order)."""
    asked = tuple(q if isinstance(q, Question) else question(q) for q in questions)
    labels = labels_of(asked[0]) if method == "logprob" else ()
    return Call("m", method, "", "", asked, schema_of(asked, method), labels)


def wrote(text):
    return Completion(text=text)


def states(answers):
    """The value of each answer, or the reason why it has none."""
    return [a.value if a.missing is None else a.missing for a in answers]


def near_items():
    """The items of near_answers.toml."""
    return {
        name: Item(
            "q", spec["type"], "?", tuple(Option(*pair) for pair in spec.get("options", ())),
            spec.get("low"), spec.get("high"), spec.get("integer", False), spec.get("decline", "none"),
        )
        for name, spec in NEAR["items"].items()
    }  # fmt: skip
