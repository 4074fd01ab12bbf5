from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidPlan, UnsupportedCombination
from service.calibration.intervals import betting
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, problems, simulate

T = cases.DIFFERENCE
LIKERT = (1.0, 5.0)


def made(estimate, contrast=T, bounds=LIKERT, **more) -> betting.Hedged:
    return betting.pivot(estimate, contrast, cases.context(estimate, contrast, bounds=bounds, **more))


def test_one_arm_is_its_capital_mapped_to_the_bounds() -> None:
    estimate = cases.estimate(simulate(2, (30,), 90, outcome="likert"))
    found = made(estimate, cases.MEAN)
    (wager,) = found.wagers
    assert found.bound(0.05, "lower") == pytest.approx(1.0 + 4.0 * wager.below.bound(0.05))
    assert found.bound(0.05, "upper") == pytest.approx(1.0 + 4.0 * (1.0 - wager.above.bound(0.05)))
    assert found.tail(2.0, "lower") == wager.below.tail(0.25)
    assert found.tail(4.0, "upper") == wager.above.tail(0.25)


def test_a_contrast_adds_the_arms_bounds_at_their_share_of_the_tail() -> None:
    estimate = cases.estimate(simulate(2, (30, 40), (90, 80), outcome="likert"))
    found = made(estimate)
    control, treatment = found.wagers
    assert (control.weight, treatment.weight) == (-4.0, 4.0)
    low = 4.0 * treatment.below.bound(0.02) - 4.0 * (1.0 - control.above.bound(0.02))
    high = 4.0 * (1.0 - treatment.above.bound(0.02)) - 4.0 * control.below.bound(0.02)
    assert [found.bound(0.04, "lower"), found.bound(0.04, "upper")] == pytest.approx([low, high])
    for side in ("lower", "upper"):
        end = found.bound(1e-4, side)
        assert found.tail(end, side) == pytest.approx(1e-4, rel=1e-6)
    assert found.tail(-4.1, "lower") == 0.0
    assert found.tail(4.0, "lower") == 1.0


def test_the_same_units_in_the_same_shuffled_order() -> None:
    """Outcomes of the process are the humans', adjusted by blocks that use every reference unit once."""
    estimate = cases.estimate(simulate(2, (20,), 45, outcome="likert"))
    context = cases.context(estimate, cases.MEAN, bounds=LIKERT)
    found = made(estimate, cases.MEAN)
    order = context.generator("betting 0").permutation(20)
    source = estimate.frame.sample.human[0]
    first = (source.y[order[0]] + estimate.frame.sample.origin - 1.0) / 4.0
    assert found.wagers[0].below.x[0] == pytest.approx(first)
    assert found.wagers[0].above.x == pytest.approx(1.0 - found.wagers[0].below.x)
    assert found.wagers[0].below.reach[1:].any()


@pytest.mark.parametrize(("identification", "m", "size"), [("randomization", None, 40), ("exchangeability", 60, 60)])
def test_reference_units_are_llm_only_or_the_humans_of_other_arms(identification: str, m, size: int) -> None:
    estimate = cases.estimate(simulate(2, (30, 40), m, design="shared", outcome="likert"), identification)
    own, reference = betting._predictions(estimate, 0, LIKERT)
    assert (own.size, reference.size) == (30, size)
    sample = estimate.frame.sample
    column = next(j for j, c in enumerate(sample.columns) if c.arm == sample.arms[0])
    rows = sample.human[1] if m is None else sample.llm_only[0]
    values = rows.c[column] + sample.columns[column].origin
    assert reference == pytest.approx(np.clip((values - 1.0) / 4.0, 0.0, 1.0))


def test_arms_without_slope_or_pool_are_not_adjusted() -> None:
    for estimate in (
        cases.estimate(simulate(2, (30,), 90, outcome="likert"), name="human_only"),
        cases.estimate(simulate(2, (30,), outcome="likert")),
    ):
        assert not made(estimate, cases.MEAN).wagers[0].below.reach.any()
    no_pool = replace(cases.estimate(simulate(2, (30,), outcome="likert")), slope=np.ones((1, 1)))
    assert betting._predictions(no_pool, 0, LIKERT)[1].size == 0


def test_a_shift_within_the_bounds_moves_the_interval_along() -> None:
    y = np.array([3.0, 4.0, 2.0, 5.0, 4.0, 3.0, 1.0, 4.0])
    far = [from_arrays([ArmArrays("all", y + by, y[::-1] + by, y + by)]) for by in (0.0, 1e9)]
    ends = [
        made(cases.fitted(s), cases.MEAN, (1.0 + by, 5.0 + by)).bound(0.05, "lower") - by
        for s, by in zip(far, (0.0, 1e9), strict=True)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1e-5)


@pytest.mark.unwatched
@pytest.mark.parametrize("name", ["human_only", "regression"])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_coverage_is_never_below_nominal(name: str, p: float) -> None:
    """Yes/no answers, 300 studies of 25 humans and 100 personas; the Monte Carlo error of .9 is .017."""
    rng = np.random.default_rng(11)
    covered = 0
    for seed in range(300):
        y, twin = (rng.random(25) < p).astype(float), (rng.random(100) < p).astype(float)
        if y.min() == y.max():
            covered += 1  # refused before: counted as covered
            continue
        f, g = (np.where(rng.random(v.size) < 0.85, v, 1.0 - v) for v in (y, twin))
        estimate = cases.fitted(from_arrays([ArmArrays("all", y, f, g)]), name=name)
        found = made(estimate, cases.MEAN, (0.0, 1.0), seed=seed)
        covered += found.bound(0.05, "lower") <= p <= found.bound(0.05, "upper")
    assert covered / 300 >= 0.9 - 2 * 0.017


def test_refusals() -> None:
    study = simulate(2, (30, 40), (90, 80), outcome="likert")
    estimate = cases.estimate(study)
    for kind, place, of, bounds in (
        (InvalidPlan, ("/plan/bounds", "missing_bounds"), estimate, None),
        (InvalidPlan, ("/plan/bounds", "outside_bounds"), estimate, (1.0, 4.0)),
        (UnsupportedCombination, ("/plan/interval", "rows_required"), cases.fitted(as_moments(study.sample())), LIKERT),
        (UnsupportedCombination, ("/plan/interval", "unsupported_combination"), cases.in_strata(study)[0], LIKERT),
    ):
        with pytest.raises(kind) as refused:
            betting.pivot(of, T, cases.context(estimate, T, bounds=bounds))
        assert problems(refused.value) == [place]
