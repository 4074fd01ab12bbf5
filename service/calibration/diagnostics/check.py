"""A check: its card, how grave it can be, and the function from the study and the settings to entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from service.calibration.card import Card
from service.calibration.diagnostics.finding import Entry
from service.calibration.diagnostics.study import Study


@dataclass(frozen=True, slots=True)
class Settings:
    """What a caller may set; ``test_retest`` by outcome, ``model_cutoffs`` by model.

    ``margin`` is of equivalence, in standard deviations of the humans' answers; subgroups with fewer than ``min_cell``
    humans in an arm are not tested. Tests have level 1 - ``confidence_level`` over the whole card.
    """

    margin: float = 0.2
    test_retest: Mapping[str, float] = field(default_factory=dict)
    fieldwork_start: date | None = None
    model_cutoffs: Mapping[str, date] = field(default_factory=dict)
    negative_controls: tuple[str, ...] = ()
    min_cell: int = 10
    confidence_level: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One registry line. An ``exploratory`` check is a heuristic: it warns at most, and its statements say so.

    ``needs_pairs``: what it passes was seen on units with both a human and an LLM answer.
    """

    card: Card
    run: Callable[[Study, Settings], Sequence[Entry]]
    exploratory: bool = False
    needs_pairs: bool = False

    @property
    def name(self) -> str:
        """The registry key and wire value."""
        return self.card.name
