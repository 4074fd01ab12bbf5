"""Which bodies a computing path reads: for each media type what separates its values, its parameters, its decoder.

A string counts as three values, in JSON by its quotes: as an object of Python it takes the memory of three numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from service.api.reading.arrow_request import ArrowDecoder
from service.api.reading.arrow_stream import at_hand
from service.api.reading.csv_request import CsvDecoder, in_csv
from service.api.reading.table_request import PARAMETERS
from service.api.render.media import CSV, JSON, MSGPACK
from service.api.wire.columns import BinaryArray, from_buffer
from service.web.columns_json import ColumnsDecoder
from service.web.json_scan import Bytes
from service.web.problems import Located
from service.web.strict_json import StrictDecoder
from service.web.strict_msgpack import StrictMsgpackDecoder

ARROW = "application/vnd.apache.arrow.stream"
COPIED_BYTES = 64 << 20  # larger JSON is read by the strict decoder alone: the faster one holds copies of all strings
Wire = TypeVar("Wire")


@dataclass(frozen=True, slots=True)
class Reader(Generic[Wire]):
    """How one media type is read: the decoder takes the body and the query parameters; how a refusal is told in it.

    ``columns`` reads the same faster, or gives None. ``at_hand``: whether reading begins at once, without an import.
    """

    separators: bytes
    parameters: tuple[str, ...]
    decode: Callable[[Bytes, Mapping[str, str]], Wire]
    told: Callable[[Located], Located] = lambda error: error
    columns: Callable[[Bytes, Mapping[str, str]], Wire | None] | None = None
    at_hand: Callable[[], bool] = lambda: True


def readers(kind: type[Wire], promised: tuple[str, ...], max_values: int, *, tabular: bool) -> dict[str, Reader[Wire]]:
    """The readers of a path by media type, JSON first; CSV only where the request has data that can be a table.

    Made once: known answers are read by the reader that requests are read by.
    """
    hashable: Any = kind
    return _made(hashable, promised, max_values, tabular=tabular)


@cache
def _made(kind: type[Any], promised: tuple[str, ...], max_values: int, *, tabular: bool) -> dict[str, Reader[Any]]:
    json, packed = StrictDecoder(kind, promised), StrictMsgpackDecoder(kind, promised)
    columns = ColumnsDecoder(kind, BinaryArray, from_buffer)
    fast = columns.of_use and sys.byteorder == "little"
    quick = (lambda body, _query: columns.decode(body) if len(body) <= COPIED_BYTES else None) if fast else None
    found: dict[str, Reader[Any]] = {JSON: Reader(b',"', (), lambda body, _query: json.decode(body), columns=quick)}
    for name in MSGPACK:
        found[name] = Reader(b"", (), lambda body, _query: packed.decode(body, max_values))
    if tabular:
        table: CsvDecoder[Any] = CsvDecoder(kind, promised)
        found[CSV] = Reader(b",\n", PARAMETERS, lambda body, query: table.decode(body, query, max_values), in_csv)
        arrow: ArrowDecoder[Any] = ArrowDecoder(kind, promised)
        found[ARROW] = Reader(
            b"",
            PARAMETERS,
            lambda body, query: arrow.decode(body, query, max_values),
            columns=lambda body, query: arrow.columns(body, query, max_values),
            at_hand=at_hand,
        )
    return found
