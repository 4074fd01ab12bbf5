"""What a run would do, without calling anybody: counts, upper bounds of tokens and money, prompts to look at.

The bound is of one try of every call. Up to ``EXACT`` calls each is rendered; beyond, every call is bounded by the
longest persona: one whose every attribute is the longest of any persona's as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import msgspec

from service.gateway.cells import Cells, Planned
from service.gateway.conduct.budget import Spend, upper_bound
from service.gateway.offers import price_of
from service.gateway.prompts import Prompts, Rendered
from service.gateway.providers.offer import Price, Provider
from service.gateway.providers.protocol import Codec
from service.gateway.recording import dropped
from service.gateway.study import Persona, Study
from service.gateway.template import as_text
from service.gateway.wire.records import Bound, PlanReply, SamplePrompt

EXACT = 2000
SHOWN = 3


def plan_of(prompts: Prompts, providers: Mapping[str, Provider], codecs: Mapping[str, Codec]) -> PlanReply:
    """The plan of a checked study."""
    study, cells = prompts.study, Cells(prompts.study)
    by_model = {m.name: codecs[providers[m.provider].codec] for m in study.models}
    prices = {m.name: price_of(providers[m.provider], m.model) for m in study.models}
    shown = [_shown(prompts.render(planned), by_model) for planned in islice(cells.in_order(), SHOWN)]
    return PlanReply(
        cells=cells.n_cells,
        calls=cells.n_calls,
        upper_bound=_bound(prompts, cells, by_model, prices),
        procedure_hash=prompts.procedure_hash,
        procedure_hashes=prompts.procedures,
        execution_order=study.execution_order,
        prompts=shown,
        warnings=list(_warnings(study, prices)),
    )


def _shown(rendered: Rendered, by_model: Mapping[str, Codec]) -> SamplePrompt:
    planned, call = rendered.planned, rendered.call
    sent = by_model[planned.model.name].encode(call)
    return SamplePrompt(
        unit_id=planned.persona.unit_id,
        arm=planned.arm.name,
        model=planned.model.name,
        items=[item.name for item in planned.items],
        system=call.system,
        user=call.user,
        parameters_sent=dict(sent.parameters_sent),
        parameters_dropped=dropped(rendered, sent.parameters_dropped),
    )


def _bound(prompts: Prompts, cells: Cells, by_model: Mapping[str, Codec], prices: Mapping[str, Price | None]) -> Bound:
    nano_usd = tokens = inputs = 0
    for planned, times in _each(prompts.study, cells):
        name = planned.model.name
        call = prompts.render(planned).call
        sent = by_model[name].encode(call)
        upper: Spend = upper_bound(call, prices[name], sent)
        nano_usd += times * upper.nano_usd
        tokens += times * upper.tokens
        inputs += times * len(sent.body)
    known = all(price is not None for price in prices.values())
    return Bound(inputs, tokens - inputs, nano_usd / 1e9 if known else None)


def _each(study: Study, cells: Cells) -> Iterator[tuple[Planned, int]]:
    """Every call once; or one for all personas and replicates, with how many it stands for."""
    if cells.n_calls <= EXACT:
        yield from ((cells.at(index), 1) for index in range(cells.n_calls))
        return
    longest = _longest(study)
    last = study.elicitation.replicates - 1
    for arm in study.arms:
        times = study.elicitation.replicates * _asked_under(study, arm.name)
        for items in cells.chunks:
            yield from ((Planned(0, longest, arm, items, model, last, "", (1, 0, 0)), times) for model in study.models)


def _asked_under(study: Study, arm: str) -> int:
    """Personas that answer under an arm."""
    if study.assignment == "crossed":
        return len(study.personas)
    first = study.arms[0].name
    return sum((persona.arm or first) == arm for persona in study.personas)


def _longest(study: Study) -> Persona:
    """A persona that no other is longer than, attribute by attribute."""
    found: dict[str, str] = {}
    for persona in study.personas:
        for name, value in persona.attributes.items():
            text = as_text(value)
            if name not in found or _size(text) > _size(found[name]):
                found[name] = text
    return replace(study.personas[0], attributes=found)


def _size(text: str) -> int:
    return len(msgspec.json.encode(text))


def _warnings(study: Study, prices: Mapping[str, Price | None]) -> Iterator[str]:
    """What a person might want to know before paying."""
    unknown = sorted(name for name, price in prices.items() if price is None)
    if unknown:
        yield f"no price is configured for {', '.join(unknown)}: money is not bounded, cap tokens or calls"
    if study.elicitation.option_order == "fixed" and any(item.type in {"choice", "likert"} for item in study.items):
        yield "option_order is fixed: where a model favours a position it favours an answer; see counterbalanced"
    if study.elicitation.replicates > 1 and study.elicitation.option_order == "fixed" and _settled(study):
        yield "with temperature 0, replicates of the same prompt are the same answer again"


def _settled(study: Study) -> bool:
    return any(model.parameters.get("temperature") == 0 for model in study.models)
