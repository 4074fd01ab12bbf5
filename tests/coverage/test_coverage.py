"""The service's intervals cover: committed results satisfy the criteria, the code gives them, a broken interval shows.

Bands of simulations run here are widened by SLACK Monte Carlo standard errors of their own number of replicates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from service.calibration.inference import Result
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.coverage import twin_arms
from tests.coverage.cells import CELLS, GRID, HEADLINE, Cell
from tests.coverage.criteria import (
    TWIN_BAND,
    band,
    by_cell,
    coverage_complaints,
    twin_complaints,
    width_complaints,
    width_ratio,
)
from tests.coverage.populations import SCENARIOS, TWIN_CORRELATION, scenario
from tests.coverage.simulate import DRAWS, REPLICATES, RESULTS, TWIN_ARMS, is_current, main, read, rows_of
from tests.coverage.table import PAGE, page
from tests.coverage.tally import ESTIMATORS, Batch, Tally, product, rows, run, tally, total

FEW, MORE = 750, 1_500
FEW_DRAWS = 250
SLACK = 3.5
AGAIN = "run: python -m tests.coverage.simulate, then python -m tests.coverage.table > docs/coverage.md"

with_data = pytest.mark.skipif(
    not twin_arms.FOLDER.is_dir(), reason="the folder twin_arms of RECTIFIER_DATA (default ../shared/data) is absent"
)


def widened(limits: tuple[float, float], replicates: int) -> tuple[float, float]:
    error = SLACK * (0.05 * 0.95 / replicates) ** 0.5
    return limits[0] - error, limits[1] + error


# The committed tables


def test_the_grid_is_whole():
    assert len(GRID) == 64
    assert set(by_cell(read(RESULTS))) == {(c.scenario, c.n, c.rho, c.compat) for c in CELLS}
    assert all(sorted(cell) == sorted(ESTIMATORS) for cell in by_cell(read(RESULTS)).values())
    assert {row["replicates"] for row in read(RESULTS)} == {REPLICATES}


def test_committed_coverage_is_inside_the_bands():
    assert coverage_complaints(read(RESULTS)) == []


def test_committed_widths_are_inside_the_limit():
    assert width_complaints(read(RESULTS)) == []


def test_committed_headline():
    cells = by_cell(read(RESULTS))
    found = [cells[c.scenario, c.n, c.rho, True] for c in HEADLINE]
    assert [cell["regression"]["coverage"] for cell in found] == pytest.approx([0.952, 0.949, 0.949], abs=0.005)
    assert [cell["power_tuned"]["coverage"] for cell in found] == pytest.approx([0.885, 0.919, 0.939], abs=0.005)


def test_no_estimator_is_biased():
    assert max(abs(row["bias"]) / row["bias_mc_error"] for row in read(RESULTS)) < 4.5


def test_committed_twin_arms_are_inside_the_band():
    found = read(TWIN_ARMS)
    assert len({(row["study"], row["variable"], row["twin"]) for row in found}) == 12
    assert {row["replicates"] for row in found} == {DRAWS}
    assert twin_complaints(found) == []


def test_page_shows_the_committed_results():
    assert PAGE.read_text() == page(read(RESULTS), read(TWIN_ARMS)), AGAIN


@pytest.mark.parametrize("name", [s.name for s in SCENARIOS])
def test_present_code_gives_the_first_intervals_of_the_committed_cells(name):
    found = read(RESULTS)
    assert [c for c in CELLS if c.scenario == name and not is_current(c, rows_of(c, found))] == [], AGAIN


@with_data
def test_present_code_gives_the_first_intervals_of_the_committed_twin_arms():
    found = read(TWIN_ARMS)
    assert [case for case in twin_arms.cases() if not is_current(case, rows_of(case, found))] == [], AGAIN


# Fresh simulations, other random numbers than the committed ones


class Afresh(Cell):
    __slots__ = ()

    def stream(self, batch: int) -> np.random.Generator:
        return np.random.default_rng([1, batch, self.n, len(self.scenario)])


@pytest.mark.parametrize(
    ("cell", "replicates"),
    [
        (Afresh("one_population", 10, 0.7), FEW),
        pytest.param(Afresh("one_population", 10, 0.7), MORE, marks=pytest.mark.slow),
        pytest.param(Afresh("independent_arms", 20, 0.3), MORE, marks=pytest.mark.slow),
        pytest.param(Afresh("twins_humans_only", 20, 0.9), MORE, marks=pytest.mark.slow),
        pytest.param(Afresh("twins_with_llm_only", 10, 0.3), MORE, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_few_cells_simulated_afresh(cell, replicates):
    found = tally(cell, replicates)
    for estimator in ("auto", "regression"):
        low, high = widened(band(estimator, cell.n), replicates)
        assert low <= found[estimator].coverage <= high


@pytest.mark.slow
@with_data
def test_twin_arms_resampled_afresh():
    low, high = widened(TWIN_BAND, FEW_DRAWS)
    batches = [run(Batch(case, 1000, FEW_DRAWS)) for case in twin_arms.cases()]
    assert len(batches) == 12
    assert [b.study for b in batches if not low <= b.tallies["auto"].coverage <= high] == []


@pytest.mark.slow
@with_data
def test_twin_arms_resampled_in_full():
    found = [row for case in twin_arms.cases() for row in rows(case, tally(case, DRAWS), DRAWS, "here")]
    assert twin_complaints(found) == []
    committed = {(r["study"], r["variable"], r["twin"], r["estimator"]): r["coverage"] for r in read(TWIN_ARMS)}
    assert {(r["study"], r["variable"], r["twin"], r["estimator"]): r["coverage"] for r in found} == committed


# The harness can fail: intervals broken on purpose


@dataclass(frozen=True, slots=True)
class Broken(Afresh):
    """A cell analysed by something else than the product."""

    way: Callable[[Sample, Plan], Mapping[str, Result]] = product

    def analyse(self, sample: Sample) -> Mapping[str, Result]:
        return self.way(sample, self.plan)


def normal_quantile_and_divisor_n(sample: Sample, plan: Plan) -> Mapping[str, Result]:
    """Every interval with a normal quantile and the residual sum of squares over n instead of n - 2."""
    n = sample.human[0].n
    return {
        name: replace(
            result,
            interval=replace(
                result.interval,
                lower=result.estimate - 1.959963984540054 * result.standard_error * ((n - 2) / n) ** 0.5,
                upper=result.estimate + 1.959963984540054 * result.standard_error * ((n - 2) / n) ** 0.5,
            ),
        )
        for name, result in product(sample, plan).items()
    }


def without_the_pool_term(sample: Sample, plan: Plan) -> Mapping[str, Result]:
    """Every interval without v_T: the pool taken for the population."""
    return product(sample, replace(plan, inference_population="sample"))


@pytest.mark.parametrize(
    ("broken", "cell", "replicates"),
    [
        (normal_quantile_and_divisor_n, Afresh("one_population", 10, 0.7), FEW),
        pytest.param(without_the_pool_term, Afresh("twins_humans_only", 20, 0.9), MORE, marks=pytest.mark.slow),
    ],
)
def test_a_broken_interval_is_seen_to_cover_too_little(broken, cell, replicates):
    found = tally(Broken(cell.scenario, cell.n, cell.rho, way=broken), replicates)
    for estimator in ("auto", "regression"):
        assert found[estimator].coverage < widened(band(estimator, cell.n), replicates)[0]


def test_a_result_outside_its_band_is_complained_about():
    row = next(r for r in read(RESULTS) if r["estimator"] == "auto" and r["n"] == 50)
    assert coverage_complaints([row | {"coverage": 0.962}]) == []
    assert len(coverage_complaints([row | {"coverage": 0.9621}])) == 1
    assert len(coverage_complaints([row | {"coverage": 0.9379}])) == 1
    assert coverage_complaints([row | {"coverage": 0.928, "n": 10}]) == []
    assert len(coverage_complaints([row | {"coverage": 0.928, "n": 10, "estimator": "regression"}])) == 1


def test_only_rivals_that_cover_count_for_the_width():
    identity = {"scenario": "s", "n": 50, "rho": 0.0, "compat": False}
    widths = {"auto": 1.03, "regression": 1.0, "ppi": 2.0, "power_tuned": 1.0, "arm_tuned": 0.9}
    covers = dict.fromkeys(widths, 0.95) | {"arm_tuned": 0.9469}
    found = [identity | {"estimator": e, "mean_width": w, "coverage": covers[e]} for e, w in widths.items()]
    assert width_complaints(found) == ["s, n 50, rho 0.0: auto 1.0300 of the narrowest rival that covers"]
    assert width_complaints([row | {"n": 20} for row in found]) == []
    none_covers = {row["estimator"]: row | {"coverage": 0.9} for row in found}
    assert width_ratio(none_covers) is None


# The simulator


@pytest.mark.parametrize("name", ["one_population", "independent_arms", "twins_humans_only", "twins_with_llm_only"])
def test_samples_come_from_the_stated_population(name):
    kind, n = scenario(name), 20_000
    sample = kind.draw(np.random.default_rng(5), n, 0.7)
    means = [source.y.mean() for source in sample.human]
    assert means[-1] - (means[0] if len(means) > 1 else 0.0) == pytest.approx(kind.truth, abs=0.03)
    for d, source in enumerate(sample.human):
        assert source.n == n
        own = source.c[d] if sample.shared else source.c[0]
        assert np.corrcoef(source.y, own)[0, 1] == pytest.approx(0.7, abs=0.015)
        assert source.y.std() == pytest.approx(1.0, abs=0.02)
    only = [s.n for s in sample.llm_only if s is not None]
    assert only == {"twins_humans_only": [], "independent_arms": [10 * n] * 2}.get(name, [10 * n])
    if sample.shared:
        assert np.corrcoef(sample.human[0].c)[0, 1] == pytest.approx(TWIN_CORRELATION, abs=0.02)


def test_every_cell_has_its_own_stream():
    first = {cell: cell.stream(0).random() for cell in GRID}
    assert len(set(first.values())) == len(GRID)
    assert GRID[0].stream(0).random() != GRID[0].stream(1).random()
    assert HEADLINE[0].stream(0).random() == Cell("one_population", 10, 0.7).stream(0).random()


def test_sums_do_not_depend_on_how_the_batches_are_ordered():
    cell = GRID[0]
    parts = [run(Batch(cell, i, 4)) for i in range(3)]
    assert total(parts) == total(reversed(parts))
    assert total(parts)["auto"].replicates == 12
    assert Tally(1, 1, 2.0).merge(Tally(1, 0, 3.0)) == Tally(2, 1, 5.0)


def test_an_estimator_that_gives_no_answer_is_not_silently_left_out():
    def sometimes(sample: Sample, plan: Plan) -> Mapping[str, Result]:
        found = product(sample, plan)
        return found if found["auto"].estimate > 0 else {k: v for k, v in found.items() if k != "ppi"}

    with pytest.raises(ValueError, match="no answer in some replicates from ppi"):
        tally(Broken(GRID[0].scenario, GRID[0].n, GRID[0].rho, way=sometimes), 20)


def test_command_goes_on_where_it_was_and_remakes_stale_rows(tmp_path, capsys):
    out = tmp_path / "rows.jsonl"
    command = ["--replicates", "20", "--workers", "1", "--sizes", "10", "--out", str(out)]
    main(command)
    whole = read(out)
    assert len(capsys.readouterr().out.splitlines()) == len([c for c in CELLS if c.n == 10]) == 17
    kept = [row for row in whole if row["rho"] != 0.9]
    stale = [row | {"probe_width": 1.1 * row["probe_width"]} if row["rho"] == 0.0 else row for row in kept]
    out.write_text("".join(json.dumps(row) + "\n" for row in stale))
    main(command)
    assert len(capsys.readouterr().out.splitlines()) == 2 * len(SCENARIOS)
    assert read(out) == whole
