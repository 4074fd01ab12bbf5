"""The evidence passport of a design: it claims nothing, and all it rests on is assumed."""

from __future__ import annotations

from dataclasses import dataclass

from service.api.wire.passport import Issued, Passport, PassportModel, digest_of, passport
from service.calibration.answer import Assumption
from service.calibration.designs.answer import DesignAnswer, QuestionsDesign, SamplingDesign
from service.calibration.designs.plural_report import of_questions, of_sampling
from service.calibration.designs.report import paragraph, premises
from service.calibration.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """The kinds of basis and objective, the digest of the body, the models, and plan and seed where there is one."""

    basis: str
    objective: str
    body_digest: str
    models: tuple[PassportModel, ...]
    plan: Plan | None
    seed: int | None = None


def of_design(found: DesignAnswer | QuestionsDesign | SamplingDesign, asked: Asked) -> Passport:
    """The passport of a design's answer."""
    method, report, rests_on = _told(found, asked)
    return passport(
        Issued(
            path="/v1/designs",
            method=method,
            request_digest=asked.body_digest,
            report=report,
            models=asked.models,
            assumptions=[Assumption(name, "assumed", None, text) for name, text in rests_on],
            plan_digest=None if asked.plan is None else digest_of(asked.plan),
            seed=asked.plan.seed if asked.seed is None and asked.plan is not None else asked.seed,
        )
    )


def _told(
    found: DesignAnswer | QuestionsDesign | SamplingDesign, asked: Asked
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The method in words, the paragraph, and what it all rests on."""
    if isinstance(found, QuestionsDesign):
        return f"c-optimal design for {asked.objective} over questions", *of_questions(found)
    if isinstance(found, SamplingDesign):
        return f"sampling probabilities for {asked.objective} from predicted errors", *of_sampling(found)
    method = f"c-optimal design for {asked.objective} from {asked.basis}"
    return method, paragraph(found, asked.basis, asked.objective), premises(found, asked.basis)
