"""Draws: whether one persona answers alike when asked again, and how many draws are worth averaging.

Name: intraclass correlation of repeated draws, Spearman-Brown.
Formula: with ICC rho of K draws, the mean of K draws has reliability R_K = K rho / (1 + (K - 1) rho); R_K reaches
``TARGET`` with K = TARGET (1 - rho) / (rho (1 - TARGET)) draws. A correlation r of the mean of K draws with the humans
would be r / sqrt(R_K) with infinitely many. Warns where R_K < ``LOW``. Interval of rho, one-way analysis of variance
on m units:
    F = (1 + (K-1) rho)/(1 - rho),  (F/q - 1)/(F/q + K - 1),  q quantiles of F on m - 1 and m (K - 1) degrees of freedom
Shapes: one entry per outcome, model and arm. Units: none.
Assumes: draws of a persona are exchangeable; the interval Gaussian answers, as many draws of every unit.
Breaks: temperature 0: all draws agree, and the ICC says nothing of how good they are.
Raises: nothing.
Source: Shrout & Fleiss (1979), Psychological Bulletin 86:420-428, ICC(1,1); Spearman (1910) and Brown (1910).
Differs: in nothing.
"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from scipy.special import fdtri

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.finding import Entry, Interval, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.study import Study, View, cells

TARGET = 0.9
LOW = 0.5
CARD = Card(
    name="draws",
    title="Repeated draws",
    formula="intraclass correlation of a persona's draws; reliability of their mean, and draws needed for one of .9 "
    "(Spearman-Brown)",
    assumptions=("draws of a persona are exchangeable", "the interval: Gaussian answers"),
    limits=("agreement of draws says nothing of agreement with people", "at temperature 0 all draws agree"),
    sources=(
        "Shrout & Fleiss (1979), Psychological Bulletin 86:420-428",
        "Brown (1910), British Journal of Psychology 3",
    ),
)
ASK = "ask each persona at least twice and send every answer with its draw"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, model and arm, of everyone."""
    return [_entry(view, model, arm, settings) for view in study.whole for model, arm in cells(view)]


def _entry(view: View, model: str, arm: int, settings: Settings) -> Entry:
    place, own = Place(view.outcome, model, view.arms[arm]), view.own(model, arm)
    icc = view.columns[own[0]].icc if len(own) == 1 else None
    if icc is None:
        return not_testable(place, "no persona was asked more than once", ASK)
    k, rho = view.columns[own[0]].draws, min(1.0, max(0.0, icc))
    reliability = k * rho / (1.0 + (k - 1.0) * rho)
    measures = [Measure("icc", icc, _interval(view, own[0], icc, k, settings.confidence_level))]
    measures += [Measure("draws", float(k)), Measure("reliability", reliability)]
    if rho == 0.0:
        text = "draws of one persona are no more alike than those of different ones"
        return Entry(
            place, Verdict("warn", text, "the persona does not reach the answers; change the prompt"), tuple(measures)
        )
    needed = max(1, ceil(TARGET * (1.0 - rho) / (rho * (1.0 - TARGET)) - 1e-9))
    measures += [Measure("draws_needed", float(needed)), Measure("correlation_of_all_draws", 1.0 / sqrt(reliability))]
    if reliability >= TARGET - 1e-12:
        text = f"the mean of {k} draws has reliability {reliability:.2f}: more draws would hardly change it"
        return Entry(place, Verdict("pass", text, "keep this many draws"), tuple(measures))
    text = f"the mean of {k} draws has reliability {reliability:.2f}; {needed} draws would have {TARGET:g}"
    more = "draw more, as many as the cost of a draw is worth (draws in /v1/designs)"
    return Entry(place, Verdict("pass" if reliability >= LOW else "warn", text, more), tuple(measures))


def _interval(view: View, column: int, icc: float, k: int, level: float) -> Interval | None:
    """The interval of an ICC; None where all draws agree or units are fewer than 3."""
    sources = [s for s in (*view.human, *view.llm_only) if s is not None]
    m = sum(int((~np.isnan(s.c[column])).sum()) for s in sources)
    if view.sample is not None or icc >= 1.0 or m < 3:
        return None
    ratio = (1.0 + (k - 1.0) * icc) / (1.0 - icc)
    ends = [ratio / float(fdtri(m - 1, m * (k - 1), p)) for p in ((1.0 + level) / 2.0, (1.0 - level) / 2.0)]
    lower, upper = ((f - 1.0) / (f + k - 1.0) for f in ends)
    return Interval("f", level, lower, upper)


CHECK = Check(CARD, run)
