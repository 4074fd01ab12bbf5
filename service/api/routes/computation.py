"""What a computing path is; ``handler`` answers it over HTTP, ``commands`` in a terminal.

The calibration core is reached only through the three functions of ``Steps``. Nothing of HTTP is imported here:
a command, and the process that parses, start without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from service.api.render.csv_lines import Lines
from service.api.wire.facts import Finished
from service.api.wire.sample import Bounds

REDUCE = "fewer columns, contrasts, estimators, interactions or replicates; or moments"
"""What to do about work beyond the limit."""


class HasWork(Protocol):
    """A parsed request that knows its cost."""

    @property
    def work(self) -> float:
        """Estimated work units."""
        ...


Wire = TypeVar("Wire")
Job = TypeVar("Job", bound=HasWork)


@dataclass(frozen=True, slots=True)
class Steps(Generic[Wire, Job]):
    """From the wire struct into the core and back: the two ways to answer, both JSON, and what they give."""

    request: type[Wire]
    to_core: Callable[[Wire, str, Bounds], Job]
    run: Callable[[Job], Finished]
    validated: Callable[[Job], bytes]
    answer: type
    validation: type


@dataclass(frozen=True, slots=True)
class Computation(Generic[Wire, Job]):
    """One computing path.

    ``steps``: gives always the same; imports what they need when it is first called, so that a service starts without.
    ``scope``: what a caller's key must allow.
    ``tabular``: the request has ``data`` that may come as CSV. ``lines``: what the lines of an answer in CSV are;
    ``report``: the name of its report (HTML and SVG).
    """

    path: str
    name: str
    title: str
    steps: Callable[[], Steps[Wire, Job]]
    examples: tuple[tuple[str, bytes], ...] = ()
    promised: tuple[str, ...] = ()
    tabular: bool = False
    lines: Lines | None = None
    report: str | None = None
    scope: str = "calibrate"
