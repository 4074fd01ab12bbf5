from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.columns import screen
from service.calibration.estimate import Frame
from service.calibration.sample import Column
from tests.calibration.studies import Study, as_moments, simulate


def found(study: Study, *, rows: bool = True) -> list[tuple[int, str, int | None]]:
    sample = study.sample() if rows else as_moments(study.sample())
    return [(x.column, x.code, x.arm) for x in screen(sample, Frame(sample, "exchangeability").arms).dropped]


def with_column(study: Study, *values: np.ndarray, only: float = 0.0) -> Study:
    """The study with one more column: its values by arm, a constant among LLM-only units."""
    c = tuple(np.vstack([a, v]) for a, v in zip(study.c, values, strict=True))
    llm_only = tuple(None if a is None else np.vstack([a, np.full(a.shape[1], only)]) for a in study.llm_only)
    return Study(study.y, c, llm_only, (*study.columns, Column("x", "covariate")), study.design)


def ones(n: int, *where: int) -> np.ndarray:
    return np.isin(np.arange(n), where).astype(float)


STUDY = simulate(2, (10, 12), 15)


@pytest.mark.parametrize(
    ("first", "second", "rare"),
    [
        (ones(10, 0, 1), ones(12, 0, 1, 2, 3), True),
        (ones(10, 0, 1, 2), ones(12, 0, 1, 2, 3), False),
        (1.0 - ones(10, 0, 1), ones(12, 0, 1, 2, 3), True),
        (ones(10), ones(12, 0, 1, 2, 3), True),
        (5.0 + 2.0 * ones(10, 4), 5.0 + 2.0 * ones(12, 4), True),
    ],
    ids=["two in an arm", "three", "two are missing", "none in an arm", "other values than 0 and 1"],
)
def test_an_indicator_with_fewer_than_3_humans_in_a_state_is_dropped(first, second, rare: bool) -> None:
    study = with_column(STUDY, first, second, only=float(first.min()))
    assert ((1, "rare_indicator", None) in found(study)) is rare


def test_a_third_value_makes_no_indicator() -> None:
    """A count with one large value is no indicator, wherever the third value is: among humans or LLM-only units."""
    assert found(with_column(STUDY, ones(10, 0, 1), ones(12, 0, 1, 2), only=0.5)) == []
    third = np.where(np.arange(12) == 11, 0.5, ones(12, 0, 1, 2))
    assert found(with_column(STUDY, ones(10, 0, 1, 5), third)) == []


def test_moments_show_no_indicator() -> None:
    study = with_column(STUDY, ones(10, 0, 1), ones(12, 0, 1, 2, 3))
    assert found(study, rows=False) == []


def test_a_column_carried_by_one_unit_is_dropped_for_every_arm() -> None:
    spike = np.where(np.arange(10) == 3, 5.0, 0.0) + np.where(np.arange(10) == 3, 0.0, 1e-9 * np.arange(10))
    study = with_column(STUDY, spike, np.arange(12.0))
    assert found(study) == [(1, "isolated_unit", None)]
    sample = study.sample()
    screened = screen(sample, Frame(sample, "exchangeability").arms)
    assert screened.usable == (0,)
    assert all(fit.kept == (0,) for fit in screened.fits)


def test_of_two_columns_the_one_that_isolates_is_dropped() -> None:
    """The unit's leverage falls without the spike, not without the other column, whatever their order."""
    spike = 1e9 * ones(10, 3) + np.linspace(0.0, 1.0, 10)
    study = with_column(STUDY, spike, np.arange(12.0))
    swapped = Study(
        study.y,
        tuple(c[::-1] for c in study.c),
        tuple(c[::-1] for c in study.llm_only),
        study.columns[::-1],
        study.design,
    )
    assert found(study) == [(1, "isolated_unit", None)]
    assert found(swapped) == [(0, "isolated_unit", None)]


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_constant_and_collinear_columns_are_named_by_arm(rows: bool) -> None:
    study = with_column(STUDY, np.full(10, 3.0), 2.0 * STUDY.c[1][0] - 1.0)
    assert found(study, rows=rows) == [(1, "constant_column", 0), (1, "collinear_column", 1)]


def test_too_few_humans_for_the_columns_give_no_fit_and_no_reproach() -> None:
    study = simulate(3, (4, 20), 15, models=3)
    sample = study.sample()
    screened = screen(sample, Frame(sample, "exchangeability").arms)
    assert screened.fits[0] is None
    assert screened.fits[1].rank == 3
    assert screened.dropped == ()


def test_no_column_is_nothing_to_screen() -> None:
    study = STUDY.with_c(lambda c: c[:0])
    study = Study(study.y, study.c, (None, None), (), study.design)
    assert found(study) == []


def test_a_unit_that_its_weight_isolates_is_no_columns_fault() -> None:
    """Its leverage is one without any column; the error was a search for the column to blame among none."""
    sample = simulate(0, (12,), 15, design="single").sample()
    uneven = np.ones(12)
    uneven[3] = 1e12
    sample = replace(sample, human=(replace(sample.human[0], weight=uneven, c=np.ones((0, 12))),), columns=())
    assert screen(sample, Frame(sample, "exchangeability").arms).dropped == ()
