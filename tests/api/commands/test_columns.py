from __future__ import annotations

import argparse

import pytest

from service.api.commands.column_arguments import add_columns
from service.api.commands.columns import named_table, told
from service.api.commands.usage import UsageError


def chosen(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_columns(parser)
    return parser.parse_args(arguments)


def test_options_name_the_columns_of_a_table():
    said = (
        "--outcome",
        "y",
        "--arm",
        "a",
        "--prediction",
        "m=p",
        "--covariate",
        "age",
        "--weight",
        "w",
        "--unit",
        "id",
    )
    assert named_table(chosen(*said), ()) == {
        "layout": "table",
        "outcomes": {"y": "y"},
        "arm": "a",
        "weight": "w",
        "unit": "id",
        "predictions": [{"model": "m", "values": "p"}],
        "covariates": {"age": "age"},
        "prediction_design": "independent",
    }


def test_predictions_that_name_their_arm_are_shared_unless_said_otherwise():
    said = ("--outcome", "y", "--arm", "a", "--prediction", "m@b=p")
    assert named_table(chosen(*said), ())["prediction_design"] == "shared"
    assert named_table(chosen(*said, "--prediction-design", "independent"), ())["prediction_design"] == "independent"
    assert "prediction_design" not in named_table(chosen("--outcome", "y"), ())


def test_without_an_outcome_the_columns_of_the_file_are_told():
    with pytest.raises(UsageError, match="--outcome COLUMN\ncolumns of the file: a, b"):
        named_table(chosen(), ("a", "b"))
    assert told(["", *map(str, range(42))]).endswith("39 and 2 more")
