"""The R package: installed, its own tests and vignette run against services, its numbers those of everybody else."""

from __future__ import annotations

import csv
import gzip
import json
import re
import struct
import subprocess
import urllib.request
from typing import Any

import numpy as np
import pytest

from tests.clients import r_package
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
