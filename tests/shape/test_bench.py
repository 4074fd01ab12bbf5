from __future__ import annotations

import math

import pytest

from benchmarks.rows import Row, at_most, ended

MET, MISSED, NO_NUMBER = Row("speed", 11.0, 10.0), at_most("seconds", 1.0, 0.8), Row("speed", math.nan, 10.0)


@pytest.mark.parametrize(
    ("rows", "status", "strict"),
    [([MET], 0, 0), ([MET, MISSED], 0, 1), ([MISSED], 0, 1), ([MET, NO_NUMBER], 1, 1), ([], 1, 1)],
)
def test_a_table_passes_when_it_is_whole_and_strictly_when_every_target_is_met(rows, status, strict):
    assert (ended(rows, strict=False), ended(rows, strict=True)) == (status, strict)


def test_what_was_met_and_missed_is_counted(capsys):
    ended([MET, MISSED, MISSED], strict=False)
    assert capsys.readouterr().out == "1 met, 2 missed\n"
