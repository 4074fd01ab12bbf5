"""A decoded tree against a msgspec type, whatever format it was sent in: the struct, or every problem with its place.

::

    body --typed decode--> struct                                     (the path of every good request)
          `--failed--> tree --inspection--> 422, every problem with its place
                              `--only 3.0 for 3--> struct             (integral numbers are integers)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from service.web.inspection import Inspection
from service.web.json_scan import Json
from service.web.problems import FieldError, from_errors

T = TypeVar("T")
_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class SecondPass(Generic[T]):
    """The second pass for one struct type. ``promised`` words are refused as not offered yet."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._kind = kind
        self._promised = frozenset(promised)

    @cached_property
    def _type(self) -> msgspec.inspect.Type:
        """Made when a body first fails."""
        return msgspec.inspect.type_info(self._kind)

    def read(self, tree: Json, found: Inspection | None = None) -> T:
        """The struct after all; ``ProblemError`` 422 with every problem, those found before included."""
        inspection = found or Inspection()
        inspection.visit(self._type, tree, "")
        if inspection.total:
            raise from_errors([self._softened(e, tree) for e in inspection.errors()], inspection.total)
        try:
            return msgspec.convert(tree, self._kind, strict=True)
        except msgspec.ValidationError as error:
            unexplained = _from_message(str(error))
        raise from_errors([unexplained])

    def _softened(self, error: FieldError, tree: Json) -> FieldError:
        """A word of the contract that is not offered yet is no unknown value."""
        if error.code != "unknown_value" or str(_at(tree, error.pointer)) not in self._promised:
            return error
        hint = f"Supported now: {error.hint.partition('Allowed: ')[2]}"
        return FieldError(error.pointer, "unsupported_combination", "This is documented but not computed yet.", hint)


def _at(tree: Json, pointer: str) -> Json:
    """The value at a JSON pointer that leads somewhere."""
    for token in pointer.split("/")[1:]:
        step = token.replace("~1", "/").replace("~0", "~")
        tree = tree[int(step)] if isinstance(tree, list) else tree[step] if isinstance(tree, dict) else None
    return tree


def _from_message(message: str) -> FieldError:
    """The last resort: the place in msgspec's own message, without its text, which may quote a value."""
    place = _PLACE.search(message)
    steps = _STEP.findall(place[1]) if place else []
    pointer = "".join(f"/{name or index}" for name, index in steps)
    return FieldError(pointer, "wrong_type", "The value does not fit the documented schema.", "See /openapi.json.")
