"""A table's shared parts, seen by subgroup; whole tables are read in ``test_table``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.layouts.parsed import place
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.plan import Model
from tests.calibration.grouped import alone, coded, grouped

NAN = np.nan


def test_an_outcomes_place() -> None:
    assert place("a/b") == "/data/outcomes/a~1b"


def test_units_keep_their_numbers_in_the_callers_data() -> None:
    table = grouped(1)
    whole, *parts = from_table(table)
    for sample in (whole, *parts):
        for units, arm in zip(sample.human, (0, 1), strict=True):
            assert np.array_equal(units.y, table.outcomes[0][1][units.row])
            assert set(table.arm.codes[units.row]) == {arm}
        assert not np.array(table.human)[sample.llm_only[0].row].any()
    assert [s.subgroup for s in (whole, *parts)] == [None, "a", "b", "c", "d"]
    rows = np.concatenate([u.row for s in parts for u in (*s.human, *s.llm_only)])
    assert np.array_equal(np.sort(rows), np.arange(len(table.human)))


def test_levels_and_terms_are_those_of_everyone() -> None:
    table = grouped(2)
    level = np.where(table.subgroup.codes == 3, 1, np.arange(len(table.human)) % 3)  # subgroup a: no "x"
    level[np.flatnonzero(table.subgroup.codes == 3)[::2]] = 2
    table = replace(table, covariates=(("s", coded(level, ("x", "y", "z"))),))
    whole, first, *_ = from_table(table, reading=Reading(model=Model(("s",))))
    assert [t.name for t in first.terms] == [t.name for t in whole.terms] == ["s=y", "s=z"]
    whole, first, *_ = from_table(table)
    assert [c.name for c in first.columns] == [c.name for c in whole.columns]


def test_strata_are_those_that_a_subgroup_has() -> None:
    table = grouped(3)
    stratum = np.where(table.subgroup.codes == 3, 2.0, np.arange(len(table.human)) // 2 % 2)
    whole, first, second, *_ = from_table(replace(table, survey=Survey(stratum=stratum)))
    assert (whole.strata, first.strata, second.strata) == (("0", "1", "2"), ("2",), ("0", "1"))
    assert set(first.human[0].stratum) == {0}
    assert set(second.human[0].stratum) == {0, 1}


def test_missing_human_answers_are_counted_by_subgroup() -> None:
    table = grouped(4)
    y = table.outcomes[0][1].copy()
    mine = np.flatnonzero((table.subgroup.codes == 3) & np.array(table.human))
    y[mine[:3]] = NAN
    table = replace(table, outcomes=(("y0", y),))
    whole, first, second, *_ = from_table(table, "drop_unit")
    assert (whole.n_dropped, first.n_dropped, second.n_dropped) == (3, 3, 0)
    assert [w.code for w in first.warnings] == [w.code for w in whole.warnings] == ["missing_human_dropped"]
    assert second.warnings == ()
    own = from_table(alone(table, "a"), "drop_unit")[0]
    assert [u.n for u in own.human] == [u.n for u in first.human]


def test_answers_of_units_that_are_not_human_are_counted_by_subgroup() -> None:
    table = grouped(5)
    y = table.outcomes[0][1].copy()
    y[np.flatnonzero((table.subgroup.codes == 0) & ~np.array(table.human))[:2]] = 1.0
    whole, first, *_, last = from_table(replace(table, outcomes=(("y0", y),)))
    assert [w.code for w in whole.warnings] == [w.code for w in last.warnings] == ["human_answer_ignored"]
    assert last.warnings[0].message.startswith("2 outcomes")
    assert first.warnings == ()
