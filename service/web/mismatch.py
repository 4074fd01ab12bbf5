"""What to say where a JSON value departs from its type: codes and hints for what R, JS and spreadsheet users send."""

from __future__ import annotations

import difflib
import math
import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from service.web.json_scan import Json
from service.web.problems import FieldError

LARGEST = sys.float_info.max
INFINITIES = frozenset({math.inf, -math.inf})
PYTHON_TYPES: dict[type, frozenset[type]] = {
    inspect.FloatType: frozenset({int, float}),
    inspect.IntType: frozenset({int}),
    inspect.StrType: frozenset({str}),
    inspect.BytesType: frozenset({str, bytes}),
    inspect.BoolType: frozenset({bool}),
    inspect.NoneType: frozenset({type(None)}),
}
_LISTS = (inspect.ListType, inspect.VarTupleType, inspect.TupleType)
_OBJECTS = (inspect.StructType, inspect.DictType)
_NUMBERS = (inspect.FloatType, inspect.IntType)
_MISSING = re.compile(r"\s*(|#?n/?a\.?|nan|null|none|missing|-?inf(inity)?|\.)\s*", re.IGNORECASE)
_LOGICAL = re.compile(r"\s*(true|false|t|f)\s*", re.IGNORECASE)
_NUMERIC = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a place takes: the options of its type, and whether the place is an element of a list."""

    options: Sequence[inspect.Type]
    in_list: bool

    def takes(self, *kinds: type) -> bool:
        """Whether any option is of these kinds."""
        return any(isinstance(option, kinds) for option in self.options)

    def in_words(self) -> str:
        """The options for people: ``number, list or null``."""
        words = list(dict.fromkeys(_word(option) for option in self.options))
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def explain(expected: Expected, value: Json, pointer: str) -> FieldError:
    """The problem of a value whose JSON type no option takes."""
    detail = f"Expected {expected.in_words()}, got {_json_type(value)}."
    code, hint = _reason(expected, value)
    return FieldError(pointer, code, detail, hint)


def _reason(expected: Expected, value: Json) -> tuple[str, str]:
    if value is None:
        return "null_not_allowed", "Send a value; a field that is optional may be left out."
    if isinstance(value, bytes):
        return _BYTES
    if isinstance(value, (dict, list)):
        return _container_for_other(expected, value)
    if expected.takes(*_LISTS):
        return "scalar_for_array", "Send a list of one (R: I(x), or auto_unbox = FALSE)."
    if expected.takes(*_NUMBERS):
        return _LOGICALS if isinstance(value, bool) else string_for_number(str(value))
    return _WRONG


_ROWS = ("rows_not_columns", "Send one list per column, not one object per row (R: as.list(df)).")
_LOGICALS = ("r_logical", "Send 1 and 0 (R: as.numeric(as.logical(x))).")
_BYTES = ("wrong_type", 'Bytes stand only in a binary array: {"dtype": "<f8", "data": the bytes}; text is str.')
_WRONG = ("wrong_type", "Values are never converted from one type into another.")


def _container_for_other(expected: Expected, value: list[Any] | dict[str, Any]) -> tuple[str, str]:
    if isinstance(value, dict):
        return _ROWS if expected.in_list else _WRONG
    if not expected.takes(*_OBJECTS):
        return _WRONG
    if not value:
        return "empty_list_for_object", "Send {} or leave the field out."
    return _ROWS if isinstance(value[0], dict) else _WRONG


def string_for_number(value: str) -> tuple[str, str]:
    """Code and hint for text at a number's place: a missing value, a logical, a quoted number, anything else."""
    if _MISSING.fullmatch(value):
        return "r_na_string", "Send null for a missing value (R: jsonlite::toJSON(x, na = 'null'))."
    if _LOGICAL.fullmatch(value):
        return _LOGICALS
    if _NUMERIC.fullmatch(value):
        return "number_as_string", "Send the number without quotes (R: as.numeric(x))."
    return "wrong_type", "Send a number, or null where it is missing."


def rows(pointer: str) -> FieldError:
    """A column whose first element is an object."""
    return FieldError(pointer, _ROWS[0], "An object stands where a column needs a single value.", _ROWS[1])


def unknown_field(name: str, known: Sequence[str], pointer: str) -> FieldError:
    """A field that is not part of the contract, with the closest name that is."""
    close = difflib.get_close_matches(name[:100], known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known fields: {', '.join(known)}."
    return FieldError(pointer, "unknown_field", f"Unknown field {name[:100]!r}.", hint)


def missing_field(name: str, pointer: str, allowed_values: Sequence[str] = ()) -> FieldError:
    """A required field (or tag) that is not there; the pointer is that of its object."""
    hint = f"Add {name!r}" + (f", one of: {', '.join(allowed_values)}." if allowed_values else ".")
    return FieldError(pointer, "missing_field", f"The field {name!r} is required.", hint)


def unknown_value(options: Sequence[Any], value: Json, pointer: str) -> FieldError:
    """A word that is not one of the allowed ones."""
    close = difflib.get_close_matches(value[:100], [str(o) for o in options], n=1) if isinstance(value, str) else []
    guess = f"Did you mean {close[0]!r}? " if close else ""
    detail = "The value is not one of the allowed ones."
    return FieldError(pointer, "unknown_value", detail, f"{guess}Allowed: {', '.join(map(str, options))}.")


def overflow(pointer: str) -> FieldError:
    """A number outside double precision, or infinity."""
    hint = "Rescale the column; null marks a missing value."
    return FieldError(pointer, "numeric_overflow", "The number is infinite or outside double precision.", hint)


def not_a_number(pointer: str) -> FieldError:
    """NaN, which MessagePack can say."""
    hint = "Send nil for a missing value; in the bytes of a binary array NaN is missing."
    return FieldError(pointer, "not_a_number", "NaN stands where a number is needed.", hint)


def not_an_integer(pointer: str) -> FieldError:
    """A fraction at an integer's place."""
    return FieldError(pointer, "not_an_integer", "Expected a whole number, got a fraction.", "Round it.")


def takes(kind: inspect.Type, value: Json) -> bool:
    """Whether the kind of JSON value (not yet its contents) is what this type reads."""
    if isinstance(kind, (inspect.AnyType, inspect.RawType)):
        return True
    if isinstance(value, dict):
        return isinstance(kind, _OBJECTS)
    if isinstance(value, list):
        return isinstance(kind, _LISTS)
    if isinstance(kind, (inspect.LiteralType, inspect.EnumType)):
        return any(type(value) is type(option) for option in allowed(kind))
    if isinstance(kind, inspect.IntType) and isinstance(value, float):
        return True
    return type(value) in PYTHON_TYPES.get(type(kind), ())


def allowed(kind: inspect.LiteralType | inspect.EnumType) -> list[Any]:
    """The values a literal or enum takes."""
    return list(kind.values) if isinstance(kind, inspect.LiteralType) else [member.value for member in kind.cls]


def is_base64(text: str) -> bool:
    """Whether msgspec reads the string as bytes."""
    try:
        msgspec.convert(text, bytes)
    except msgspec.ValidationError:
        return False
    return True


def unconstrained(kind: inspect.Type) -> bool:
    """Whether a scalar type takes every value of its JSON type."""
    names = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
    return all(getattr(kind, name, None) is None for name in names)


def range_broken(kind: inspect.FloatType | inspect.IntType, value: float) -> str:
    """The bound the number breaks, in words; empty when it breaks none."""
    bounds: Collection[tuple[float | None, str, bool]] = (
        (kind.gt, "greater than", kind.gt is not None and not value > kind.gt),
        (kind.ge, "at least", kind.ge is not None and not value >= kind.ge),
        (kind.lt, "less than", kind.lt is not None and not value < kind.lt),
        (kind.le, "at most", kind.le is not None and not value <= kind.le),
        (kind.multiple_of, "a multiple of", kind.multiple_of is not None and value % kind.multiple_of != 0),
    )
    return next((f"{words} {bound}" for bound, words, broken in bounds if broken), "")


def text_broken(kind: inspect.StrType, value: str) -> str:
    """What the string lacks, in words; empty when it is fine."""
    if kind.min_length is not None and len(value) < kind.min_length:
        return f"It needs at least {kind.min_length} characters."
    if kind.max_length is not None and len(value) > kind.max_length:
        return f"It may have at most {kind.max_length} characters."
    if kind.pattern is not None and not re.search(kind.pattern, value):
        return f"It must match {kind.pattern}."
    return ""


def _word(kind: inspect.Type) -> str:
    if isinstance(kind, (inspect.LiteralType, inspect.EnumType)):
        return _json_type(allowed(kind)[0])
    for words, kinds in (("list", _LISTS), ("object", _OBJECTS)):
        if isinstance(kind, kinds):
            return words
    names = {
        inspect.FloatType: "number",
        inspect.IntType: "integer",
        inspect.StrType: "string",
        inspect.BytesType: "bytes (base64 in JSON)",
        inspect.BoolType: "boolean",
        inspect.NoneType: "null",
    }
    return names.get(type(kind), "value")


def _json_type(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {
        int: "number",
        float: "number",
        str: "string",
        bytes: "bytes",
        list: "list",
        dict: "object",
    }
    return names[type(value)]
