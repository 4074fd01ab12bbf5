from __future__ import annotations

from dataclasses import replace
from math import floor

import numpy as np
import pytest
from scipy import stats

from service.calibration.track_records.conformal import conformal, gap_limits, studies_needed
from service.calibration.track_records.record import NewEffect, split_of
from tests.calibration.track_records.records import drawn, in_studies


def by_order(record) -> tuple[float, float]:
    """The interval as the paper has it, one contrast per study."""
    first, second, third = record.error_split
    t = len(record.names)
    k = floor((t + 1) * third / 2 + 1e-9)
    assert k >= 1
    half = stats.norm.ppf(1 - second / 2) * np.sqrt(record.human.standard_error**2 + record.llm.standard_error**2)
    gap = record.human.estimate - record.llm.estimate
    ends = stats.norm.ppf([first / 2, 1 - first / 2]) * record.new.standard_error + record.new.estimate
    return ends[0] + np.sort(gap - half)[k - 1], ends[1] + np.sort(gap + half)[t + 1 - k - 1]


@pytest.mark.parametrize(("n", "level"), [(57, 0.95), (120, 0.95), (28, 0.9), (200, 0.9), (14, 0.8)])
@pytest.mark.parametrize("llm_error", [0.0, 0.04])
def test_one_contrast_per_study_is_the_published_interval(n, level, llm_error):
    record = drawn(n, llm_error=llm_error, level=level, new=NewEffect("new", 0.25, llm_error))
    found = conformal(record)
    assert found.interval is not None
    assert (found.interval.lower, found.interval.upper) == pytest.approx(by_order(record), abs=1e-12)
    assert (found.interval.level, found.interval.method, found.studies) == (level, "conformal", n)


@pytest.mark.parametrize(("level", "needed"), [(0.9, 28), (0.95, 57), (0.8, 14)])
def test_studies_needed(level, needed):
    assert studies_needed(split_of(level)[2]) == needed
    short = conformal(drawn(needed - 1, level=level))
    assert (short.interval, short.studies_needed, short.studies_missing) == (None, needed, 1)
    enough = conformal(drawn(needed, level=level))
    assert enough.interval is not None
    assert enough.studies_missing == 0


def test_a_round_error_needs_no_study_more_by_rounding():
    assert studies_needed(0.05) == 39
    assert conformal(drawn(39, split=(0.01, 0.04, 0.05), level=0.9)).interval is not None


def test_contrasts_of_one_study_are_one_study():
    several = in_studies((3,) * 20)
    assert conformal(replace(several, confidence_level=0.9, error_split=split_of(0.9))).interval is None
    assert conformal(several).studies == 20


def test_a_contrast_sent_twice_changes_nothing():
    once = drawn(60)
    twice = drawn(60, names=[str(i) for i in range(60)])
    doubled = replace(
        twice,
        names=twice.names + twice.names,
        human=replace(
            twice.human,
            estimate=np.tile(twice.human.estimate, 2),
            standard_error=np.tile(twice.human.standard_error, 2),
        ),
        llm=replace(
            twice.llm, estimate=np.tile(twice.llm.estimate, 2), standard_error=np.tile(twice.llm.standard_error, 2)
        ),
    )
    assert conformal(doubled).interval == conformal(once).interval


def test_weights_of_contrasts_are_the_weighted_quantile():
    record = in_studies((1, 2, 3, 4) * 20)
    found = conformal(record).interval
    lower, upper = gap_limits(record)
    weight = np.array([1 / record.names.count(name) for name in record.names])
    spare = 81 * record.error_split[2] / 2 - 1
    low = max(v for v in lower if weight[lower < v].sum() <= spare)
    high = min(v for v in upper if weight[upper > v].sum() <= spare)
    assert (found.lower, found.upper) == pytest.approx((0.1 + low, 0.1 + high), abs=1e-12)


def test_intervals_cover_new_studies():
    rng = np.random.default_rng(2)
    covered = []
    for seed in range(800):
        record = drawn(29, seed, llm_error=0.02, level=0.9)
        truth = float(rng.normal(0, 0.2))
        record = replace(record, new=NewEffect("new", truth + float(rng.normal(0, 0.02)), 0.02))
        interval = conformal(record).interval
        covered.append(interval.lower <= 0.02 + 0.6 * truth + rng.normal(0, 0.1) <= interval.upper)
    assert np.mean(covered) >= 0.9 - 2 * np.sqrt(0.09 / 800)
