"""An Arrow request: columns in an IPC stream, plan and data as JSON in the query or in the schema's metadata."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from service.api.reading.arrow_columns import cells, fits, is_infinite, packed
from service.api.reading.arrow_stream import metadata, open_arrow, read_arrow
from service.api.reading.table_request import PARAMETERS, TableDecoder, beside
from service.web.json_scan import Bytes
from service.web.problems import ProblemError

T = TypeVar("T")


class ArrowDecoder(Generic[T]):
    """A decoder for one struct type with a field ``data``; build it once per module."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._kind = kind
        self._table = TableDecoder(kind, promised)

    def decode(self, body: Bytes, parameters: Mapping[str, str], max_values: int) -> T:
        """The struct; ``ProblemError`` 400 for what cannot be read, 413 over the limit, 422 with every problem."""
        table = open_arrow(body, max_values)
        return self._table.decode(
            _asked(table, parameters), lambda wanted, _found: read_arrow(table, wanted), max_values
        )

    def columns(self, body: Bytes, parameters: Mapping[str, str], max_values: int) -> T | None:
        """The same with columns that stay buffers; None where ``decode`` has to say what is wrong."""
        try:
            table = open_arrow(body, max_values)
            tree = _asked(table, parameters)
            places = self._table.places(tree)
            if table.num_rows * len(places) > max_values:
                return None
            for place in places:
                column = table.column(str(place.name))
                if not fits(column, place.kind) or is_infinite(column):
                    return None
                place.put(packed(column) if place.packed else cells(column))
            return msgspec.convert(tree, self._kind, strict=True)
        except Exception:  # noqa: BLE001 - whatever it is, the other way finds and names it
            return None


def _asked(table: Any, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401 - a pyarrow.Table
    """Plan and data: each from the query, or else from the schema's metadata."""
    own = metadata(table)
    if twice := [name for name in PARAMETERS if name in own and name in parameters]:
        text = f"{twice[0]} stands in the query and in the schema's metadata."
        raise ProblemError("unknown_parameter", text)
    return beside(own, "schema metadata") | beside(parameters)
