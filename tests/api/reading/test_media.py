from __future__ import annotations

import json

import msgspec
import pytest

from service.api.reading.media import readers
from service.web.problems import ProblemError
from tests.api.reading.test_csv_request import BODY, NAMES, SAME
from tests.web.study import Study

READERS = readers(Study, ("summary",), 1000, tabular=True)
PACKED = ("application/vnd.msgpack", "application/msgpack", "application/x-msgpack")


def test_one_study_in_every_media_type_is_one_struct() -> None:
    assert tuple(READERS) == ("application/json", *PACKED, "text/csv")
    structs = [READERS[name].decode(msgspec.msgpack.encode(SAME), {}) for name in PACKED]
    structs.append(READERS["application/json"].decode(json.dumps(SAME).encode(), {}))
    query = {"data": json.dumps(NAMES), "plan": json.dumps(SAME["plan"])}
    structs.append(READERS["text/csv"].decode(BODY, query))
    assert all(study == structs[0] for study in structs)


def test_only_tables_come_as_csv() -> None:
    assert "text/csv" not in readers(Study, (), 1000, tabular=False)


def test_parameters_belong_to_csv() -> None:
    assert {name: reader.parameters for name, reader in READERS.items() if reader.parameters} == {
        "text/csv": ("data", "plan")
    }


def test_values_are_counted_where_the_format_does_not_separate_them() -> None:
    assert READERS[PACKED[0]].separators == b""
    with pytest.raises(ProblemError, match="too_many_numbers"):
        READERS[PACKED[0]].decode(msgspec.msgpack.encode([1] * 1001), {})


@pytest.mark.parametrize("name", ["application/json", PACKED[0], "text/csv"])
def test_promised_words_are_known_in_every_format(name: str) -> None:
    document = {"data": {"layout": "summary"}}
    body = {"application/json": json.dumps(document).encode(), "text/csv": b"a\n1\n"}
    with pytest.raises(ProblemError, match="unsupported_combination"):
        READERS[name].decode(body.get(name, msgspec.msgpack.encode(document)), {"data": '{"layout": "summary"}'})
