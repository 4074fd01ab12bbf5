"""Arrow IPC streams of small studies."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.ipc

COLUMNS = {
    "y": pa.array([3.0, None, 2.5], pa.float64()),
    "n": pa.array([1, None, 3], pa.int16()),
    "condition": pa.array(["c", None, "t"]),
    "sex": pa.array(["f", "m", "f"]).dictionary_encode(),
    "told": pa.array([True, False, None]),
}


def stream(columns: dict = COLUMNS, metadata: dict[str, str] | None = None, batches: int = 1, **options) -> bytes:
    """The columns as a stream, each batch a slice of the rows."""
    table = pa.table(columns).replace_schema_metadata(metadata)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=max(1, -(-table.num_rows // batches)))
    return sink.getvalue()
