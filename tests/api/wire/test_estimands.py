from __future__ import annotations

import typing

import msgspec
import pytest

from service.api.wire import estimands
from service.api.wire.estimands import Asked, Estimand
from service.calibration import plan as core
from service.calibration.layouts.categories import Categories


def read(**fields) -> Asked:
    return msgspec.convert(fields, Estimand).to_core()


def test_every_estimand_of_the_core_has_a_type_of_its_own() -> None:
    tags = [member.__struct_config__.tag for member in typing.get_args(Estimand)]
    assert tuple(tags) == typing.get_args(core.EstimandName)


@pytest.mark.parametrize("kind", ["mean", "mean_difference"])
def test_means_ask_for_nothing_more(kind: str) -> None:
    assert read(type=kind) == Asked(kind)


def test_categories_are_names_and_whole_numbers_their_values() -> None:
    assert read(type="proportions") == Asked("proportions", Categories())
    assert read(type="proportions", categories=["b", 3, -1.0]).categories == Categories(("b", "3", "-1"))
    assert read(type="multinomial", categories=["b", 10]).categories == Categories(("b", "10"))


def test_quantiles_default_to_the_median_and_come_alone_or_in_a_list() -> None:
    assert read(type="quantile").quantiles == (0.5,)
    assert read(type="quantile", q=0.9).quantiles == (0.9,)
    assert read(type="quantile", q=[0.1, 0.9]).quantiles == (0.1, 0.9)


@pytest.mark.parametrize("kind", ["linear", "logistic", "poisson", "multinomial"])
def test_a_regression_has_terms_the_treatment_and_cross(kind: str) -> None:
    categories = Categories() if kind == "multinomial" else None
    assert read(type=kind) == Asked(kind, categories, model=core.Model())
    assert read(type=kind, terms=None, treatment=None, cross=None) == read(type=kind)
    full = core.Model(("age", "sex"), treatment=True, cross=True)
    assert read(type=kind, terms=["age", "sex"], treatment=True, cross=True).model == full


def test_choices_name_their_sets() -> None:
    found = read(type="conditional_logit", terms=["price"], choice_set="task", cross=True)
    assert found == Asked("conditional_logit", model=core.Model(("price",), cross=True, choice_set="task"))


def test_attributes_have_baselines() -> None:
    assert read(type="amce", attributes=["sex"]).model == core.Model(("sex",), called="attributes")
    found = read(type="amce", attributes=["sex", "job"], baselines={"job": "nurse"})
    assert found == Asked("amce", model=core.Model(("sex", "job"), baselines={"job": "nurse"}, called="attributes"))


def test_interactions_are_pairs_of_attributes() -> None:
    found = read(type="amce", attributes=["sex", "job"], interactions=[["job", "sex"]]).model
    assert found == core.Model(("sex", "job"), interactions=(("job", "sex"),), called="attributes")
    assert read(type="amce", attributes=["sex"], interactions=[]) == read(type="amce", attributes=["sex"])


def test_a_correlation_is_with_one_covariate() -> None:
    assert read(**{"type": "correlation", "with": "age"}) == Asked(
        "correlation", model=core.Model(("age",), called="with")
    )


def test_a_statistic_is_one_of_a_list_and_may_be_with_a_covariate() -> None:
    assert read(type="plug_in", statistic="gini") == Asked("plug_in", model=core.Model(called="with"), statistic="gini")
    found = read(**{"type": "plug_in", "statistic": "spearman", "with": "age"})
    assert found == Asked("plug_in", model=core.Model(("age",), called="with"), statistic="spearman")
    listed = typing.get_type_hints(estimands.PlugIn)["statistic"]
    assert typing.get_args(listed) == typing.get_args(core.StatisticName)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "plug_in"},
        {"type": "plug_in", "statistic": "mode"},
        {"type": "quantile", "q": 1.0},
        {"type": "quantile", "q": [0.5, 0.0]},
        {"type": "quantile", "q": []},
        {"type": "proportions", "categories": [1.5]},
        {"type": "proportions", "categories": [2.0**54]},
        {"type": "conditional_logit", "terms": [], "choice_set": "task"},
        {"type": "conditional_logit", "terms": ["price"]},
        {"type": "amce"},
        {"type": "amce", "attributes": []},
        {"type": "amce", "attributes": ["sex", "job"], "interactions": [["sex"]]},
        {"type": "amce", "attributes": ["sex", "job"], "interactions": [["sex", "job", "age"]]},
        {"type": "amce", "attributes": ["sex", "job"], "interactions": ["sex"]},
        {"type": "correlation"},
        {"type": "linear", "choice_set": "task"},
        {"type": "mean", "terms": ["x"]},
        {"type": "median"},
        {},
    ],
)
def test_what_means_nothing_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(**fields)


def test_every_field_says_what_it_is() -> None:
    schema = msgspec.json.schema(Estimand)["$defs"]
    for name in ("Quantile", "ConditionalLogit", "Amce", "Correlation", "PlugIn"):
        described = schema[name]["properties"]
        assert all("description" in str(field) for key, field in described.items() if key not in ("type", "cross"))
        assert schema[name]["description"] == getattr(estimands, name).__doc__
