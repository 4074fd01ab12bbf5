"""The untyped second pass: every place where a decoded value departs from a msgspec type.

``Inspection.visit`` walks type and value together and notes problems, structure apart from contents. Integral floats at
integer places are no problem: they are replaced in place, so that the value converts afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import inspect

from service.web import mismatch
from service.web.json_scan import Json
from service.web.mismatch import Expected
from service.web.problems import MAX_ERRORS, FieldError

_SCALARS = (inspect.FloatType, inspect.IntType, inspect.StrType, inspect.BoolType, inspect.NoneType)
_NUMBERS = Expected((inspect.FloatType(), inspect.NoneType()), in_list=True)
MAX_STEPS = 50_000
_STRUCTURAL = frozenset({
    "unknown_field", "missing_field", "rows_not_columns", "scalar_for_array", "empty_list_for_object", "wrong_type",
    "ragged_row", "unknown_column",
})  # fmt: skip


def child(pointer: str, token: str | int) -> str:
    """The pointer one step further, RFC 6901 escaped; absurdly long names are cut."""
    text = str(token)[:200].replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{text}"


class Inspection:
    """What one walk found: at most ``MAX_ERRORS`` of each kind are kept, all are counted.

    The walk ends after ``MAX_STEPS`` values that had to be looked at one by one, a second or so; what it has not seen
    by then is neither listed nor counted.
    """

    def __init__(self) -> None:
        self.total = self._steps = 0
        self._structure: list[FieldError] = []
        self._contents: list[FieldError] = []

    def errors(self) -> list[FieldError]:
        """The problems kept, structure first."""
        return (self._structure + self._contents)[:MAX_ERRORS]

    @property
    def full(self) -> bool:
        """Whether nothing more of the structure would be kept, so that it is enough to count."""
        return len(self._structure) >= MAX_ERRORS

    def count(self, more: int) -> None:
        """Count problems that are not worth describing."""
        self.total += more

    def note(self, error: FieldError) -> None:
        """Count a problem and keep it while there is room."""
        self.total += 1
        kept = self._structure if error.code in _STRUCTURAL else self._contents
        if len(kept) < MAX_ERRORS:
            kept.append(error)

    def visit(self, kind: inspect.Type, value: Json, pointer: str, *, in_list: bool = False) -> Json:
        """Note every problem of value; gives back what should stand in its place (an int for an integral float)."""
        options = options_of(kind)
        if isinstance(options[0], (inspect.AnyType, inspect.RawType)):
            return value
        chosen = chosen_option(options, value)
        if chosen is None:
            self.note(mismatch.explain(Expected(options, in_list), value, pointer))
        elif isinstance(value, dict):
            self._object(chosen, value, pointer)
        elif isinstance(value, list):
            self._list(chosen, value, pointer)
        elif isinstance(chosen, inspect.IntType) and isinstance(value, float):
            return self._integer(chosen, value, pointer)
        else:
            self._scalar(chosen, value, pointer)
        return value

    def _scalar(self, chosen: inspect.Type, value: str | bytes | float | None, pointer: str) -> None:
        if isinstance(chosen, (inspect.LiteralType, inspect.EnumType)):
            if value not in mismatch.allowed(chosen):
                self.note(mismatch.unknown_value(mismatch.allowed(chosen), value, pointer))
        elif isinstance(chosen, (inspect.FloatType, inspect.IntType)) and isinstance(value, (int, float)):
            self._number(chosen, value, pointer)
        elif isinstance(chosen, inspect.BytesType) and isinstance(value, str) and not mismatch.is_base64(value):
            self.note(FieldError(pointer, "invalid_base64", "The string is not base64.", "Standard alphabet, padded."))
        elif isinstance(chosen, inspect.StrType):
            self._text(chosen, str(value), pointer)

    def _object(self, kind: inspect.Type, value: dict[str, Any], pointer: str) -> None:
        if isinstance(kind, inspect.DictType):
            self._size(kind, len(value), pointer)
            for key, item in value.items():
                if self._ended():
                    break
                if isinstance(kind.key_type, inspect.StrType):
                    self._text(kind.key_type, key, child(pointer, key))
                value[key] = self.visit(kind.value_type, item, child(pointer, key))
        elif isinstance(kind, _Unresolved):
            self.note(kind.problem(value, pointer))
        elif isinstance(kind, inspect.StructType):
            self._struct(kind, value, pointer)

    def _struct(self, kind: inspect.StructType, value: dict[str, Any], pointer: str) -> None:
        fields = {field.encode_name: field for field in kind.fields}
        for key, item in value.items():
            if self._ended():
                break
            field = fields.get(key)
            if field is not None:
                value[key] = self.visit(field.type, item, child(pointer, key))
            elif key != kind.tag_field and kind.forbid_unknown_fields:
                names = [*fields, *([kind.tag_field] if kind.tag_field else [])]
                self.note(mismatch.unknown_field(key, names, child(pointer, key)))
        for name, field in fields.items():
            if field.required and name not in value:
                self.note(mismatch.missing_field(name, pointer))

    def _list(self, kind: inspect.Type, value: list[Any], pointer: str) -> None:
        if isinstance(kind, inspect.TupleType):
            for index, (item, item_type) in enumerate(zip(value, kind.item_types, strict=False)):
                value[index] = self.visit(item_type, item, child(pointer, index), in_list=True)
            return
        if not isinstance(kind, (inspect.ListType, inspect.VarTupleType)):
            return
        self._size(kind, len(value), pointer)
        if isinstance(value[0] if value else None, dict) and not _takes_objects(kind.item_type):
            self.note(mismatch.rows(child(pointer, 0)))
            return
        strays = _strays(kind.item_type, value)
        for index in strays[:MAX_ERRORS]:
            self.note(mismatch.explain(_NUMBERS, value[index], child(pointer, index)))
        self.count(max(0, len(strays) - MAX_ERRORS))
        for index in _suspects(kind.item_type, value):
            if self._ended():
                break
            value[index] = self.visit(kind.item_type, value[index], child(pointer, index), in_list=True)

    def _ended(self) -> bool:
        """Whether the walk is over; asking is a step."""
        self._steps += 1
        return self._steps > MAX_STEPS

    def _integer(self, kind: inspect.IntType, value: float, pointer: str) -> int | float:
        if value != value:  # noqa: PLR0124 - NaN, the only value unlike itself
            self.note(mismatch.not_a_number(pointer))
            return value
        if not value.is_integer():
            code = mismatch.overflow(pointer) if value in mismatch.INFINITIES else mismatch.not_an_integer(pointer)
            self.note(code)
            return value
        self._number(kind, int(value), pointer)
        return int(value)

    def _number(self, kind: inspect.FloatType | inspect.IntType, value: float, pointer: str) -> None:
        if value != value:  # noqa: PLR0124 - NaN, the only value unlike itself
            self.note(mismatch.not_a_number(pointer))
        elif isinstance(kind, inspect.FloatType) and abs(value) > mismatch.LARGEST:
            self.note(mismatch.overflow(pointer))
        elif kind.multiple_of == 1 and value % 1:
            self.note(mismatch.not_an_integer(pointer))
        elif needed := mismatch.range_broken(kind, value):
            self.note(FieldError(pointer, "out_of_range", "The number is out of range.", f"It must be {needed}."))

    def _text(self, kind: inspect.StrType, value: str, pointer: str) -> None:
        if needed := mismatch.text_broken(kind, value):
            self.note(FieldError(pointer, "out_of_range", "The string is not of the form needed.", needed))

    def _size(self, kind: inspect.ListType | inspect.VarTupleType | inspect.DictType, size: int, pointer: str) -> None:
        low, high = kind.min_length or 0, kind.max_length
        if size < low or (high is not None and size > high):
            bound = f"at least {low}" if size < low else f"at most {high}"
            self.note(FieldError(pointer, "out_of_range", f"It has {size} entries.", f"It needs {bound}."))


class _Unresolved(inspect.Type):
    """Stands for a tagged union whose tag the value lacks or misspells."""

    structs: tuple[inspect.StructType, ...]

    def problem(self, value: dict[str, Any], pointer: str) -> FieldError:
        """The missing or unknown tag."""
        tag_field = self.structs[0].tag_field or ""
        if tag_field not in value:
            return mismatch.missing_field(tag_field, pointer, [str(s.tag) for s in self.structs])
        return mismatch.unknown_value([s.tag for s in self.structs], value[tag_field], child(pointer, tag_field))


def options_of(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types a place may have: those of a union, or the one, without what only describes them."""
    if isinstance(kind, inspect.Metadata):
        return options_of(kind.type)
    if isinstance(kind, inspect.UnionType):
        return tuple(option for part in kind.types for option in options_of(part))
    return (kind,)


def chosen_option(options: Iterable[inspect.Type], value: Json) -> inspect.Type | None:
    """The option that takes this kind of value, or None; int before float only for integers."""
    fitting = [option for option in options if mismatch.takes(option, value)]
    structs = [option for option in fitting if isinstance(option, inspect.StructType)]
    if structs and structs[0].tag_field and isinstance(value, dict):
        tag = value.get(structs[0].tag_field)
        return next((s for s in structs if s.tag == tag and type(s.tag) is type(tag)), None) or _Unresolved(
            tuple(structs)
        )
    floats = [option for option in fitting if isinstance(option, inspect.FloatType)]
    words = [option for option in fitting if isinstance(option, (inspect.LiteralType, inspect.EnumType))]
    return next(iter((words if len(fitting) == len(words) else []) or floats or fitting), None)


def _takes_objects(kind: inspect.Type) -> bool:
    return any(
        isinstance(o, (inspect.StructType, inspect.DictType, inspect.AnyType, inspect.RawType))
        for o in options_of(kind)
    )


def _strays(kind: inspect.Type, value: list[Any]) -> list[int]:
    """Indexes of the strings in a list that may hold numbers or names and is numbers for the most part."""
    kinds = [type(option) for option in options_of(kind)]
    if inspect.FloatType not in kinds or inspect.StrType not in kinds:
        return []
    strings = [index for index, item in enumerate(value) if isinstance(item, str)]
    return strings if 2 * len(strings) < len(value) - value.count(None) else []


def _suspects(kind: inspect.Type, value: list[Any]) -> Iterable[int]:
    """Indexes worth a visit: in a column of plain scalars only those of another type or outside double precision."""
    options = options_of(kind)
    if not all(isinstance(option, _SCALARS) and mismatch.unconstrained(option) for option in options):
        return range(len(value))
    good = frozenset[type]().union(*(mismatch.PYTHON_TYPES[type(option)] for option in options))
    numbers = {int, float}
    if set(map(type, value)) <= good - numbers:
        return ()
    largest = mismatch.LARGEST
    return [
        index
        for index, item in enumerate(value)
        if type(item) not in good or (type(item) in numbers and not -largest <= item <= largest)
    ]
