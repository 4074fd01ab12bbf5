"""Randomization: whether what was known before the treatment is balanced across the arms.

Name: Hotelling's test of balance, standardised mean differences.
Formula: each arm's humans against those of all other arms on a model's columns (see ``groups``); with more than two
arms the p-value is the smallest times their number. ``imbalance`` is the largest standardised gap.
Shapes: one entry per outcome and model under shared predictions, one for covariates. Units: standard deviations.
Assumes: columns that were made before, or without knowing, which arm a unit was in.
Breaks: under independent predictions an LLM's answers are of the unit's own arm and differ by right: only covariates
are tested.
Raises: nothing.
Source: Hotelling (1931); Bonferroni; Stuart (2010), Statistical Science 25:1-21 (.25 as a large gap).
Differs: in nothing.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.groups import Groups, gaps, largest, of_sources, p_value, together
from service.calibration.diagnostics.study import Study, View
from service.calibration.moments import Moments, merge

LARGE = 0.25

CARD = Card(
    name="randomization",
    title="Balance of the arms on what was known before",
    formula="Hotelling's T^2 of each arm's humans against the others on predictions of all conditions and covariates",
    assumptions=("predictions do not know which arm a unit was in",),
    limits=("under independent predictions only covariates are tested",),
    sources=("Hotelling (1931), Annals of Mathematical Statistics 2:360-378",),
)
KEEP = "keep identification randomization"
LEAKED = (
    "find out whether the prompt told the LLM which arm a person was in, or whether assignment was not random; predict "
    "every unit under every condition from what was known before"
)
CHANCE = "a small imbalance is adjusted for by regression on these columns; check how units were assigned"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup and model."""
    first = study.views[0].outcome
    return [e for view in study.views for e in _of_view(view, settings, with_covariates=view.outcome == first)]


def _of_view(view: View, settings: Settings, *, with_covariates: bool) -> list[Entry]:
    place = Place(view.outcome, None, None, view.subgroup)
    if len(view.arms) < 2:
        return [not_testable(place, "there is one arm only", "nothing to do: nothing was assigned")]
    models = view.models if view.shared else ()
    sets: list[tuple[Place, list[int]]] = [
        (
            Place(view.outcome, m, None, view.subgroup),
            [j for j, c in enumerate(view.columns) if c.kind == "prediction" and c.model == m],
        )
        for m in models
    ]
    covariates = [j for j, c in enumerate(view.columns) if c.kind == "covariate"]
    if covariates and with_covariates:
        sets.append((Place(None, None, None, view.subgroup), covariates))
    if not sets:
        text = "predictions are of each unit's own arm and no covariate was sent"
        return [not_testable(place, text, "send covariates, or predictions of every unit under every condition")]
    return [_entry(view, about, columns, settings) for about, columns in sets]


def _entry(view: View, place: Place, columns: list[int], settings: Settings) -> Entry:
    smallest = min(view.n_human(d) for d in range(len(view.arms)))
    if view.subgroup is not None and smallest < settings.min_cell:
        text = f"an arm has fewer than {settings.min_cell} humans of this subgroup"
        return not_testable(place, text, "collect more humans of this subgroup, or join subgroups")
    compared = [_groups(view, d, columns) for d in range(len(view.arms) if len(view.arms) > 2 else 1)]
    values = [p for groups in compared if (p := p_value(groups)) is not None]
    if not values:
        return not_testable(place, "no column can be compared between arms", "send columns that vary, of every arm")
    value = min(1.0, len(values) * min(values))
    measures = max((gaps(groups, settings.confidence_level) for groups in compared), key=largest)
    gap = largest(measures)
    told = f"arms differ by up to {gap:.2f} standard deviations in what was known before the treatment"
    grave = gap >= LARGE
    alarm = Alarm("imbalance", value, Verdict("fail" if grave else "warn", told, LEAKED if grave else CHANCE))
    text = "the arms are balanced, as far as this many units can tell"
    found = (Measure("imbalance", gap, None, value), *measures)
    return Entry(place, Verdict("pass", text, KEEP), found, (alarm,))


def _groups(view: View, arm: int, columns: list[int]) -> Groups:
    """An arm's humans and those of all other arms."""
    others = [d for d in range(len(view.arms)) if d != arm]
    if view.sample is not None:
        index = [j + 1 for j in columns]
        human = [h.select(index) for h in view.sample.human if isinstance(h, Moments)]
        return Groups(tuple(view.columns[j] for j in columns), human[arm], merge([human[d] for d in others]))
    return of_sources(view.columns, columns, view.human[arm], together([view.human[d] for d in others]))


CHECK = Check(CARD, run)
