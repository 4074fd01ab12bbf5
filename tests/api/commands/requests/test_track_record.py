from __future__ import annotations

import json

import pytest

ROWS = "name,human,human_se,llm,llm_se\ns1,0.1,0.05,0.3,0.01\nB,,,0.25,0.02\ns2,0.2,0.05,0.4,0.01\n"


@pytest.fixture
def record(tmp_path):
    file = tmp_path / "record.csv"
    file.write_text(ROWS)
    return file


@pytest.mark.parametrize("said", [(), ("--new", "B"), ("--new", "B=0.25,0.02")])
def test_the_new_study_is_said_or_is_the_row_without_humans(rectifier, record, said):
    asked = json.loads(rectifier("track-record", record, *said, "--request").out)
    assert [study["name"] for study in asked["studies"]] == ["s1", "s2"]
    assert asked["studies"][1]["human"] == {"estimate": 0.2, "standard_error": 0.05}
    assert asked["new"] == {"name": "B", "llm": {"estimate": 0.25, "standard_error": 0.02}}


def test_the_rest_is_as_on_the_wire(rectifier, record):
    said = ("--new", '{"name": "C"}', "--error-split", "0.01,0.01,0.03", "--confidence-level", "0.95")
    asked = json.loads(rectifier("track-record", record, *said, "--models", '{"m": {}}', "--request").out)
    assert asked["new"] == {"name": "C"}
    assert (asked["error_split"], asked["confidence_level"], asked["models"]) == ([0.01, 0.01, 0.03], 0.95, {"m": {}})


@pytest.mark.parametrize("said", ["C", "C=1", "C=1,2,3", "C=x,1"])
def test_a_new_study_that_is_none_is_refused(rectifier, record, said):
    ran = rectifier("track-record", record, "--new", said)
    assert ran.status == 2
    assert "--new" in ran.err


def test_without_a_new_study_it_is_asked_for(rectifier, record):
    record.write_text(ROWS.replace("B,,,0.25,0.02\n", ""))
    ran = rectifier("track-record", record)
    assert ran.status == 2
    assert "add its row with human and human_se empty" in ran.err


def test_a_problem_is_told_by_the_row_of_the_file(rectifier, record):
    record.write_text(ROWS.replace("0.2,0.05", "0.2,few"))
    ran = rectifier("track-record", record)
    assert ran.status == 1
    assert "column human_se, row 3 below the header: Expected number, got string." in ran.err
