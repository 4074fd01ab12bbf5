from __future__ import annotations

import csv
import io
import random
import tracemalloc

import pytest

from service.api.reading import csv_file
from service.api.reading.cells import Kind
from service.api.reading.csv_file import read_csv
from service.web.inspection import Inspection
from service.web.problems import ProblemError

A, B = ("a", Kind.NUMBERS), ("b", Kind.NAMES)


def read(body: bytes, *wanted, limit: int = 1000) -> dict:
    found = Inspection()
    file = read_csv(body, wanted or (A, B), limit, found)
    assert found.total == 0
    return file.columns


def refusal(body: bytes, limit: int = 1000) -> str:
    with pytest.raises(ProblemError) as caught:
        read(body, limit=limit)
    return caught.value.code


@pytest.mark.parametrize(
    "body",
    [
        b"a,b\n1,x\n2,\n",
        b"a,b\r\n1,x\r\n2,\r\n",
        b"a,b\r1,x\r2,\r",
        b"a,b\n1,x\n2,",
        b"\xef\xbb\xbfa,b\n1,x\n2,\n",
        b'"a","b"\n"1","x"\n"2",""\n',
        b"b,a\nx,1\n,2\n",
        b",b,unused,a,\n1,x,5,1,\n2,,NA,2,\n",
        b"a,b\n\n1,x\n2,\n\n\n",
    ],
)
def test_one_table_in_many_hands(body: bytes) -> None:
    assert read(body) == {A: [1.0, 2.0], B: ["x", None]}


def test_quoted_fields_hold_commas_quotes_and_lines() -> None:
    assert read(b'a,b\n1,"x,y"\n2,"say ""hi"""\n3,"two\r\nlines"\n')[B] == ["x,y", 'say "hi"', "two\r\nlines"]


def test_one_column_may_be_read_in_two_ways() -> None:
    number, name = ("a", Kind.NUMBERS), ("a", Kind.NAMES)
    assert read(b"a\n1\n\n2\n", number, name) == {number: [1, None, 2], name: ["1", None, "2"]}


def test_blank_lines_at_the_end_are_nothing_and_a_quoted_line_break_is_text_in_any_company() -> None:
    number, both = ("a", Kind.NUMBERS), ("a", Kind.NUMBERS_OR_NAMES)
    assert read(b"a\n\n1\n\n2\n\n\n", number) == {number: [None, 1, None, 2]}
    assert read(b'a\n1\n""\n\n', number) == {number: [1, None]}
    for others in (b"", b"x\n"):
        assert read(b'a\n"1\n"\n' + others, both)[both][0] == "1\n"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("1,2,10,,1", [1.0, 2.0, 10.0, None, 1.0]),
        ("1.0,2.0", [1.0, 2.0]),
        ("12e4,120000", ["12e4", "120000"]),
        ("01,1", ["01", "1"]),
        ("0,-0", ["0", "-0"]),
        ("9007199254740992,9007199254740993", ["9007199254740992", "9007199254740993"]),
        ("9007199254740992,1", ["9007199254740992", "1"]),
        ("1a2b,1234,", ["1a2b", "1234", None]),
        ("1e999,1", ["1e999", "1"]),
        ("1,NA,2", [1.0, "NA", 2.0]),
    ],
)
def test_different_ids_stay_different(cells: str, expected: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "_ROWS", 2)
    want = ("b", Kind.IDS)
    assert read("\n".join(["a,b", *(f"1,{cell}" for cell in cells.split(","))]).encode(), want) == {want: expected}


def test_names_that_are_not_there_give_no_column() -> None:
    assert read(b"a,b,\n1,2,3\n", ("c", Kind.NAMES), ("", Kind.NAMES)) == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \n", "empty_body"),
        (b"a,b\n1,\xff\n", "invalid_utf8"),
        ("a,b\n1,é\n".encode("latin-1"), "invalid_utf8"),
        ("a,b\n1,x\n".encode("utf-16"), "invalid_utf8"),
        (b'a,b\n1,"x', "malformed_csv"),
        (b'a,b\n1,"x"y\n', "malformed_csv"),
        (b'a,b\n"1",' + b"x" * 200_000, "malformed_csv"),
        (b"a,b,a\n1,2,3\n", "duplicate_header"),
        (b"a,b,c,c\n1,2,3,4\n", "duplicate_header"),
        (b"a,b\n" + b"1,2\n" * 501, "too_many_numbers"),
    ],
)
def test_what_cannot_be_read(body: bytes, code: str) -> None:
    assert refusal(body) == code


@pytest.mark.parametrize("body", [b"a;b\n1,5;2\n", b'\xef\xbb\xbf"a";"b"\r\n1,5;2\r\n', b"b\ta\n1\t2\n", b'x;"a"'])
def test_a_file_with_other_separators_is_told_once(body: bytes) -> None:
    assert refusal(body) == "wrong_delimiter"


def test_separators_that_are_part_of_a_name_are_none() -> None:
    assert read(b"a;b\n1\n", (wanted := ("a;b", A[1])))[wanted] == [1]
    assert read(b"a,c;d\n1,2\n", A)[A] == [1]


def test_the_limit_is_in_cells() -> None:
    assert len(read(b"a,b\n" + b"1,2\n" * 500, A)[A]) == 500


def test_every_ragged_row_is_listed_with_its_number() -> None:
    found = Inspection()
    file = read_csv(b"a,b\n1,2\n3\n4,5,6\n7,8\n", (A,), 1000, found)
    assert file.columns[A] == [1, 7]
    assert [(e.pointer, e.code) for e in found.errors()] == [("", "ragged_row")] * 2
    assert [e.detail for e in found.errors()] == [
        f"Row {row} below the header has {n} fields, the header has 2." for row, n in ((2, 1), (3, 3))
    ]


def test_rows_are_numbered_as_they_stand_in_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "_ROWS", 2)
    found = Inspection()
    read_csv(b"a,b\n1\n2\n3,4\n5\n", (A,), 1000, found)
    assert [e.detail.split(" has")[0] for e in found.errors()] == [f"Row {k} below the header" for k in (1, 2, 4)]


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(2)
    rows = [(rng.random(), rng.choice(["x", "y", "NA"])) for _ in range(100)]
    body = b"a,b\n" + b"".join(f"{a},{b}\n".encode() for a, b in rows)
    monkeypatch.setattr(csv_file, "_ROWS", 7)
    assert read(body) == {A: [a for a, _ in rows], B: [b for _, b in rows]}


def test_files_without_quotes_are_read_as_the_csv_module_reads_them() -> None:
    rng = random.Random(4)
    for _ in range(5000):
        text = "".join(rng.choices("a,;\n\r \x0b\x85\u2028", k=rng.randint(0, 12)))
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert list(csv_file._unquoted(text.encode())) == list(csv_file._quoted(text.encode())) == expected, repr(text)


def test_a_long_file_costs_little_more_than_its_columns() -> None:
    body = b"a,b\n" + (b"1," + b"x" * 1000 + b"\n") * 20_000
    tracemalloc.start()
    try:
        assert len(read(body, A, limit=10**6)[A]) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 2 * len(body)
    finally:
        tracemalloc.stop()
