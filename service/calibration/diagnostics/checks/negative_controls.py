"""Negative controls: outcomes that the treatment cannot move, and whether it moves them.

Name: negative control outcomes, for humans and for every LLM.
Formula: effect of every arm against the first on an outcome that ``settings.negative_controls`` names: difference of
the humans' means (Welch); of an LLM, under shared predictions the mean of f(arm) - f(first) over all units with both,
else the difference of the means of its answers in the two arms.
Shapes: one entry per outcome and arm for the humans, one per model beside it. Units: those of the outcome.
Assumes: the treatment cannot move the outcome; independent units or clusters.
Breaks: an outcome that the treatment does move is reported as a fault. Survey weights are not read.
Raises: nothing.
Source: Lipsitch, Tchetgen Tchetgen & Cohen (2010), Epidemiology 21:383-388.
Differs: the LLM has controls of its own: answers that move where people's cannot show demand effects, not opinions.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.checks.interchangeability import deviation, human_mean
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.means import Mean, combined, mean
from service.calibration.diagnostics.study import Study, View
from service.calibration.moments import FloatArray

CARD = Card(
    name="negative_controls",
    title="Negative control outcomes",
    formula="the effect of every arm on outcomes that the treatment cannot move, for humans and for every LLM",
    assumptions=("the treatment cannot move the named outcomes", "independent units or clusters"),
    limits=("with few units hardly anything is found", "survey weights are not read"),
    sources=("Lipsitch, Tchetgen Tchetgen & Cohen (2010), Epidemiology 21:383-388",),
)
NAME = "name outcomes that the treatment cannot move in settings.negative_controls, and send two arms or more"
RANDOMIZED = "find out how units were assigned and who left the study: arms differ in what the treatment cannot move"
DEMAND = "do not read this LLM's effects: it answers to the condition where people do not; change the prompt"
FINE = "keep the negative controls in the study"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome named, of everyone."""
    views = [v for v in study.whole if v.outcome in settings.negative_controls]
    if not views or len(views[0].arms) < 2:
        return [not_testable(Place(), "no negative control is named, or there are not two arms", NAME)]
    return [e for view in views for arm in range(1, len(view.arms)) for e in _of_arm(view, arm, settings)]


def _of_arm(view: View, arm: int, settings: Settings) -> list[Entry]:
    models: tuple[str | None, ...] = (None, *view.models)
    return [_entry(view, arm, model, settings) for model in models]


def _entry(view: View, arm: int, model: str | None, settings: Settings) -> Entry:
    place = Place(view.outcome, model, view.arms[arm])
    effect = None if not view.numeric else _human(view, arm) if model is None else _llm(view, model, arm)
    if effect is None:
        return not_testable(
            place, "too few answers as numbers in rows", "send at least 3 per arm, an ordered scale as numbers"
        )
    spread = deviation(view)
    measures = [Measure("effect", effect.value, effect.interval(settings.confidence_level), effect.p_value)]
    size = f" by {abs(effect.value) / spread:.2f} standard deviations" if spread > 0.0 else ""
    if model is None:
        measures += [Measure("effect_in_sd", effect.value / spread)] if spread > 0.0 else []
        text = f"the treatment moves the humans' answers to what it cannot move{size}"
        alarm = Alarm("effect", effect.p_value, Verdict("fail", text, RANDOMIZED))
        quiet = (
            "the humans' answers to what the treatment cannot move do not differ, as far as this many units can tell"
        )
    else:
        text = f"the LLM answers differently by condition{size} where people cannot"
        alarm = Alarm("effect", effect.p_value, Verdict("warn", text, DEMAND), secondary=True)
        quiet = "the LLM's answers do not move where people's cannot, as far as this many units can tell"
    return Entry(place, Verdict("pass", quiet, FINE), tuple(measures), (alarm,))


def _human(view: View, arm: int) -> Mean | None:
    here, first = human_mean(view, arm), human_mean(view, 0)
    return None if here is None or first is None else combined([(1.0, here), (-1.0, first)])


def _llm(view: View, model: str, arm: int) -> Mean | None:
    own = [view.own(model, d) for d in (arm, 0)]
    if any(len(columns) != 1 for columns in own):
        return None
    sources = [s for s in (*view.human, *view.llm_only) if s is not None]
    if view.shared:
        if own[0] == own[1]:
            return None
        gaps = np.concatenate([s.c[own[0][0]] - s.c[own[1][0]] for s in sources])
        there = ~np.isnan(gaps)
        codes = [s.cluster for s in sources if s.cluster is not None]
        return mean(gaps[there], np.concatenate(codes)[there] if codes else None)
    here, first = mean(_answers(view, model, arm)), mean(_answers(view, model, 0))
    return None if here is None or first is None else combined([(1.0, here), (-1.0, first)])


def _answers(view: View, model: str, arm: int) -> FloatArray:
    """All answers of a model in an arm of its own, paired and LLM-only."""
    column = view.own(model, arm)[0]
    values = np.concatenate([s.c[column] for s in (view.human[arm], view.llm_only[arm]) if s is not None])
    return np.asarray(values[~np.isnan(values)])


CHECK = Check(CARD, run)
