"""The core's answer to a design request, by the kind of its basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.api.wire.assumed import Stated, stated_basis
from service.api.wire.design_basis import DesignCosts, PilotBasis, Study
from service.api.wire.design_objective import objective_of
from service.api.wire.design_questions import Question, QuestionsBasis
from service.api.wire.design_request import DesignRequest, Limits
from service.api.wire.design_sampling import ErrorsBasis, frame_of
from service.calibration import plan as core_plan
from service.calibration.designs.answer import DesignAnswer, QuestionsDesign, SamplingDesign
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import Question as DesignQuestion
from service.calibration.designs.design import answer, refusing_overflow
from service.calibration.designs.draws import Draws
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis
from service.calibration.designs.objective import Aim
from service.calibration.designs.questionnaire import Asked, Questionnaire
from service.calibration.designs.questions import questions_design
from service.calibration.designs.sampling import sampling_design
from service.calibration.designs.study import (
    DrawsAsked,
    Wish,
    basis_of_study,
    icc_by_model,
    model_prices,
    prices_of_study,
)
from service.calibration.errors import CalibrationError
from service.calibration.resolution import resolve
from service.calibration.self_check import REPLICATES, Check, checked, checked_study
from service.calibration.study_design import planned_contrasts, planned_frame, study_design

POWER, LEVEL, MOST = 0.8, 0.95, 10
Part = Stated | Study
Found = DesignAnswer | QuestionsDesign | SamplingDesign


def solved(request: DesignRequest, parts: tuple[Part, ...]) -> Found:
    """The answer; raises ``CalibrationError``."""
    aim = Aim(request.effect, request.power or POWER, request.confidence_level or LEVEL)
    if isinstance(request.basis, ErrorsBasis):
        frame, objective = frame_of(request.basis), objective_of(request.objective)
        return sampling_design(frame, request.costs.human, objective, aim)
    if isinstance(request.basis, QuestionsBasis):
        return _of_questions(request, request.basis, parts, aim)
    (part,) = parts
    return _of_stated(request, part, aim) if isinstance(part, Stated) else _of_study(request, part, aim)


def _of_stated(request: DesignRequest, stated: Stated, aim: Aim) -> DesignAnswer:
    drawn, objective = _drawn(request), objective_of(request.objective)
    prices = _prices(request.costs, stated, "/costs/llm")
    draws = None if drawn is None else Draws(icc_by_model(stated.models, drawn.icc), drawn.most)
    basis = stated_basis(stated)
    found = answer(basis, prices, DesignQuestion(objective, _limits(request.constraints), aim, draws))
    if not request.simulate:
        return found
    margin = objective.value if objective.kind == "equivalence" else None
    names = tuple(contrast.name for contrast in stated.contrasts)
    return checked(basis, draws, found, replace(aim, margin=margin), _check(request, 0, names))


def _of_study(request: DesignRequest, study: Study, aim: Aim) -> DesignAnswer:
    sample, plan = study
    aim = replace(aim, confidence_level=plan.confidence_level)
    wish = Wish(
        objective_of(request.objective),
        _limits(request.constraints),
        aim,
        _drawn(request),
        plan.seed,
        isinstance(request.basis, PilotBasis),
    )
    resolved = resolve(sample, plan)
    found = study_design(resolved, _study_costs(request.costs), wish)
    return checked_study(resolved, found, wish, _check(request, plan.seed)) if request.simulate else found


def _check(request: DesignRequest, seed: int, names: tuple[str, ...] = ()) -> Check:
    return Check(int(request.replicates or REPLICATES), seed if request.seed is None else int(request.seed), names)


def _of_questions(request: DesignRequest, basis: QuestionsBasis, parts: tuple[Part, ...], aim: Aim) -> QuestionsDesign:
    return questions_design(
        Questionnaire(
            _each(request, basis.questions, parts),
            basis.sample or "separate",
            basis.minimise or "weighted_sum",
            objective_of(request.objective),
            _limits(request.constraints),
            aim,
        )
    )


def _asked(request: DesignRequest, question: Question, part: Part) -> Asked:
    costs = question.costs or request.costs
    found, prices = _basis_and_prices(costs, part)
    return Asked(question.name, found, prices, question.weight or 1.0, question.effect)


def _basis_and_prices(costs: DesignCosts, part: Part) -> tuple[Basis, Costs]:
    if isinstance(part, Stated):
        return stated_basis(part), _prices(costs, part, "/costs/llm")
    resolved = resolve(*part)
    frame = planned_frame(resolved)
    with refusing_overflow():
        basis = basis_of_study(frame, planned_contrasts(resolved))
    return basis, prices_of_study(frame, _study_costs(costs))


def _each(request: DesignRequest, questions: Sequence[Question], parts: Sequence[Part]) -> tuple[Asked, ...]:
    """What is made of every question; the refusals of all of them, each pointing into its question."""
    found, problems = [], []
    for i, (question, part) in enumerate(zip(questions, parts, strict=True)):
        try:
            found.append(_asked(request, question, part))
        except CalibrationError as refused:
            problems += [replace(p, pointer=_located(i, question, p.pointer)) for p in refused.problems]
    if problems:
        raise CalibrationError(problems)
    return tuple(found)


def _located(index: int, question: Question, pointer: str) -> str:
    place = f"/basis/questions/{index}"
    if pointer.startswith(("/data", "/plan")):
        return f"{place}/basis{pointer}"
    own = ("/basis",) if question.costs is None else ("/basis", "/costs")
    return f"{place}{pointer}" if pointer.startswith(own) else pointer


def _prices(costs: DesignCosts, stated: Stated, pointer: str) -> Costs:
    return Costs(costs.human, model_prices(stated.models, costs.llm, pointer), costs.persona or 0.0)


def _study_costs(costs: DesignCosts) -> core_plan.Costs:
    return core_plan.Costs(costs.human, costs.llm, costs.persona or 0.0)


def _drawn(request: DesignRequest) -> DrawsAsked | None:
    return None if request.draws is None else DrawsAsked(request.draws.icc, int(request.draws.max or MOST))


def _limits(sent: Limits | None) -> Constraints:
    if sent is None:
        return Constraints()
    return Constraints(sent.min_human_per_arm or 0.0, sent.max_human, sent.max_llm_only)
