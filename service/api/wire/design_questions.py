"""Several questions of a design on the wire: each with its basis, weight and prices, and what each of them gets."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from service.api.wire.assumed import AssumedBasis
from service.api.wire.columns import Name
from service.api.wire.design_basis import Amount, DesignCosts, MomentsBasis, PilotBasis
from service.api.wire.design_groups import WholeGroup, whole_group
from service.calibration.designs import answer as core

MOST_QUESTIONS = 50


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, or outcome: what is known of it, and how much it counts."""

    name: Name
    basis: AssumedBasis | MomentsBasis | PilotBasis
    weight: Annotated[
        Amount | None, msgspec.Meta(description="Multiplies the variance; 1/sd^2 makes outcomes comparable. Default: 1")
    ] = None
    costs: Annotated[
        DesignCosts | None, msgspec.Meta(description="Prices of this question. Default: those of the request.")
    ] = None
    effect: Annotated[
        float | None, msgspec.Meta(description="The effect to find here. Default: that of the request.")
    ] = None


class QuestionsBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="questions", tag_field="kind"):
    """Several questions or outcomes under one budget.

    ``separate``: a unit answers one question, and the humans are allocated over them; ``same``: every unit answers all.
    """

    questions: Annotated[list[Question], msgspec.Meta(min_length=1, max_length=MOST_QUESTIONS)]
    sample: Annotated[
        Literal["separate", "same"] | None, msgspec.Meta(description="Whose answers. Default: separate.")
    ] = None
    minimise: Annotated[
        Literal["weighted_sum", "worst"] | None,
        msgspec.Meta(description="The sum of the weighted variances, or the largest of them. Default: weighted_sum."),
    ] = None


class QuestionUnits(msgspec.Struct, frozen=True):
    """One question's part. Under ``same`` every question has all units; groups, cost and share are null there.

    ``share`` of the cost; ``standard_error_even``: if every question got the same money (null under common limits).
    """

    name: str
    weight: float
    groups: list[WholeGroup] | None
    n_human: int
    n_llm_only: int
    cost: float | None
    share: float | None
    standard_error: float
    standard_error_even: float | None
    interval_width: float
    effective_sample_size: float
    mde: float
    power: float | None


class QuestionsReply(msgspec.Struct, frozen=True):
    """Units allocated over questions. ``value``: what was minimised, in whole units; ``value_even``: for even money."""

    sample: core.Sharing
    minimise: core.Minimised
    questions: list[QuestionUnits]
    groups: list[WholeGroup] | None
    n_human: int
    n_llm_only: int
    cost: float
    value: float
    value_continuous: float
    value_even: float | None
    optimality_gap: float


def questions(found: core.QuestionsDesign) -> QuestionsReply:
    """The wire form of an allocation over questions."""
    return QuestionsReply(
        sample=found.sample,
        minimise=found.minimise,
        questions=[_units(one) for one in found.questions],
        groups=_groups(found.groups),
        n_human=int(found.n_human),
        n_llm_only=int(found.n_llm_only),
        cost=found.cost,
        value=found.value,
        value_continuous=found.value_continuous,
        value_even=found.value_even,
        optimality_gap=found.optimality_gap,
    )


def _units(one: core.QuestionCount) -> QuestionUnits:
    return QuestionUnits(
        name=one.name,
        weight=one.weight,
        groups=_groups(one.groups),
        n_human=int(one.n_human),
        n_llm_only=int(one.n_llm_only),
        cost=one.cost,
        share=one.share,
        standard_error=one.standard_error,
        standard_error_even=one.standard_error_even,
        interval_width=one.interval_width,
        effective_sample_size=one.effective_sample_size,
        mde=one.mde,
        power=one.power,
    )


def _groups(found: tuple[core.GroupCount, ...] | None) -> list[WholeGroup] | None:
    return None if found is None else [whole_group(group) for group in found]
