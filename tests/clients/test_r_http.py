"""The R package against services that are busy, broken, elsewhere, or none of ours."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tests.clients import r_package
from tests.clients.answering import Reply, answering

ASK = """
library(rectifier)
for (url in strsplit("{urls}", " ")[[1]]) {{
  began <- Sys.time()
  ask <- function() rectifier_post("/v1/calibrations", list(data = 1), url = url, timeout = 3)
  p <- tryCatch(ask(), rectifier_problem = identity)
  quick <- as.numeric(Sys.time() - began, units = "secs") < 20
  cat(if (inherits(p, "rectifier_problem")) p$code else "answered", quick, "\\n")
}}
"""
PROBLEM = {"type": "x", "title": "busy", "status": 503, "detail": "busy", "instance": "i", "code": "overloaded"}
BUSY = json.dumps({**PROBLEM, "errors": [], "errors_total": 0}).encode()


CASES: list[tuple[list[Reply], str, int]] = [
    ([Reply(503, BUSY, {"Retry-After": "0"}), Reply(429, BUSY, {"Retry-After": "1"}), Reply(200)], "answered", 3),
    ([Reply(503, BUSY), Reply(200)], "answered", 2),
    ([Reply(503, BUSY, {"Retry-After": "0"})], "overloaded", 4),
    ([Reply(429, BUSY, {"Retry-After": "3600"})], "overloaded", 1),
    ([Reply(422, BUSY)], "overloaded", 1),
    ([Reply(502, b"<html>")], "http_502", 1),
    ([Reply(502, b'"bad gateway"')], "http_502", 1),
    ([Reply(200, b"{}", {"Content-Length": "9"})], "cut_off", 2),
    ([Reply(200, b"<html>")], "not_json", 1),
    ([Reply(0)], "timeout", 1),
]


def test_busy_is_waited_for_and_everything_else_is_told_once(library):
    with ExitStack() as stack:
        services = [stack.enter_context(answering(*replies)) for replies, _, _ in CASES]
        urls = " ".join(service.url for service in services)
        said = r_package.run(library, ASK.format(urls=urls), RECTIFIER_KEY="k1")
    assert said.split() == [word for _, code, _ in CASES for word in (code, "TRUE")]
    assert [len(service.asked) for service in services] == [times for _, _, times in CASES]
    asked = [each for service in services for each in service.asked]
    assert {(each["x-api-key"], each["content-type"]) for each in asked} == {("k1", "application/json")}


@pytest.mark.parametrize("status", [302, 307, 308])
def test_key_and_data_are_not_sent_on_to_where_a_redirect_leads(library, status):
    script = 'library(rectifier); print(tryCatch(rectifier_post("/v1/designs", list(1)), rectifier_problem = identity))'
    with answering(Reply(200)) as other, answering(Reply(status, headers={"Location": other.url})) as service:
        said = r_package.run(library, script, RECTIFIER_URL=service.url, RECTIFIER_KEY="k1")
        assert (len(service.asked), other.asked) == (1, [])
    assert f"refused with {status} (redirected)" in said
    assert f"{service.url} answers with a redirect to {other.url}" in said
    assert "rectifier_explain" not in said  # the catalogue does not have it


def test_another_type_of_answer_is_no_report(library):
    script = """library(rectifier)
        ask <- function(accept) rectifier_post("/v1/designs", list(a = 1), headers = list(Accept = accept))
        cat(tryCatch(ask("text/csv"), rectifier_problem = function(p) p$code))"""
    with answering(Reply(200, b"{}", {"Content-Type": "text/html"})) as service:
        assert r_package.run(library, script, RECTIFIER_URL=service.url) == "not_accepted"


def test_no_tries_are_one(library):
    script = """library(rectifier)
        options(rectifier.tries = 0)
        cat(tryCatch(rectifier_post("/v1/designs", list(a = 1)), rectifier_problem = function(p) p$code))"""
    with answering(Reply(503, BUSY, {"Retry-After": "0"})) as service:
        assert r_package.run(library, script, RECTIFIER_URL=service.url) == "overloaded"
        assert len(service.asked) == 1


def test_json_of_something_else_is_no_answer(library):
    script = """library(rectifier)
        d <- data.frame(y = c(1, 2, NA), llm = 1:3)
        cat(tryCatch(class(calibrate(d, "y", "llm")), rectifier_problem = function(p) p$code))"""
    with answering(Reply(200, b'{"status": "ok"}')) as service:
        assert r_package.run(library, script, RECTIFIER_URL=service.url) == "not_accepted"


def test_where_a_container_has_no_locale_letters_stay(library):
    script = """library(rectifier)
        arms <- c(rawToChar(as.raw(c(0x42, 0x72, 0xc3, 0xbc))), "x")
        sent <- rectifier:::text_of(list(rectifier:::wire_column(arms, "label", "arm")))
        cat(Sys.getlocale("LC_CTYPE"), as.character(charToRaw(enc2utf8(sent))))"""
    locale, *sent = r_package.run(library, script, LC_ALL="C").split()
    assert (locale, bytes.fromhex("".join(sent)).decode()) == ("C", '[["Br\u00fc","x"]]')


def test_a_service_may_be_below_a_path_and_an_empty_variable_names_none(library):
    script = 'library(rectifier); done <- rectifier_post("/v1/designs", list(a = 1)); cat(rectifier_gateway_url())'
    with answering(Reply(200)) as service:
        said = r_package.run(library, script, RECTIFIER_URL=f"{service.url}/lab/", RECTIFIER_GATEWAY_URL="")
        assert [each[":path"] for each in service.asked] == ["/lab/v1/designs"]
    assert said == "http://localhost:8001"


CELL = {"type": "cell", "cell_id": "c1", "unit_id": "1", "arm": "all", "item": "q", "model": "m", "status": "answered"}


def test_a_generation_is_sent_once_and_what_came_before_a_break_is_kept(library):
    lines = "".join(json.dumps(each) + "\n" for each in (CELL, {"type": "progress", "done": 1, "total": 2}))
    broken = Reply(200, (lines + '{"type": "cell", "raw": {}').encode(), {"Content-Length": "100000"})
    script = """
    library(rectifier)
    ask <- function(url) generate(data.frame(age = 30), item("q", "free_text", "Why?"), url = url, progress = TRUE)
    p <- tryCatch(ask("{url}"), rectifier_problem = identity)
    cat(p$code, p$cells$cell_id)
    """
    with answering(broken) as service, answering(Reply(200, b'{"other": "service"}')) as other:
        assert r_package.run(library, script.replace("{url}", service.url)).split() == ["cut_off", "c1"]
        assert r_package.run(library, script.replace("{url}", other.url)).split() == ["cut_off"]
        assert len(service.asked) == 1
