from __future__ import annotations

import numpy as np
import pytest

from service.api.wire.diagnostics_work import PER_ENTRY, PER_SCORE, PER_UNIT, card_work
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table

NAN = np.nan


def study(items: int = 1, models: str = "u", n: int = 3, m: int = 0, **more):
    outcomes = tuple((f"q{j}", np.append(np.arange(n, dtype=float), np.full(m, NAN))) for j in range(items))
    said = np.arange(n + m, dtype=float)
    columns = tuple(PredictionColumn(said, name, outcome=f"q{j}") for j in range(items) for name in models)
    return of_table(Table(outcomes, columns, **more))


def test_work_grows_with_checks_entries_and_numbers() -> None:
    one = card_work(study(), ["leakage"], 9)
    assert card_work(study(), ["leakage", "exchangeability"], 9) == 2 * one
    assert card_work(study(), ["leakage"], 10_000) > one
    groups = Labels(np.array([0, 1, 1]), ("a", "b"))
    assert card_work(study(models="uvw", subgroup=groups), ["leakage"], 9) > 9 * PER_ENTRY  # everyone and 2 subgroups
    assert card_work(study(models="uv"), ["leakage"], 9) > 2 * PER_ENTRY + 2 * 65 * 9  # the ranking of two models


@pytest.mark.parametrize(("items", "models", "units", "pairs"), [(1, "u", 0, 0), (2, "u", 120, 1), (4, "uv", 240, 6)])
def test_structural_fidelity_costs_its_units_and_their_scores(items, models, units, pairs) -> None:
    found = study(items, models, 50, 70)
    rest = card_work(found, ["leakage"], 1_000)
    assert card_work(found, ["fidelity_structural"], 1_000) - rest == pytest.approx(
        units * (PER_UNIT + PER_SCORE * pairs)
    )


def test_many_items_and_units_cost_no_more_than_the_part_that_is_read() -> None:
    many = study(60, "u", 5_000)
    extra = card_work(many, ["fidelity_structural"], 1) - card_work(many, ["leakage"], 1)
    assert PER_SCORE * 590_000 < extra <= PER_SCORE * 600_000 + PER_UNIT * 2_000
