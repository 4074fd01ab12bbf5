"""What may be counted of an answer: methods, verdicts and codes, names of ours all of them; never a value or a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.calibration.answer import Answer
from service.calibration.errors import Warned


@dataclass(frozen=True, slots=True)
class Facts:
    """How an answer came about; ``verdicts`` and ``warnings`` by how often each occurred. A calibration has all."""

    estimand: str | None = None
    estimator: str | None = None
    interval: str | None = None
    claim: str | None = None
    verdicts: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """An encoded answer, and what may be counted of it."""

    body: bytes
    facts: Facts = Facts()


def of_answer(answer: Answer) -> Facts:
    """The facts of a calibration."""
    done = answer.applied
    warned = (*answer.warnings, *(() if answer.design is None else answer.design.warnings))
    return Facts(
        estimand=done.estimand,
        estimator=done.estimator,
        interval=done.interval,
        claim=answer.claim,
        verdicts=Counter(estimate.verdict for estimate in answer.estimates),
        warnings=codes(warned),
    )


def codes(warned: Sequence[Warned]) -> Mapping[str, int]:
    """How often each code occurs."""
    return Counter(warning.code for warning in warned)
