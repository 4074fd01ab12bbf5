"""What stands below every figure that is a file of its own: the claim, the verdict and every warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.api.render.doubts import claim_of, grouped, verdict_of
from service.api.render.figures.drawing import SMALL, WIDTH, Sheet
from service.api.render.figures.palette import INK, RULE, SOFT, WARN
from service.api.render.words import spoken, wrapped

LEFT = 10.0
_LINE = 12.5
_TOLD = 3  # different messages of a warning
_EMS = (WIDTH - 2 * LEFT) / SMALL


class Notes:
    """The lines, and the height that they take; none on a page, which says the same elsewhere."""

    def __init__(self, answer: dict[str, Any], *, embedded: bool) -> None:
        self._lines = [] if embedded else _lines(answer)

    @property
    def height(self) -> float:
        """In points."""
        return _LINE * len(self._lines) + 18 if self._lines else 0.0

    def write(self, sheet: Sheet, top: float) -> None:
        """Write them below ``top``."""
        if self._lines:
            sheet.line([LEFT, WIDTH - LEFT], [top + 6, top + 6], color=RULE, linewidth=0.8)
        for index, (line, colour) in enumerate(self._lines):
            sheet.text(LEFT, top + 20 + _LINE * index, line, fontsize=SMALL, color=colour)


def _lines(answer: dict[str, Any]) -> list[tuple[str, str]]:
    claim, verdict, warnings = claim_of(answer), verdict_of(answer), grouped(answer["warnings"])
    told = [f"Claim: {spoken(claim)}."] if claim else []
    told += [f"Verdict: {verdict}."] if verdict else []
    told += [] if warnings else ["No warnings."]
    lines = [(line, INK) for line in _wrapped([" ".join(told)])]
    for warning in warnings:
        times = f" ({len(warning.pointers)} times)" if len(warning.pointers) > 1 else ""
        more = f"; and {len(warning.messages) - _TOLD} more" if len(warning.messages) > _TOLD else ""
        said = f"Warning {warning.code}{times}: {'; '.join(warning.messages[:_TOLD])}{more}"
        lines += [(line, WARN) for line in _wrapped([said])]
    passport = answer.get("passport")
    if passport:
        build = f"Rectifier {passport['service_version']}, method version {passport['method_version']}, "
        lines += [(line, SOFT) for line in _wrapped([build + passport["request_digest"]])]
    return lines


def _wrapped(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in wrapped(text, _EMS)]
