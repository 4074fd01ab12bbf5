"""Checks: one file each, the file name is the registry key and the wire value; here they are listed."""

from __future__ import annotations

from service.calibration.diagnostics.check import Check
from service.calibration.diagnostics.checks import (
    draws,
    exchangeability,
    fidelity_individual,
    fidelity_marginal,
    fidelity_structural,
    heterogeneity,
    human_equivalent_size,
    interchangeability,
    leakage,
    negative_controls,
    randomization,
)

CHECKS: tuple[Check, ...] = (
    exchangeability.CHECK,
    randomization.CHECK,
    leakage.CHECK,
    fidelity_marginal.CHECK,
    fidelity_structural.CHECK,
    fidelity_individual.CHECK,
    interchangeability.CHECK,
    heterogeneity.CHECK,
    draws.CHECK,
    human_equivalent_size.CHECK,
    negative_controls.CHECK,
)
