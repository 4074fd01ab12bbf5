from __future__ import annotations

import msgspec
import numpy as np
import pytest

from service.api.wire.assumed import AssumedBasis, Stated, problems_of, stated_basis
from service.api.wire.plan import NamedContrast
from service.calibration.errors import CalibrationError


def stated(basis: dict[str, object], **rest: object) -> Stated:
    given: dict[str, object] = {
        "arms": (),
        "prediction_design": None,
        "identification": "exchangeability",
        "contrasts": (),
        "priced": (),
    }
    return Stated(msgspec.convert(basis, AssumedBasis), **(given | rest))  # type: ignore[arg-type]


def codes(found: Stated) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in problems_of(found)]


def test_one_number_is_one_llm_on_unit_scale():
    joint = stated_basis(stated({"kind": "assumed", "ppi_correlation": 0.6})).joint
    assert joint.models == ("llm",)
    assert joint.covariance == pytest.approx(np.array([[1.0, 0.6], [0.6, 1.0]]))


def test_models_come_from_the_correlations_else_from_the_prices():
    assert stated({"kind": "assumed", "ppi_correlation": {"a": 0.5, "b": 0.3}}, priced=("b",)).models == ("a", "b")
    assert stated({"kind": "assumed", "ppi_correlation": 0.5}, priced=("x", "y")).models == ("x", "y")


@pytest.mark.parametrize("between", [0.4, {"a": {"b": 0.4}}, {"b": {"a": 0.4}}])
def test_a_model_correlation_is_a_number_or_nested_either_way(between):
    basis = {"kind": "assumed", "ppi_correlation": {"a": 0.5, "b": 0.3}, "model_correlation": between}
    assert stated_basis(stated(basis)).joint.covariance[1, 2] == pytest.approx(0.4)


def test_an_arms_exceptions_hold_for_that_arm_alone():
    basis = {
        "kind": "assumed",
        "ppi_correlation": 0.5,
        "outcome_sd": 2.0,
        "arms": {"treated": {"ppi_correlation": 0.2, "outcome_sd": 3.0}},
    }
    found = stated_basis(stated(basis, arms=("control", "treated"), prediction_design="independent"))
    assert np.diag(found.joint.covariance)[:2] == pytest.approx([4.0, 9.0])
    assert found.joint.covariance[0, 2] == pytest.approx(0.5 * 2.0)
    assert found.joint.covariance[1, 3] == pytest.approx(0.2 * 3.0)


def test_contrasts_are_weights_in_the_order_of_the_arms():
    contrasts = (NamedContrast("b - a", {"b": 1.0, "a": -1.0}),)
    basis = {"kind": "assumed", "ppi_correlation": 0.5}
    found = stated_basis(stated(basis, arms=("a", "b", "c"), prediction_design="independent", contrasts=contrasts))
    assert found.contrasts.tolist() == [[-1.0, 1.0, 0.0]]


def test_everything_that_names_nothing_is_listed():
    basis = {
        "kind": "assumed",
        "ppi_correlation": {"a": 0.5, "b": 0.3},
        "arms": {"x/y": {}, "one": {"ppi_correlation": {"a": 0.1}}},
    }
    contrasts = (NamedContrast("n", {"nobody": 1.0}),)
    assert codes(stated(basis, arms=("one", "two"), contrasts=contrasts)) == [
        ("/prediction_design", "prediction_design_required"),
        ("/basis/arms/x~1y", "unknown_arm"),
        ("/contrasts/0/weights/nobody", "unknown_arm"),
        ("/basis/arms/one/ppi_correlation", "unknown_model"),
        ("/basis/model_correlation", "missing_model_correlation"),
        ("/basis/model_correlation", "missing_model_correlation"),
    ]


@pytest.mark.parametrize("arms", [("alone",), ("twice", "twice")])
def test_one_arm_or_an_arm_twice_is_refused(arms):
    basis = {"kind": "assumed", "ppi_correlation": 0.5}
    assert ("/arms", "bad_arms") in codes(stated(basis, arms=arms, prediction_design="independent"))


def test_the_core_finds_what_is_wrong_with_the_numbers():
    twins = stated({"kind": "assumed", "ppi_correlation": 0.5}, arms=("a", "b"), prediction_design="shared")
    assert problems_of(twins) == []
    with pytest.raises(CalibrationError) as refused:
        stated_basis(twins)
    assert refused.value.problems[0].code == "missing_arm_correlation"


def test_far_too_many_models_are_refused_before_their_correlations_are_looked_at():
    """Two thousand took seconds, and the work of so many ways to spend is beyond the largest number."""
    many = {f"m{i}": 0.1 for i in range(2000)}
    assert codes(stated({"kind": "assumed", "ppi_correlation": 0.5}, priced=tuple(many))) == [
        ("/costs/llm", "too_many_models")
    ]
    assert codes(stated({"kind": "assumed", "ppi_correlation": many, "model_correlation": 0.1})) == [
        ("/basis/ppi_correlation", "too_many_models")
    ]
