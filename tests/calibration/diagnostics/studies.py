"""Data for the checks: arms of plain lists, the card of one check, its only finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import Diagnosis, diagnose
from service.calibration.diagnostics.finding import Finding, Measure
from service.calibration.diagnostics.layouts import of_arrays
from service.calibration.layouts.choices import ArmChoices

SETTINGS = Settings()


def arm(human, llm=None, llm_only=None, name: str = "all") -> ArmChoices:
    """One arm of numbers; None is a missing answer."""
    return ArmChoices(name, _numbers(human), *(None if v is None else _numbers(v) for v in (llm, llm_only)))


def card(arms: Sequence[ArmChoices], *names: str, settings: Settings = SETTINGS) -> Diagnosis:
    """The card of these checks, or of all."""
    return diagnose(of_arrays(arms), settings, names or None)


def only(found: Diagnosis, name: str | None = None) -> Finding:
    """The finding of a card that has one (of this check)."""
    (finding,) = [f for f in found.findings if name in (None, f.name)]
    return finding


def measure(finding: Finding, name: str) -> Measure:
    """The measure of that name."""
    return next(m for m in finding.measures if m.name == name)


def correlated(seed: int, n: int, m: int, rho: float = 0.6, shift: float = 0.0) -> ArmChoices:
    """Gaussian human and LLM answers with correlation ``rho``, and m LLM-only ones whose mean is ``shift``."""
    generator = np.random.default_rng(seed)
    f = generator.normal(size=n)
    y = rho * f + np.sqrt(1.0 - rho**2) * generator.normal(size=n)
    return arm(y, f, generator.normal(size=m) + shift if m else None)


def _numbers(values) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], dtype=float)
