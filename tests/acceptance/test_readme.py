"""The README: its requests are sent as written and its numbers come out; its table is the cards'."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.acceptance import talk
from tests.acceptance.test_studies import post

README = (Path(__file__).parents[2] / "README.md").read_text()
CURLS = re.findall(
    r"curl -s localhost:8000(/v1/\w+) -H 'Content-Type: application/json' -d '\n(.*?)'\n```", README, re.DOTALL
)
SUMMARIES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]


def test_the_readme_has_its_requests():
    assert [path for path, _ in CURLS] == ["/v1/calibrations", "/v1/calibrations", "/v1/designs"]
    assert len(SUMMARIES) == 2


@pytest.mark.parametrize("index", [0, 1])
def test_a_calibration_gives_the_summary_shown(server, index):
    path, body = CURLS[index]
    summary = post(server, path, json.loads(body))["summary"]
    for name, shown in SUMMARIES[index].items():
        assert summary[name] == (shown if isinstance(shown, str) else pytest.approx(shown, abs=6e-5 + 6e-4 * shown)), (
            name
        )


def test_the_sentences_around_the_requests_are_true(server):
    first = post(server, CURLS[0][0], json.loads(CURLS[0][1]))
    assert f"The LLM alone says {first['estimates'][0]['llm_only']['estimate']:.2f}." in README
    twins = post(server, CURLS[1][0], json.loads(CURLS[1][1]))
    assert "few_humans" in {w["code"] for w in twins["warnings"]}
    design = post(server, CURLS[2][0], json.loads(CURLS[2][1]))["design"]
    sentence = (
        f"{design['n_human']:.0f} humans with LLM answers and {design['n_llm_only']:,.0f} LLM-only units are worth"
    )
    assert f"{sentence} {int(design['effective_sample_size']):,} humans" in README


def test_the_table_of_methods_is_what_the_command_prints():
    done = subprocess.run([sys.executable, "-m", "service.cli", "methods"], capture_output=True, text=True, check=True)
    shown = README.partition("compared by a test -->\n")[2].partition("<!-- /methods -->")[0]
    assert shown == done.stdout


@pytest.mark.parametrize("verdict", ["human_only_chosen", "no_pool", "no_llm"])
def test_every_verdict_against_the_llm_is_explained(verdict):
    assert f'"verdict": "{verdict}"' in README


def test_the_csv_request_is_answered_in_lines(server):
    """The README's data parameter, with a file that has its columns."""
    data = re.search(r"--url-query 'data=(.*?)'", README, re.DOTALL)[1]
    file = "trust,gpt\n" + "".join(f"{3 + i % 3},{2 + i % 4}\n" for i in range(20)) + ",3\n,4\n"
    reply = talk.post(
        server,
        file.encode(),
        f"/v1/calibrations?{urlencode({'data': data})}",
        **{"Content-Type": "text/csv", "Accept": "text/csv"},
    )
    lines = list(csv.DictReader(io.StringIO(reply.body.decode())))
    assert [(line["name"], line["outcome"], line["claim"]) for line in lines] == [("all", "trust", "confirmatory")]
