"""Figures read back: their texts, their lines, and what no file may have."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from service.api.render.figures.drawing import Sheet, drawn
from service.api.render.figures.svg import Words, finished

SVG = "{http://www.w3.org/2000/svg}"


def of(sheet: Sheet) -> ET.Element:
    """The parsed figure."""
    return ET.fromstring(finished(drawn(lambda: sheet), Words("t", ["d"])))


def texts(root: ET.Element) -> list[str]:
    """Everything that is written."""
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def inside(root: ET.Element) -> bool:
    """Whether every text begins, and every line stays, within the sheet."""
    _, _, width, height = (float(n) for n in root.attrib["viewBox"].split())
    places: list[tuple[float, float]] = []
    for path in root.iter(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path.attrib.get("d", ""))]
        if "clip" not in path.attrib.get("id", "") and not path.attrib.get("id"):
            places += zip(numbers[::2], numbers[1::2], strict=True)
    for text in root.iter(f"{SVG}text"):
        places.append((float(text.attrib.get("x", 0)), float(text.attrib.get("y", 0))))
    return all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in places)


def attributes(root: ET.Element) -> list[Any]:
    """Every attribute's value."""
    return [value for element in root.iter() for value in element.attrib.values()]
