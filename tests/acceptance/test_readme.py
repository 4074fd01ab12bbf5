"""The README: its sentences about its requests are true; its table is the cards'. Its blocks: test_docs_code.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.test_studies import post

README = (Path(__file__).parents[2] / "README.md").read_text()
CURLS = re.findall(
    r"curl -s localhost:8000(/v1/\w+) -H 'Content-Type: application/json' -d '\n(.*?)'\n```", README, re.DOTALL
)


def test_the_readme_has_its_requests():
    assert [path for path, _ in CURLS] == ["/v1/calibrations", "/v1/calibrations", "/v1/designs"]


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
