from __future__ import annotations

import pytest

from service.api.commands.source import emptied, read_source
from service.api.commands.usage import UsageError


def test_a_table_has_a_header_and_a_request_has_none(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(b'\xef\xbb\xbf"a;b",c\n1,2\n')
    assert read_source(str(file)).header == ("a;b", "c")
    file.write_bytes(b'\xef\xbb\xbf \n{"data": {}}')
    assert read_source(str(file)).is_request


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"a;b\n1;2\n", "separated by semicolons"),
        (b"a\tb\n1\t2\n", "separated by tabs"),
        ("a,b\n1,2\n".encode("utf-16"), "not text in UTF-8"),
        (b"\n1,2\n", "no header"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, body, said):
    file = tmp_path / "t.csv"
    file.write_bytes(body)
    with pytest.raises(UsageError, match=said):
        read_source(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.csv: No such file"):
        read_source(str(tmp_path / "nowhere.csv"))


def test_fields_that_say_missing_are_emptied_and_the_header_is_left():
    body = b'\xef\xbb\xbfNA,b\n NA ,"x, y"\n1,.\n'
    assert emptied(body, {"NA", "."}) == b'NA,b\n,"x, y"\n1,\n'


@pytest.mark.parametrize("body", [b'a,b\n"1,2\n', b"a\n\xff\n"])
def test_what_cannot_be_read_is_left_for_the_reader_to_refuse(body):
    assert emptied(body, {"NA"}) is body
