from __future__ import annotations

import asyncio
import gzip
import json
import threading
from contextlib import suppress

import pytest

from service.gateway import looks
from service.gateway.routes import chat, generations
from service.gateway.run import Run
from tests.gateway.studies import JSON, cells, crowd, gateway, lines, post, request
from tests.web.asgi import Answer, _scope, ask, call


def test_every_cell_comes_as_a_line_and_the_end_last() -> None:
    answer = post(gateway(), request(personas=crowd(10)))
    records = lines(answer)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [r["type"] for r in records] == ["cell"] * 20 + ["end"]
    assert records[-1]["complete"]


def test_events_are_numbered_and_named() -> None:
    answer = post(gateway(), request(), accept="text/event-stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        dict(line.split(": ", 1) for line in event.split("\n")) for event in answer.body.decode().split("\n\n")[:-1]
    ]
    assert [event["event"] for event in events] == ["cell"] * 4 + ["end"]
    assert [event["id"] for event in events] == ["0", "1", "2", "3", "4"]
    assert json.loads(events[-1]["data"])["complete"]


def test_the_plan_calls_nobody() -> None:
    class Nobody:
        async def send(self, *_: object) -> None:
            raise AssertionError("called")

    reply = post(gateway(Nobody()), request(), "/v1/generations/plan").json
    assert (reply["cells"], reply["calls"]) == (4, 4)
    assert reply["procedure_hash"] == lines(post(gateway(), request()))[-1]["resume"]["procedure_hash"]


def test_tenants_do_not_share_cells() -> None:
    app = gateway()
    one, again, other = (cells(post(app, request(), x_tenant=tenant)) for tenant in ("a", "a", "b"))
    assert [c["provenance"]["cached"] for c in again] == [True] * 4
    assert not any(c["provenance"]["cached"] for c in other)
    assert not {c["cell_id"] for c in one} & {c["cell_id"] for c in other}


def test_compressed_bodies_are_taken_and_others_refused() -> None:
    app = gateway()
    packed = gzip.compress(json.dumps(request()).encode())
    headers = JSON | {"content-encoding": "gzip"}
    assert ask(app.asgi, "POST", "/v1/generations/plan", body=packed, headers=headers).status == 200
    assert ask(app.asgi, "POST", "/v1/generations", body=b"x", headers={"content-type": "text/csv"}).status == 415
    assert post(app, request(), accept="text/html").status == 406
    assert post(gateway(max_body_bytes=10), request()).status == 413


@pytest.mark.parametrize("path", ["/v1/generations", "/v1/generations/plan"])
def test_keys_that_cannot_be_read_are_refused_before_a_run_and_before_a_plan(path: str) -> None:
    refused = post(gateway(), request(), path, x_upstream_key="no-list")
    assert (refused.status, refused.json["code"]) == (422, "malformed_upstream_key")


def test_bad_json_is_a_400() -> None:
    answer = ask(gateway().asgi, "POST", "/v1/generations", body=b'{"personas": NaN}', headers=JSON)
    assert (answer.status, answer.json["code"]) == (400, "nan_literal")


@pytest.mark.parametrize("after", [0, 3])
def test_a_fault_of_ours_in_the_stream_is_an_error_line_and_an_incomplete_end(after: int, monkeypatch) -> None:
    honest = Run._recorded
    seen = []

    def broken(run, landed):
        seen.append(landed)
        if len(seen) > after:
            raise RuntimeError("canary")
        return honest(run, landed)

    monkeypatch.setattr(Run, "_recorded", broken)
    app = gateway()
    answer = post(app, request())
    *given, error, end = lines(answer)
    assert [r["type"] for r in given] == ["cell"] * after
    assert (error["type"], error["problem"]["code"], error["problem"]["status"]) == ("error", "internal_error", 500)
    assert (end["type"], end["complete"]) == ("end", False)
    assert b"canary" not in answer.body.replace(b"unit-canary", b"")
    assert app.desk.runs.taken == 0


def test_a_run_is_given_what_the_desk_says() -> None:
    app = gateway(max_in_flight=7, progress_seconds=3.0)
    from tests.gateway.studies import study

    prompts = generations._prompts(study(), app.desk, {"headers": []})
    run = generations._run(prompts, app.desk, {"simulated": "k"})
    assert (run._means.most, run._means.progress_seconds, run._means.keys) == (7, 3.0, {"m1": "k"})


def test_runs_that_come_together_find_no_more_places_than_there_are() -> None:
    app = gateway(max_runs=2)
    body = json.dumps(request(personas=crowd(20))).encode()
    statuses: list[int] = []

    async def together() -> None:
        asked = [call(app.asgi, "POST", "/v1/generations", body=body, headers=JSON, stay=600.0) for _ in range(8)]
        statuses.extend(answer.status for answer in await asyncio.gather(*asked))

    asyncio.run(together())
    assert sorted(statuses) == [200, 200] + [503] * 6
    assert app.desk.runs.taken == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/generations", "runs"), ("/v1/generations/plan", "plans"), ("/v1/chat/completions", "chats")],
)
def test_without_a_place_nothing_of_the_body_is_read(path: str, kind: str) -> None:
    app = gateway(max_runs=1, max_chats=1)
    read: list[str] = []
    headers = JSON | {"content-length": "100"}

    async def receive() -> dict:
        read.append(told[0]["status"] if told else "before the answer")
        return {"type": "http.disconnect"}

    told: list[dict] = []

    async def send(message: dict) -> None:
        told.append(message)

    with getattr(app.desk, kind).one():
        asyncio.run(app.asgi(_scope("POST", path, "", headers), receive, send))
    assert told[0]["status"] == 503
    assert "before the answer" not in read
    assert getattr(app.desk, kind).taken == 0


@pytest.mark.parametrize("path", ["/v1/generations", "/v1/generations/plan", "/v1/chat/completions"])
def test_a_body_is_held_as_long_as_what_came_of_it(path: str, monkeypatch) -> None:
    """A run keeps its study: bytes count until its stream is over."""
    app = gateway(max_body_bytes=200_000, held_body_bytes=300_000)
    held: list[int] = []
    for kind, name in ((Run, "_recorded"), (generations, "plan_of"), (chat, "_answers")):
        honest = getattr(kind, name)

        def seen(*given: object, honest=honest) -> object:
            held.append(app.desk.held.bytes)
            return honest(*given)

        monkeypatch.setattr(kind, name, seen)
    body = request() if path.startswith("/v1/gen") else {"model": "simulated/simulated", "messages": [
        {"role": "user", "content": "Hello"}]}  # fmt: skip
    content = json.dumps(body).encode() + b" " * 150_000
    answer = ask(app.asgi, "POST", path, body=content, headers=JSON)
    assert answer.status == 200
    assert set(held) == {len(content) + 8 * sum(map(content.count, (b",", b"[", b"{")))}
    assert app.desk.held.bytes == 0


def test_a_chat_of_a_hundred_thousand_brackets_is_refused_before_it_is_decoded() -> None:
    body = b'{"model": "simulated/simulated", "messages": [' + b"{}," * 60_000 + b"{}]}"
    answer = ask(gateway().asgi, "POST", "/v1/chat/completions", body=body, headers=JSON)
    assert (answer.status, answer.json["error"]["code"]) == (413, "too_many_numbers")


def test_a_place_is_given_back_where_the_stream_never_begins() -> None:
    app = gateway(max_runs=1)

    async def gone(message: dict) -> None:
        raise OSError("gone")

    async def ended() -> None:
        scope = _scope("POST", "/v1/generations", "", JSON)
        pieces = [{"type": "http.request", "body": json.dumps(request()).encode(), "more_body": False}]

        async def receive() -> dict:
            return pieces.pop() if pieces else {"type": "http.disconnect"}

        with suppress(OSError):
            await app.asgi(scope, receive, gone)

    asyncio.run(ended())
    assert app.desk.runs.taken == 0
    assert post(app, request()).status == 200


def test_a_process_that_stops_ends_its_runs_with_what_they_have() -> None:
    app = gateway(max_in_flight=2)
    model = {"name": "m1", "parameters": {"simulated": {"latency_ms": 40}}}
    body = json.dumps(request(personas=crowd(5000), models=[model])).encode()

    async def stopped() -> Answer:
        asked = asyncio.create_task(call(app.asgi, "POST", "/v1/generations", body=body, headers=JSON, stay=600.0))
        await asyncio.sleep(1.0)
        app.lifecycle.closing(0.5)
        return await asked

    *given, end = lines(asyncio.run(stopped()))
    told = [record for record in given if record["type"] == "cell"]
    assert told
    assert (end["type"], end["complete"]) == ("end", False)
    assert end["counts"] == {"answered": len(told)}
    assert app.desk.runs.taken == 0


def test_who_looks_the_same_is_worked_out_beside_the_loop(monkeypatch) -> None:
    counted, threads = looks._earlier, []

    def watched(found):
        threads.append(threading.current_thread())
        return counted(found)

    monkeypatch.setattr(looks, "_earlier", watched)
    assert len(cells(post(gateway(), request(personas=crowd(10))))) == 20
    assert threads[0] is not threading.main_thread()  # of the personas; arms and models are few
