"""From a planned call to what is sent: the rendered prompt, the options in shown order, and the cells' identities.

``cell_id`` is the digest of everything that determines an answer: where it goes, model, method, parameters, the whole
prompt, every question of the call with its options as shown, the replicate, what tells the call from those that look
the same (``looks.py``), and the tenant. Keys, unit ids and times are not in it. ``procedure_hash`` is the digest of
what stays the same over personas: template, arms, items, elicitation, model and parameters.

**Assumes** a study that was checked, so that every placeholder has a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from service.gateway.cells import Cells, Planned, shown
from service.gateway.elicitation import labels_of
from service.gateway.identity import digest
from service.gateway.looks import ALONE
from service.gateway.order import uniform_below
from service.gateway.providers.protocol import Call, Question
from service.gateway.study import Code, Model, Study
from service.gateway.template import as_text, filled
from service.gateway.worded import Wordings

SEEDS = 2**31
NOTHING_ELSE = "Please answer."
"""The user's text where a template leaves it empty, since no provider takes an empty message."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A planned call as it will be sent, and its key in the cache; ``cell_ids`` and ``orders`` follow its questions."""

    planned: Planned
    call: Call
    call_id: str
    cell_ids: tuple[str, ...]
    orders: tuple[tuple[Code, ...], ...]
    prompt_sha256: str


@dataclass(frozen=True)
class Prompts:
    """Renders the calls of one study for one tenant.

    By model name, ``places`` says where it is asked, ``withheld`` which parameters the operator's model does not take.
    """

    study: Study
    places: Mapping[str, str]
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tenant: str = ""

    @cached_property
    def cells(self) -> Cells:
        """The calls to render."""
        return Cells(self.study)

    def prepare(self) -> None:
        """Work out now what takes long with many personas or items: who looks the same, and the procedures."""
        _ = self.cells.looks.personas, self.procedure_hash

    @cached_property
    def template_sha256(self) -> str:
        """Digest of the template alone."""
        return digest([self.study.template.system, self.study.template.user])

    @cached_property
    def procedures(self) -> dict[str, str]:
        """``procedure_hash`` by model name."""
        return {model.name: self._procedure(model) for model in self.study.models}

    @cached_property
    def procedure_hash(self) -> str:
        """Digest of all models' procedures."""
        return digest(sorted(self.procedures.items()))

    @cached_property
    def _wordings(self) -> Wordings:
        return Wordings(self.study.elicitation.method)

    def render(self, planned: Planned) -> Rendered:
        """The call, with the identities of its cells."""
        study, persona = self.study, planned.persona
        method = study.elicitation.method
        questions = tuple(Question(item, shown(item, study, planned)) for item in planned.items)
        worded = self._wordings.of(questions)
        values = {name: as_text(value) for name, value in persona.attributes.items()}
        values |= {"arm": planned.arm.text, "item": worded.text}
        system = filled(study.template.system, values).strip()
        user = filled(study.template.user, values).strip() or NOTHING_ELSE
        labels = labels_of(questions[0]) if method == "logprob" else ()
        call = Call(
            planned.model.model,
            method,
            system,
            user,
            questions,
            worded.schema,
            labels,
            self._parameters(planned),
            self._draw(planned),
        )
        prompt = digest([system, user, [_spelled(question) for question in questions]])
        whole = [
            self.tenant, self.places[planned.model.name], planned.model.model, method, planned.model.parameters,
            study.elicitation.lenient, prompt, planned.replicate, planned.look, planned.twins,
            call.draw,
        ]  # fmt: skip
        call_id = digest(whole)
        cell_ids = tuple(digest([call_id, question.item.name]) for question in questions)
        orders = tuple(tuple(option.code for option in question.options) for question in questions)
        return Rendered(planned, call, call_id, cell_ids, orders, prompt)

    def _parameters(self, planned: Planned) -> dict[str, object]:
        """The requested parameters; a stated seed is sent once, later replicates and equal-looking calls get others."""
        withheld = self.withheld.get(planned.model.name, frozenset())
        parameters = {name: value for name, value in planned.model.parameters.items() if name not in withheld}
        seed = parameters.get("seed")
        if seed is not None and (planned.replicate or planned.twins != ALONE):
            parameters["seed"] = uniform_below(SEEDS, seed, planned.replicate, planned.twins)
        return parameters

    def _draw(self, planned: Planned) -> int:
        """A number that tells this draw from others of the same prompt."""
        return uniform_below(SEEDS, self.study.seed, planned.replicate, planned.look, planned.twins)

    def _procedure(self, model: Model) -> str:
        study = self.study
        arms = [[arm.name, arm.text] for arm in study.arms]
        asked = study.elicitation
        how = [asked.method, asked.option_order, asked.items_per_call, asked.lenient]
        items = [_spelled(Question(item, item.offered)) for item in study.items]
        where = [self.places[model.name], model.model, model.parameters]
        return digest([self.template_sha256, arms, items, how, where])


def _spelled(question: Question) -> list[object]:
    """A question as identities see it."""
    item = question.item
    options = [[option.code, option.label] for option in question.options]
    return [item.name, item.type, item.text, options, item.low, item.high, item.integer, item.decline]
