"""Bytes of an Arrow IPC stream to a table of columns; pyarrow is imported when such a body first comes.

That takes 0.1 s of CPU, up to a second where its files are not in memory, and 33 MB: it happens in a thread.
"""

from __future__ import annotations

import threading
from typing import Any

from service.api.reading.arrow_columns import HINT, cells, fits
from service.api.reading.arrow_scan import malformed, scan
from service.api.reading.table_file import TableFile, Wanted, refuse_duplicates
from service.web.compression import too_many_values
from service.web.json_scan import Bytes
from service.web.problems import ProblemError

EXTRA = "Arrow is read where the extra is installed: pip install 'rectifier[arrow]'."
_imported = threading.Event()


def at_hand() -> bool:
    """Whether pyarrow is imported, so that a small body may be read on the event loop."""
    return _imported.is_set()


def open_arrow(body: Bytes, max_values: int) -> Any:  # noqa: ANN401 - a pyarrow.Table; pyarrow has no types
    """The table, valid in every byte; 415 without pyarrow, 400 for what is no stream, 413 over the limit."""
    try:
        import pyarrow as pa
        import pyarrow.compute
        import pyarrow.ipc
        import pyarrow.types
    except ImportError:
        raise ProblemError("unsupported_media_type", EXTRA) from None
    _imported.set()
    if not body:
        raise ProblemError("empty_body", "A document is needed as the body.")
    scan(body, max_values)
    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            table = stream.read_all()
        table.validate(full=True)
        names = table.schema.names
    except Exception:  # noqa: BLE001 - pyarrow raises many kinds, all of them about these bytes
        raise malformed() from None
    if table.num_rows * table.num_columns > max_values:
        raise too_many_values(max_values)
    refuse_duplicates(names)
    return table


def metadata(table: Any) -> dict[str, str]:  # noqa: ANN401 - a pyarrow.Table
    """The texts in the schema's metadata; ``ProblemError`` 400 for one that is not UTF-8."""
    try:
        return {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
    except UnicodeDecodeError as error:
        raise ProblemError("invalid_utf8", f"The schema's metadata is not UTF-8 ({error.reason}).") from None


def read_arrow(table: Any, wanted: set[Wanted]) -> TableFile:  # noqa: ANN401 - a pyarrow.Table
    """The wanted columns that exist and whose types fit; of the others what is wrong with them."""
    columns, refused = {}, {}
    for name, kind in [want for want in wanted if want[0] in table.schema.names]:
        column = table.column(name)
        if fits(column, kind):
            columns[name, kind] = cells(column)
        else:
            text = f"Expected {kind.value}, got the Arrow type {str(column.type)[:100]}."
            refused[name, kind] = ("wrong_type", text, HINT)
    return TableFile(tuple(table.schema.names), columns, refused)
