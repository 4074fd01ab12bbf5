from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import from_table
from service.calibration.plan import Model
from service.calibration.samples import Samples, blocks_of
from tests.calibration.grouped import coded, grouped
from tests.calibration.studies import problems


def own(table, outcomes: int):
    """Independent arms, one prediction per outcome: what matrices are made of."""
    arm = np.where(table.arm.codes < 0, np.arange(len(table.human)) % 2, table.arm.codes)
    chosen = tuple(replace(p, arm=None) for p in table.predictions[::2])
    assert len(chosen) == outcomes
    return replace(table, predictions=chosen, prediction_design="independent", arm=coded(arm, table.arm.names))


def test_the_order_is_outcome_then_subgroup() -> None:
    found = from_table(grouped(1, outcomes=2))
    assert [(s.outcome, s.subgroup) for s in found] == [(y, g) for y in ("y0", "y1") for g in (None, *"abcd")]


def test_blocks_keep_their_places_among_all_samples() -> None:
    table = own(grouped(2, sizes=(24, 30), outcomes=9), 9)
    y = list(table.outcomes)
    few = np.where((table.subgroup.codes == 1) & (np.arange(len(table.human)) % 10 != 0), np.nan, y[3][1])
    table = replace(table, outcomes=(*y[:3], ("y3", few), *y[4:]))
    found = from_table(table, "drop_unit")
    assert isinstance(found, Samples)
    assert {b.subgroup for b in blocks_of(found)} == {None, "c", "d"}
    for block in blocks_of(found):
        for place, name in zip(block.places, block.outcomes, strict=True):
            assert (found[place].outcome, found[place].subgroup) == (name, block.subgroup)
    assert sorted((s.outcome, s.subgroup or "") for s in found) == sorted(
        (f"y{k}", g) for k in range(9) for g in ("", "c", "d") if (k, g) != (3, "c")
    )
    assert [w.code for s in found if (s.outcome, s.subgroup) == ("y3", None) for w in s.warnings][-1:] == [
        "subgroup_too_small"
    ]


def test_answers_that_do_not_vary_leave_a_subgroup_out() -> None:
    table = grouped(3)
    y = np.where((table.subgroup.codes == 3) & np.array(table.human), 1.0, table.outcomes[0][1])
    whole, *rest = from_table(replace(table, outcomes=(("y0", y),)))
    assert [s.subgroup for s in rest] == ["b", "c", "d"]
    (warning,) = whole.warnings
    assert (warning.code, warning.pointer) == ("subgroup_left_out", "/data/outcomes/y0")
    assert warning.message.startswith("subgroup 'a' with 26 human answers was left out: all human answers of arm")


def test_a_term_that_is_constant_in_a_subgroup_leaves_it_out_and_in_everyone_is_refused() -> None:
    table = grouped(4)
    x = np.where(table.subgroup.codes == 3, 0.0, np.arange(len(table.human)) % 7)
    reading = Reading(model=Model(("x",)))
    whole, *rest = from_table(replace(table, covariates=(("x", x),)), reading=reading)
    assert [s.subgroup for s in rest] == ["b", "c", "d"]
    assert [w.code for w in whole.warnings] == ["subgroup_left_out"]
    with pytest.raises(InvalidSample) as found:
        from_table(replace(table, covariates=(("x", 0.0 * x),)), reading=reading)
    assert problems(found.value) == [("/plan/estimand/terms/0", "constant_term")]


def test_problems_of_everyone_come_before_those_of_subgroups() -> None:
    table = grouped(5, sizes=(4, 4))
    with pytest.raises(InvalidSample) as found:
        from_table(replace(table, outcomes=(("y0", np.where(table.human, 1.0, np.nan)),)))
    assert {code for _, code in problems(found.value)} == {"no_variation"}


def test_subgroups_need_a_label_for_every_unit_in_use_and_no_known_means() -> None:
    table = grouped(6)
    codes = table.subgroup.codes.copy()
    codes[[2, 30]] = -1
    with pytest.raises(InvalidSample) as found:
        from_table(replace(table, subgroup=Labels(codes, table.subgroup.names)))
    assert problems(found.value) == [
        ("/data/subgroup/2", "missing_subgroup"),
        ("/data/subgroup/30", "missing_subgroup"),
    ]
    known = (replace(table.predictions[0], population_mean=1.0), *table.predictions[1:])
    with pytest.raises(InvalidSample) as found:
        from_table(replace(table, predictions=known, subgroup=codes * 1.0))
    assert problems(found.value) == [("/data/predictions/0/population_mean", "unsupported_combination")]


def test_subgroups_may_be_numbers_in_their_order() -> None:
    table = grouped(7)
    numbered = replace(table, subgroup=np.array([10.0, 2.0, 1.5, -1.0])[table.subgroup.codes])
    assert [s.subgroup for s in from_table(numbered)] == [None, "-1", "1.5", "2", "10"]


def test_a_dropped_human_needs_no_subgroup() -> None:
    table = grouped(8)
    y, codes = table.outcomes[0][1].copy(), table.subgroup.codes.copy()
    y[0], codes[0] = np.nan, -1
    table = replace(table, outcomes=(("y0", y),), subgroup=Labels(codes, table.subgroup.names))
    assert [s.subgroup for s in from_table(table, "drop_unit")] == [None, "a", "b", "c", "d"]
