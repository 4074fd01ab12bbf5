"""docs/observability.md against what is exposed, logged and traced."""

from __future__ import annotations

import re

from service.web.access_log import _ATTRIBUTES, AccessLine
from tests.observability.cases import CASES
from tests.observability.exposition import exposed, families
from tests.observability.rules import ROOT

PAGE = (ROOT / "docs/observability.md").read_text()


def test_every_metric_is_in_the_table_with_its_labels_and_nothing_else_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\|", PAGE, re.MULTILINE)
    told = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert told == families(*exposed())


def test_names_follow_the_conventions() -> None:
    for name, (kind, labels) in families(*exposed()).items():
        assert re.fullmatch(r"(rectifier|process)_[a-z_]+", name)
        assert (kind == "counter") == name.endswith("_total")
        assert not labels & {"path", "url", "client", "instance", "job"}


def test_every_field_of_a_line_and_attribute_of_a_span_is_told_and_nothing_else_is() -> None:
    logs, traces = (
        re.search(rf"^## {title}\n(.+?)^## ", PAGE, re.MULTILINE | re.DOTALL) for title in ("Logs", "Traces")
    )
    assert logs
    assert traces
    assert re.findall(r"^\| `(\w+)` \|", logs[1], re.MULTILINE) == list(AccessLine.__struct_fields__)
    attributes = set(re.findall(r"`((?:http|error|rectifier)\.[\w.]+)`", traces[1]))
    assert attributes == set(_ATTRIBUTES.values())


def test_the_page_counts_the_cases() -> None:
    assert f"({len(CASES)} of them" in PAGE
