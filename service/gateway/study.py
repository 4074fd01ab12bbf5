"""What is asked of whom: personas, arms, items and models, as parsed from a request; plain values, no I/O.

**Shapes** a study plans persona x arm x item x model x replicate cells (under ``assigned`` a persona has one arm).
**Assumes** names are unique within their list; checked when a request is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ItemType = Literal["choice", "likert", "numeric", "multi_select", "free_text", "ranking"]
Method = Literal["decision", "logprob", "sample", "verbalized"]
Assignment = Literal["crossed", "assigned"]
Decline = Literal["none", "option", "schema"]
OptionOrder = Literal["fixed", "random", "counterbalanced"]
ExecutionOrder = Literal["random", "sequential"]
OnUnsupported = Literal["error", "drop"]
CacheUse = Literal["use", "refresh", "off"]
Output = Literal["cells", "calibration"]
Code = int | str
Scalar = str | int | float | bool | None

WITH_OPTIONS: frozenset[ItemType] = frozenset({"choice", "likert", "multi_select", "ranking"})
DECLINED = "declined"
"""Code of the option "don't know" that ``decline: option`` adds; choosing it is an answer without a number."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer on offer."""

    code: Code
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question; ``low`` and ``high`` bound a numeric answer, ``decline`` says how one may not answer."""

    name: str
    type: ItemType
    text: str
    options: tuple[Option, ...] = ()
    low: float | None = None
    high: float | None = None
    integer: bool = False
    decline: Decline = "none"

    @property
    def offered(self) -> tuple[Option, ...]:
        """The options with the one of declining, where it is an option."""
        return (*self.options, Option(DECLINED, "Don't know")) if self.decline == "option" else self.options


@dataclass(frozen=True, slots=True)
class Persona:
    """Whom the model answers as; ``unit_id`` never leaves us, ``human`` marks a unit that people answer for too."""

    unit_id: str
    attributes: Mapping[str, Scalar]
    arm: str | None = None
    human: bool = False


@dataclass(frozen=True, slots=True)
class Arm:
    """One condition and its text."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One LLM as the caller names it: a provider of the operator's, the provider's model, generic parameters."""

    name: str
    provider: str
    model: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    on_unsupported: OnUnsupported = "error"


@dataclass(frozen=True, slots=True)
class Elicitation:
    """How an answer is asked for."""

    method: Method
    replicates: int = 1
    option_order: OptionOrder = "fixed"
    items_per_call: int = 1
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """System and user text with ``{attribute}``, ``{arm}`` and ``{item}``."""

    system: str = ""
    user: str = "{arm}\n{item}"


@dataclass(frozen=True, slots=True)
class Caps:
    """What a run may spend; None: the operator's cap alone."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    deadline_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """A whole request."""

    personas: tuple[Persona, ...]
    items: tuple[Item, ...]
    models: tuple[Model, ...]
    elicitation: Elicitation
    arms: tuple[Arm, ...] = (Arm("all"),)
    assignment: Assignment = "crossed"
    template: Template = Template()
    seed: int = 0
    execution_order: ExecutionOrder = "random"
    caps: Caps = Caps()
    done: frozenset[str] = frozenset()
    cache: CacheUse = "use"
    output: Output = "cells"
