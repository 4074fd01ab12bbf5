from __future__ import annotations

import json
import threading
from contextlib import nullcontext

import msgspec
import pytest

from service.api.limits import Limits
from service.api.reading import arrow_stream, media
from service.api.reading.media import ARROW, readers
from service.api.reading.whole import decoded
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import BinaryArray
from service.web.problems import ProblemError
from tests.api.reading.streams import stream
from tests.api.reading.test_csv_request import BODY, NAMES, SAME
from tests.web.study import Study

READERS = readers(Study, ("summary",), 1000, tabular=True)
PACKED = ("application/vnd.msgpack", "application/msgpack", "application/x-msgpack")


def test_one_study_in_every_media_type_is_one_struct() -> None:
    assert tuple(READERS) == ("application/json", *PACKED, "text/csv", ARROW)
    structs = [READERS[name].decode(msgspec.msgpack.encode(SAME), {}) for name in PACKED]
    structs.append(READERS["application/json"].decode(json.dumps(SAME).encode(), {}))
    query = {"data": json.dumps(NAMES), "plan": json.dumps(SAME["plan"])}
    structs.append(READERS["text/csv"].decode(BODY, query))
    columns = {"y": [3, None], "condition": ["c", None], "sex": ["f", "m"], "w": [1.5, 1.0]}
    structs.append(READERS[ARROW].decode(stream(columns), query))
    assert all(study == structs[0] for study in structs)


def test_only_tables_come_as_files() -> None:
    assert tuple(readers(Study, (), 1000, tabular=False)) == ("application/json", *PACKED)


def test_parameters_belong_to_files() -> None:
    assert {name: reader.parameters for name, reader in READERS.items() if reader.parameters} == dict.fromkeys(
        ("text/csv", ARROW), ("data", "plan")
    )


def test_json_and_arrow_have_a_faster_way_where_binary_arrays_may_stand() -> None:
    assert not any(reader.columns for name, reader in READERS.items() if name != ARROW)  # not in this contract
    takes = readers(CalibrationRequest, (), 1000, tabular=True)
    assert [name for name, reader in takes.items() if reader.columns] == ["application/json", ARROW]
    body = json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all", "human": list(range(40))}]}}).encode()
    assert isinstance(takes["application/json"].columns(body, {}).data.arms[0].human, BinaryArray)
    assert takes[ARROW].columns(b"", {}) is None


def test_of_a_large_body_no_copies_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all", "human": list(range(40))}]}}).encode()
    monkeypatch.setattr(media, "COPIED_BYTES", len(body) - 1)
    assert readers(CalibrationRequest, (), 1000, tabular=True)["application/json"].columns(body, {}) is None


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


def test_a_reader_that_has_to_import_first_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_stream, "_imported", threading.Event())
    assert [name for name, reader in READERS.items() if not reader.at_hand()] == [ARROW]
    with pytest.raises(ProblemError):
        READERS[ARROW].decode(bytearray(), {})
    assert READERS[ARROW].at_hand()


@pytest.mark.parametrize("kind", ["application/json", PACKED[0], "text/csv", ARROW])
@pytest.mark.parametrize(("most", "fits"), [(1_600, True), (1_000, False)])
def test_a_string_counts_as_three_values(kind: str, most: int, *, fits: bool) -> None:
    """Three hundred numbers and names are 1,200 values and some."""
    rows, table = 300, {"layout": "table", "outcomes": {"y": "y"}, "arm": "g"}
    columns = {"y": [1.0] * rows, "g": ["c", "t", "a long name that fills more than thirty-two bytes"] * (rows // 3)}
    whole = {"data": table | {"outcomes": {"y": columns["y"]}, "arm": columns["g"]}}
    lines = "".join(f"{y},{g}\n" for y, g in zip(*columns.values(), strict=True))
    body = {
        "application/json": json.dumps(whole).encode(),
        "text/csv": f"y,g\n{lines}".encode(),
        ARROW: stream(columns),
    }.get(kind, msgspec.msgpack.encode(whole))
    reader = readers(CalibrationRequest, (), most, tabular=True)[kind]
    query = {"data": json.dumps(table)} if reader.parameters else {}
    with nullcontext() if fits else pytest.raises(ProblemError, match="too_many_numbers"):
        assert decoded(reader, bytearray(body), "identity", query, Limits(max_values=most))[0].data.outcomes
