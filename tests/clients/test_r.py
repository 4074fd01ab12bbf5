"""The R package: installed, its own tests and vignette run against services, its numbers those of everybody else."""

from __future__ import annotations

import csv
import gzip
import json
import re
import struct
import subprocess
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clients import r_package
from tests.clients.answering import Reply, answering
from tests.clients.r_package import PACKAGE
from tests.oracles.twin_arms import ABSENT, FOLDER
from tests.shape.sources import ROOT

STUDY = PACKAGE / "inst/extdata/letter.csv"
TWINS = [("gpt", "control"), ("gpt", "letter"), ("small", "control"), ("small", "letter")]
IN_R = """
library(rectifier)
study <- read.csv(system.file("extdata", "letter.csv", package = "rectifier"))
twins <- Map(function(model, arm) prediction(paste(model, arm, sep = "_"), model, arm), {models}, {arms})
plan <- list(identification = "exchangeability")
""".format(models="rep(c('gpt', 'small'), each = 2)", arms="c('control', 'letter')")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return r_package.installed(tmp_path_factory.mktemp("r"))


def url(server: Any) -> str:
    return f"http://{server.host}:{server.port}"


def post(server: Any, body: bytes, accept: str = "application/json") -> bytes:
    headers = {"Content-Type": "application/json", "Accept": accept}
    request = urllib.request.Request(f"{url(server)}/v1/calibrations", body, headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return bytes(reply.read())


def without_digest(answer: bytes) -> Any:
    found = json.loads(answer)
    assert found.pop("request_digest") == found["passport"].pop("request_digest")
    return found


def written_in_python() -> bytes:
    """The request that calibrate() makes of the package's example, by json and csv alone."""
    with STUDY.open(newline="") as file:
        rows = list(csv.DictReader(file))

    def column(name: str) -> list[float | None]:
        return [None if row[name] == "NA" else float(row[name]) for row in rows]

    predictions = [{"model": model, "arm": arm, "values": column(f"{model}_{arm}")} for model, arm in TWINS]
    arm = [None if row["arm"] == "NA" else row["arm"] for row in rows]
    data = {"layout": "table", "prediction_design": "shared", "arm": arm, "outcomes": {"trust": column("trust")}}
    plan = {"control": "control", "identification": "exchangeability"}
    return json.dumps({"plan": plan, "data": {**data, "predictions": predictions}}).encode()


def test_its_own_tests_pass_and_none_is_left_out(library, server, gateways):
    options = 'package = "rectifier", load_package = "installed", reporter = "check"'
    script = f'testthat::test_dir("{PACKAGE / "tests/testthat"}", {options})'
    said = r_package.run(library, script, RECTIFIER_URL=url(server), RECTIFIER_GATEWAY_URL=url(gateways()))
    counts = re.findall(r"\[ FAIL (\d+) \| WARN (\d+) \| SKIP (\d+) \| PASS (\d+) \]", said)[-1]
    assert counts[:3] == ("0", "0", "0")
    assert int(counts[3]) > 220


def test_the_vignette_runs_and_shows_the_services_numbers(library, server):
    source = PACKAGE / "vignettes/rectifier.Rmd"
    script = f'tools::buildVignette("{source}", quiet = TRUE, keep = TRUE, tangle = FALSE)'
    r_package.run(library, script, RECTIFIER_URL=url(server))
    page = (library.parent / "rectifier.html").read_text()
    estimate = json.loads(post(server, written_in_python()))["estimates"][0]
    assert f"calibrated  {estimate['estimate']:.4f}" in page
    assert page.count("Error: ") == 1  # the one that it is about
    assert "`trust`, row 3" in page
    assert "No service answered" not in page


def test_curl_gets_the_same_bytes_for_the_same_bytes(library, server, tmp_path):
    script = f"""{IN_R}
    data <- rectifier:::wire(study_data(study, trust ~ arm, twins))
    body <- rectifier:::encode(list(data = data, plan = c(plan, control = "control")))
    writeBin(charToRaw(body), "{tmp_path}/body")
    writeBin(charToRaw(attr(calibrate(study, trust ~ arm, twins, plan = plan), "json")), "{tmp_path}/answer")
    """
    r_package.run(library, script, RECTIFIER_URL=url(server))
    headers = ["-H", "Content-Type: application/json", "--data-binary", f"@{tmp_path}/body"]
    said = subprocess.run(["curl", "-s", f"{url(server)}/v1/calibrations", *headers], capture_output=True, check=True)
    assert said.stdout == (tmp_path / "answer").read_bytes()


@pytest.mark.parametrize("binary_from", [1, 10_000])
def test_python_gets_the_same_numbers_for_the_same_study(library, server, tmp_path, binary_from):
    script = f"""{IN_R}
    options(rectifier.binary_from = {binary_from})
    writeBin(charToRaw(attr(calibrate(study, trust ~ arm, twins, plan = plan), "json")), "{tmp_path}/answer")
    """
    r_package.run(library, script, RECTIFIER_URL=url(server))
    assert without_digest((tmp_path / "answer").read_bytes()) == without_digest(post(server, written_in_python()))


def test_every_bit_of_a_double_arrives(library, server, tmp_path):
    rng = np.random.default_rng(3)
    human, llm, only = rng.normal(size=200) / 3, rng.normal(size=200) * 1e-7, rng.normal(size=2_000) * 1e-7
    outcome = [*human.tolist(), *[None] * 2_000]
    bits = np.concatenate([human, np.full(2_000, np.nan), llm, only])
    (tmp_path / "bits").write_bytes(struct.pack(f"<{len(bits)}d", *bits))
    script = f"""
    library(rectifier)
    bits <- readBin("{tmp_path}/bits", "double", 4400, endian = "little")
    study <- data.frame(y = bits[1:2200], f = bits[2201:4400])
    for (from in c(1000, 1e6)) {{
      options(rectifier.binary_from = from)
      fit <- calibrate(study, "y", "f", plan = list(null_value = 1 / 3, confidence_level = 0.9))
      writeBin(charToRaw(attr(fit, "json")), sprintf("{tmp_path}/answer%g", from))
    }}
    stopifnot(identical(fit$applied$null_value, 1 / 3))
    writeBin(c(coef(fit), confint(fit)), "{tmp_path}/read", endian = "little")
    """
    r_package.run(library, script, RECTIFIER_URL=url(server))
    predictions = [{"model": "llm", "values": [*llm.tolist(), *only.tolist()]}]
    data = {"layout": "table", "outcomes": {"y": outcome}, "predictions": predictions}
    answer = post(server, json.dumps({"data": data, "plan": {"null_value": 1 / 3, "confidence_level": 0.9}}).encode())
    expected = without_digest(answer)
    assert without_digest((tmp_path / "answer1000").read_bytes()) == expected
    assert without_digest((tmp_path / "answer1e+06").read_bytes()) == expected
    first = expected["estimates"][0]
    read = struct.unpack("<3d", (tmp_path / "read").read_bytes())
    assert read == (first["estimate"], first["interval"]["lower"], first["interval"]["upper"])


def test_data_frames_have_the_names_of_the_services_csv(library, server):
    header = next(csv.reader(post(server, written_in_python(), "text/csv").decode().splitlines()))
    script = f"{IN_R} cat(names(as.data.frame(calibrate(study, trust ~ arm, twins, plan = plan))), sep = '\\n')"
    names = r_package.run(library, script, RECTIFIER_URL=url(server)).split()
    assert set(names) - {"pooled"} < set(header)
    assert [name for name in header if name in names] == [name for name in names if name in header]


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


def test_every_function_is_documented_as_it_is(library):
    checks = "undoc", "codoc", "checkDocFiles", "checkS3methods"
    script = "; ".join(f'print(tools::{check}("rectifier", lib.loc = "{library}"))' for check in checks)
    assert r_package.run(library, script).strip() == ""


def test_what_goes_with_the_package_is_the_repositorys():
    assert (PACKAGE / "LICENSE.md").read_text() == (ROOT / "LICENSE").read_text()
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert f"\nVersion: {version.group(1)}\n" in (PACKAGE / "DESCRIPTION").read_text()


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["docs/r.md", "clients/r/README.md"])
def test_the_pages_run_and_print_what_they_show(library, server, page):
    code = [block for block in blocks(page, "r") if "priming.csv" not in block]
    said = r_package.run(library, "".join(code), RECTIFIER_URL=url(server))
    assert [shown for shown in blocks(page, "text") if shown not in said] == []


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
def test_the_walk_through_a_real_study_prints_what_is_told(library, server):
    with gzip.open(FOLDER / "arms.csv.gz", "rt", newline="") as file, (library.parent / "priming.csv").open("w") as own:
        table = csv.writer(own)
        table.writerow(["Person", "Condition", "Lack of control", "Twin answer"])
        for row in csv.DictReader(file):
            if (row["study"], row["variable"]) == ("affective_priming", "lack of control"):
                human = row["human"] if row["labeled"] == "1" else ""
                table.writerow([row["TWIN_ID"], row["arm_label"], human, row["twin_with_reasoning"]])
    (walk,) = [block for block in blocks("docs/r.md", "r") if "priming.csv" in block]
    said = r_package.run(library, walk, RECTIFIER_URL=url(server))
    told = (ROOT / "docs/r.md").read_text().partition("It prints ")[2].partition("\n\n")[0]
    numbers = re.findall(r"-?\d+\.?\d*", told)
    assert len(numbers) == 9
    assert [number for number in numbers if number not in said.split()] == []
