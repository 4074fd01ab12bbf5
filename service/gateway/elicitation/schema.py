"""The closed JSON schema that an answer follows: one required property per item, nothing else.

Only type, enum, properties, required, additionalProperties, items, anyOf and description are used: what the strict
modes of providers accept. Ranges, repetitions and the length of a ranking stand in descriptions and are checked by us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.gateway.elicitation.wording import is_plain, span
from service.gateway.providers.protocol import Question
from service.gateway.study import DECLINED, Method

Schema = dict[str, Any]


def schema_of(questions: Sequence[Question], method: Method) -> Mapping[str, object] | None:
    """The schema; None where the answer is no JSON: ``decision``, ``logprob``, a lone free text (unless nullable)."""
    if method in {"decision", "logprob"} or is_plain(questions, method):
        return None
    variants = _stated if method == "verbalized" else _written
    return _closed({q.item.name: _any_of([*variants(q), *_null(q)]) for q in questions})


def _written(question: Question) -> list[Schema]:
    """An answer, by its possible types."""
    item = question.item
    match item.type:
        case "choice" | "likert":
            return _codes(question)
        case "numeric":
            number: Schema = {"type": "integer" if item.integer else "number", "description": span(item)}
            return [number] if item.decline != "option" else [number, {"type": "string", "enum": [DECLINED]}]
        case "multi_select":
            return [_array(question, "The codes of all options that apply, each at most once")]
        case "ranking":
            return [_array(question, "The codes of all options, each once, from first to last")]
        case _:  # free_text
            return [{"type": "string"}]


def _stated(question: Question) -> list[Schema]:
    """A probability by code."""
    return [_closed({str(o.code): {"type": "number"} for o in question.options})]


def _null(question: Question) -> list[Schema]:
    return [{"type": "null"}] if question.item.decline == "schema" else []


def _array(question: Question, description: str) -> Schema:
    return {"type": "array", "items": _any_of(_codes(question)), "description": description}


def _codes(question: Question) -> list[Schema]:
    """Enumerations of the codes in the order shown, by type."""
    codes = [o.code for o in question.options]
    numbers: list[int | str] = [c for c in codes if not isinstance(c, str)]
    strings: list[int | str] = [c for c in codes if isinstance(c, str)]
    return [{"type": t, "enum": e} for t, e in (("integer", numbers), ("string", strings)) if e]


def _any_of(variants: list[Schema]) -> Schema:
    return variants[0] if len(variants) == 1 else {"anyOf": variants}


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
