"""Pilots drawn from a stated truth, for tests of bands, robust designs and top-ups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.designs.joint import Basis, Collected, Column
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments
from service.calibration.designs.uncertainty import scenarios_of


def single(n: int, slopes: tuple[float, ...], llm_only: int = 300, seed: int = 0) -> PilotMoments:
    """One population: unit outcome, independent unit columns with these correlations, n humans."""
    rng, rho = np.random.default_rng(seed), np.array(slopes)
    c = rng.normal(size=(n + llm_only, rho.size))
    y = c @ rho + np.sqrt(1 - rho @ rho) * rng.normal(size=n + llm_only)
    arm = ArmMoments(n, np.cov(np.column_stack([y, c])[:n].T))
    names, columns = tuple(f"m{k + 1}" for k in range(rho.size)), tuple(Column(k) for k in range(rho.size))
    pool = np.cov(c.T).reshape(rho.size, rho.size)
    return PilotMoments((), names, columns, (arm,), pool, "single", pool_sizes=(float(n + llm_only),))


def two_arms(n: int, slopes: tuple[float, float], design: str, llm_only: int = 300, seed: int = 0) -> PilotMoments:
    """Two arms of n humans, one model; ``shared`` twins or ``independent`` samples."""
    rng, arms, blocks = np.random.default_rng(seed), [], []
    twins = design == "shared"
    for d, rho in enumerate(slopes):
        c = rng.normal(size=(n + llm_only, 2 if twins else 1))
        y = rho * c[:, d if twins else 0] + np.sqrt(1 - rho**2) * rng.normal(size=n + llm_only)
        arms.append(ArmMoments(n, np.cov(np.column_stack([y, c])[:n].T)))
        blocks.append(c.var(ddof=1))
    columns = (Column(0, 0), Column(0, 1))
    pool = np.diag(blocks) if not twins else np.cov(rng.normal(size=(2 * n + llm_only, 2)).T)
    sizes = (float(2 * n + llm_only),) if twins else (float(n + llm_only),) * 2
    return PilotMoments(("c", "t"), ("f",), columns, tuple(arms), pool, design, pool_sizes=sizes)  # type: ignore[arg-type]


def basis(pilot: PilotMoments, seed: int = 0, *, llm_only: int = 0) -> Basis:
    """The pilot as a design basis with its scenarios and its units."""
    models, arms = tuple(range(len(pilot.models))), len(pilot.arms)
    humans = [Collected(d if arms else None, True, models, arm.n) for d, arm in enumerate(pilot.by_arm)]
    of_arm = list(range(arms)) if pilot.prediction_design == "independent" else [None]
    others = [Collected(d, False, models, llm_only) for d in of_arm if llm_only]
    scenarios = scenarios_of(pilot, np.random.default_rng(seed))
    return replace(assumed_from_moments(pilot), scenarios=scenarios, collected=(*humans, *others))
