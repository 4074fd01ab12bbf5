"""Exchangeability: whether LLM-only units are of the population of the humans, as far as their predictions show.

Name: Hotelling's test of mean predictions, standardised mean differences, energy distance.
Formula: ``pool_shift`` = largest absolute standardised gap of a model's columns, with the p-value of Hotelling's
test of all of them (see ``exchangeability``, ``groups``); the energy distance and its permutation p-value (``energy``).
Shapes: one entry per model and pool, one for covariates; under shared predictions the pool is of all arms.
Units: standard deviations.
Assumes: independent units or clusters.
Breaks: sees the columns only; personas that differ in what no LLM says pass. The energy distance reads neither weights
nor clusters: with those it is left out.
Raises: nothing.
Source: Hotelling (1931); Szekely & Rizzo (2013); Stuart (2010), Statistical Science 25:1-21 (.25 as a large gap).
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.energy import energy_test
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.groups import Groups, gaps, largest, of_sources, p_value, together
from service.calibration.diagnostics.study import Study, View
from service.calibration.moments import Moments, merge
from service.calibration.sample import Units

LARGE = 0.25

CARD = Card(
    name="exchangeability",
    title="Exchangeability of LLM-only units with the humans",
    formula="Hotelling's T^2 of the humans' mean predictions against LLM-only units or stated population means; "
    "standardised mean differences; energy distance with a permutation test",
    assumptions=("independent units or clusters",),
    limits=(
        "sees the predictions and covariates only: personas that differ in what no column says pass",
        "with few units it hardly ever rejects",
    ),
    sources=(
        "Hotelling (1931), Annals of Mathematical Statistics 2:360-378",
        "Szekely & Rizzo (2013), Journal of Statistical Planning and Inference 143:1249-1272",
    ),
)
GET = "send LLM-only units, with predictions of the same columns for humans"
KEEP = "LLM-only units may serve as pool; keep drawing personas from the population of the humans"
SHARED = "keep identification randomization, which ignores LLM-only units; or redraw the personas to match the humans"
DO_NOT = (
    "do not evaluate on these LLM-only units; redraw the personas to match the humans, or weight them to it (target)"
)


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup, model and pool."""
    first = study.views[0].outcome
    return [e for view in study.views for e in _of_view(view, settings, with_covariates=view.outcome == first)]


def _of_view(view: View, settings: Settings, *, with_covariates: bool) -> list[Entry]:
    found = []
    sets: list[tuple[str | None, list[int]]] = [
        (m, [j for j, c in enumerate(view.columns) if c.kind == "prediction" and c.model == m]) for m in view.models
    ]
    covariates = [j for j, c in enumerate(view.columns) if c.kind == "covariate"]
    if covariates and with_covariates:
        sets.append((None, covariates))
    for pool in range(1 if view.shared else len(view.arms)):
        arms = range(len(view.arms)) if view.shared else (pool,)
        for model, columns in sets:
            place = Place(
                view.outcome if model else None, model, None if view.shared else view.arms[pool], view.subgroup
            )
            n = sum(view.n_human(d) for d in arms)
            if view.subgroup is not None and n < settings.min_cell:
                text = f"the subgroup has fewer than {settings.min_cell} humans here"
                found.append(not_testable(place, text, "collect more humans of this subgroup, or join subgroups"))
            else:
                found.append(_entry(view, place, _groups(view, arms, pool, columns), settings))
    return found


def _groups(view: View, arms: Sequence[int], pool: int, columns: list[int]) -> Groups:
    """Humans of some arms and the LLM-only units of a pool, on some columns."""
    if view.sample is not None:
        human = merge(
            [h.select([j + 1 for j in columns]) for d in arms if isinstance(h := view.sample.human[d], Moments)]
        )
        only = view.sample.llm_only[pool]
        other = only.select(columns) if isinstance(only, Moments) else None
        return Groups(tuple(view.columns[j] for j in columns), human, other)
    return of_sources(view.columns, columns, together([view.human[d] for d in arms]), view.llm_only[pool])


def _entry(view: View, place: Place, groups: Groups, settings: Settings) -> Entry:
    value = p_value(groups)
    if value is None:
        return not_testable(place, "no LLM-only unit can be compared with humans on the same column", GET)
    measures = gaps(groups, settings.confidence_level)
    shift = largest(measures)
    found = [Measure("pool_shift", shift, None, value), *measures]
    grave = shift >= LARGE and not view.shared
    text = f"the LLM-only units' mean predictions differ from the humans' by up to {shift:.2f} standard deviations"
    alarms = [Alarm("pool_shift", value, Verdict("fail" if grave else "warn", text, SHARED if view.shared else DO_NOT))]
    energy = _energy(groups, settings)
    if energy is not None:
        found.append(energy)
        assert energy.p_value is not None
        text = "the LLM-only units' predictions are distributed differently from the humans'"
        differs = Verdict("warn", text, SHARED if view.shared else DO_NOT)
        alarms.append(Alarm(energy.name, energy.p_value, differs, secondary=True))
    text = "the LLM-only units' mean predictions are those of the humans, as far as this many units can tell"
    return Entry(place, Verdict("pass", text, KEEP), tuple(found), tuple(alarms))


def _energy(groups: Groups, settings: Settings) -> Measure | None:
    one, other = groups.one, groups.other
    if not isinstance(one, Units) or not isinstance(other, Units):
        return None
    if any(u.weight is not None or u.cluster is not None for u in (one, other)):
        return None
    return Measure("energy_distance", *_valued(energy_test(one.c, other.c, settings.seed)))


def _valued(found: tuple[float, float]) -> tuple[float, None, float]:
    return found[0], None, found[1]


CHECK = Check(CARD, run)
