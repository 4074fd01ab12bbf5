"""What the core says when it refuses or doubts: problems (errors with a place) and warnings (values in the answer).

A refusal lists every problem it found, each with its place in the caller's data::

    /data/arms/0/human/17
      |    |   |   |    `-- index of the value
      |    |   |   `------- column
      |    |   `----------- arm, in the caller's order
      |    `--------------- part of the layout
      `-------------------- the data (as opposed to /plan)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LISTED = 1_000  # problems of one kind that are kept per column: an answer lists 100, and a bad column can have millions


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for a refusal: JSON pointer, stable code, what was seen, what to do."""

    pointer: str
    code: str
    detail: str
    hint: str = ""


def token(name: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Warned:
    """One doubt about an answer: stable code, message, JSON pointer of what raised it."""

    code: str
    message: str
    pointer: str = ""


class CalibrationError(Exception):
    """A refusal by the core; carries no HTTP. ``problems`` is never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.pointer}: {p.detail}" for p in self.problems[:3]))

    @classmethod
    def at(cls, pointer: str, code: str, detail: str, hint: str = "") -> CalibrationError:
        """The refusal with a single problem."""
        return cls([Problem(pointer, code, detail, hint)])


class InvalidSample(CalibrationError):  # noqa: N818 - named for what is wrong, as in the wire's codes
    """The data cannot be a sample: lengths differ, not finite, too few humans, zero variance."""


class InvalidPlan(CalibrationError):  # noqa: N818
    """The plan names what the data does not have, or a value is out of range."""


class UnsupportedCombination(CalibrationError):  # noqa: N818
    """Each part is valid, the combination is not offered; the hint lists what is."""


class NotIdentified(CalibrationError):  # noqa: N818
    """The data does not determine the answer: singular design, no variation, overflow, infeasible constraints."""


class TooExpensive(CalibrationError):  # noqa: N818
    """The work is over the limit; says the estimate and the limit."""
