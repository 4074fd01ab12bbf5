"""Structural fidelity: whether LLM answers to several items go together as human answers do.

Name: comparison of correlation matrices, Tucker's congruence of the leading factor.
Formula: gaps between the correlations of every pair of items, their root mean square without noise, the largest one,
and the permutation test that all are 0 as in ``structure``; ``congruence`` of the leading principal component.
Units are those with all human and all LLM answers (``items.pairs``), the same people on both sides; where these are
too few, humans and LLM-only units apart (``items.apart``), one draw each.
Shapes: k items; one entry per model, arm and subgroup. Units: correlations.
Assumes: independent units or clusters; units that are no pairs and have clusters are not tested. Survey weights are not
used.
Breaks: what ``structure`` says; an LLM asked one item at a time does not know its other answers, and shows it here.
Raises: nothing.
Source: as ``structure`` and ``congruence``.
Differs: exploratory; a calibrated estimate needs no structural fidelity.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.congruence import FAIR, congruence
from service.calibration.diagnostics.congruence import FEWEST as FEWEST_FOR_A_FACTOR
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.items import FEWEST_ITEMS, Items, apart, asked, pairs, part, varying
from service.calibration.diagnostics.structure import Structure, equality_test, largest_gap, rms_gap, structure
from service.calibration.diagnostics.study import Study, View
from service.calibration.resampling import generator

FEWEST_UNITS = 20
LARGE = 0.1

CARD = Card(
    name="fidelity_structural",
    title="Structural fidelity",
    formula="gaps between LLM and human correlations of every pair of items: root mean square without noise, the "
    "largest, a studentised permutation test (swaps within pairs, or labels dealt anew); Tucker's congruence of the "
    "leading component",
    assumptions=("independent units or clusters",),
    limits=(
        "exploratory: equal correlations do not make LLM answers right for anybody",
        "reads the units that answered every item; survey weights are not used",
        "outcomes of categories are no items",
    ),
    sources=(
        "Shipley (2000), Statistics and Computing 10:253-257",
        "Chung & Romano (2013), Annals of Statistics 41:484-507",
        "Konietschke & Pauly (2014), Statistics and Computing 24:283-296",
        "Tucker (1951), Personnel Research Section Report 984",
        "Lorenzo-Seva & ten Berge (2006), Methodology 2:57-64",
    ),
)
SEND = "send two or more outcomes as numbers, each with answers of this LLM (layout table)"
COLLECT = "collect units with answers to all items, human and LLM, or leave out the items that few answered"
VARY = "see check leakage, which names constant columns; ask the LLM with answers drawn rather than the likeliest taken"
CARE = (
    "do not read relations between items (scales, factors, regressions of one on another) off LLM answers; calibrate "
    "each such estimate with paired units"
)


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every model, arm and subgroup."""
    return [
        _entry(views, Place(None, model, arm, subgroup), d, settings)
        for subgroup, views in study.by_subgroup.items()
        for model in dict.fromkeys(m for view in views for m in view.models)
        for d, arm in enumerate(views[0].arms)
    ]


def _entry(views: list[View], place: Place, arm: int, settings: Settings) -> Entry:
    found = asked(views, str(place.model), arm)
    if len(found) < FEWEST_ITEMS:
        return not_testable(place, "relations need two items of numbers that people and this LLM answered", SEND)
    least = max(FEWEST_UNITS, settings.min_cell)
    together = pairs(found, arm)
    items = together if together.units >= least else apart(found, arm)
    if len(items.names) < FEWEST_ITEMS or items.units < least:
        text = f"fewer than {least} humans, or fewer than {least} LLM units, answered all of {len(found)} items"
        return not_testable(place, text, COLLECT)
    items, constant = varying(items)
    if len(items.names) < FEWEST_ITEMS:
        text = f"human or LLM answers to {', '.join(constant)} do not vary, so that items have no correlation"
        return not_testable(place, text, VARY)
    return _judged(items, place, settings, _left_out(constant))


def _left_out(constant: tuple[str, ...]) -> str:
    return f"; left out, for answers do not vary: {', '.join(constant)}" if constant else ""


def _judged(items: Items, place: Place, settings: Settings, note: str) -> Entry:
    """The entry of items that can be compared: a gap that the test confirms and that is large warns."""
    random = generator(settings.seed, f"structure {place.model} {place.arm} {place.subgroup}")
    items, level = part(items, random), settings.confidence_level
    found, measures = structure(items), [Measure("items", float(len(items.names)))]
    factor = [congruence(items, level, random)] if len(items.names) >= FEWEST_FOR_A_FACTOR else []
    if items.clustered:
        text = "units are clustered and no pairs: gaps are given, tests are not"
        plain = [Measure("rms_gap", rms_gap(found, level, 1.0).value)]
        verdict = Verdict("not_testable", text + note, "send LLM answers for the humans")
        return Entry(place, verdict, (*measures, *plain, *factor))
    typical = rms_gap(found, level, equality_test(found, random))
    largest, worst = largest_gap(found, level, random)
    measures += [typical, largest, *factor]
    same = "items go together among LLM answers as among human ones, as far as this many can tell" + note
    large = typical.value >= LARGE or any(m.value < FAIR for m in factor)
    told = _told(found, worst, typical.value) + (note if large else f", small differences{note}")
    sounding = Verdict("warn" if large else "pass", told, CARE)
    alarm = Alarm(typical.name, 1.0 if typical.p_value is None else typical.p_value, sounding)
    return Entry(place, Verdict("pass", same, "nothing to do"), tuple(measures), (alarm,))


def _told(found: Structure, worst: int, typical: float) -> str:
    one, other = found.names[worst]
    return (
        f"correlations between items differ from those of people, typically by {typical:.2f}; most surely {one} and "
        f"{other}: {found.r_human[worst]:.2f} among people, {found.r_llm[worst]:.2f} among LLM answers"
    )


CHECK = Check(CARD, run, exploratory=True)
