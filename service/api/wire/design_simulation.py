"""The self-check of a design on the wire."""

from __future__ import annotations

import msgspec

from service.calibration.designs import answer as core


class SimulatedContrast(msgspec.Struct, frozen=True):
    """One contrast in simulated studies, beside what the design promises; errors are Monte Carlo standard errors.

    ``power`` is null without an effect; ``spread`` is the standard deviation of the estimates.
    """

    name: str
    coverage: float
    coverage_error: float
    power: float | None
    power_error: float | None
    analytic_power: float | None
    standard_error: float
    mean_standard_error: float
    spread: float


class SimulationReply(msgspec.Struct, frozen=True):
    """The planned study, drawn this often and analysed as POST /v1/calibrations would; ``level`` of its intervals."""

    replicates: int
    seed: int
    level: float
    contrasts: list[SimulatedContrast]


def simulation(found: core.Simulation) -> SimulationReply:
    """The wire form of a simulation."""
    contrasts = [
        SimulatedContrast(
            name=c.name,
            coverage=c.coverage,
            coverage_error=c.coverage_error,
            power=c.power,
            power_error=c.power_error,
            analytic_power=c.analytic_power,
            standard_error=c.standard_error,
            mean_standard_error=c.mean_standard_error,
            spread=c.spread,
        )
        for c in found.contrasts
    ]
    return SimulationReply(found.replicates, found.seed, found.level, contrasts)
