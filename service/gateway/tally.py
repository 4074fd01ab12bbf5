"""What a run adds up to: counts by status and reason, tokens, money, drift of models, costs per answered cell."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from service.gateway.cells import Planned
from service.gateway.conduct.budget import Budget
from service.gateway.outcome import UNFINISHED, Outcome
from service.gateway.prompts import Prompts
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Completion
from service.gateway.wire.records import (
    Basis,
    CalibrationData,
    CellRecord,
    CostRecord,
    CostsRecord,
    Drift,
    EndRecord,
    ProgressRecord,
    ResumeRecord,
    UsageRecord,
)

MOST_DRIFTS = 100


class Tally:
    """The sums of one run."""

    def __init__(
        self,
        prompts: Prompts,
        budget: Budget,
        planned: int,
        prices: dict[str, Price | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prompts, self._budget, self._planned, self._prices, self._clock = prompts, budget, planned, prices, clock
        self._started = clock()
        self._counts: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._nano_usd: Counter[str] = Counter()
        self._reserved = False
        self._usage = [0, 0, 0, 0]
        self._seen: dict[tuple[str, str], str | None] = {}
        self._drift: list[Drift] = []

    def skip(self, cells: int) -> None:
        """Cells that an earlier run has finished."""
        self._counts["done_before"] += cells

    def charge(self, planned: Planned, outcome: Outcome) -> None:
        """What a call cost, and who answered it."""
        name = planned.model.name
        self._nano_usd[name] += outcome.spent.nano_usd
        if not isinstance(outcome.result, Completion):
            return
        usage = outcome.result.usage
        if usage is not None and not outcome.cached:
            parts = (usage.input, usage.cached_input, usage.output, usage.reasoning)
            self._usage = [a + b for a, b in zip(self._usage, parts, strict=True)]
        self._watch(name, "model_returned", outcome.result.model_returned)
        self._watch(name, "fingerprint", outcome.result.fingerprint)

    def count(self, record: CellRecord) -> None:
        """One record that was given."""
        self._counts[record.missing or "answered"] += 1
        self._reserved |= record.cost.basis == "reserved"
        if record.status == "answered" and not record.provenance.cached:
            self._answered[record.model] += 1

    def progress(self) -> ProgressRecord:
        """How far the run is."""
        done = self._counts.total()
        rate = (done - self._counts["done_before"]) / max(self._clock() - self._started, 1e-9)
        spent = self._budget.spent
        return ProgressRecord(done, self._planned, round(rate, 3), self._usd(spent.usd), spent.tokens)

    def end(self, data: CalibrationData | None) -> EndRecord:
        """The last record."""
        remaining = self._planned - self._counts.total() + sum(self._counts[reason] for reason in UNFINISHED)
        spent = self._budget.spent
        usd = self._usd(spent.usd)
        basis: Basis = "unknown" if usd is None else "reserved" if self._reserved else "table"
        costs = {model.name: self._cost(model.name) for model in self._prompts.study.models}
        stamps = {price.as_of for price in self._prices.values() if price}
        return EndRecord(
            counts=dict(sorted(self._counts.items(), key=lambda pair: (pair[0] != "answered", pair[0]))),
            usage=UsageRecord(*self._usage),
            cost=CostRecord(usd, basis, min(stamps) if stamps else None),
            complete=remaining == 0,
            resume=ResumeRecord(self._prompts.procedure_hash, self._prompts.study.seed, remaining),
            drift=self._drift,
            costs=CostsRecord({name: usd for name, usd in costs.items() if usd is not None}),
            data=data,
        )

    def _usd(self, usd: float) -> float | None:
        """Dollars, unless a model has no price."""
        return None if any(price is None for price in self._prices.values()) else usd

    def _cost(self, model: str) -> float | None:
        """Mean dollars per cell that a model was asked for now and answered; None where there is none, or no price."""
        if self._prices[model] is None or not self._answered[model]:
            return None
        return self._nano_usd[model] / 1e9 / self._answered[model]

    def _watch(self, model: str, field: str, value: str | None) -> None:
        """Note when a model answers under another name or fingerprint than the last time."""
        place = (model, field)
        before = self._seen.setdefault(place, value)
        if before != value and len(self._drift) < MOST_DRIFTS:
            self._drift.append(
                Drift(model, "fingerprint" if field == "fingerprint" else "model_returned", before, value)
            )
        self._seen[place] = value
