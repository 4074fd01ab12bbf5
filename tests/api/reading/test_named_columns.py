from __future__ import annotations

import msgspec

from service.api.reading.cells import Kind
from service.api.reading.named_columns import Place, places, unknown, unnamed
from service.api.wire.calibration import CalibrationRequest
from tests.web.study import Study

DATA = next(f.type for f in msgspec.inspect.type_info(Study).fields if f.name == "data")


def test_every_place_of_a_column_with_what_it_needs() -> None:
    data = {
        "layout": "table",
        "outcomes": {"a/b": "y"},
        "arm": "c",
        "covariates": {"age": "a"},
        "weight": None,
        "x": "y",
    }
    found = {p.pointer: (p.name, p.kind) for p in places(DATA, data, "/data")}
    assert found == {
        "/data/outcomes/a~1b": ("y", Kind.NUMBERS),
        "/data/arm": ("c", Kind.NAMES),
        "/data/covariates/age": ("a", Kind.NUMBERS_OR_NAMES),
    }


def test_what_tells_groups_apart_is_known_by_its_field_not_by_a_callers_name() -> None:
    kind = next(f.type for f in msgspec.inspect.type_info(CalibrationRequest).fields if f.name == "data")
    data = {"layout": "table", "outcomes": {"cluster": "y"}, "cluster": "c", "stratum": "s", "subgroup": "g"}
    outcome, *groups = places(kind, data, "/data")
    assert (outcome.kind, [p.kind for p in groups]) == (Kind.NUMBERS_OR_NAMES, [Kind.IDS] * 3)


def test_columns_are_put_where_their_names_stood() -> None:
    data = {"layout": "arrays", "arms": [{"name": "all", "human": "h"}]}
    (place,) = places(DATA, data, "/data")
    place.put([1.0, None])
    assert (place.pointer, data["arms"][0]["human"]) == ("/data/arms/0/human", [1.0, None])


def test_what_has_no_known_layout_has_no_columns() -> None:
    for data in (
        {},
        {"layout": "tables", "arm": "c"},
        [],
        "x",
        None,
        {"layout": "table", "outcomes": "y", "arm": None},
    ):
        assert places(DATA, data, "/data") == []


def test_what_is_said_of_a_place_without_its_column() -> None:
    place = Place("/data/arm", "conditon", Kind.NAMES, lambda _column: None)
    assert unnamed(place).code == "wrong_type"
    assert unknown(place, "conditon", ("", "condition", "y")).hint == "Did you mean 'condition'?"
    assert unknown(place, "zzz", ("", "condition", "y")).hint == "Columns of the file: 'condition', 'y'."
