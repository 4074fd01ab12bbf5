from __future__ import annotations

import struct

import pyarrow as pa
import pytest

from service.api.reading import arrow_scan
from service.api.reading.arrow_scan import objects_in, scan
from service.web.problems import ProblemError
from tests.api.reading.streams import COLUMNS, stream

BODY = stream(batches=2)


def refusal(body: bytes, limit: int = 1000) -> str:
    with pytest.raises(ProblemError) as caught:
        scan(body, limit)
    return caught.value.code


@pytest.mark.parametrize("body", [BODY, stream(), stream({}), stream({"y": pa.array([], pa.float64())})])
def test_whole_streams_pass(body: bytes) -> None:
    scan(body, 1000)
    scan(bytearray(body), 1000)


def test_values_are_those_of_every_column_and_dictionary() -> None:
    scan(BODY, 27)  # five columns of three, of which three names and two in a dictionary count thrice
    assert refusal(BODY, 26) == "too_many_numbers"


def test_rows_that_take_no_bytes_are_counted() -> None:
    assert refusal(stream({"nothing": pa.nulls(10**9)})) == "too_many_numbers"
    batch = pa.record_batch([pa.nulls(5)], names=["a"]).select([])
    assert batch.num_rows == 5
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    assert refusal(sink.getvalue().to_pybytes(), 4) == "too_many_numbers"


@pytest.mark.parametrize("kind", [2, 3], ids=["dictionary", "batch"])
def test_a_batch_cannot_take_back_rows_of_others(kind: int) -> None:
    """A dictionary of less than no entries, beside a thousand million rows that take no bytes."""
    columns = {"x": pa.array(["a", "b"] * 500).dictionary_encode(), "nothing": pa.nulls(1000)}
    assert refusal(saying(kind, -(10**15), stream(columns))) == "malformed_arrow"


def test_a_dictionary_counts_by_its_entries_whatever_it_says() -> None:
    body = stream({"x": pa.array([str(i) for i in range(500)]).dictionary_encode()})
    scan(body, 2000)  # 500 names, each of which counts thrice, and as many indexes
    assert refusal(body, 1999) == "too_many_numbers"
    assert refusal(saying(2, 0, body), 1999) == "too_many_numbers"


def saying(kind: int, rows: int, body: bytes) -> bytes:
    """The stream with batches of this kind that say another number of rows."""
    changed = bytearray(body)
    for found, message in arrow_scan._messages(changed):
        if found == kind:
            batch = message.table(2) if kind == 3 else message.table(2).table(1)
            struct.pack_into("<q", batch.metadata, batch.place(0), rows)
    return bytes(changed)


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compressed_buffers_are_refused_before_they_are_read(codec: str) -> None:
    assert refusal(stream(compression=codec)) == "compressed_arrow"


def test_a_stream_that_is_cut_off_anywhere_or_goes_on_is_refused() -> None:
    for length in range(len(BODY)):
        assert refusal(BODY[:length]) == "malformed_arrow"
    assert refusal(BODY + b"\0" * 8) == "malformed_arrow"


def test_the_file_format_and_the_framing_of_old_are_refused() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.table(COLUMNS).schema) as writer:
        writer.write_table(pa.table(COLUMNS))
    assert refusal(sink.getvalue().to_pybytes()) == "malformed_arrow"
    assert refusal(stream(use_legacy_format=True)) == "malformed_arrow"


def test_places_outside_the_metadata_are_refused() -> None:
    header = struct.pack("<Ii", 0xFFFFFFFF, 16)
    for metadata in (
        struct.pack("<Iiii", 4, 100, 0, 0),  # a vtable before the beginning
        struct.pack("<Iiii", 4, -100, 0, 0),  # and one behind the end
        struct.pack("<Iiii", 2**31, 0, 0, 0),
        struct.pack("<IiHHi", 4, -4, 4, 0, 0),
    ):
        assert refusal(header + metadata + struct.pack("<Ii", 0xFFFFFFFF, 0) * 2) == "malformed_arrow"
    assert refusal(struct.pack("<Ii", 0xFFFFFFFF, -8)) == "malformed_arrow"
    assert refusal((header + struct.pack("<IiHHi", 4, -4, 4, 0, 0)) * 3) == "malformed_arrow"


def test_names_and_truth_values_are_told_at_a_glance() -> None:
    assert objects_in(BODY) == 9  # condition, sex and told, three rows each
    numbers = {name: COLUMNS[name] for name in "yn"}
    assert objects_in(stream(numbers)) == 0
    assert objects_in(stream({"x": pa.array(["a", "b"], pa.large_string())})) == 2
    assert objects_in(stream({"x": pa.array([1] * 300)}, batches=300)) == 0
    assert objects_in(stream({"x": pa.array([True] * 300)}, batches=300)) > 10_000
    assert [objects_in(body) for body in (b"", b"no arrow at all", BODY[:-8] + b"12345678")] == [0, 0, 0]


def test_many_batches_do_not_have_a_large_dictionary_checked_again_and_again() -> None:
    """Two thousand batches of one row with a million names took 9 seconds."""
    column = pa.array([f"w{i}" for i in range(100)]).dictionary_encode()
    scan(stream({"x": column}, batches=50), 1000)
    scan(stream({"x": column}, batches=100), 1020)
    assert refusal(stream({"x": column}, batches=100), 1000) == "too_many_numbers"
