"""One study in every media type and encoding, over HTTP: one answer, the same refusals, nothing of it in the log."""

from __future__ import annotations

import base64
import copy
import csv
import gzip
import io
import json
import random
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np
import pytest

from service.api.reading.media import ARROW
from service.web.compression import zstd_module
from service.web.problems import MEDIA_TYPE
from tests.acceptance.conftest import start
from tests.acceptance.talk import Reply, post
from tests.api.reading.streams import stream

JSON, PACKED, CSV = "application/json", "application/vnd.msgpack", "text/csv"
DRAWN = ("text/html", "image/svg+xml")
PRICED = json.loads(files("service.api").joinpath("example.json").read_bytes())
STUDY = PRICED | {"plan": {name: value for name, value in PRICED["plan"].items() if name != "costs"}}
BODY = json.dumps(STUDY).encode()
PACK = msgspec.msgpack.encode
DESIGN = {
    "basis": {"kind": "assumed", "ppi_correlation": 0.6},
    "costs": {"human": 5, "llm": 0.2},
    "objective": {"kind": "budget", "budget": 1000},
}


@pytest.fixture(autouse=True)
def never_a_5xx(server) -> Iterator[None]:
    yield
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {line["level"] for line in lines if line["event"] == "server"} <= {"warning"}
    statuses = [line["status"] for line in lines if line["event"] == "request"]
    assert [s for s in statuses if s >= 500] == []


def columns() -> dict[str, list[Any]]:
    """The study's columns by the name they have in a CSV file."""
    data = STUDY["data"]
    named = {"arm": data["arm"], **data["outcomes"]}
    named |= {f"llm {i}": p["values"] for i, p in enumerate(data["predictions"])}
    return named | (data.get("covariates") or {})


def as_csv() -> tuple[str, bytes]:
    """The study as a CSV request: its path, its body."""
    data = copy.deepcopy(STUDY["data"])
    data |= {"arm": "arm", "outcomes": {name: name for name in data["outcomes"]}}
    data["covariates"] = {name: name for name in data.get("covariates") or {}}
    for i, prediction in enumerate(data["predictions"]):
        prediction["values"] = f"llm {i}"
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns())
    writer.writerows(zip(*columns().values(), strict=True))
    plan = quote(json.dumps(STUDY["plan"]))
    return f"/v1/calibrations?plan={plan}&data={quote(json.dumps(data))}", out.getvalue().encode()


def named() -> dict[str, list[Any]]:
    """The columns as Arrow has them: nulls, and numbers of one type."""
    return {
        name: [None if cell is None else cell if isinstance(cell, str) else float(cell) for cell in cells]
        for name, cells in columns().items()
    }


def in_binary(pack: Any) -> dict[str, Any]:
    """The study with every list of numbers as a binary array."""
    study = copy.deepcopy(STUDY)

    def array(values: list[Any]) -> dict[str, Any]:
        numbers = np.array([np.nan if v is None else v for v in values], dtype="<f8")
        return {"dtype": "<f8", "data": pack(numbers.tobytes())}

    study["data"]["outcomes"] = {name: array(values) for name, values in study["data"]["outcomes"].items()}
    for prediction in study["data"]["predictions"]:
        prediction["values"] = array(prediction["values"])
    return study


def without_digest(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200, reply.body[:500]
    packed = reply.headers["content-type"] == PACKED
    answer = msgspec.msgpack.decode(reply.body) if packed else reply.json
    digest = answer.pop("request_digest")
    assert digest.startswith("sha256:")
    assert answer["passport"].pop("request_digest") == digest
    return answer


def test_every_way_in_gives_the_same_answer(server) -> None:
    expected = without_digest(post(server, BODY))
    path, table = as_csv()
    base64_text = in_binary(lambda data: base64.b64encode(data).decode())
    for body, target, media_type in (
        (PACK(STUDY), "/v1/calibrations", PACKED),
        (PACK(in_binary(bytes)), "/v1/calibrations", PACKED),
        (json.dumps(base64_text).encode(), "/v1/calibrations", JSON),
        (table, path, CSV),
        (stream(named()), path, ARROW),
    ):
        assert without_digest(post(server, body, target, Content_Type=media_type)) == expected
        for encoding, pressed in (("gzip", gzip.compress(body, mtime=0)), ("zstd", zstd_module().compress(body))):
            again = post(server, pressed, target, Content_Type=media_type, Content_Encoding=encoding)
            plain = post(server, body, target, Content_Type=media_type)
            assert (again.status, again.body) == (200, plain.body)


def test_every_way_out_says_the_same(server) -> None:
    priced = json.dumps(PRICED).encode()
    expected = post(server, priced)
    assert expected.json["design"]
    packed = post(server, priced, Accept=PACKED)
    assert packed.headers["content-type"] == PACKED
    assert msgspec.json.encode(msgspec.msgpack.decode(packed.body)) == msgspec.json.encode(expected.json)
    lines = post(server, priced, Accept=CSV)
    assert lines.headers["content-type"].startswith(CSV)
    rows = list(csv.DictReader(io.StringIO(lines.body.decode(), newline="")))
    for row, estimate in zip(rows, expected.json["estimates"], strict=True):
        assert float(row["estimate"]) == estimate["estimate"]
        assert float(row["interval_lower"]) == estimate["interval"]["lower"]
        assert float(row["human_only_estimate"]) == estimate["human_only"]["estimate"]
        assert (row["claim"], row["component"]) == (estimate["claim"], "")
        assert all(warning["code"] in row["warnings"] for warning in expected.json["warnings"])


def test_pages_and_figures_say_what_json_says(server) -> None:
    priced = json.dumps(PRICED).encode()
    answer = post(server, priced).json
    page, figure = (post(server, priced, Accept=media_type) for media_type in DRAWN)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert figure.headers["content-type"] == "image/svg+xml"
    numbers = {float(text) for text in re.findall(r'<data value="([^"]+)">', page.body.decode())}
    for estimate in answer["estimates"]:
        assert {estimate["estimate"], estimate["human_only"]["estimate"], estimate["standard_error"]} <= numbers
    for reply in (page, figure):
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert answer["claim"] in reply.body.decode()
        assert answer["request_digest"] in reply.body.decode()
        assert all(warning["code"] in reply.body.decode() for warning in answer["warnings"])


def test_a_design_as_csv_is_its_frontier(server) -> None:
    body = json.dumps(DESIGN).encode()
    frontier = post(server, body, "/v1/designs").json["frontier"]
    rows = list(csv.DictReader(io.StringIO(post(server, body, "/v1/designs", Accept=CSV).body.decode(), newline="")))
    assert [float(row["standard_error"]) for row in rows] == [point["standard_error"] for point in frontier]
    assert "warnings" in rows[0]
    packed = post(server, PACK(DESIGN), "/v1/designs", Content_Type=PACKED, Accept=PACKED)
    as_json, as_packed = post(server, body, "/v1/designs").json, msgspec.msgpack.decode(packed.body)
    assert as_json["passport"].pop("request_digest") != as_packed["passport"].pop("request_digest")  # of the bytes sent
    assert as_packed == as_json


def test_the_same_bytes_on_a_second_process(server, tmp_path) -> None:
    path, table = as_csv()
    other = start(tmp_path / "stderr", PYTHONHASHSEED="7")
    try:
        for body, target, media_type in (
            (BODY, "/v1/calibrations", JSON),
            (PACK(STUDY), "/v1/calibrations", PACKED),
            (table, path, CSV),
        ):
            for accept in (JSON, PACKED, CSV, *DRAWN):
                replies = [
                    post(s, body, target, Content_Type=media_type, Accept=accept) for s in (server, other, server)
                ]
                assert {reply.status for reply in replies} == {200}
                assert len({reply.body for reply in replies}) == 1
    finally:
        assert other.stop() == 0


@pytest.mark.parametrize("accept", [JSON, PACKED, CSV, *DRAWN, "text/html;q=0.1, text/csv"])
def test_a_refusal_is_a_problem_document_whatever_is_accepted(server, accept) -> None:
    path, table = as_csv()
    for reply, status in (
        (post(server, b"{", Accept=accept), 400),
        (post(server, PACK(STUDY)[:-1], Accept=accept, Content_Type=PACKED), 400),
        (post(server, table.replace(b"control", b'"', 1), path, Accept=accept, Content_Type=CSV), 400),
        (post(server, b"{}", Accept=accept, Content_Type="text/plain"), 415),
        (post(server, b"{}", Accept=accept, Content_Encoding="br"), 415),
        (post(server, table, "/v1/designs", Accept=accept, Content_Type=CSV), 415),
        (post(server, b"{}", Accept=accept), 422),
        (post(server, table, "/v1/calibrations?data={}", Accept=accept, Content_Type=CSV), 422),
    ):
        assert (reply.status, reply.headers["content-type"]) == (status, MEDIA_TYPE), reply.body
        assert reply.json["status"] == status


@pytest.mark.parametrize("accept", ["text/html;q=0", "image/png;q=0.9, text/plain", "application/json;q=0, */*;q=0"])
def test_what_cannot_be_given_is_406(server, accept) -> None:
    assert post(server, BODY, Accept=accept).json["code"] == "not_acceptable"


def test_a_cell_is_found_by_the_pointer_of_the_json_table(server) -> None:
    path, table = as_csv()
    broken = copy.deepcopy(STUDY)
    broken["data"]["predictions"][0]["values"][7] = "NA"
    lines = table.decode().split("\r\n")
    cells = next(csv.reader([lines[8]]))
    cells[list(columns()).index("llm 0")] = "NA"
    lines[8] = ",".join(cells)
    ours = post(server, "\r\n".join(lines).encode(), path, Content_Type=CSV).json["errors"]
    theirs = post(server, json.dumps(broken).encode()).json["errors"]
    assert [(e["pointer"], e["code"]) for e in ours] == [(e["pointer"], e["code"]) for e in theirs]
    assert (ours[0]["pointer"], "row 8" in ours[0]["hint"]) == ("/data/predictions/0/values/7", True)


def test_nothing_of_the_query_is_logged(server) -> None:
    path, table = as_csv()
    for target in (path, "/v1/calibrations?data=Zaphod-4711", "/v1/calibrations?Zaphod-4711=1", "/Zaphod-4711?plan=1"):
        post(server, table, target, Content_Type=CSV)
    log = server.log.read_text()
    assert "Zaphod" not in log
    assert quote("shared") not in log
    assert "treatment" not in log


def test_mutated_bodies_are_refused_or_answered(server) -> None:
    """Seeded mutations of one study in three formats; every answer is a 200 or a 4xx with a place or a reason."""
    rng = random.Random(41)
    small = {
        "data": {"layout": "table", "outcomes": {"y": [3, 4, 2, 5, 4]}, "predictions": [{"values": [3, 4, 3, 5, 4]}]},
        "plan": {"estimand": {"type": "mean"}},
    }
    query = quote('{"layout": "table", "outcomes": {"y": "y"}, "predictions": [{"values": "x"}]}')
    forms = [
        (JSON, "/v1/calibrations", json.dumps(small).encode()),
        (PACKED, "/v1/calibrations", PACK(small)),
        (CSV, f"/v1/calibrations?data={query}", b"y,x\n3,3\n4,4\n2,3\n5,5\n4,4.5\n"),
    ]
    seen: dict[str, set[int]] = {media_type: set() for media_type, _, _ in forms}
    for media_type, path, whole in forms * 400:
        body = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            body[rng.randrange(len(body))] = rng.choice([rng.randrange(256), rng.choice(whole)])
        del body[len(body) - rng.choice([0, 0, 0, 0, 3]) :]
        reply = post(server, bytes(body), path, Content_Type=media_type, Accept=rng.choice([JSON, PACKED, CSV, *DRAWN]))
        seen[media_type].add(reply.status)
        if reply.status != 200:
            assert 400 <= reply.status < 500
            assert reply.json["errors"] or reply.json["detail"]
    assert all(statuses >= {200, 400, 422} for statuses in seen.values()), seen
