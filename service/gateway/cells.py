"""The cells of a study and the calls that ask for them: enumerated by index, never all at once.

A call is one persona, arm, model, replicate and chunk of items; its cells are its items. Index to call is a mixed
radix, so a study of any size costs what its lists cost; the order of execution is a ``Shuffled`` of call indices.

**Shapes** calls = personas x arms (1 under ``assigned``) x models x replicates x chunks; cells = the same with items.
**Assumes** a study that was checked (``wire/generation.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from service.gateway.looks import Looks, Twins
from service.gateway.order import Shuffled, permuted, uniform_below
from service.gateway.study import Arm, Item, Model, Option, Persona, Study

IN_ORDER = frozenset({"likert"})
"""Item types whose options are a scale: they may be turned round, never mixed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of the design: who, under what, asked what, by which model, which time.

    ``row`` is the persona's place in the request; ``look`` what a model sees of it and of the arm; ``twins`` what tells
    the call from those that look the same (``looks.py``).
    """

    row: int
    persona: Persona
    arm: Arm
    items: tuple[Item, ...]
    model: Model
    replicate: int
    look: str
    twins: Twins


@dataclass(frozen=True)
class Cells:
    """The calls of a study, by index."""

    study: Study

    @cached_property
    def chunks(self) -> tuple[tuple[Item, ...], ...]:
        """Items that share a call."""
        items, size = self.study.items, self.study.elicitation.items_per_call
        return tuple(items[start : start + size] for start in range(0, len(items), size))

    @cached_property
    def arms(self) -> dict[str, Arm]:
        """Arms by name."""
        return {arm.name: arm for arm in self.study.arms}

    @cached_property
    def looks(self) -> Looks:
        """What tells equal-looking calls apart."""
        return Looks(self.study)

    @property
    def arms_per_persona(self) -> int:
        """Under how many arms each persona answers."""
        return len(self.study.arms) if self.study.assignment == "crossed" else 1

    @property
    def n_calls(self) -> int:
        """Upstream calls planned."""
        study = self.study
        chunks, times = len(self.chunks), study.elicitation.replicates
        return len(study.personas) * self.arms_per_persona * len(study.models) * times * chunks

    @property
    def n_cells(self) -> int:
        """Answers planned."""
        return self.n_calls // len(self.chunks) * len(self.study.items)

    def at(self, index: int) -> Planned:
        """The call with this index; personas vary slowest."""
        study = self.study
        index, chunk = divmod(index, len(self.chunks))
        index, replicate = divmod(index, study.elicitation.replicates)
        index, model = divmod(index, len(study.models))
        who, arm = divmod(index, self.arms_per_persona)
        persona = study.personas[who]
        condition = study.arms[arm] if study.assignment == "crossed" else self.arms[persona.arm or study.arms[0].name]
        asked, looks = study.models[model], self.looks
        look, twins = looks.of(persona, condition), looks.twins(who, condition, asked)
        return Planned(who, persona, condition, self.chunks[chunk], asked, replicate, look, twins)

    def in_order(self) -> Iterator[Planned]:
        """Every call once, shuffled by seed and design unless the study wants them in sequence."""
        order = range(self.n_calls) if self.study.execution_order == "sequential" else self.shuffled
        return map(self.at, order)

    @cached_property
    def shuffled(self) -> Shuffled:
        """The random order: a function of the seed and of the design's size."""
        key = hashlib.blake2b(f"{self.study.seed}|{self.n_calls}".encode(), digest_size=32).digest()
        return Shuffled(self.n_calls, key)


def shown(item: Item, study: Study, planned: Planned) -> tuple[Option, ...]:
    """The options in the order in which this call shows them; declining stays last.

    ``random``: a permutation drawn per look, model and replicate (a scale is turned round or not).
    ``counterbalanced``: replicates go through the rotations (a scale: forward, backward), from a drawn start.
    """
    order, count = study.elicitation.option_order, len(item.options)
    if order == "fixed" or count < 2:
        return item.offered
    words = (study.seed, planned.look, planned.twins, planned.model.model, item.name)
    ways = 2 if item.type in IN_ORDER else count
    turn = uniform_below(ways, *words) + planned.replicate if order == "counterbalanced" else None
    if item.type in IN_ORDER:
        backward = (uniform_below(2, *words, planned.replicate) if turn is None else turn) % 2
        mixed = item.options[::-1] if backward else item.options
    elif turn is None:
        mixed = tuple(item.options[k] for k in permuted(count, *words, planned.replicate))
    else:
        mixed = item.options[turn % count :] + item.options[: turn % count]
    return mixed + item.offered[count:]
