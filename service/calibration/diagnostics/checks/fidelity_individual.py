"""Individual fidelity: whether the LLM knows who answers what, unit by unit.

Name: PPI correlation of human and LLM answers, agreement, both against the test-retest ceiling.
Formula: r of (y, f) over paired units with its interval (see ``correlation``).
accuracy = 1 - mean|y - f| / range of y. Ceiling: r / test_retest.
Shapes: one entry per outcome, model and arm. Units: none.
Assumes: independent units or clusters. Breaks: heavy tails; few clusters.
Raises: nothing.
Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3), PPI correlation; Devlin, Gnanadesikan &
Kettenring (1975), Biometrika 62; Park et al. 2411.10109 (accuracy against people's own consistency).
Differs: t quantiles; the sign of r is kept.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.correlation import correlation, vary
from service.calibration.diagnostics.finding import Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.study import Pairs, Study, View, cells

FEWEST = 4

CARD = Card(
    name="fidelity_individual",
    title="Individual fidelity",
    formula="correlation of human and LLM answers over paired units with a Fisher-scale interval; accuracy; both "
    "against the test-retest ceiling",
    assumptions=("independent units or clusters",),
    limits=(
        "an r near 0 is no harm to a calibrated estimate, only no gain",
        "heavy tails: intervals are too short (.92 for lognormal answers of 40 units)",
    ),
    sources=(
        "Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3)",
        "Devlin, Gnanadesikan & Kettenring (1975), Biometrika 62",
    ),
)
COLLECT = "collect units with both a human and an LLM answer: a few dozen show what the LLM is worth"
PLAN = "calibrate, and plan with this correlation (/v1/designs)"
CARE = "expect no gain from calibration; do not read LLM answers as those of persons"
LEAK = "find out whether the model saw the answers (check leakage)"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup, model and arm."""
    return [_entry(view, model, arm, settings) for view in study.views for model, arm in cells(view)]


def _entry(view: View, model: str, arm: int, settings: Settings) -> Entry:
    place = Place(view.outcome, model, view.arms[arm], view.subgroup)
    if view.categories:
        return not_testable(
            place, "answers are categories, which have no correlation", "send an ordered scale as numbers"
        )
    joint = view.joint(model, arm)
    if joint is None:
        return not_testable(place, "no unit has both a human and an LLM answer", COLLECT)
    if joint.n < (FEWEST if view.subgroup is None else max(FEWEST, settings.min_cell)):
        return not_testable(place, f"only {joint.n} units have both a human and an LLM answer", COLLECT)
    if not vary(joint):
        return not_testable(place, "human or LLM answers do not vary here", "see check leakage, which names the column")
    measured = correlation(view.pairs(model, arm), joint, settings.confidence_level)
    extra = _agreement(view.pairs(model, arm), measured.value, settings.test_retest.get(view.outcome))
    verdict = _verdict(measured, settings.test_retest.get(view.outcome))
    return Entry(place, verdict, (measured, *extra))


def _agreement(pairs: Pairs | None, r: float, ceiling: float | None) -> list[Measure]:
    found = []
    if pairs is not None:
        found.append(Measure("accuracy", 1.0 - float(np.abs(pairs.y - pairs.f).mean()) / float(np.ptp(pairs.y))))
    if ceiling is not None:
        found.append(Measure("share_of_ceiling", r / ceiling))
    return found


def _verdict(measured: Measure, ceiling: float | None) -> Verdict:
    interval = measured.interval
    assert interval is not None
    assert interval.lower is not None
    assert interval.upper is not None
    told = f"human and LLM answers of the same unit correlate at {measured.value:.2f}"
    if ceiling is not None and interval.lower > ceiling:
        return Verdict("warn", f"{told}, more than people agree with themselves", LEAK)
    if interval.lower > 0.0:
        return Verdict("pass", told, PLAN)
    if interval.upper < 0.0:
        return Verdict("warn", f"{told}: the LLM's scale may be reversed", "check the coding of both scales")
    return Verdict("warn", f"{told}, which cannot be told from 0", CARE)


CHECK = Check(CARD, run, needs_pairs=True)
