"""Interchangeability: whether LLM answers could stand in for humans' in means and effects, as far as this study goes.

Name: equivalence of means and effects by two one-sided tests (TOST), sign agreement, ratio of effects.
Formula: d = mean(f) - mean(y), over pairs where there are any (mean of f - y), else LLM-only units against humans
(Welch); for effects of an arm against the first d_arm - d_first. Equivalent where the interval of level
2 confidence_level - 1 of d lies inside -+ margin x s, s the standard deviation of the humans' answers in all arms.
Warns where it does not and the t test of d = 0 rejects, judged with all tests of the card.
sign_agreement: 1 where human and LLM effects have the same sign; ratio_of_effects = LLM effect / human effect.
Shapes: one entry per outcome, model and arm; effects stand with the arm that is compared with the first.
Units: those of the outcome; ``equivalence`` in standard deviations.
Assumes: independent units or clusters. Breaks: being equivalent here says nothing of the next question: a heuristic, so
this check is exploratory. Survey weights are not read.
Raises: nothing.
Source: Schuirmann (1987) and Lakens (2017), Social Psychological and Personality Science 8:355-362 (TOST); Hullman,
Broska, Sun & Shaw 2602.15785 (why it licenses nothing).
Differs: in nothing.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.finding import Alarm, Entry, Interval, Measure, Place, Verdict, not_testable, worst
from service.calibration.diagnostics.means import Mean, combined, mean
from service.calibration.diagnostics.study import Study, View, cells

CARD = Card(
    name="interchangeability",
    title="Interchangeability of LLM and human means and effects (heuristic)",
    formula="two one-sided tests of LLM minus human means, and effects, against margin x standard deviation; sign "
    "agreement and ratio of effects",
    assumptions=("independent units or clusters",),
    limits=(
        "exploratory: equivalence here says nothing of the next question, population or model",
        "not equivalent may mean too few units; survey weights are not read",
    ),
    sources=(
        "Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15:657-680",
        "Lakens (2017), Social Psychological and Personality Science 8:355-362",
        "arXiv 2602.15785",
    ),
)
COLLECT = "send at least 3 units of the arm with human and with LLM answers"
CALIBRATE = "do not read LLM answers in place of human ones; calibrate them (/v1/calibrations)"
STILL = "calibrate all the same: equivalence in this study is no licence for the next"
COMPARED = {"mean_difference": "means", "effect_difference": "effects"}
MORE = "collect more units with both answers, or calibrate, which needs no equivalence"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup, model and arm."""
    return [_entry(view, model, arm, settings) for view in study.views for model, arm in cells(view)]


def _entry(view: View, model: str, arm: int, settings: Settings) -> Entry:
    place = Place(view.outcome, model, view.arms[arm], view.subgroup)
    if not view.numeric:
        return not_testable(
            place, "needs rows of numbers", "send the layouts table or arrays, an ordered scale as numbers"
        )
    if view.subgroup is not None and view.n_human(arm) < settings.min_cell:
        text = f"the subgroup has fewer than {settings.min_cell} humans here"
        return not_testable(place, text, "collect more humans of this subgroup, or join subgroups")
    spread, gap = deviation(view), difference(view, model, arm)
    if gap is None or spread == 0.0:
        return not_testable(place, "too few human or LLM answers, or human answers that do not vary", COLLECT)
    measures = [Measure("mean_difference", gap.value, gap.interval(settings.confidence_level), gap.p_value)]
    found = [_compared("mean_difference", gap, spread, settings)]
    measures.append(_equivalence("equivalence", gap, spread, settings))
    first = difference(view, model, 0) if arm else None
    if first is not None:
        effect = combined([(1.0, gap), (-1.0, first)])
        measures += _effects(view, model, arm, effect, settings)
        measures.append(_equivalence("effect_equivalence", effect, spread, settings))
        found.append(_compared("effect_difference", effect, spread, settings))
    quiet = [verdict for verdict, _ in found]
    status = worst([v.status for v in quiet])
    grave = [v for v in quiet if v.status == status]
    told = "; ".join(v.statement for v in grave)
    alarms = tuple(alarm for _, alarm in found)
    return Entry(place, Verdict(status, told, grave[0].action), tuple(measures), alarms)


def deviation(view: View) -> float:
    """Standard deviation of the humans' answers inside arms."""
    answers = [source.y for source in view.human if source.y is not None and source.y.shape[0] > 1]
    squares = sum(float(np.square(y - y.mean()).sum()) for y in answers)
    spare = sum(y.shape[0] - 1 for y in answers)
    return sqrt(squares / spare) if spare else 0.0


def difference(view: View, model: str, arm: int) -> Mean | None:
    """Mean of the LLM minus that of the humans of an arm: over pairs, else LLM-only units against humans."""
    pairs = view.pairs(model, arm)
    if pairs is not None:
        return mean(pairs.f - pairs.y, pairs.cluster)
    source = view.human[arm]
    human = None if source.y is None else mean(source.y, source.cluster)
    alone = mean(view.alone(model, arm))
    return None if human is None or alone is None else combined([(1.0, alone), (-1.0, human)])


def human_mean(view: View, arm: int) -> Mean | None:
    """The mean of an arm's humans."""
    source = view.human[arm]
    return None if source.y is None else mean(source.y, source.cluster)


def _effects(view: View, model: str, arm: int, effect: Mean, settings: Settings) -> list[Measure]:
    """The difference of LLM and human effects, whether they agree in sign, and their ratio; pairs' own humans."""
    paired = [(d, view.pairs(model, d)) for d in (arm, 0)]
    means = [human_mean(view, d) if pairs is None else mean(pairs.y, pairs.cluster) for d, pairs in paired]
    own, control = (one.value for one in means if one is not None)  # both are there where an effect is
    human = own - control
    llm = human + effect.value
    interval = effect.interval(settings.confidence_level)
    found = [Measure("effect_difference", effect.value, interval, effect.p_value)]
    found.append(Measure("sign_agreement", float(human * llm > 0.0)))
    return [*found, Measure("ratio_of_effects", llm / human)] if human != 0.0 else found


def _equivalence(name: str, gap: Mean, spread: float, settings: Settings) -> Measure:
    """The gap in standard deviations, the interval that is compared with the margin, and the p-value of equivalence."""
    level = max(0.0, 2.0 * settings.confidence_level - 1.0)
    size = gap.interval(level)
    assert size.lower is not None
    assert size.upper is not None
    own = Interval("t", level, size.lower / spread, size.upper / spread)
    return Measure(name, gap.value / spread, own, gap.beyond(settings.margin * spread))


def _compared(measure: str, gap: Mean, spread: float, settings: Settings) -> tuple[Verdict, Alarm]:
    """What is said if no alarm sounds, and the alarm: a difference, but none that equivalence is shown for."""
    margin, size, what = settings.margin * spread, abs(gap.value) / spread, COMPARED[measure]
    equivalent = gap.beyond(margin) <= 1.0 - settings.confidence_level
    text = f"LLM and human {what} differ, by {size:.2f} standard deviations"
    alarm = Alarm(measure, 1.0 if equivalent else gap.p_value, Verdict("warn", text, CALIBRATE))
    if equivalent:
        text = f"LLM and human {what} are within {settings.margin:g} standard deviations of each other"
        return Verdict("pass", text, STILL), alarm
    text = f"this many units cannot show LLM and human {what} to be within {settings.margin:g} standard deviations"
    return Verdict("not_testable", text, MORE), alarm


CHECK = Check(CARD, run, exploratory=True, needs_pairs=False)
