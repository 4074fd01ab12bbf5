from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_arrays, of_moments, of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, measure, only
from tests.coverage.structure import Cell, made

NAME = "fidelity_structural"
NAN = np.nan


def table(y, f, f_only=None, **more) -> Table:
    """Items q0.. of humans y (k, n) with LLM answers f (k, n) or none, and LLM-only ones (k, m)."""
    m = 0 if f_only is None else f_only.shape[1]
    nobody = np.full((y.shape[0], m), NAN)
    said = [np.full(y.shape, NAN) if f is None else f, *([] if f_only is None else [f_only])]
    columns = np.concatenate(said, axis=1)
    outcomes = tuple((f"q{j}", row) for j, row in enumerate(np.concatenate((y, nobody), axis=1)))
    return Table(outcomes, tuple(PredictionColumn(c, "gpt", outcome=f"q{j}") for j, c in enumerate(columns)), **more)


def study(seed: int = 0, **more) -> Table:
    items = made(Cell("", **({"n": 150, "items": 4} | more)), np.random.default_rng(seed))
    return table(items.y, items.f) if items.paired else table(items.y, None, items.f)


def found(data: Table, **settings):
    return only(diagnose(of_table(data), Settings(**settings), [NAME]))


@pytest.mark.parametrize("m", [0, 600])
def test_equal_relations_pass_and_an_llm_that_is_too_coherent_is_caught(m) -> None:
    honest = found(study(m=m))
    assert (honest.status, honest.place.outcome, honest.place.model, honest.place.arm) == ("pass", None, "gpt", "all")
    assert honest.statement.startswith("Exploratory: items go together")
    coherent = found(study(m=m, llm=0.7))
    assert coherent.status == "warn"
    assert measure(coherent, "rms_gap").value == pytest.approx(0.4, abs=0.1)
    assert measure(coherent, "rms_gap").p_value < 0.001
    assert "among people" in coherent.statement
    assert coherent.action.startswith("do not read relations")
    assert [m.name.split("[")[0] for m in coherent.measures] == [
        "items", "rms_gap", "largest_gap", "congruence", "rms_gap_p_value_adjusted",
    ]  # fmt: skip


def test_a_small_difference_that_a_test_confirms_is_said_and_passes() -> None:
    small = found(study(n=5_000, llm=0.37))
    assert small.status == "pass"
    assert "small differences" in small.statement


def test_pairs_are_compared_before_llm_only_units() -> None:
    items = made(Cell("", 100, items=3), np.random.default_rng(0))
    strange = np.random.default_rng(1).normal(size=(3, 500))
    assert found(table(items.y, items.f, strange)).status == "pass"
    few = items.f.copy()
    few[0, 9:] = NAN
    assert found(table(items.y, few, 3 * strange)).status == "warn"


def test_means_and_spreads_do_not_count() -> None:
    items = made(Cell("", 150, items=3), np.random.default_rng(0))
    moved, plain = found(table(items.y, 0.2 * items.f + 4.0)), found(table(items.y, items.f))
    assert moved.status == plain.status == "pass"
    assert [m.value for m in moved.measures] == pytest.approx([m.value for m in plain.measures])


def test_models_arms_and_subgroups_have_an_entry_each() -> None:
    items = made(Cell("", 120, items=3), np.random.default_rng(0))
    half = Labels(np.arange(120) % 2, ("a", "b"))
    data = table(
        items.y, items.f, arm=half, prediction_design="independent", subgroup=Labels(np.arange(120) // 100, "fm")
    )
    more = tuple(PredictionColumn(items.y[j], "copy", outcome=f"q{j}") for j in range(3))
    data = Table(data.outcomes, (*data.predictions, *more), data.arm, data.prediction_design, subgroup=data.subgroup)
    entries = diagnose(of_table(data), Settings(), [NAME]).findings
    assert [(f.place.subgroup, f.place.model, f.place.arm) for f in entries] == [
        (group, model, name) for group in (None, "f", "m") for model in ("gpt", "copy") for name in "ab"
    ]
    assert measure(entries[2], "rms_gap").value == 0.0
    assert {f.status for f in entries[:8]} == {"pass"}
    larger = diagnose(of_table(data), Settings(min_cell=11), [NAME]).findings[8:]
    assert {f.status for f in larger} == {"not_testable"}


def test_two_items_have_no_leading_factor() -> None:
    assert "congruence" not in [m.name for m in found(study(items=2)).measures]


def test_clustered_pairs_are_tested_and_other_clustered_units_are_not() -> None:
    items = made(Cell("", 100, items=3, llm=0.8), np.random.default_rng(0))
    pairs = table(items.y, items.f, survey=Survey(cluster=np.repeat(np.arange(50.0), 2)))
    assert found(pairs).status == "warn"
    apart = table(items.y, None, items.f, survey=Survey(cluster=np.repeat(np.arange(100.0), 2)))
    other = found(apart)
    assert other.status == "not_testable"
    assert measure(other, "rms_gap").interval is None
    assert "clustered" in other.statement


def test_what_cannot_be_compared_says_so() -> None:
    items = made(Cell("", 30, items=3), np.random.default_rng(0))
    one = only(diagnose(of_arrays([arm([1, 2, 3], [1, 2, 3])]), Settings(), [NAME]))
    assert (one.status, "two items" in one.statement) == ("not_testable", True)
    assert found(table(items.y[:, :9], items.f[:, :9])).status == "not_testable"
    split = items.y.copy()
    split[0, :15], split[1, 15:] = NAN, NAN
    assert "answered all of 3 items" in found(table(split, items.f)).statement
    flat = items.f.copy()
    flat[:2] = 3.0
    assert "q0, q1 do not vary" in found(table(items.y, flat)).statement
    flat[1] = items.f[1]
    left = found(table(items.y, flat))
    assert (left.status, "left out, for answers do not vary: q0" in left.statement) == ("pass", True)
    names = Labels(np.arange(30) % 2, ("no", "yes"))
    words = Table((("a", names), ("b", names)), tuple(PredictionColumn(names, "gpt", outcome=q) for q in "ab"))
    assert "items of numbers" in found(words).statement
    rows = np.array([[1.0, 2, 4, 3], [2.0, 1, 5, 4]])
    entry = Entry("all", 4, rows.mean(axis=1), np.cov(rows))
    assert (
        only(diagnose(of_moments(MomentData((("gpt", None),), (entry,))), Settings(), [NAME])).status == "not_testable"
    )


def test_the_seed_alone_decides_the_random_part() -> None:
    data = study(llm=0.4)
    assert found(data) == found(data)
    assert found(data, seed=1).measures != found(data).measures
