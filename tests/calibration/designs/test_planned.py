from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis
from service.calibration.designs.objective import Objective
from service.calibration.designs.pilot import assumed_from_moments
from service.calibration.designs.planned import PlannedStudy, drawn, planned_study, standard_errors
from service.calibration.errors import Warned
from tests.calibration.designs.pilots import two_arms


def basis(prediction_design: str = "single", rho: float = 0.7, identification: str = "exchangeability") -> Basis:
    D = 1 if prediction_design == "single" else 2
    arms = () if D == 1 else ("c", "t")
    return assumed_basis(
        Assumed(
            ("m",), np.arange(1.0, D + 1), np.full((D, 1), rho), np.eye(1), arms, prediction_design, 0.5, identification
        )
    )


def planned(known: Basis, budget: float = 2000.0, llm: tuple[float, ...] = (0.02,)) -> PlannedStudy | Warned:
    return planned_study(known.joint, design(known, Costs(4.0, llm), Objective("budget", budget)).design)


@pytest.mark.parametrize("prediction_design", ["single", "independent", "shared"])
def test_a_draw_has_the_designs_units_and_their_covariance(prediction_design):
    known = basis(prediction_design)
    found = design(known, Costs(4.0, (0.02,)), Objective("budget", 160000.0)).design
    study = planned_study(known.joint, found)
    (sample,) = drawn(study, 1, np.random.default_rng(0))
    assert sum(s.n for s in sample.human) == found.n_human
    assert sum(s.n for s in sample.llm_only if s is not None) == found.n_llm_only
    assert study.numbers == found.n_human * (1 + len(sample.columns)) + found.n_llm_only * len(sample.columns)
    joint, D = known.joint, known.joint.n_arms
    for d, source in enumerate(sample.human):
        z = np.vstack([source.y, source.c])
        entries = [d, *(D + j for j in study.shown[d])]
        expected = joint.covariance[np.ix_(entries, entries)]
        scale = np.sqrt(np.diag(expected))
        assert np.cov(z) / np.outer(scale, scale) == pytest.approx(expected / np.outer(scale, scale), abs=0.06), d
    shown = [c.arm for c in sample.columns]
    assert shown == (["c", "t"] if prediction_design == "shared" else [None])


def test_the_promised_errors_are_the_designs():
    known = basis("shared")
    found = design(known, Costs(4.0, (0.02,)), Objective("budget", 900.0)).design
    assert standard_errors(known.joint, known.contrasts, found) == pytest.approx([found.standard_error], rel=1e-10)


def test_randomization_has_no_llm_only_units_and_dear_answers_none_at_all():
    study = planned(basis("shared", identification="randomization"))
    assert study.pools == (0,)
    assert len(study.columns) == 2
    alone = planned(basis(rho=0.1), llm=(4.0,))
    assert (alone.columns, alone.pools, alone.humans) == ((), (0,), (500,))
    (sample,) = drawn(alone, 1, np.random.default_rng(0))
    assert sample.columns == ()


def test_known_means_and_covariates_keep_their_kind():
    pilot = assumed_from_moments(two_arms(60, (0.6, 0.6), "shared"))
    columns = (replace(pilot.joint.columns[0], known_mean=True), replace(pilot.joint.columns[1], model=None))
    known = replace(pilot, joint=replace(pilot.joint, columns=columns))
    study = planned(known, llm=(0.0,))
    assert [(c.kind, c.population_mean, c.arm) for c in study.columns] == [
        ("prediction", 0.0, "c"),
        ("covariate", None, None),
    ]


def test_no_one_calibration_sees_units_of_different_models():
    two = assumed_basis(Assumed(("a", "b"), np.ones(1), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]])))
    found = planned(two, 1000.0, (0.2, 0.005))
    assert isinstance(found, Warned)
    assert found.code == "simulation_not_possible"
    few = planned(basis(), 16.0)
    assert isinstance(few, Warned)
    assert "too few humans" in few.message
