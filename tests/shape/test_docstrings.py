from __future__ import annotations

import ast
import re

import pytest

from tests.shape.sources import modules, tree

HEADINGS = ("Shapes", "Units", "Assumes", "Breaks", "Raises", "Source", "Differs")
FOLDERS = ("estimands", "estimators", "plug_in", "designs", "diagnostics", "track_records", "screenings")
PARTS = {
    "service/calibration/designs/constraints.py": "limits of allocation.py",
    "service/calibration/designs/groups.py": "columns of allocation.py",
    "service/calibration/designs/interior_point.py": "steps of allocation.py",
    "service/calibration/designs/joint.py": "covariances of allocation.py",
    "service/calibration/diagnostics/check.py": "what a check is",
    "service/calibration/diagnostics/diagnose.py": "the entry: runs checks",
    "service/calibration/diagnostics/finding.py": "what a check returns",
    "service/calibration/diagnostics/layouts.py": "the way of data to the checks",
    "service/calibration/diagnostics/study.py": "the data of the checks",
    "service/calibration/plug_in/binary.py": "a check of risk_ratio.py and odds_ratio.py",
    "service/calibration/plug_in/covariate.py": "a check of spearman.py",
    "service/calibration/plug_in/tails.py": "a doubt of variance.py and standard_deviation.py",
}
METHODS = [
    m
    for m in modules("service")
    if m.split("/")[1] == "calibration"
    and m.split("/")[2] in FOLDERS
    and not m.endswith("__init__.py")
    and m not in PARTS
]


def missing(docstring: str | None) -> list[str]:
    """Headings, plain (Shapes:) or bold (**Shapes**), that a docstring does not have."""
    return [h for h in HEADINGS if not re.search(rf"\b{h}:|\*\*{h}\*\*", docstring or "")]


@pytest.mark.parametrize("module", METHODS)
def test_method_opens_with_its_facts(module):
    assert missing(ast.get_docstring(tree(module))) == []


def test_parts_exist():
    assert set(PARTS) <= set(modules("service"))


def test_a_missing_heading_is_seen():
    complete = "Mean.\n\n" + " ".join(f"{h}: x." for h in HEADINGS)
    assert missing(complete) == []
    assert missing(complete.replace("Breaks:", "breaks")) == ["Breaks"]
    assert missing(complete.replace("Units:", "**Units**")) == []
    assert missing(None) == list(HEADINGS)
