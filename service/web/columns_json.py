"""JSON with long lists of numbers, read fast: simdjson fills float64 buffers, msgspec checks all the rest.

The strict decoder decides what is accepted. What comes out here is the struct it would give, with buffers where the
type allows a packed column beside a list of numbers; in every doubt nothing comes out and that one reads the body.

::

    body --simdjson--> tree with buffers --no list inside a column--> msgspec.convert --> struct
          `--refused--------`--a key twice----`--------------------------`--> None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from service.web.inspection import options_of
from service.web.json_scan import Bytes, Json, has_lists

try:
    from simdjson import Array, Object, Parser
except (ImportError, RuntimeError):  # no wheel for this platform: the strict decoder alone reads every body
    Parser = None  # type: ignore[assignment,misc]

T = TypeVar("T")
Pack = Callable[[memoryview], msgspec.Struct]
FEWEST = 32  # shorter lists stay lists: a buffer costs more than it saves
_MAX_CONTAINERS = 20_000
_MAX_KEYS = 2_000  # simdjson finds a key by walking its object
_LONG_BODY, _LOOKS, _NEAR = 1 << 14, 8, 64


class UndecidedError(Exception):
    """The strict decoder must read this body."""


@dataclass(frozen=True, slots=True)
class Members:
    """The fields of a struct, and whether columns stand below them."""

    fields: Mapping[str, Shape]
    columns: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at a place: a column, a list of ``items``, an object of ``values`` or of ``members`` by tag.

    ``columns``: whether a column may stand here or below.
    """

    column: bool
    columns: bool
    items: Shape | None
    values: Shape | None
    tag: str | None
    members: Mapping[object, Members]

    @property
    def scalar(self) -> bool:
        """Whether neither a list nor an object may stand here."""
        return self.items is None and self.values is None and not self.members


SCALAR = Shape(column=False, columns=False, items=None, values=None, tag=None, members={})


def shape_of(kind: inspect.Type, packed: type) -> Shape:
    """The shape of a type; a column is where lists of numbers and the ``packed`` struct are both allowed."""
    options = options_of(kind)
    inner = [o.item_type for o in options if isinstance(o, (inspect.ListType, inspect.VarTupleType))]
    items = [shape_of(item, packed) for item in inner]
    values = [shape_of(o.value_type, packed) for o in options if isinstance(o, inspect.DictType)]
    structs = [o for o in options if isinstance(o, inspect.StructType)]
    members: dict[object, Members] = {s.tag: _members(s, packed) for s in structs}
    numbers = any(isinstance(o, inspect.FloatType) for item in inner for o in options_of(item))
    column = numbers and any(s.cls is packed for s in structs)
    return Shape(
        column=column,
        columns=column or any(s.columns for s in (*items, *values)) or any(m.columns for m in members.values()),
        items=items[0] if items else None,
        values=values[0] if values else None,
        tag=next((s.tag_field for s in structs if s.tag_field), None),
        members=members,
    )


def _members(struct: inspect.StructType, packed: type) -> Members:
    fields = {f.encode_name: shape_of(f.type, packed) for f in struct.fields}
    tag = {} if struct.tag_field is None else {struct.tag_field: SCALAR}
    return Members(fields | tag, any(s.columns for s in fields.values()))


class ColumnsDecoder(Generic[T]):
    """A decoder for one struct type; build it once. ``pack`` makes the ``packed`` struct of a buffer of float64."""

    def __init__(self, kind: type[T], packed: type, pack: Pack) -> None:
        self._kind, self._pack = kind, pack
        self._shape = shape_of(inspect.type_info(kind), packed)
        self.of_use = Parser is not None and self._shape.columns

    def decode(self, body: Bytes) -> T | None:
        """The struct that the strict decoder gives, but for the buffers in it; None where that one has to decide."""
        if not _may_hold_lists(body):
            return None
        try:
            walk = _Walk(self._pack)
            tree = walk.value(Parser().parse(body), self._shape)
            return msgspec.convert(tree, self._kind, strict=True) if has_lists(body, walk.lists) else None
        except Exception:  # noqa: BLE001 - whatever it is, the strict decoder finds and names it
            return None


@dataclass(slots=True)
class _Walk:
    """From proxies of simdjson to values of Python, with buffers in place of columns; counts lists."""

    pack: Pack
    lists: int = 0
    containers: int = 0

    def value(self, value: Any, shape: Shape) -> Json | msgspec.Struct:  # noqa: ANN401 - a proxy or a scalar
        """The value of Python at a place of this shape."""
        if isinstance(value, Array):
            self._enter()
            self.lists += 1
            return self._list(value, shape)
        if isinstance(value, Object):
            self._enter()
            return self._object(value, shape)
        scalar: Json = value
        return scalar

    def _enter(self) -> None:
        self.containers += 1
        if self.containers > _MAX_CONTAINERS:
            raise UndecidedError

    def _list(self, value: Array, shape: Shape) -> list[Any] | msgspec.Struct:
        if shape.column and len(value) >= FEWEST:
            try:
                return self.pack(memoryview(value.as_buffer(of_type="d")))
            except TypeError:  # nulls or names among the numbers
                return value.as_list()
        if shape.items is None:
            raise UndecidedError
        items = shape.items
        return value.as_list() if items.scalar else [self.value(item, items) for item in value]

    def _object(self, value: Object, shape: Shape) -> dict[str, Any]:
        if len(value) > _MAX_KEYS:
            raise UndecidedError
        if not shape.members:
            if shape.values is None:
                raise UndecidedError
            keys, values = _keys(value), shape.values
            return value.as_dict() if values.scalar else {k: self.value(value[k], values) for k in keys}
        members = shape.members[None if shape.tag is None else value[shape.tag]]
        if shape.columns and not members.columns:  # nothing to gain below
            raise UndecidedError
        return {k: self.value(value[k], members.fields[k]) for k in _keys(value)}


def _may_hold_lists(body: Bytes) -> bool:
    """Whether numbers could be what makes a body long: a comma is near one of eight places, where base64 has none."""
    if len(body) < _LONG_BODY:
        return True
    step = len(body) // _LOOKS
    return any(body.find(b",", at, at + _NEAR) >= 0 for at in range(step // 2, len(body), step))


def _keys(value: Object) -> list[str]:
    """The keys, each once; simdjson finds the first of two alike, and looks no further than a NUL in a key."""
    keys = list(value)
    if len(set(keys)) < len(keys) or any("\0" in key for key in keys):
        raise UndecidedError
    return keys
