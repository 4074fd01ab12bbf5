from __future__ import annotations

import re
from typing import get_args

import pytest

from service.gateway.providers.protocol import Completion, Missing, Parameter
from service.gateway.providers.registry import CODECS
from service.gateway.study import Method
from tests.shape.sources import ROOT


def test_the_page_says_of_every_reason_what_happened_and_what_to_do() -> None:
    page = (ROOT / "docs/gateway.md").read_text().partition("## Why an answer is missing")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(row[0] for row in rows))) == sorted(get_args(Missing))


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_keeps_the_protocol(name: str) -> None:
    codec = CODECS[name]
    assert codec.name == name
    assert codec.capabilities.methods <= set(get_args(Method))
    assert codec.capabilities.parameters - set(get_args(Parameter)) == (
        {"bias", "error_rate", "latency_ms", "malformed_rate", "noise", "off_option", "refusal_rate"}
        if name == "simulated"
        else set()
    )


def test_the_nine_and_the_older_chat_wire_are_registered() -> None:
    assert set(CODECS) == {
        "simulated", "openai_chat", "openai_compatible", "openai_responses", "anthropic", "gemini", "bedrock_converse",
        "openai_decisions", "gemini_decisions", "system_one",
    }  # fmt: skip


def test_the_list_of_reasons_is_closed() -> None:
    assert len(get_args(Missing)) == 21
    assert Completion().missing is None
