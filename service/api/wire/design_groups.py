"""Groups of units on the wire: ways of spending on one unit, with how many of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from service.calibration.designs import answer as core


class Group(msgspec.Struct, frozen=True):
    """A way of spending on one unit; ``arm`` is null for one population or a twin without a human answer."""

    arm: str | None
    human: bool
    models: list[str]
    n: float
    unit_cost: float


class WholeGroup(msgspec.Struct, frozen=True):
    """A group in whole units."""

    arm: str | None
    human: bool
    models: list[str]
    n: int
    unit_cost: float


def group(found: core.GroupCount) -> Group:
    """The wire form of a group of an unrounded design."""
    return Group(found.arm, found.human, list(found.models), found.n, found.unit_cost)


def whole_group(found: core.GroupCount) -> WholeGroup:
    """The wire form of a group in whole units."""
    return WholeGroup(found.arm, found.human, list(found.models), int(found.n), found.unit_cost)


def units(count: float | None) -> int | None:
    """A count of whole units."""
    return None if count is None else int(count)
