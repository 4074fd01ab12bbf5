"""Marginal fidelity: whether LLM answers are distributed like human answers, whoever gave them.

Name: Kolmogorov-Smirnov and Wasserstein distance, total variation, Jensen-Shannon divergence, dispersion ratio,
difference of means.
Formula: distances as in ``distances``; dispersion_ratio = s_f / s_y with interval exp(log ratio -+ z s), s^2 the sum of
squared influence values ((f - mean)^2/s_f^2 - 1)/(2 m) and the same of y (their difference for pairs);
mean_difference = mean f - mean y, Welch's t test, or of pairs the paired one.
LLM answers are those of LLM-only units, one draw each, where there are any, else those of the paired units.
Shapes: one entry per outcome, model and arm. Units: outcome units for the difference and Wasserstein, else none.
Assumes: independent units; with clusters neither intervals nor tests are given. Survey weights are not used.
Breaks: with fewer than ``min_cell`` answers no test has power: the dispersion alone is judged.
Raises: nothing.
Source: as ``distances``; Welch (1947), Biometrika 34:28-35.
Differs: exploratory; a calibrated estimate needs no marginal fidelity.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.distances import KS, VARIATION, Answers, distances, with_intervals
from service.calibration.diagnostics.finding import Alarm, Entry, Interval, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.study import Study, View, cells
from service.calibration.moments import FloatArray, Moments

NARROW, WIDE = 0.5, 2.0
LARGE_GAP, LARGE_DISTANCE = 0.2, 0.2

CARD = Card(
    name="fidelity_marginal",
    title="Marginal fidelity",
    formula="Kolmogorov-Smirnov, Wasserstein, total variation, Jensen-Shannon, ratio of standard deviations, "
    "difference of means; permutation test and bootstrap intervals",
    assumptions=("independent units",),
    limits=(
        "exploratory: equal distributions do not make LLM answers right for anybody",
        "survey weights are not used",
    ),
    sources=("Lin (1991), IEEE Transactions on Information Theory 37:145-151", "Welch (1947), Biometrika 34:28-35"),
)
GET = "send human and LLM answers to the same question on the same scale"
LLM_ONLY = "do not read LLM-only distributions as those of people; calibrate means with paired units"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup, model and arm."""
    return [_entry(view, model, arm, settings) for view in study.views for model, arm in cells(view)]


def _entry(view: View, model: str, arm: int, settings: Settings) -> Entry:
    place = Place(view.outcome, model, view.arms[arm], view.subgroup)
    if view.subgroup is not None and view.n_human(arm) < settings.min_cell:
        text = f"the subgroup has fewer than {settings.min_cell} humans here"
        return not_testable(place, text, "collect more humans of this subgroup, or join subgroups")
    if view.sample is not None:
        return _of_moments(view, place, model, arm, settings)
    answers = said(view, model, arm)
    if answers is None or min(answers.y.size, answers.f.size) < 2:
        return not_testable(place, "there are no human and LLM answers to compare", GET)
    clustered = view.human[arm].cluster is not None
    measures = (
        [Measure(name, value) for name, value in distances(answers).items()]
        if clustered
        else with_intervals(answers, settings.confidence_level, settings.seed)
    )
    if answers.ordered:
        measures += spread_and_mean(answers, settings.confidence_level, clustered=clustered)
    few = min(answers.y.size, answers.f.size) < settings.min_cell
    return _judged(place, measures, float(answers.y.std()), few=few)


def said(view: View, model: str, arm: int) -> Answers | None:
    """Human answers and those of the LLM that they are compared with; None where there are none."""
    own, source = view.own(model, arm), view.human[arm]
    if not own or source.y is None or not source.y.size:
        return None
    only = view.llm_only[view.pool_of(arm)]
    alone = None if only is None else _answered(only.single[own], categories=bool(view.categories))
    if alone is not None and alone.size and not np.isnan(alone).all():
        return Answers(source.y, alone[~np.isnan(alone)], ordered=not view.categories)
    f = _answered(source.single[own], categories=bool(view.categories))
    if f is None:
        return None
    both = ~np.isnan(f)
    return Answers(source.y[both], f[both], paired=True, ordered=not view.categories) if both.any() else None


def _answered(rows: FloatArray, *, categories: bool) -> FloatArray | None:
    """Answers (n,) of one column, or codes of the category that was chosen; None for probabilities."""
    if not categories:
        return np.asarray(rows[0])
    shares = np.concatenate((1.0 - rows.sum(axis=0, keepdims=True), rows))
    missing = np.isnan(shares).any(axis=0)
    if not bool(((shares == 0.0) | (shares == 1.0))[:, ~missing].all()):
        return None
    return np.where(missing, np.nan, np.where(missing, 0.0, shares).argmax(axis=0))


def spread_and_mean(answers: Answers, level: float, *, clustered: bool = False) -> list[Measure]:
    """The ratio of standard deviations and the difference of means, with intervals unless ``clustered``."""
    y, f = answers.y, answers.f
    gap = float(f.mean() - y.mean())
    s_y, s_f = float(y.std(ddof=1)), float(f.std(ddof=1))
    found = [] if s_y == 0.0 else [Measure("dispersion_ratio", s_f / s_y, _ratio(answers, level, s_y, s_f))]
    if clustered:
        return [*(Measure(m.name, m.value) for m in found), Measure("mean_difference", gap)]
    if answers.paired:
        squares, df = float((f - y).var(ddof=1)) / y.size, y.size - 1.0
    else:
        squares, df = welch(s_y**2 / y.size, s_f**2 / f.size, y.size, f.size)
    return [*found, _mean_difference(gap, squares, df, level)]


def welch(one: float, other: float, n: int, m: int) -> tuple[float, float]:
    """Squared standard error of a difference of means and its degrees of freedom, from the squares of both."""
    total = one + other
    return total, total**2 / (one**2 / (n - 1.0) + other**2 / (m - 1.0)) if total > 0.0 else n + m - 2.0


def _mean_difference(gap: float, squares: float, df: float, level: float) -> Measure:
    error = sqrt(squares)
    size = float(stdtrit(df, (1.0 + level) / 2.0)) * error
    p = 2.0 * float(stdtr(df, -abs(gap) / error)) if error > 0.0 else float(gap == 0.0)
    return Measure("mean_difference", gap, Interval("t", level, gap - size, gap + size), p)


def _ratio(answers: Answers, level: float, s_y: float, s_f: float) -> Interval | None:
    if s_f == 0.0:
        return None
    y, f = answers.y, answers.f
    of_y = ((y - y.mean()) ** 2 / s_y**2 - 1.0) / (2.0 * y.size)
    of_f = ((f - f.mean()) ** 2 / s_f**2 - 1.0) / (2.0 * f.size)
    squares = float(((of_f - of_y) ** 2).sum()) if answers.paired else float(of_y @ of_y + of_f @ of_f)
    size = float(ndtri((1.0 + level) / 2.0)) * sqrt(squares)
    middle = log(s_f / s_y)
    return Interval("normal", level, exp(middle - size), exp(middle + size))


def _of_moments(view: View, place: Place, model: str, arm: int, settings: Settings) -> Entry:
    """Difference of means and dispersion ratio: what moments say of distributions."""
    joint, own = view.joint(model, arm), view.own(model, arm)
    if joint is None or view.sample is None or joint.n < 2:
        return not_testable(place, "there are no human and LLM answers to compare", GET)
    n, level = joint.n, settings.confidence_level
    only = view.sample.llm_only[view.pool_of(arm)]
    y, f = joint.select([0]), joint.select([1])
    if isinstance(only, Moments) and only.n > 1:
        f = only.select(own)
        squares, df = welch(_square(y) / n, _square(f) / f.n, n, f.n)
    else:
        s = joint.scatter
        squares, df = max(0.0, float(s[0, 0] + s[1, 1] - 2.0 * s[0, 1])) / (n - 1.0) / n, n - 1.0
    measures = [] if _square(y) == 0.0 else [Measure("dispersion_ratio", sqrt(_square(f) / _square(y)))]
    measures.append(_mean_difference(float(f.mean[0] - y.mean[0]), squares, df, level))
    return _judged(place, measures, sqrt(_square(y)), few=min(n, f.n) < settings.min_cell)


def _square(moments: Moments) -> float:
    return float(moments.scatter[0, 0]) / (moments.n - 1.0)


def _judged(place: Place, measures: list[Measure], spread: float, *, few: bool) -> Entry:
    """The entry: large gaps warn where the test rejects; of few answers the dispersion alone is judged."""
    by_name = {m.name: m for m in measures}
    dispersion = by_name.get("dispersion_ratio")
    beyond = dispersion is not None and not NARROW <= dispersion.value <= WIDE
    ratio = "" if dispersion is None else f" and {dispersion.value:.2g} times their standard deviation"
    gap = by_name["mean_difference"].value if "mean_difference" in by_name else 0.0
    decisive = next((m for m in measures if m.p_value is not None), None)
    distance = max((by_name[name].value for name in (KS, VARIATION) if name in by_name), default=0.0)
    told = f"LLM answers have mean {gap:+.3g} from that of the humans{ratio}"
    if KS not in by_name and VARIATION in by_name:
        told = f"LLM answers choose other categories than the humans for {by_name[VARIATION].value:.0%} of units"
    if few:
        few_told = "; too few answers for a test"
        if beyond:
            return Entry(place, Verdict("warn", told + few_told, LLM_ONLY), tuple(measures))
        return Entry(place, Verdict("not_testable", told + few_told, GET), tuple(measures))
    if decisive is None or decisive.p_value is None:
        text = "units are clustered: distances are given, tests are not"
        return Entry(place, Verdict("warn" if beyond else "not_testable", f"{told}; {text}", LLM_ONLY), tuple(measures))
    large = beyond or distance >= LARGE_DISTANCE or abs(gap) >= LARGE_GAP * spread
    sounding = Verdict("warn" if large else "pass", told if large else f"{told}, a small difference", LLM_ONLY)
    same = Verdict(
        "pass", "LLM answers are distributed like human answers, as far as this many can tell", "nothing to do"
    )
    return Entry(place, same, tuple(measures), (Alarm(decisive.name, decisive.p_value, sounding),))


CHECK = Check(CARD, run, exploratory=True)
