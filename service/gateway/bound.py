"""The most that one try of every call of a study can take: tokens and money, without rendering every call.

Where there are few calls each is rendered; else one per arm, chunk of items and model, with the longest persona; else
one per chunk and model, with the longest arm too; else one per model, with the chunk that its codec makes the largest
request of. The longest is never looked for among texts: letters take the place of the most bytes that any has as JSON.

**Units** tokens; nano-dollars.
**Assumes** what a request says of its model, persona and arm takes the same bytes whatever the chunk.
**Differs** from what is spent: a token per byte of the request, every output token that it may have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from service.gateway.cells import Planned
from service.gateway.conduct.budget import upper_bound
from service.gateway.prompts import NOTHING_ELSE, SEEDS, Prompts
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Call, Codec
from service.gateway.study import Arm, Item, Model, Persona
from service.gateway.template import as_text
from service.gateway.wire.records import Bound

EXACT = 2000
"""Requests rendered at most, of all calls or of those that stand for others."""
CHARACTERS = 50_000_000
"""Characters in them."""
_BARE = Arm("", "")


@dataclass(frozen=True)
class Bounding:
    """The bound of a checked study; codecs and prices by model name."""

    prompts: Prompts
    codecs: Mapping[str, Codec]
    prices: Mapping[str, Price | None]

    def bound(self) -> Bound:
        """The bound; ``usd`` None where a price is unknown."""
        nano_usd = tokens = inputs = 0
        for planned, call, times in self._each():
            name = planned.model.name
            sent = self.codecs[name].encode(call)
            upper = upper_bound(call, self.prices[name], sent)
            nano_usd += times * upper.nano_usd
            tokens += times * upper.tokens
            inputs += times * len(sent.body)
        known = all(price is not None for price in self.prices.values())
        return Bound(inputs, tokens - inputs, nano_usd / 1e9 if known else None)

    def _each(self) -> Iterator[tuple[Planned, Call, int]]:
        """Requests to render, and how many calls each stands for."""
        cells, models = self.prompts.cells, self.prompts.study.models
        if self._few(cells.n_calls):
            planned = map(cells.at, range(cells.n_calls))
            yield from ((one, self.prompts.render(one).call, 1) for one in planned)
            return
        arms = self._arms
        if not self._few(len(arms) * len(cells.chunks) * len(models)):
            arms = [(self._longest_arm, sum(times for _, times in arms))]
        if self._few(len(arms) * len(cells.chunks) * len(models)):
            chosen = ((arm, items, times) for arm, times in arms for items in cells.chunks)
            yield from (self._standing_for(*one, model) for one in chosen for model in models)
            return
        ((arm, times),) = arms
        for model in models:
            items = self._largest_chunks[self.codecs[model.name].name]
            yield self._standing_for(arm, items, times * len(cells.chunks), model)

    def _few(self, requests: int) -> bool:
        """Whether that many, alike over chunks, are soon rendered."""
        study = self.prompts.study
        template = len(study.template.system) + len(study.template.user)
        alike = (
            template + sum(len(str(text)) for text in self._longest.attributes.values()) + len(self._longest_arm.text)
        )
        asked = sum(len(item.text) + sum(len(option.label) for option in item.offered) for item in study.items)
        characters = requests * alike + requests * asked // len(self.prompts.cells.chunks)
        return requests <= EXACT and characters <= CHARACTERS

    def _standing_for(self, arm: Arm, items: tuple[Item, ...], times: int, model: Model) -> tuple[Planned, Call, int]:
        """The longest request of a kind, with how many there are."""
        last = self.prompts.study.elicitation.replicates - 1
        planned = Planned(0, self._longest, arm, items, model, last, "", (1, 0, 0))
        return planned, _widest(self.prompts.render(planned).call), times * (last + 1)

    @cached_property
    def _arms(self) -> list[tuple[Arm, int]]:
        """Arms that anybody answers under, and how many do."""
        study = self.prompts.study
        if study.assignment == "crossed":
            return [(arm, len(study.personas)) for arm in study.arms]
        counts = Counter(persona.arm or study.arms[0].name for persona in study.personas)
        return [(arm, counts[arm.name]) for arm in study.arms if counts[arm.name]]

    @cached_property
    def _longest_arm(self) -> Arm:
        return Arm(_BARE.name, _longest(arm.text for arm, _ in self._arms))

    @cached_property
    def _longest(self) -> Persona:
        """A persona that no other is longer than, attribute by attribute."""
        sizes: dict[str, int] = {}
        for persona in self.prompts.study.personas:
            for name, value in persona.attributes.items():
                sizes[name] = max(sizes.get(name, 0), _size(as_text(value)))
        return replace(self.prompts.study.personas[0], attributes={name: "x" * n for name, n in sizes.items()})

    @cached_property
    def _largest_chunks(self) -> dict[str, tuple[Item, ...]]:
        """By codec, the chunk that makes the largest request."""
        found: dict[str, tuple[Item, ...]] = {}
        persona = replace(self._longest, attributes=dict.fromkeys(self._longest.attributes, "x"))
        for model in self.prompts.study.models:
            codec = self.codecs[model.name]
            if codec.name not in found:
                calls = (
                    Planned(0, persona, _BARE, items, model, 0, "", (0, 0, 0)) for items in self.prompts.cells.chunks
                )
                sizes = (len(codec.encode(self.prompts.render(planned).call).body) for planned in calls)
                found[codec.name] = max(zip(sizes, self.prompts.cells.chunks, strict=True), key=lambda pair: pair[0])[1]
        return found


def _widest(call: Call) -> Call:
    """The call with the longest draw and seed, and a user's text not shorter than the one of an empty prompt."""
    seed = {"seed": SEEDS - 1} if "seed" in call.parameters else {}
    user = call.user.ljust(len(NOTHING_ELSE), "x")
    return replace(call, draw=SEEDS - 1, parameters={**call.parameters, **seed}, user=user)


def _longest(texts: Iterable[str]) -> str:
    """Letters as long as the longest text is as JSON."""
    return "x" * max(map(_size, texts))


def _size(text: str) -> int:
    """Bytes of a text as JSON, without its quotes."""
    return len(msgspec.json.encode(text)) - 2
