"""docs/track_records.md: its request is answered with what stands under it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_studies import post

PAGE = (Path(__file__).parents[2] / "docs/track_records.md").read_text()
REQUEST, SHOWN = (json.loads(block) for block in re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL))


def parts(shown: Any, answer: Any) -> Any:
    """What the page shows of the answer."""
    if isinstance(shown, dict):
        return {name: parts(value, answer[name]) for name, value in shown.items()}
    return answer


def flat(found: Any) -> list[Any]:
    return [leaf for value in found.values() for leaf in flat(value)] if isinstance(found, dict) else [found]


def test_the_request_is_answered_as_shown(server):
    found = parts(SHOWN, post(server, "/v1/track-records", REQUEST))
    for one, other in zip(flat(found), flat(SHOWN), strict=True):
        assert one == (pytest.approx(other, abs=5e-5) if isinstance(other, float) else other)
