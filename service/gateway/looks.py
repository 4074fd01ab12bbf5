"""Which calls look the same to a model: equal prompts, but for the order of options, to the same model.

A call is told from those that look the same by three counts, its ``Twins``: how many personas before it in the request
look the same (under ``assigned``: in an arm that reads the same), how many arms before its own read the same, and how
many model entries before its own ask the same model with the same parameters. They go with the look into draws, orders
and identities, so that equal-looking calls get draws of their own, the same ones whenever the request is posted.

**Shapes** one count per persona, arm and model: nothing grows with their product.
**Assumes** a study that was checked, so that every placeholder has a value.
**Differs** texts are compared without blanks, which can only tell more calls apart than need be. A persona and an arm
that change places in one text (``{job}{arm}``) do not look the same: they have different looks all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from service.gateway.identity import digest
from service.gateway.study import Arm, Model, Persona, Study
from service.gateway.template import NAMES, as_text, pieces, placeholders

Twins: TypeAlias = tuple[int, int, int]
"""How many personas, arms and model entries before this one look the same."""
ALONE: Twins = (0, 0, 0)
SHORT = 256  # letters of a prompt that are compared as they are


@dataclass(frozen=True)
class Looks:
    """What the models of a study can tell apart."""

    study: Study

    def of(self, persona: Persona, arm: Arm) -> str:
        """What a model sees of a persona under an arm, in one word."""
        return self._person(persona) + self._read[arm.name]

    def _person(self, persona: Persona) -> str:
        """The digest of a persona's prompts with arm and item left open."""
        return _digest(self._whole(persona))

    def _whole(self, persona: Persona) -> str:
        pattern, names = self._pattern
        attributes = persona.attributes
        return pattern % tuple([_unspaced(as_text(attributes[name])) for name in names])

    def _compared(self, persona: Persona) -> str:
        """What personas are compared by: their prompts, or digests where those are long."""
        whole = self._whole(persona)
        return whole if len(whole) < SHORT else _digest(whole)

    def twins(self, row: int, arm: Arm, model: Model) -> Twins:
        """What tells the call of the persona in this row from those that look the same."""
        earlier = 0 if self.study.assignment == "assigned" else self._arms[arm.name]
        return self.personas[row], earlier, self._models[model.name]

    @cached_property
    def personas(self) -> tuple[int, ...]:
        """By row, how many personas before it look the same; takes a second per 300,000 when first wanted."""
        study = self.study
        if study.assignment == "crossed":
            return _earlier(map(self._compared, study.personas))
        own = (self._read[persona.arm or study.arms[0].name] for persona in study.personas)
        return _earlier(zip(map(self._compared, study.personas), own, strict=True))

    @cached_property
    def _arms(self) -> dict[str, int]:
        return dict(zip(self._read, _earlier(self._read.values()), strict=True))

    @cached_property
    def _models(self) -> dict[str, int]:
        models = self.study.models
        asked = (digest([model.provider, model.model, model.parameters]) for model in models)
        return dict(zip((model.name for model in models), _earlier(asked), strict=True))

    @cached_property
    def _read(self) -> dict[str, str]:
        """By arm, the digest of its text as far as the template shows it."""
        return {arm.name: _word(arm.text if "arm" in self._named else "") for arm in self.study.arms}

    @cached_property
    def _named(self) -> frozenset[str]:
        return placeholders(self.study.template.system) | placeholders(self.study.template.user)

    @cached_property
    def _pattern(self) -> tuple[str, tuple[str, ...]]:
        """Both prompts without blanks, and the attributes that stand where they have ``%s``, in order."""
        template, words, names = self.study.template, [], []
        for piece in (*pieces(template.system), "\x1f", *pieces(template.user)):
            if isinstance(piece, tuple) and piece[0] not in NAMES:
                names.append(piece[0])
                words.append("%s")
            else:
                text = piece if isinstance(piece, str) else f"{{{piece[0]}}}"
                words.append(text if text == "\x1f" else "".join(text.split()).replace("%", "%%"))
        return "".join(words), tuple(names)


def _word(*texts: str) -> str:
    """A digest of texts without their blanks."""
    return _digest("\x1f".join("".join(text.split()) for text in texts))


def _unspaced(text: str) -> str:
    return text if text.isalnum() else "".join(text.split())


def _digest(whole: str) -> str:
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


def _earlier(looks: Iterable[Hashable]) -> tuple[int, ...]:
    """For each, how many before it are equal."""
    seen: dict[Hashable, int] = {}
    found = []
    for look in looks:
        before = seen.get(look, 0)
        found.append(before)
        seen[look] = before + 1
    return tuple(found)
