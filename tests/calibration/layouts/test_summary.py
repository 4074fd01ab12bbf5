from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.summary import checked
from service.calibration.psps import Summary
from tests.calibration.fitted import fitted
from tests.calibration.studies import problems

GOOD = fitted(np.random.default_rng(1))
NAN = np.nan


def refused(of: Summary) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        checked(of)
    assert all(p.detail for p in found.value.problems)
    return problems(found.value)


def test_what_is_right_is_taken() -> None:
    found = checked(GOOD)
    assert found.c11 == pytest.approx(GOOD.c11, rel=1e-14)
    rounded = replace(GOOD, c11=np.triu(GOOD.c11) + np.tril(GOOD.c11, -1) * (1 + 1e-9))
    assert np.array_equal(checked(rounded).c11, checked(rounded).c11.T)


def test_numbers_printed_with_seven_digits_are_taken() -> None:
    def printed(values: np.ndarray) -> np.ndarray:
        return np.array([float(f"{v:.6e}") for v in values.ravel()]).reshape(values.shape)

    perfect = replace(GOOD, gamma_human=GOOD.theta, c12=GOOD.c11, c22=GOOD.c11)
    checked(replace(perfect, **{name: printed(getattr(perfect, name)) for name in ("c11", "c12", "c22", "c33")}))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"theta": np.zeros(2)}, [("/data/theta_human", "length_mismatch")]),
        ({"gamma_llm_only": np.zeros(4)}, [("/data/gamma_llm_only", "length_mismatch")]),
        ({"c12": np.zeros((3, 2))}, [("/data/covariance/12", "length_mismatch")]),
        ({"components": ("a", "b", "a")}, [("/data/components/2", "duplicate_component")]),
        ({"c33": GOOD.c33 * NAN}, [("/data/covariance/33", "not_finite")]),
        ({"theta": np.array([1.0, NAN, 1.0])}, [("/data/theta_human", "not_finite")]),
        ({"c22": np.triu(GOOD.c22 + 0.01)}, [("/data/covariance/22", "not_symmetric")]),
        ({"c11": np.diag([1.0, 0.0, 1.0])}, [("/data/covariance/11", "zero_variance_component")]),
        ({"c11": np.diag([1.0, 1.0, -1.0])}, [("/data/covariance/11", "zero_variance_component")]),
        ({"n_human": 3}, [("/data/n_human", "too_few_humans")]),
        ({"n_human": 5, "cross": True}, [("/data/n_human", "too_few_humans")]),
        ({"c12": 5.0 * GOOD.c12}, [("/data/covariance", "not_positive")]),
        ({"c22": -GOOD.c22}, [("/data/covariance", "not_positive")]),
    ],
)
def test_refusals(fields: dict, expected: list[tuple[str, str]]) -> None:
    assert refused(replace(GOOD, **fields)) == expected


def test_all_problems_are_listed() -> None:
    wrong = replace(GOOD, n_human=2, c11=np.diag([0.0, 1.0, 1.0]), c22=np.triu(GOOD.c22 + 0.01))
    assert refused(wrong) == [
        ("/data/covariance/11", "zero_variance_component"),
        ("/data/covariance/22", "not_symmetric"),
        ("/data/n_human", "too_few_humans"),
    ]


def test_nothing_at_all() -> None:
    none = np.zeros(0)
    matrix = np.zeros((0, 0))
    empty = Summary((), none, none, none, matrix, matrix, matrix, matrix, matrix, matrix, 20)
    assert ("/data/components", "no_components") in refused(empty)


def test_as_few_humans_as_the_formula_allows() -> None:
    checked(replace(GOOD, n_human=4))
    checked(replace(GOOD, n_human=6, cross=True))


def test_gammas_of_several_models_need_cross() -> None:
    more = replace(GOOD, gamma_human=GOOD.gamma_human[:2], gamma_llm_only=GOOD.gamma_llm_only[:2], c12=GOOD.c12[:, :2],
                   c22=GOOD.c22[:2, :2], c33=GOOD.c33[:2, :2], c13=GOOD.c13[:, :2], c23=GOOD.c23[:2, :2])  # fmt: skip
    assert refused(more) == [("/data/gamma_human", "unsupported_combination")]
    assert checked(replace(more, cross=True)).paired is False


def test_a_gamma_without_variance_is_allowed_but_not_with_a_covariance() -> None:
    zero = np.diag([1.0, 1.0, 0.0])
    flat = replace(GOOD, c22=zero @ GOOD.c22 @ zero, c33=0.0 * GOOD.c33, c12=GOOD.c12 @ zero)
    checked(flat)
    assert refused(replace(flat, c12=GOOD.c12)) == [("/data/covariance", "not_positive")]
