"""What a design is for, on the wire: money to spend, or what to reach at least cost."""

from __future__ import annotations

import msgspec

from service.api.wire.design_basis import Amount
from service.calibration.designs.objective import Objective as CoreObjective


class BudgetObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="budget", tag_field="kind"):
    """The smallest variance for a budget."""

    budget: Amount


class ErrorObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="standard_error", tag_field="kind"):
    """The least cost for a standard error."""

    standard_error: Amount


class SizeObjective(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="effective_sample_size", tag_field="kind"
):
    """The least cost for an effective sample size."""

    effective_sample_size: Amount


class WidthObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="interval_width", tag_field="kind"):
    """The least cost for an expected width of the confidence interval."""

    interval_width: Amount


class PowerObjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="power", tag_field="kind"):
    """The least cost that finds the ``effect`` of the request with its ``power``, by the two-sided test."""


class EquivalenceObjective(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="equivalence", tag_field="kind"
):
    """The least cost that shows the contrast to lie within the margin, by two one-sided tests with the ``power``."""

    margin: Amount


Objective = BudgetObjective | ErrorObjective | SizeObjective | WidthObjective | PowerObjective | EquivalenceObjective


def objective_of(asked: Objective) -> CoreObjective:
    """The core's objective."""
    if isinstance(asked, BudgetObjective):
        return CoreObjective("budget", asked.budget)
    if isinstance(asked, ErrorObjective):
        return CoreObjective("standard_error", asked.standard_error)
    if isinstance(asked, SizeObjective):
        return CoreObjective("effective_sample_size", asked.effective_sample_size)
    if isinstance(asked, WidthObjective):
        return CoreObjective("interval_width", asked.interval_width)
    if isinstance(asked, EquivalenceObjective):
        return CoreObjective("equivalence", asked.margin)
    return CoreObjective("power")
