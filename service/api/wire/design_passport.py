"""The evidence passport of a design: it claims nothing, and all it rests on is assumed."""

from __future__ import annotations

from dataclasses import dataclass

from service.api.wire.passport import Issued, Passport, PassportModel, digest_of, passport
from service.calibration.answer import Assumption
from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.report import paragraph, premises
from service.calibration.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """The kinds of basis and objective, the digest of the body, the models, and the plan of a basis with data."""

    basis: str
    objective: str
    body_digest: str
    models: tuple[PassportModel, ...]
    plan: Plan | None


def of_design(found: DesignAnswer, asked: Asked) -> Passport:
    """The passport of a design's answer."""
    return passport(
        Issued(
            path="/v1/designs",
            method=f"c-optimal design for {asked.objective} from {asked.basis}",
            request_digest=asked.body_digest,
            report=paragraph(found, asked.basis, asked.objective),
            models=asked.models,
            assumptions=[Assumption(name, "assumed", None, text) for name, text in premises(found, asked.basis)],
            plan_digest=None if asked.plan is None else digest_of(asked.plan),
            seed=None if asked.plan is None else asked.plan.seed,
        )
    )
