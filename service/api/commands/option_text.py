"""What options say: JSON or a file of it, name=value pairs, predictions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from service.api.commands.usage import UsageError

_FACTS = re.compile(r"((?:,(?:outcome|category|draw|covariate|fill|population_mean)=[^,]*)*)$")
_NUMERIC = frozenset({"draw", "fill", "population_mean"})


def json_object(option: str, text: str | None) -> dict[str, Any]:
    """The object of a JSON text or, after ``@``, of a file; {} where the option was not given."""
    if text is None:
        return {}
    try:
        written = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
        found = json.loads(written, parse_constant=_no_constant)
    except OSError as error:
        raise UsageError(f"{option}: {text[1:]}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{option}: this is not JSON ({error}); a file of it is given as @FILE") from None
    if not isinstance(found, dict):
        raise UsageError(f'{option}: a JSON object is needed, such as {{"seed": 1}}')
    return found


def word_or_object(option: str, text: str) -> dict[str, Any]:
    """A JSON object, or a word that is its ``type``."""
    return json_object(option, text) if text.startswith(("{", "@")) else {"type": text}


def pairs(option: str, text: str, allowed: Collection[str] = ()) -> dict[str, str]:
    """``a=1,b=2`` as a mapping; names that are not allowed are refused (a name before a dot is that name)."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, sign, value = (x.strip() for x in part.partition("="))
        if not (sign and name and value):
            raise UsageError(f"{option}: {part.strip()!r} is not NAME=VALUE; parts are separated by commas")
        if name in found:
            raise UsageError(f"{option}: {name} stands twice")
        if allowed and name.partition(".")[0] not in allowed:
            raise UsageError(f"{option}: {name} is not known; there are {', '.join(allowed)}")
        found[name] = value
    return found


def number(option: str, text: str) -> float:
    """A number."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{option}: {text!r} is not a number")
    return found


def values(option: str, text: str, allowed: Collection[str]) -> dict[str, float | str]:
    """Pairs whose values are numbers, where they are."""
    return {name: _either(value) for name, value in pairs(option, text, allowed).items()}


def numbers_by_name(option: str, text: str) -> float | dict[str, float]:
    """One number, or one by name: ``gpt=0.6,small=0.3``."""
    if "=" not in text:
        return number(option, text)
    return {name: number(option, value) for name, value in pairs(option, text).items()}


def costs(option: str, text: str) -> dict[str, Any]:
    """Prices: ``human=5,llm=0.02,budget=1000``; by model ``llm.gpt=0.02``."""
    found: dict[str, Any] = {}
    for name, value in pairs(option, text, ("human", "llm", "persona", "budget")).items():
        kind, _, model = name.partition(".")
        amount = number(option, value)
        if model and kind == "llm" and not isinstance(found.get("llm", {}), float):
            found.setdefault("llm", {})[model] = amount
        elif model or name in found:
            raise UsageError(f"{option}: write llm=PRICE for all models, or llm.MODEL=PRICE for each")
        else:
            found[name] = amount
    return found


def prediction(text: str) -> dict[str, Any]:
    """A prediction as the wire has it, with a column's name as its values."""
    if text.startswith("{"):
        return json_object("--prediction", text)
    head, facts = text[: _FACTS.search(text).start()], _FACTS.search(text)[1]  # type: ignore[union-attr,index]  # it may be empty, and always fits
    named, sign, column = head.partition("=")
    model, at, arm = named.rpartition("@") if "@" in named else (named, "", "")
    if not sign:
        column, model, at = head, "", ""
    if not column or (at and not arm):
        raise UsageError(f"--prediction {text!r}: write MODEL=COLUMN or MODEL@ARM=COLUMN")
    found: dict[str, Any] = {"model": model} if model else {}
    if at:
        found["arm"] = arm
    for name, value in pairs("--prediction", facts[1:]).items() if facts else ():
        found[name] = number("--prediction", value) if name in _NUMERIC and value != "mean" else value
    return found | {"values": column}


def given(**options: object) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value not in (None, [], {})}


def said(options: Mapping[str, object]) -> list[str]:
    """Those that were given, by what they are called; 0 is said as well."""
    unsaid = [name for name, value in options.items() if value is None or value is False or value == []]
    return [f"--{name.replace('_', '-')}" for name in options if name not in unsaid]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _either(text: str) -> float | str:
    try:
        return number("", text)
    except UsageError:
        return text
