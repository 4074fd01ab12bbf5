from __future__ import annotations

from service.api.render.report import estimates
from tests.api.render.answering import answer, calibration
from tests.api.render.pages import column


def test_three_ways_stand_side_by_side() -> None:
    table = estimates.estimates(answer("/v1/calibrations")["estimates"])
    assert column(table, "calibrated") == ["0.7027"]
    assert column(table, "humans alone") == ["0.3333"]
    assert column(table, "LLM alone") == ["1.101"]
    assert column(table, "95 % interval") == ["[0.348, 1.058]"]
    humans = estimates.humans(answer("/v1/calibrations")["estimates"])
    assert column(humans, "standard error") == ["0.2431"]
    assert column(humans, "95 % interval") == ["[\u22120.148, 0.815]"]
    assert "outcome" not in [head.text for head in table.heads]


def test_outcome_component_and_subgroup_are_columns_where_they_tell_estimates_apart() -> None:
    rows = calibration(("a", 1.0, 0.0, 2.0), ("a", 2.0, 1.0, 3.0))["estimates"]
    rows[1] |= {"outcome": "other", "subgroup": "old", "component": "q=0.5"}
    table = estimates.worth(rows)
    assert column(table, "outcome") == ["trust", "other"]
    assert column(table, "subgroup") == ["\u2013", "old"]
    assert column(table, "component") == ["\u2013", "q=0.5"]


def test_models_alternatives_and_pooled_estimates_have_tables() -> None:
    rows = answer("/v1/calibrations")["estimates"]
    interval = rows[0]["interval"]
    other = {"estimator": "ppi", "estimate": 0.5, "standard_error": 0.1, "p_value": None, "interval": interval}
    rows[0] |= {
        "alternatives": [other | {"variance_ratio": 0.7, "effective_sample_size": 99.0}],
        "pooled": {"estimate": 0.4, "shrinkage": 0.25, "interval": interval},
    }
    rows[0]["models"][0]["selected_share"] = 0.8
    assert column(estimates.models(rows), "model") == ["llm"]
    assert column(estimates.models(rows), "share of humans whose fold took it") == ["0.8"]
    assert column(estimates.alternatives(rows), "estimator") == ["ppi"]
    assert column(estimates.alternatives(rows), "worth humans") == ["99"]
    assert column(estimates.pooled(rows), "shrinkage") == ["0.25"]
    rows[0] |= {"alternatives": [], "pooled": None, "models": []}
    assert estimates.models(rows).rows == estimates.alternatives(rows).rows == estimates.pooled(rows).rows == ()


def test_arms_and_their_columns() -> None:
    arms = answer("/v1/calibrations")["arms"]
    assert column(estimates.arms(arms), "arm") == ["control", "treatment"]
    assert column(estimates.predictions(arms), "for arm") == ["control", "control", "treatment", "treatment"]
    assert column(estimates.predictions(arms), "dropped") == ["no"] * 4


def test_heterogeneity() -> None:
    row = {"name": "a", "outcome": "y", "component": None, "n_subgroups": 3, "q": 4.5, "p_value": 0.1, "i_squared": 0.5}
    assert column(estimates.heterogeneity([row | {"between_sd": None}]), "Q") == ["4.5"]
