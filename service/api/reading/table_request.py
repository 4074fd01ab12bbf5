"""A request whose columns stand in a file: plan and data as JSON beside it; the same struct as the JSON table gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from service.api.reading.cells import overflows
from service.api.reading.named_columns import Place, places, unknown, unnamed
from service.api.reading.table_file import TableFile, Wanted
from service.web.compression import too_many_values
from service.web.inspection import Inspection
from service.web.problems import FieldError, Located, ProblemError
from service.web.second_pass import SecondPass
from service.web.strict_json import json_tree

T = TypeVar("T")
PARAMETERS = ("data", "plan")
Read = Callable[[set[Wanted], Inspection], TableFile]


class TableDecoder(Generic[T]):
    """A decoder for one struct type with a field ``data``; build it once. ``told`` says refusals in a file's words."""

    def __init__(
        self, kind: type[T], promised: Collection[str], told: Callable[[Located], Located] = lambda error: error
    ) -> None:
        self._kind, self._second_pass, self._told = kind, SecondPass(kind, promised), told

    @cached_property
    def _data(self) -> inspect.Type:
        request = inspect.type_info(self._kind)
        assert isinstance(request, inspect.StructType)
        return next(f.type for f in request.fields if f.name == "data")

    def places(self, tree: Mapping[str, Any]) -> list[Place]:
        """Every place of the request where a column's name stands or is missing."""
        return places(self._data, tree.get("data"), "/data")

    def decode(self, tree: dict[str, Any], read: Read, max_values: int) -> T:
        """The struct of plan and data with the columns that ``read`` gives; ``ProblemError`` 422 with every problem.

        413 where columns of the file that stand in several places have more values than ``max_values`` together.
        """
        found, columns = Inspection(), []
        needed = self.places(tree)
        file = read({(place.name, place.kind) for place in needed if isinstance(place.name, str)}, found)
        for place in needed:
            if isinstance(place.name, str) and (place.name, place.kind) in file.columns:
                columns.append(file.columns[place.name, place.kind])
            elif found.full:
                found.count(1)
            elif not isinstance(place.name, str):
                found.note(unnamed(place))
            elif words := file.refused.get((place.name, place.kind)):
                found.note(FieldError(place.pointer, *words))
            else:
                found.note(unknown(place, place.name, file.header))
        if sum(map(len, columns)) > max_values:
            raise too_many_values(max_values)
        for place in needed:
            place.put(file.columns.get((str(place.name), place.kind), []))
        if not found.total and not any(map(overflows, columns)):
            try:
                return msgspec.convert(tree, self._kind, strict=True)
            except (msgspec.ValidationError, OverflowError):
                pass
        return self._explain(tree, found, [place.pointer for place in needed])

    def _explain(self, tree: dict[str, Any], found: Inspection, columns: Collection[str]) -> T:
        try:
            return self._second_pass.read(tree, found)
        except ProblemError as problem:
            told = self._told
            problem.errors = [told(e) if e.pointer.rpartition("/")[0] in columns else e for e in problem.errors]
            raise


def beside(parameters: Mapping[str, str], origin: str = "query parameter") -> dict[str, Any]:
    """Plan and data from their JSON texts; ``ProblemError`` 400 names which of them cannot be read."""
    return {name: _json(name, parameters[name], origin) for name in PARAMETERS if name in parameters}


def _json(name: str, text: str, origin: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json_tree(text.encode())
    except ProblemError as problem:
        problem.detail = f"In the {origin} {name}: {problem.detail}"
        raise
