"""A row of the performance table, and what a table of them ends with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, the number, its target, and whether more is better."""

    what: str
    value: float
    target: float
    more: bool = True
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.more else self.value <= self.target

    def line(self) -> str:
        sign = ">=" if self.more else "<="
        told = f"{self.value:.2f}{self.unit} | {sign} {self.target:g}{self.unit}"
        return f"| {self.what} | {told} | {'met' if self.met else 'missed'} |"


def at_most(what: str, value: float, target: float, unit: str = "") -> Row:
    return Row(what, value, target, more=False, unit=unit)


def ended(rows: Sequence[Row], *, strict: bool) -> int:
    """What the command ends with: 1 for a row without a number; with ``strict`` for a missed target, too."""
    missed = sum(not row.met for row in rows)
    print(f"{len(rows) - missed} met, {missed} missed")
    return int(not rows or not all(math.isfinite(row.value) for row in rows) or (strict and missed > 0))
