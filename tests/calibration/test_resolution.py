from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import CalibrationError, InvalidPlan, NotIdentified, UnsupportedCombination
from service.calibration.plan import NamedContrast, Plan
from service.calibration.resolution import resolve
from tests.calibration.studies import Study, categorised, problems, simulate

ARMS = simulate(12, (6, 7), (8, 9))
TWINS = simulate(12, (6, 7), 8, design="shared")
ONE = simulate(12, (6,), 8)
BARE = Study(ARMS.y, tuple(c[:0] for c in ARMS.c), (None, None), ())
PAIR = (NamedContrast("d", {"control": -1.0, "treatment": 1.0}),)


@pytest.mark.parametrize(
    ("study", "plan", "kind", "place", "code"),
    [
        (ARMS, Plan(control="nobody"), InvalidPlan, "/plan/control", "unknown_arm"),
        (ARMS, Plan(control="control", contrasts=PAIR), InvalidPlan, "/plan/control", "unsupported_combination"),
        (BARE, Plan(), NotIdentified, "/data", "no_paired_predictions"),
        (
            ARMS,
            Plan(identification="randomization"),
            UnsupportedCombination,
            "/plan/identification",
            "unsupported_combination",
        ),
        (
            ONE,
            Plan(identification="randomization"),
            UnsupportedCombination,
            "/plan/identification",
            "unsupported_combination",
        ),
        (
            ARMS,
            Plan(inference_population="sample"),
            UnsupportedCombination,
            "/plan/inference_population",
            "unsupported_combination",
        ),
        (
            TWINS,
            Plan(inference_population="sample", identification="exchangeability"),
            UnsupportedCombination,
            "/plan/inference_population",
            "unsupported_combination",
        ),
    ],
)
def test_what_is_not_offered_is_refused_at_its_place(study, plan, kind, place: str, code: str) -> None:
    with pytest.raises(CalibrationError) as refused:
        resolve(study.sample(), plan)
    assert type(refused.value) is kind
    assert problems(refused.value) == [(place, code)]
    assert refused.value.problems[0].hint


def test_an_unsupported_combination_lists_what_is_supported() -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        resolve(ARMS.sample(), Plan(identification="randomization"))
    assert refused.value.problems[0].hint.startswith("supported: ")


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (ARMS, ("mean_difference", "exchangeability")),
        (TWINS, ("mean_difference", "randomization")),
        (ONE, ("mean", "exchangeability")),
    ],
)
def test_defaults_come_from_the_data(study: Study, expected: tuple[str, str]) -> None:
    resolved = resolve(study.sample(), Plan())
    assert (resolved.estimand, resolved.frame.identification) == expected


def test_compat_frames_are_for_historical_estimators() -> None:
    assert resolve(ARMS.sample(), Plan(estimator="ppi", compat=True)).frame.compat
    for plan in (Plan(compat=True), Plan(estimator="ppi")):
        resolved = resolve(ARMS.sample(), plan)
        assert resolved.frame is resolved.plain
        assert not resolved.frame.compat


def test_settings_are_the_plans() -> None:
    plan = Plan(confidence_level=0.9, alternative="less", null_value=0.5, interval="normal")
    settings = resolve(ARMS.sample(), plan).settings
    assert (settings.level, settings.alternative, settings.null_value, settings.method) == (0.9, "less", 0.5, "normal")
    assert resolve(ARMS.sample(), Plan()).settings.method == "t"
    assert resolve(TWINS.sample(), Plan(inference_population="sample")).settings.population == "sample"


def test_fit_is_the_estimator_on_the_frame() -> None:
    resolved = resolve(ARMS.sample(), Plan(estimator="ppi"))
    t = resolved.contrasts[0].weights
    assert t.tolist() == [-1.0, 1.0]
    assert resolved.fit(t).theta.tolist() == resolved.estimator.fit(resolved.frame, t).theta.tolist()
    assert resolved.human_only.theta == pytest.approx([np.mean(y) for y in ARMS.y])


def test_shares_of_categories_need_categories() -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        resolve(simulate(1, (20,), 30).sample(), Plan(estimand="proportions"))
    assert problems(refused.value) == [("/plan/estimand", "unsupported_combination")]
    assert (
        resolve(categorised(simulate(1, (20,), 30)).samples()[0], Plan(estimand="proportions")).estimand
        == "proportions"
    )


def test_shares_of_strata_need_strata() -> None:
    with pytest.raises(InvalidPlan) as refused:
        resolve(simulate(1, (20,), 30).sample(), Plan(stratum_shares={"a": 1.0}))
    assert problems(refused.value) == [("/plan/stratum_shares", "unknown_stratum")]


def test_the_interval_is_settled_before_anything_is_computed() -> None:
    binary, scale = (simulate(1, (20,), 30, outcome=kind).sample() for kind in ("binary", "likert"))
    assert [resolve(s, Plan()).settings.method for s in (binary, scale)] == ["score", "t"]
    assert resolve(binary, Plan(interval="t")).settings.method == "t"
    with pytest.raises(InvalidPlan) as refused:
        resolve(scale, Plan(interval="betting", alternative="equivalence", control="nobody"))
    assert problems(refused.value) == [
        ("/plan/control", "unknown_arm"), ("/plan/margin", "missing_margin"), ("/plan/bounds", "missing_bounds"),
    ]  # fmt: skip


def test_sampling_without_probabilities_is_refused() -> None:
    with pytest.raises(CalibrationError) as refused:
        resolve(simulate(1, (20,), 30).sample(), Plan(identification="sampling"))
    assert [(p.code, p.pointer) for p in refused.value.problems] == [
        ("unsupported_combination", "/plan/identification")
    ]


def test_columns_that_know_the_assignment_are_not_dealt_again() -> None:
    sample = simulate(1, (20, 20), 30, design="shared").sample()
    with pytest.raises(UnsupportedCombination) as refused:
        resolve(sample, Plan(estimator="recalibrated", interval="randomization"))
    assert [(p.code, p.pointer) for p in refused.value.problems] == [("unsupported_combination", "/plan/interval")]
    resolve(sample, Plan(estimator="recalibrated"))
