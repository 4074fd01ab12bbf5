from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.target import Target, margins_of, target_problems
from service.calibration.plan import Model
from tests.calibration.layouts.test_table import floats, labels

SEX = labels(0, 1, 1, 0, names=("m", "f"))
AGE, GROUP = floats(30, 40, 50, 60), floats(1, 2, 2, 3)
COVARIATES = (("sex", SEX), ("age", AGE), ("group/2", GROUP))
ROWS = (("sex", labels(1, 1, 0, names=("m", "f"))), ("age", floats(20, 30, 70)))
SHARES = {"1": 0.2, "2": 0.5, "3": 0.3}


def told(target: Target | None, covariates=COVARIATES, model: Model | None = None) -> list[tuple[str, str]]:
    found = target_problems(covariates, target, model)
    assert all(p.detail and p.hint for p in found)
    return [(p.pointer.removeprefix("/plan/target"), p.code) for p in found]


def test_margins_become_deviations() -> None:
    target = Target({"age": 47.0, "sex": {"m": 0.4, "f": 0.6}, "group/2": SHARES})
    margins, x = margins_of(COVARIATES, target)
    assert told(target) == []
    assert margins.names == ("age", "sex=f", "sex=m", "group/2=1", "group/2=2", "group/2=3")
    assert np.allclose(margins.target, [47.0, 0.4, 0.5, 0.3])
    assert margins.rows is None
    assert np.allclose(x[0], AGE - 47.0)
    assert np.allclose(x[1], np.array([1, 0, 0, 1]) - 0.4)
    assert np.allclose(x[2:], [(GROUP == 2) - 0.5, (GROUP == 3) - 0.3])


def test_a_category_with_share_0_is_none_and_shares_are_divided_by_their_sum() -> None:
    target = Target({"sex": {"m": 0.5000001, "f": 0.5000001, "d": 0.0}})
    assert told(target) == []
    assert np.allclose(margins_of(COVARIATES, target)[0].target, [0.5], rtol=0.0, atol=1e-15)


def test_rows_are_summed_up_and_kept() -> None:
    target = Target(None, ROWS)
    assert told(target) == []
    margins, x = margins_of(COVARIATES, target)
    assert margins.rows is not None
    assert np.allclose(margins.target, [1 / 3, 40.0])
    assert np.allclose(margins.rows, [[-1 / 3, -1 / 3, 2 / 3], [-20, -10, 30]])
    assert np.allclose(x, [np.array([1, 0, 0, 1]) - 1 / 3, AGE - 40.0])
    assert target.names == {"sex", "age"}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (None, []),
        (Target({}), [("", "empty_target")]),
        (Target(None, ()), [("", "empty_target")]),
        (Target({"s~x": 1.0}), [("/margins/s~0x", "unknown_covariate")]),
        (Target({"sex": 0.5}), [("/margins/sex", "margin_kind")]),
        (Target({"sex": {"m": 0.5, "f": 0.49}}), [("/margins/sex", "margin_sum")]),
        (
            Target({"sex": {"m": 0.5, "f": 0.2, "d/": 0.3}, "group/2": {"1": 0.5, "3": 0.5, "2": 0.0}}),
            [("/margins/sex/d~1", "category_not_in_sample"), ("/margins/group~12", "category_without_share")],
        ),
        (Target(None, (("age", floats(3)),)), [("/covariates/age", "too_few_target_rows")]),
        (
            Target(None, (("age", floats(3, np.inf, np.nan)), ("sex", floats(1, 2)), ("x", floats(1, 2, 3)))),
            [
                ("/covariates/x", "unknown_covariate"),
                ("/covariates/age/2", "missing_covariate"),
                ("/covariates/age/1", "not_finite"),
                ("/covariates/sex", "length_mismatch"),
                ("/covariates/sex", "margin_kind"),
            ],
        ),
        (
            Target(None, (("sex", labels(0, 0, 1, names=("m", "d"))),)),
            [("/covariates/sex/d", "category_not_in_sample"), ("/covariates/sex", "category_without_share")],
        ),
    ],
)
def test_problems(target: Target | None, found: list[tuple[str, str]]) -> None:
    assert told(target) == found


def test_everyone_needs_the_covariates_of_a_target_and_models_have_none() -> None:
    holes = (("sex", Labels(np.array([0, -1, 1, 0]), ("m", "f"))), ("age", floats(1, 2, np.nan, 4)))
    assert told(Target({"sex": {"m": 0.5, "f": 0.5}}), holes) == [("/data/covariates/sex/1", "missing_covariate")]
    assert told(Target({"age": 2.0}), COVARIATES, Model()) == [("", "unsupported_combination")]
