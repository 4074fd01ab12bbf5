from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.contrast import Contrast
from service.calibration.estimate import Frame
from service.calibration.quantiles.llm_answers import answers, effect
from service.calibration.strata import stratified
from tests.calibration.quantiles.studies import SAMPLES
from tests.calibration.studies import simulate

BOTH = Contrast("treatment - control", np.array([-1.0, 1.0]))
CELLS = list(np.eye(2))


def frame(name: str) -> Frame:
    return Frame(stratified(SAMPLES[name]), "exchangeability")


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_one_model_gives_the_order_statistic_of_its_llm_only_answers(q: float) -> None:
    own = frame("two arms")
    found = [answers(own, cell, ["m0"], q) for cell in CELLS]
    f = [own.sample.llm_only[d].c[0] for d in (0, 1)]
    assert [a.value for a in found] == [np.quantile(x, q, method="inverted_cdf") for x in f]
    m, s = len(f[0]), np.sqrt(q * (1 - q) / (len(f[0]) - 1))
    low, high = (np.quantile(f[0], p, method="inverted_cdf") for p in (q - s, q + s))
    assert found[0].error == pytest.approx((high - low) / 2, abs=2.5 * np.ptp(f[0]) / m)
    whole = effect(own, BOTH, CELLS, ["m0"], q)
    assert whole.estimate == found[1].value - found[0].value
    assert whole.standard_error == pytest.approx(np.hypot(found[0].error, found[1].error), rel=1e-12)
    assert whole.claim == "exploratory"


@pytest.mark.parametrize("q", [1 / 150, 0.2, 0.3, 0.37, 1 - 1e-9])
def test_equal_weights_give_ranks_and_nearly_equal_ones_the_same(q: float) -> None:
    sample = SAMPLES["one"]
    units = sample.llm_only[0]
    near = np.where(np.arange(150) == 149, 1.0 + 1e-14, 1.0)
    found = [
        answers(Frame(replace(sample, llm_only=(replace(units, weight=w),)), "exchangeability"), np.ones(1), ["m0"], q)
        for w in (None, np.full(150, 0.3), near)
    ]
    assert found[0].value == np.sort(units.c[0])[int(np.ceil(150 * q - 1e-9)) - 1]
    assert len({(a.value, a.error) for a in found}) == 1


def test_several_models_are_one_distribution() -> None:
    own = frame("two LLMs and a covariate")
    found = answers(own, np.ones(1), ["m0", "m1"], 0.5)
    assert found.value == np.quantile(own.sample.llm_only[0].c[:2].ravel(), 0.5, method="inverted_cdf")


def test_twins_answers_under_two_conditions_are_correlated() -> None:
    own = frame("twins")
    parts = [answers(own, cell, ["m0"], 0.5) for cell in CELLS]
    found = effect(own, BOTH, CELLS, ["m0"], 0.5)
    assert found.standard_error < 0.95 * np.hypot(parts[0].error, parts[1].error)
    assert parts[0].value == np.quantile(own.sample.llm_only[0].c[0], 0.5, method="inverted_cdf")


def test_paired_answers_stand_in_where_there_are_no_llm_only_units() -> None:
    own = frame("no LLM-only units")
    assert answers(own, CELLS[1], ["m0"], 0.5).value == np.quantile(
        own.sample.human[1].c[0], 0.5, method="inverted_cdf"
    )


def test_weights_count() -> None:
    sample = SAMPLES["two arms"]
    units = sample.llm_only[0]
    heavy = np.where(units.c[0] > np.quantile(units.c[0], 0.8), 1.0, 1e-12)
    weighted = replace(sample, llm_only=(replace(units, weight=heavy), sample.llm_only[1]))
    found = answers(Frame(weighted, "exchangeability"), CELLS[0], ["m0"], 0.001)
    assert found.value > np.quantile(units.c[0], 0.79)


def test_strata_weigh_by_their_shares() -> None:
    own = frame("strata")
    found = answers(own, np.array([1.0 - 1e-9, 1e-9, 0.0, 0.0]), ["m0"], 0.5)
    assert found.value == np.quantile(own.sample.llm_only[0].c[0], 0.5, method="inverted_cdf")


def test_no_answers_no_number_and_one_unit_no_error() -> None:
    own = frame("two arms")
    assert effect(own, BOTH, CELLS, ["nobody"], 0.5) is None
    assert effect(own, BOTH, CELLS, [], 0.5) is None
    single = Frame(simulate(3, (20, 20), (1, 30)).sample(), "exchangeability")
    assert effect(single, BOTH, CELLS, ["m0"], 0.5).standard_error is None
