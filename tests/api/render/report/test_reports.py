from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec
import pytest

from service.api.render.report.reports import REPORTS, to_html, to_svg
from tests.api.render.answering import AWKWARD, BY_PATH, SCRIPT, answer, body, calibration
from tests.api.render.pages import read, tags

CHANGING = [(path, validate) for path in sorted(BY_PATH) for validate in (False, True)]


def report(path: str, validate: bool) -> str:
    return "validation" if validate else str(BY_PATH[path].report)


def test_every_path_has_a_report_and_every_report_a_path() -> None:
    assert set(REPORTS) == {computation.report for computation in BY_PATH.values()} | {"validation"}


@pytest.mark.parametrize(("path", "validate"), CHANGING)
def test_pages_and_figures_show_claim_and_every_warning(path: str, validate: bool) -> None:
    whole = answer(path, validate=validate)
    whole["warnings"] += [{"code": f"doubt_{k}", "message": f"message {k}", "pointer": "/x"} for k in range(20)]
    encoded = json.dumps(whole).encode()
    page = " ".join(read(to_html(report(path, validate), encoded)).texts)
    figure = " ".join(ET.fromstring(to_svg(report(path, validate), encoded)).itertext())
    for warning in whole["warnings"]:
        assert warning["code"] in page
        assert warning["code"] in figure
    claim = (whole.get("passport") or {}).get("claim")
    if claim:
        assert f"Claim: {claim.replace('_', ' ')}" in figure
        assert claim.replace("_", " ") in page


@pytest.mark.parametrize("text", AWKWARD)
def test_names_never_become_markup(text: str) -> None:
    whole = calibration((text, 0.5, 0.1, 0.9), (text, 0.7, None, None))
    whole["estimates"][1] |= {"outcome": text, "component": text, "subgroup": text}
    whole["arms"][0]["name"] = whole["applied"]["control"] = text
    whole["warnings"] = [{"code": "few_humans", "message": text, "pointer": f"/data/{text}"}]
    whole["report"] = whole["passport"]["report"] = text
    encoded = msgspec.json.encode(whole)
    page = to_html("calibrations", encoded)
    assert tags(read(page)).isdisjoint({"script", "a", "img", "b"})
    assert SCRIPT.encode() not in page
    root = ET.fromstring(to_svg("calibrations", encoded))
    assert not [e for e in root.iter() if e.tag.endswith("script")]


@pytest.mark.parametrize(("path", "validate"), CHANGING)
def test_no_figure_pays_for_axes_of_matplotlib(path: str, validate: bool) -> None:
    sheet = REPORTS[report(path, validate)].sheet(answer(path, validate=validate), embedded=False)
    assert sheet.figure.axes == []


@pytest.mark.parametrize("count", [200])
def test_many_estimates_are_a_page_of_bounded_size(count: int) -> None:
    whole = calibration(*((f"t{k}", k / 10, k / 10 - 1, k / 10 + 1) for k in range(count)))
    page = to_html("calibrations", json.dumps(whole).encode())
    assert f"t{count - 1}".encode() in page
    assert len(page) < 1_000_000
    assert len(to_svg("calibrations", json.dumps(whole).encode())) < 200_000


def numbers(value: object, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number of an answer with its place, and how long every list is."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, f"{place}/{name}")
    elif isinstance(value, list):
        yield f"{place}/length", float(len(value))
        for inner in value:
            yield from numbers(inner, place)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, float(value)


def shown(path: str) -> set[float]:
    elements = read(to_html(report(path, False), body(path))).elements
    return {float(str(attrs["value"])) for tag, attrs in elements if tag == "data"}


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_number_of_the_page_is_one_of_the_answer(path: str) -> None:
    assert shown(path)
    assert shown(path) - {number for _, number in numbers(answer(path))} == set()


NOT_TOLD = re.compile(
    "/length$|/level$|/optimality_gap$|^/continuous/|^/robust/|^/conformal/error_split$|/(alternatives|mean)/df$|"
    "^/estimates.*/llm_only/standard_error$|^/passport/"
)


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_number_of_the_answer_is_on_the_page_but_a_few(path: str) -> None:
    told = shown(path)
    assert [place for place, number in numbers(answer(path)) if not NOT_TOLD.search(place) and number not in told] == []
