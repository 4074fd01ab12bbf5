from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration import calibrate as whole
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from service.calibration.strata import expanded, shares, stratified, within
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, simulate
from tests.oracles import dense

T = np.array([-1.0, 1.0])
NAMES = ("north", "south", "west")


def strata_of(study: Study, seed: int, pools: bool = True) -> tuple[Sample, list[np.ndarray], list[np.ndarray | None]]:
    """A sample with three strata, and the codes of every arm and pool."""
    rng = np.random.default_rng(seed)
    human = [rng.integers(0, 3, len(y)) for y in study.y]
    only = [None if c is None or not pools else rng.integers(0, 3, c.shape[1]) for c in study.llm_only]
    plain = study.sample()
    sample = replace(
        plain,
        strata=NAMES,
        human=tuple(replace(s, stratum=g) for s, g in zip(plain.human, human, strict=True)),
        llm_only=tuple(s and replace(s, stratum=g) for s, g in zip(plain.llm_only, only, strict=True)),
    )
    return sample, human, only


def part(study: Study, human: list[np.ndarray], only: list[np.ndarray | None], h: int) -> Study:
    return replace(
        study,
        y=tuple(y[g == h] for y, g in zip(study.y, human, strict=True)),
        c=tuple(c[:, g == h] for c, g in zip(study.c, human, strict=True)),
        llm_only=tuple(None if c is None else c[:, g == h] for c, g in zip(study.llm_only, only, strict=True)),
    )


@pytest.mark.parametrize("design", ["shared", "independent"])
@pytest.mark.parametrize("models", [1, 2])
def test_a_stratified_estimate_is_the_weighted_sum_of_its_strata(design: str, models: int) -> None:
    study = simulate(5, (60, 66), 90 if design == "shared" else (40, 50), design=design, models=models)
    sample, human, only = strata_of(study, 5)
    weights = np.array([0.5, 0.3, 0.2])
    estimate = estimator("regression").fit(Frame(stratified(sample), "exchangeability"), T)
    cells = expanded(T, weights)
    parts = [dense.regression(part(study, human, only, h), T, "exchangeability") for h in range(3)]
    assert cells @ estimate.theta == pytest.approx(sum(w * p.tau for w, p in zip(weights, parts, strict=True)))
    variance, df = contrast_variance(estimate, cells, "super")
    assert variance == pytest.approx(sum(w**2 * p.variance for w, p in zip(weights, parts, strict=True)))
    assert min(p.df for p in parts) < df < sum(p.df for p in parts) + 1


def test_without_strata_nothing_changes() -> None:
    sample = simulate(5, (20, 22), (9, 9)).sample()
    assert stratified(sample) is sample
    assert expanded(T, None) is T


def test_thin_strata_take_the_slope_within_all_strata() -> None:
    study = simulate(6, (16, 60), (30, 40), models=2)
    sample, human, _ = strata_of(study, 6)
    frame = Frame(stratified(sample), "exchangeability")
    y, c = study.y[0].copy(), study.c[0].copy()
    for h in range(3):
        mine = human[0] == h
        y[mine] -= y[mine].mean()
        c[:, mine] -= c[:, mine].mean(axis=1, keepdims=True)
    pooled = np.linalg.lstsq(c.T, y)[0]
    estimate = estimator("regression").fit(frame, T)
    sizes = [int((human[0] == h).sum()) for h in range(3)]
    assert min(sizes) < 7
    for h, n in enumerate(sizes):
        if n < 7:
            assert estimate.slope[h] == pytest.approx(pooled)
            assert estimate.fixed[h]
    fit = frame.whole[0]
    residual = y - pooled @ c
    spare = len(y) - 3 - 2
    assert fit.adjusted_r_squared == pytest.approx(1 - (residual @ residual / spare) / (y @ y / (len(y) - 3)))
    assert within(frame.sample, frame.arms, [0])[0].rank == 1


def test_a_column_that_repeats_another_does_not_make_a_stratum_thin() -> None:
    """A cell of 6 to 8 humans carries one column, and with the same column twice still does."""
    study = simulate(6, (22, 60), (30, 40))
    twice = replace(
        study,
        c=tuple(np.vstack([c, c, 2.0 * c]) for c in study.c),
        llm_only=tuple(np.vstack([c, c, 2.0 * c]) for c in study.llm_only),
        columns=study.columns * 3,
    )
    (once, human, _), (thrice, _, _) = (strata_of(s, 6) for s in (study, twice))
    assert any(6 <= int((human[0] == h).sum()) < 8 for h in range(3))
    cells = expanded(T, np.array([0.5, 0.3, 0.2]))
    found = []
    for sample in (once, thrice):
        estimate = estimator("regression").fit(Frame(stratified(sample), "exchangeability"), cells)
        found.append((float(cells @ estimate.theta), contrast_variance(estimate, cells, "super")[0]))
    assert found[1] == pytest.approx(found[0], rel=1e-9)


def test_shares_come_from_the_plan_or_from_the_units_of_the_pools() -> None:
    sample, human, only = strata_of(simulate(7, (30, 33), 60, design="shared"), 7)
    humans = np.bincount(np.concatenate(human), minlength=3)
    everyone = humans + np.bincount(only[0], minlength=3)
    assert shares(sample, None, "randomization") == pytest.approx(humans / humans.sum())
    assert shares(sample, None, "exchangeability") == pytest.approx(everyone / everyone.sum())
    stated = {"south": 0.3, "north": 0.6, "west": 0.1}
    assert shares(sample, stated, "randomization") == pytest.approx([0.6, 0.3, 0.1])
    weighted = replace(sample, human=tuple(replace(s, weight=1.0 + s.stratum) for s in sample.human))
    assert shares(weighted, None, "randomization") == pytest.approx(humans * [1, 2, 3] / (humans @ [1, 2, 3]))


def test_shares_that_do_not_fit_the_strata_are_refused() -> None:
    sample, _, _ = strata_of(simulate(7, (30, 33), 60, design="shared"), 7)
    with pytest.raises(CalibrationError) as refused:
        shares(sample, {"north": 0.5, "east": 0.5}, "randomization")
    assert [(p.code, p.pointer) for p in refused.value.problems] == [
        ("unknown_stratum", "/plan/stratum_shares/east"),
        ("missing_stratum", "/plan/stratum_shares"),
    ]


def test_a_stratum_with_one_human_is_refused() -> None:
    sample, human, _ = strata_of(simulate(7, (30, 33), 60, design="shared"), 7)
    thin = np.where(np.arange(30) == 0, 2, np.minimum(human[0], 1))
    with pytest.raises(CalibrationError) as refused:
        stratified(replace(sample, human=(replace(sample.human[0], stratum=thin), sample.human[1])))
    assert [(p.code, p.pointer) for p in refused.value.problems] == [("thin_stratum", "/data/arms/0/human")]


def test_known_means_and_strata_exclude_each_other() -> None:
    study = simulate(7, (30, 33), 60, design="shared")
    known = replace(study, columns=(replace(study.columns[0], population_mean=0.1), study.columns[1]))
    with pytest.raises(CalibrationError) as refused:
        stratified(strata_of(known, 7)[0])
    assert refused.value.problems[0].code == "unsupported_combination"


def test_the_answer_speaks_of_arms_not_of_cells() -> None:
    study = simulate(8, (60, 66), 90, design="shared", models=2)
    sample, human, only = strata_of(study, 8)
    answer = calibrate(sample, Plan(identification="exchangeability", stratum_shares=dict.fromkeys(NAMES, 1 / 3)))
    assert [a.name for a in answer.arms] == ["control", "treatment"]
    assert [a.n_human for a in answer.arms] == [60, 66]
    assert [a.n_llm_only for a in answer.arms] == [90, 90]
    assert answer.estimates[0].human_sample_size == 126
    parts = [part(study, human, only, h) for h in range(3)]
    plain = sum((p.y[1].mean() - p.y[0].mean()) / 3 for p in parts)
    assert answer.estimates[0].human_only.estimate == pytest.approx(plain)
    assert "stratum_shares_from_sample" not in [w.code for w in answer.warnings]
    assert whole.calibrate(sample, Plan()).applied.contrasts == {
        "treatment - control": {"control": -1.0, "treatment": 1.0}
    }
    assert "stratum_shares_from_sample" in [w.code for w in whole.calibrate(sample, Plan()).warnings]


def test_a_pool_without_llm_only_units_adds_nothing_to_the_shares() -> None:
    sample, human, only = strata_of(simulate(7, (30, 33), (60, 50)), 7)
    half = replace(sample, llm_only=(sample.llm_only[0], None))
    counts = np.bincount(np.concatenate([*human, only[0]]), minlength=3)
    assert shares(half, None, "exchangeability") == pytest.approx(counts / counts.sum())
