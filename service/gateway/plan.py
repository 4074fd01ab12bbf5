"""What a run would do, without calling anybody: counts, upper bounds of tokens and money, prompts to look at.

The bound is of one try of every call (``bound.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from service.gateway.bound import Bounding
from service.gateway.offers import price_of
from service.gateway.prompts import Prompts, Rendered
from service.gateway.providers.offer import Price, Provider
from service.gateway.providers.protocol import Codec
from service.gateway.recording import dropped
from service.gateway.study import Study
from service.gateway.wire.records import PlanReply, SamplePrompt

SHOWN = 3


def plan_of(prompts: Prompts, providers: Mapping[str, Provider], codecs: Mapping[str, Codec]) -> PlanReply:
    """The plan of a checked study."""
    study, cells = prompts.study, prompts.cells
    by_model = {m.name: codecs[providers[m.provider].codec] for m in study.models}
    prices = {m.name: price_of(providers[m.provider], m.model) for m in study.models}
    shown = [_shown(prompts.render(planned), by_model) for planned in islice(cells.in_order(), SHOWN)]
    return PlanReply(
        cells=cells.n_cells,
        calls=cells.n_calls,
        upper_bound=Bounding(prompts, by_model, prices).bound(),
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
