"""Checks: one file each, the file name is the registry key and the wire value; here they are listed."""

from __future__ import annotations

from service.calibration.diagnostics.check import Check
from service.calibration.diagnostics.checks import (
    exchangeability,
    fidelity_individual,
    fidelity_marginal,
    leakage,
    randomization,
)

CHECKS: tuple[Check, ...] = (
    exchangeability.CHECK,
    randomization.CHECK,
    leakage.CHECK,
    fidelity_marginal.CHECK,
    fidelity_individual.CHECK,
)
