"""The order of a check's statuses, the harmless first, and entries told by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from service.api.render.words import spoken

SEVERITY = ("pass", "not_testable", "warn", "fail")


def by_severity(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries, the worst first, otherwise as they came."""
    return sorted(checks, key=lambda check: -SEVERITY.index(check["status"]))


def counted(counts: Counter[str]) -> str:
    """How many of each status, the worst first."""
    return ", ".join(f"{counts[status]} {spoken(status)}" for status in reversed(SEVERITY) if counts[status])
