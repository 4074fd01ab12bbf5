"""From an outcome to the records of its cells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from service.gateway.answer import Answer, missing
from service.gateway.cells import Planned
from service.gateway.conduct.budget import cost
from service.gateway.elicitation import read
from service.gateway.outcome import Outcome
from service.gateway.prompts import Prompts, Rendered
from service.gateway.providers.offer import Price, Provider
from service.gateway.providers.protocol import Completion, Usage
from service.gateway.wire.records import (
    AttemptRecord,
    CellRecord,
    CostRecord,
    Parse,
    Provenance,
    Raw,
    UsageRecord,
    Value,
)

VERSION = version("rectifier")
NOTHING_WRITTEN = Raw(None, None)
NO_SHARE = (1, 1)
"""The place behind the last."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes the records of one run."""

    prompts: Prompts
    providers: dict[str, Provider]
    prices: dict[str, Price | None]

    def answers(self, rendered: Rendered, outcome: Outcome) -> Sequence[Answer]:
        """One answer per question, read or missing."""
        result = outcome.result
        if isinstance(result, Completion):
            return read(rendered.call, result, lenient=self.prompts.study.elicitation.lenient)
        return [missing(result.missing)] * len(rendered.cell_ids)

    def records(self, rendered: Rendered, outcome: Outcome, answers: Sequence[Answer]) -> Iterator[CellRecord]:
        """One record per cell of the call; those that no earlier run has finished share what it used and cost."""
        planned, done = rendered.planned, self.prompts.study.done
        sharing = [cell_id for cell_id in rendered.cell_ids if cell_id not in done]
        for place, (cell_id, item, answer) in enumerate(zip(rendered.cell_ids, planned.items, answers, strict=True)):
            share = (sharing.index(cell_id), len(sharing)) if cell_id in sharing else NO_SHARE
            yield CellRecord(
                cell_id=cell_id,
                unit_id=planned.persona.unit_id,
                arm=planned.arm.name,
                item=item.name,
                model=planned.model.name,
                replicate=planned.replicate,
                status=answer.status,
                value=_plain(answer.value),
                probabilities=None if answer.probabilities is None else list(answer.probabilities),
                expected=answer.expected,
                variance=answer.variance,
                off_option_mass=answer.off_option_mass,
                missing=answer.missing,
                raw=_raw(answer.text),
                parse=Parse(answer.rule, answer.repaired),
                provenance=self._provenance(rendered, outcome, place),
                usage=share_of(_used(outcome), *share),
                cost=self._cost(planned, outcome, share),
            )

    def _provenance(self, rendered: Rendered, outcome: Outcome, place: int) -> Provenance:
        model, result = rendered.planned.model, outcome.result
        completion = result if isinstance(result, Completion) else None
        provider = self.providers[model.name]
        started = None if outcome.started is None else datetime.fromtimestamp(outcome.started, UTC)
        return Provenance(
            provider=provider.name,
            endpoint=provider.base_url,
            model_requested=model.model,
            model_returned=completion.model_returned if completion else None,
            fingerprint=completion.fingerprint if completion else None,
            request_id=result.request_id,
            parameters_requested=dict(model.parameters),
            parameters_sent=outcome.parameters_sent,
            parameters_dropped=dropped(rendered, outcome.parameters_dropped),
            prompt_sha256=rendered.prompt_sha256,
            template_sha256=self.prompts.template_sha256,
            procedure_hash=self.prompts.procedures[model.name],
            option_order=list(rendered.orders[place]),
            started=None if started is None else started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            latency_ms=None if outcome.latency_ms is None else round(outcome.latency_ms, 3),
            attempts=len(outcome.attempts),
            tries=[AttemptRecord(a.status, a.missing, round(a.latency_ms / 1e3, 6)) for a in outcome.attempts],
            cached=outcome.cached,
            gateway_version=VERSION,
        )

    def _cost(self, planned: Planned, outcome: Outcome, share: tuple[int, int]) -> CostRecord:
        """The cell's share of what its call was charged; what stands in the cache was paid before."""
        price = self.prices[planned.model.name]
        as_of = price.as_of if price else None
        if outcome.cached:
            return CostRecord(0.0, "cache", as_of)
        if price is None:
            return CostRecord(None, "unknown", None)
        used, charged = _used(outcome), outcome.spent.nano_usd
        by_table = charged == (0 if used is None else cost(used, price))
        return CostRecord(_share(charged, *share) / 1e9, "table" if by_table else "reserved", as_of)


def _used(outcome: Outcome) -> Usage | None:
    """The tokens of a completion that was asked for now, where the provider told them."""
    return outcome.result.usage if isinstance(outcome.result, Completion) and not outcome.cached else None


def dropped(rendered: Rendered, by_codec: Sequence[str]) -> list[str]:
    """Requested parameters that were not sent: those the codec has no place for, and those the model does not take."""
    return sorted({*by_codec, *(rendered.planned.model.parameters.keys() - rendered.call.parameters.keys())})


def share_of(usage: Usage | None, place: int, count: int) -> UsageRecord:
    """A cell's share of its call's tokens: equal whole parts, the first cells one more where they do not divide."""
    if usage is None:
        return UsageRecord()
    parts = (usage.input, usage.cached_input, usage.output, usage.reasoning)
    return UsageRecord(*(_share(tokens, place, count) for tokens in parts))


def _share(whole: int, place: int, count: int) -> int:
    return 0 if place >= count else whole // count + (place < whole % count)


def _plain(value: object) -> Value:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]


def _raw(text: str | None) -> Raw:
    if text is None:
        return NOTHING_WRITTEN
    return Raw(text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
