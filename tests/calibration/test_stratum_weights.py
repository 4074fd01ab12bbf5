"""Weights by which a model's units have the shares of their strata; what keeps strata from a variance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.sample import Sample
from service.calibration.stratum_weights import with_shares
from tests.calibration.models import TERMS, table, twins

NAMES = ("a", "b", "c")
SHARES = {"a": 0.5, "b": 0.3, "c": 0.2}
CODES = np.concatenate((np.arange(60) % 3, np.arange(300) % 3))
UNEVEN = np.concatenate((np.arange(60) % 3, np.minimum(np.arange(300) % 4, 2)))


def sample(codes: np.ndarray = CODES, **survey) -> Sample:
    data = table(survey=Survey(stratum=Labels(codes, NAMES), **survey))
    return from_table(data, "error", Reading(None, TERMS))[0]


def shares(units, weight: np.ndarray | None = None) -> np.ndarray:
    total = np.bincount(units.stratum, units.weight if weight is None else weight, 3)
    return total / total.sum()


def test_every_source_has_the_stated_shares() -> None:
    found = with_shares(sample(UNEVEN), SHARES, "exchangeability")
    assert shares(found.human[0]) == pytest.approx(list(SHARES.values()), rel=1e-12)
    assert shares(found.llm_only[0]) == pytest.approx(list(SHARES.values()), rel=1e-12)
    assert (found.strata, found.warnings) == ((), ())
    assert found.human[0].weight.sum() == pytest.approx(60.0)


def test_weights_that_were_sent_are_kept_within_strata() -> None:
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 360)
    found = with_shares(sample(weight=weight), SHARES, "exchangeability").human[0]
    assert shares(found) == pytest.approx(list(SHARES.values()), rel=1e-12)
    for h in range(3):
        ratio = found.weight[found.stratum == h] / weight[:60][CODES[:60] == h]
        assert ratio == pytest.approx(np.full(20, ratio[0]), rel=1e-12)


def test_shares_that_a_sample_has_already_need_no_weights() -> None:
    found = with_shares(sample(), None, "exchangeability")
    assert (found.weighted, found.human[0].weight, found.llm_only[0].weight) == (False, None, None)
    assert [w.code for w in found.warnings] == ["stratum_shares_from_sample"]
    other = with_shares(sample(UNEVEN), None, "exchangeability")
    whole = np.bincount(UNEVEN) / 360
    assert shares(other.human[0]) == pytest.approx(whole, rel=1e-12)
    assert shares(other.llm_only[0]) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("stated", [None, SHARES])
def test_with_known_probabilities_the_frame_and_the_humans_have_the_shares(stated: dict | None) -> None:
    pi = np.where(np.arange(360) < 60, np.random.default_rng(2).uniform(0.1, 0.5, 360), np.nan)
    found = with_shares(sample(UNEVEN, sampling_probability=pi), stated, "sampling")
    human, only = found.human[0], found.llm_only[0]
    expected = list(SHARES.values()) if stated else np.bincount(UNEVEN) / 360
    weight = np.ones(60) if human.weight is None else human.weight
    assert shares(human, weight / human.sampling_probability) == pytest.approx(expected, rel=1e-12)
    rest = np.ones(300) if only.weight is None else only.weight
    frame = np.bincount(human.stratum, weight, 3) + np.bincount(only.stratum, rest, 3)
    assert frame / frame.sum() == pytest.approx(expected, rel=1e-12)


def test_probabilities_that_give_the_shares_already_are_left_alone() -> None:
    even = sample(sampling_probability=np.where(np.arange(360) < 60, 1.0 / 6.0, np.nan))
    found = with_shares(even, None, "sampling")
    assert (found.human[0].sampling_probability == 1.0 / 6.0).all()
    assert found.human[0].weight is None


def test_unused_personas_are_not_looked_at() -> None:
    codes = np.concatenate((np.arange(80) % 3, np.zeros(200, dtype=int)))
    data = replace(twins(), survey=Survey(stratum=Labels(codes, NAMES)))
    twin = from_table(data, "error", Reading(None, replace(TERMS, terms=("x",))))[0]
    found = with_shares(twin, None, "randomization")
    assert not found.weighted
    with pytest.raises(CalibrationError) as refused:
        with_shares(twin, None, "exchangeability")
    assert [p.code for p in refused.value.problems] == ["thin_stratum"]


@pytest.mark.parametrize(
    ("codes", "survey", "expected"),
    [
        (np.where(np.arange(360) == 0, 2, np.arange(360) % 2), {}, ["thin_stratum", "thin_stratum"]),
        (CODES, {"cluster": np.where(np.arange(360) < 60, CODES % 3, np.arange(360))}, ["thin_stratum"]),
        (CODES, {"cluster": np.arange(360) // 2}, ["cluster_spans_strata"]),
    ],
)
def test_what_has_no_variance_within_strata_is_refused(codes: np.ndarray, survey: dict, expected: list) -> None:
    sent = {name: values.astype(float) for name, values in survey.items()}
    with pytest.raises(CalibrationError) as refused:
        with_shares(sample(codes, **sent), None, "exchangeability")
    assert [p.code for p in refused.value.problems] == expected
    assert {p.pointer for p in refused.value.problems} == {"/data/stratum"}


def test_shares_of_other_strata_are_refused() -> None:
    with pytest.raises(CalibrationError) as refused:
        with_shares(sample(), {"a": 0.5, "other": 0.5}, "exchangeability")
    assert {p.code for p in refused.value.problems} == {"unknown_stratum", "missing_stratum"}
