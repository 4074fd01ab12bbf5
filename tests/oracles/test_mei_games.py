"""Unpaired human and LLM samples of two games (mei_games): distances and Welch's test as scipy has them."""

from __future__ import annotations

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import Diagnosis, diagnose
from service.calibration.diagnostics.layouts import of_arrays
from service.calibration.layouts.choices import ArmChoices

FOLDER = Path(__file__).parents[2] / os.environ.get("RECTIFIER_DATA", "../shared/data") / "mei_games"
ABSENT = "the folder mei_games of RECTIFIER_DATA (default ../shared/data) is absent"
CASES = json.loads((FOLDER / "expected.json").read_text())["cases"] if FOLDER.is_dir() else {"no data": {}}
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)


@cache
def rows() -> list[dict[str, str]]:
    with gzip.open(FOLDER / "games.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def values(game: str, respondent: str, source: str | None = None) -> np.ndarray:
    mine = [r for r in rows() if (r["game"], r["respondent"]) == (game, respondent) and source in (None, r["source"])]
    return np.array([float(r["value"]) for r in mine])


@cache
def card(case: str) -> Diagnosis:
    game, source = case.split("|")
    arm = ArmChoices("all", values(game, "human"), None, values(game, "llm", source))
    return diagnose(of_arrays([arm]), Settings())


@pytest.mark.parametrize("case", CASES)
def test_distances_and_welch_are_those_of_scipy(case: str) -> None:
    finding = next(f for f in card(case).findings if f.name == "fidelity_marginal")
    found, expected = {m.name: m for m in finding.measures}, CASES[case]
    assert found["kolmogorov_smirnov"].value == pytest.approx(expected["ks_stat"], abs=1e-12)
    assert found["wasserstein"].value == pytest.approx(expected["wasserstein"], rel=1e-10)
    assert found["dispersion_ratio"].value ** 2 == pytest.approx(expected["var_ratio_llm_over_human"], rel=1e-10)
    gap = found["mean_difference"]
    assert gap.value == pytest.approx(expected["diff"], rel=1e-10)
    assert gap.p_value == pytest.approx(expected["welch_p"], rel=1e-8, abs=1e-300)
    assert (gap.interval.lower, gap.interval.upper) == pytest.approx(expected["welch_ci95"], rel=1e-8)
    assert found["kolmogorov_smirnov"].p_value <= expected["ks_p"] + 0.02  # exact under ties, scipy's is conservative


@pytest.mark.parametrize("case", CASES)
def test_what_needs_pairs_says_so(case: str) -> None:
    status = {f.name: f.status for f in card(case).findings}
    assert status["fidelity_individual"] == status["exchangeability"] == status["randomization"] == "not_testable"
    constant = CASES[case]["sd_llm"] == 0.0
    assert status["leakage"] == ("warn" if constant else "not_testable")
    assert card(case).summary == "use_with_care"
