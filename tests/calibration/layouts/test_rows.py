from __future__ import annotations

import numpy as np

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.rows import rows_of
from service.calibration.sample import Column

HUMAN = np.array([True, True, True, True, False, False])
USED = np.array([True, True, True, False, False, False])
ARM = Labels(np.array([1, 0, 1, 0, -1, -1]), ("a", "b"))


def test_a_human_who_is_not_used_is_in_no_source() -> None:
    rows, problems = rows_of(ARM, "shared", HUMAN, USED)
    assert (rows.arms, problems) == (("b", "a"), [])
    assert [r.tolist() for r in rows.human] == [[0, 2], [1]]
    assert [r.tolist() for r in rows.llm_only] == [[4, 5]]


def test_fewer_humans_leave_the_pools_alone() -> None:
    rows, _ = rows_of(ARM, "shared", HUMAN, HUMAN)
    fewer = rows.of_humans(np.array([False, True, True, True, True, True]))
    assert [r.tolist() for r in fewer.human] == [[2], [1, 3]]
    assert fewer.llm_only is rows.llm_only


def test_a_column_follows_the_rows() -> None:
    rows, _ = rows_of(None, None, HUMAN, USED)
    draft = rows.draft(Column("f", "prediction"), np.arange(6.0), 9.0)
    assert [a.tolist() for a in (*draft.human, *draft.llm_only)] == [[0, 1, 2], [4, 5]]
    assert draft.fill == 9.0


def test_an_unused_human_needs_no_arm() -> None:
    rows, problems = rows_of(Labels(np.array([1, 0, 1, -1, -1, -1]), ("a", "b")), "shared", HUMAN, USED)
    assert (len(rows.human), problems) == (2, [])
