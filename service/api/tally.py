"""Work and answers as Prometheus counts them. Labels are words of ours; what is not known is ``other``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from service.api.wire.facts import Facts
from service.calibration.answer import Claim, Verdict


@dataclass(frozen=True, slots=True)
class Labels:
    """Every word that may become a label."""

    routes: tuple[str, ...] = ()
    estimands: tuple[str, ...] = ()
    estimators: tuple[str, ...] = ()
    intervals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Counts:
    """One counter with one label of known values; all begin at 0, so that a rate exists from the start."""

    def __init__(self, name: str, text: str, label: str, words: Iterable[str], registry: CollectorRegistry) -> None:
        counter = Counter(name, text, (label,), registry=registry)
        self._of = {word: counter.labels(word) for word in (*words, "other")}

    def add(self, word: str | None, amount: float = 1) -> None:
        """Count a word, if there is one."""
        if word is not None:
            self._of[word if word in self._of else "other"].inc(amount)

    def add_all(self, words: Mapping[str, int]) -> None:
        """Count several words."""
        for word, amount in words.items():
            self.add(word, amount)


class Tally:
    """What was computed; may be told from any thread."""

    def __init__(self, registry: CollectorRegistry, labels: Labels) -> None:
        def counts(name: str, text: str, label: str, words: Iterable[str]) -> _Counts:
            return _Counts(name, text, label, words, registry)

        self._work = counts("rectifier_work_units_total", "Estimated work accepted.", "route", labels.routes)
        self._estimands = counts("rectifier_estimands_total", "Calibrations answered.", "estimand", labels.estimands)
        self._estimators = counts(
            "rectifier_estimators_total", "Of them, by estimator.", "estimator", labels.estimators
        )
        self._intervals = counts("rectifier_intervals_total", "Of them, by interval.", "interval", labels.intervals)
        self._claims = counts("rectifier_claims_total", "Of them, by claim.", "claim", get_args(Claim))
        self._verdicts = counts("rectifier_verdicts_total", "Their estimates.", "verdict", get_args(Verdict))
        self._warnings = counts("rectifier_warnings_total", "Warnings in answers.", "code", labels.warnings)

    def work(self, route: str, units: float) -> None:
        """Work that was accepted on a path."""
        self._work.add(route, units)

    def answered(self, facts: Facts) -> None:
        """One answer."""
        self._estimands.add(facts.estimand)
        self._estimators.add(facts.estimator)
        self._intervals.add(facts.interval)
        self._claims.add(facts.claim)
        self._verdicts.add_all(facts.verdicts)
        self._warnings.add_all(facts.warnings)
