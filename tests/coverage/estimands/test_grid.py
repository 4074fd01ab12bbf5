"""The grid of the estimands: rows are whole, the code gives them, failing cells are warned about, truths are true."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.plan import Plan
from tests.coverage import stratified_coefficients
from tests.coverage.estimands import truths
from tests.coverage.estimands.cell import Cell, component
from tests.coverage.estimands.exceptions import EXCEPTIONS
from tests.coverage.estimands.grid import GRID, asked
from tests.coverage.estimands.kinds import KINDS, RARE
from tests.coverage.estimands.page import PAGE, fails, key, name, page, unexplained
from tests.coverage.estimands.people import People, probabilities, weights
from tests.coverage.estimands.profiles import TRUTHS, Rated
from tests.coverage.estimands.rows import PROBE, is_current, rows
from tests.coverage.estimands.simulate import RESULTS, main, rows_of
from tests.coverage.estimands.skewed import Skewed
from tests.coverage.estimands.tables import Stratified
from tests.coverage.simulate import read

AGAIN = "run: python -m tests.coverage.estimands.simulate, then python -m tests.coverage.estimands.page"
QUICK = "summary, classical covariances, 30"
LARGE = 20_000


# The committed rows


def test_every_cell_has_its_rows() -> None:
    found = read(RESULTS)
    assert len({c.name for c in GRID}) == len(GRID)
    for cell in GRID:
        mine = rows_of(cell, found)
        wanted = {(e, c) for e in (cell.plan.estimator, *cell.also) for c in cell.study.truth}
        assert {(row["estimator"], row["component"]) for row in mine} == wanted, (cell.name, AGAIN)
        assert {row["replicates"] for row in mine} == {cell.replicates}, (cell.name, AGAIN)
    assert sum(len(rows_of(cell, found)) for cell in GRID) == len(found), AGAIN


@pytest.mark.parametrize("cell", GRID, ids=lambda c: c.name)
def test_present_code_gives_the_first_intervals(cell: Cell) -> None:
    assert is_current(cell, rows_of(cell, read(RESULTS))), AGAIN


def test_what_covers_too_rarely_is_warned_about_or_named() -> None:
    assert unexplained(read(RESULTS)) == []


def test_exceptions_are_needed() -> None:
    short = {name(key(row)) for row in read(RESULTS) if fails(row)}
    assert set(EXCEPTIONS) <= short


def test_the_page_is_made_of_the_rows() -> None:
    assert PAGE.read_text() == page(read(RESULTS)), AGAIN


CENTRES = ("centre", "classical covariances", "robust covariances")


@pytest.mark.parametrize("estimand", sorted({c.estimand for c in GRID if c.departure in CENTRES}))
def test_the_large_centre_covers(estimand: str) -> None:
    """No coefficient of the largest centre is below .95 by more than three Monte Carlo errors."""
    found = [row for row in read(RESULTS) if row["estimand"] == estimand and row["departure"] in CENTRES]
    large = [row for row in found if row["n"] == max(r["n"] for r in found)]
    assert [row["component"] for row in large if fails(row)] == []


# The harness can fail


def trial(tmp_path: Path) -> tuple[Path, list[str]]:
    """A results file and the arguments of a short run."""
    out = tmp_path / "rows.jsonl"
    return out, ["--only", QUICK, "--replicates", "8", "--workers", "1", "--out", str(out)]


def test_a_run_can_be_stopped_and_started_and_makes_old_rows_anew(tmp_path: Path, capsys) -> None:
    out, arguments = trial(tmp_path)
    main(arguments)
    made = read(out)
    assert [row["component"] for row in made] == ["intercept", "x", "z"]
    capsys.readouterr()
    main(arguments)
    assert read(out) == made
    assert capsys.readouterr().out == ""
    moved = made[0] | {"first": [[a, b + 1e-6] for a, b in made[0]["first"]]}
    out.write_text("".join(json.dumps(row) + "\n" for row in (moved, *made[1:])))
    main(arguments)
    assert read(out) == made
    assert QUICK in capsys.readouterr().out


def test_rows_count_what_was_covered_refused_and_said() -> None:
    cell = next(c for c in GRID if c.estimand == "logistic" and c.departure == "5 % answer yes")
    outcomes = [cell.replicate(i) for i in range(40)]
    answered = [o for o in outcomes if o.refused is None]
    row = next(r for r in rows(cell, outcomes, "here") if r["component"] == "x")
    ends = [o.results["auto", "x"][0].interval for o in answered]
    assert row["coverage"] == pytest.approx(np.mean([i.lower <= 0.4 <= i.upper for i in ends]), abs=1e-5)
    assert row["answered"] == len(answered) < len(outcomes) == row["replicates"]
    assert sum(row["refusals"].values()) == pytest.approx(1.0 - len(answered) / 40)
    assert row["first"][:PROBE] == [
        None if o.refused else [o.results["auto", "x"][0].interval.lower, o.results["auto", "x"][0].interval.upper]
        for o in outcomes[:PROBE]
    ]


def test_a_short_row_is_complained_about_unless_it_is_warned() -> None:
    row = next(r for r in read(RESULTS) if r["estimand"] == "linear" and r["departure"] == "centre")
    short = row | {"coverage": 0.9, "warnings": {}}
    assert unexplained([short]) == [name(key(row))]
    assert unexplained([short | {"warnings": {"few_humans": 0.4, "llm_harms": 1.0}}]) == [name(key(row))]
    assert unexplained([short | {"warnings": {"few_humans": 0.6}}]) == []
    assert unexplained([row | {"coverage": 0.949}]) == []


def test_rows_of_other_code_are_seen() -> None:
    cell = next(c for c in GRID if c.name == QUICK)
    mine = rows_of(cell, read(RESULTS))
    assert is_current(cell, mine)
    assert not is_current(cell, [mine[0] | {"first": mine[1]["first"]}, *mine[1:]])
    assert not is_current(cell, mine[1:])
    assert not is_current(replace(cell, plan=replace(cell.plan, confidence_level=0.9)), mine)


# The truths


LARGE_PEOPLE = (
    *(People(kind, LARGE, only=1) for kind in KINDS),
    *(People(kind, LARGE, only=1, rare=True) for kind in RARE),
    People("linear", LARGE, only=1, spread=True),
    People("linear", LARGE, only=1, curved=True),
    People("linear", LARGE, only=1, weighted=True, tied=True),
    People("logistic", LARGE, only=1, clusters="spanning"),
    People("poisson", LARGE, only=1, clusters="apart"),
    People("linear", LARGE, sampled=True),
    People("logistic", LARGE, only=1, arms="independent"),
    People("multinomial", LARGE, only=1, arms="shared"),
    People("linear", LARGE, only=1, groups=True),
)


@pytest.mark.parametrize("study", LARGE_PEOPLE, ids=str)
def test_a_large_study_finds_the_coefficients(study: People) -> None:
    """Human-only in a sample of 20,000: every component within 4.5 of its standard errors."""
    answer = calibrate(study.draw(np.random.default_rng(5)), asked(study, estimator="human_only"))
    found = {component(b): b.result for b in answer.estimates}
    assert set(study.truth) <= set(found)
    for term, value in study.truth.items():
        assert abs(found[term].estimate - value) < 4.5 * found[term].standard_error, (term, found[term].estimate, value)


@pytest.mark.parametrize("study", [Rated(4_000, only=1), Rated(4_000, only=1, rare=True)], ids=str)
def test_a_large_conjoint_finds_effects_and_means(study: Rated) -> None:
    plan = Plan(estimand="amce", model=study.model, estimator="human_only")
    found = {component(b): b.result for b in calibrate(study.draw(np.random.default_rng(6)), plan).estimates}
    for term, value in study.truth.items():
        assert abs(found[term].estimate - value) < 4.5 * found[term].standard_error, (term, found[term].estimate, value)


@pytest.mark.parametrize(
    "study",
    [
        Stratified(stratified_coefficients.Cell("linear", LARGE, stated=True)),
        Stratified(stratified_coefficients.Cell("logistic", LARGE, stated=False)),
    ],
    ids=str,
)
def test_a_large_stratified_study_finds_the_coefficients(study: Stratified) -> None:
    asks = {"estimand": study.of.kind, "model": stratified_coefficients.MODEL, "stratum_shares": study.shares}
    answer = calibrate(study.draw(np.random.default_rng(6)), Plan(estimator="human_only", **asks))
    for block in answer.estimates:
        away = block.result.estimate - study.truth[component(block)]
        assert abs(away) < 4.5 * block.result.standard_error


@pytest.mark.parametrize("rare", [False, True])
def test_a_fresh_population_of_choosers_has_the_stored_coefficients(rare: bool) -> None:
    stored = json.loads(TRUTHS.read_text())["rare" if rare else "common"]
    fresh = truths.coefficients(np.random.default_rng(7), rare=rare)
    error = np.array(stored["standard_errors"]) * truths.CHUNKS**0.5
    assert np.all(np.abs(fresh - stored["coefficients"]) < 4.5 * error)
    assert max(stored["standard_errors"]) < 0.005


@pytest.mark.parametrize(
    "study", [Skewed(LARGE, only=1), Skewed(LARGE, only=1, weighted=True), Skewed(LARGE, only=1, likert=True)], ids=str
)
def test_a_large_sample_has_the_quantiles(study: Skewed) -> None:
    sample = study.draw(np.random.default_rng(8))[0].human[0]
    order, weight = np.argsort(sample.y), np.ones(sample.n) if sample.weight is None else sample.weight
    share = np.cumsum(weight[order]) / weight.sum()
    for q, value in zip(study.q, study.truth.values(), strict=True):
        assert sample.y[order][np.searchsorted(share, q)] == pytest.approx(value, abs=0.03)


def test_weights_and_probabilities_are_as_stated() -> None:
    rng = np.random.default_rng(9)
    tied = rng.standard_normal(200_000)
    pi = probabilities(rng, tied)
    assert 0.02 <= pi.min() < pi.max() <= 0.9
    assert pi.mean() == pytest.approx(0.245, abs=0.01)
    assert np.corrcoef(np.log(weights(rng, tied)), tied)[0, 1] == pytest.approx(0.5, abs=0.01)
