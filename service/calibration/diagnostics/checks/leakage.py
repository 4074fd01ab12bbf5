"""Leakage and faulty columns: LLM answers that know, or cannot know, what people answered.

Name: exact and complementary matches, duplicated rows, constant columns, refusals related to the answer, reversed
scales, model cut-off.
Formula: matches and duplicated rows as in ``matches``; ``refusal_gap`` = (mean answer of units whom the LLM refused -
that of the others) / pooled sd, by the test of ``groups``; ``correlation`` with the one-sided test of r < 0
(``correlation``). A match is too good where its agreement beyond chance, by Wilson's lower bound, exceeds ``WARN`` or
``FAIL``: no honest predictor of a person's answer on a short scale gets there, nor on a long one (more than ``SHORT``
different answers) to a tenth of exact matches.
Shapes: one entry per outcome, model and arm. Units: rates; standard deviations.
Assumes: units are rows; with clusters duplicated rows are not looked for (people may repeat themselves).
Breaks: a leak that was perturbed, or that is of another column, is not seen; its correlation may be.
Raises: nothing.
Source: as ``matches``, ``groups``, ``correlation``; Sarkar & Vafa (2024) on training cut-offs and leakage.
Differs: the thresholds are ours, and exploratory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.correlation import correlation, vary
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Status, Verdict, not_testable, worst
from service.calibration.diagnostics.groups import Groups, gaps, p_value
from service.calibration.diagnostics.matches import complement, duplicated, matches
from service.calibration.diagnostics.study import Source, Study, View, cells
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, Units

FEWEST = 5
FEWEST_FOR_R = 6
RARE = 3
SHORT = 11
WARN, FAIL = (0.6, 0.1), (0.8, 0.5)  # on short and on long scales

CARD = Card(
    name="leakage",
    title="Leakage and faulty columns",
    formula="exact and complementary matches against chance, duplicated rows, constant columns, refusals related to "
    "the answer, negative correlation, model cut-off after the fieldwork began",
    assumptions=("rows are units",),
    limits=("a leak that was perturbed is not seen", "thresholds of matches are heuristics"),
    sources=(
        "Cohen (1960), Educational and Psychological Measurement 20",
        "Wilson (1927), Journal of the American Statistical Association 22",
    ),
)
COPY = "keep the human answers out of the prompt and the joined file; ask the LLM again"
FLAT = "leave the column out, or ask the LLM again with answers drawn rather than the likeliest taken"
REFUSED = "send refusals as null and never drop such units: the service fills them and adds a refusal column"
REVERSED = "check the coding of both scales; regression undoes a reversed scale, ppi and LLM-only readings do not"
TWICE = "remove the rows that were joined or pasted twice; send cluster where units are related"
CUTOFF = "use a model whose training data ends before the fieldwork, or questions that were published nowhere"
Found = Iterator[tuple[list[Measure], list[Verdict], list[Alarm]]]


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, subgroup, model and arm."""
    return [_entry(view, model, arm, settings) for view in study.views for model, arm in cells(view)]


def _entry(view: View, model: str, arm: int, settings: Settings) -> Entry:
    place = Place(view.outcome, model, view.arms[arm], view.subgroup)
    if view.subgroup is not None and view.n_human(arm) < settings.min_cell:
        text = f"the subgroup has fewer than {settings.min_cell} humans here"
        return not_testable(place, text, "collect more humans of this subgroup, or join subgroups")
    parts = [
        *_cutoff(model, settings),
        *_constant(view, model, arm),
        *_matching(view, model, arm, settings),
        *_reversed(view, model, arm, settings),
        *_refusals(view, model, arm, settings),
        *(_repeated(view, arm, settings) if model == view.models[0] else ()),
    ]
    measures = [m for part in parts for m in part[0]]
    verdicts = [v for part in parts for v in part[1]]
    alarms = [a for part in parts for a in part[2]]
    if verdicts:
        text, action = "; ".join(v.statement for v in verdicts), "; ".join(dict.fromkeys(v.action for v in verdicts))
        verdict = Verdict(worst([v.status for v in verdicts]), text, action)
    elif view.joint(model, arm) is None and _codes(view, model, arm) is None:
        missing = "no unit has both a human and an LLM answer"
        return Entry(
            place,
            Verdict("not_testable", missing, "collect units with both a human and an LLM answer"),
            tuple(measures),
            tuple(alarms),
        )
    else:
        verdict = Verdict("pass", "no sign that the LLM saw the answers, nor of a faulty column", "nothing to do")
    return Entry(place, verdict, tuple(measures), tuple(alarms))


def _cutoff(model: str, settings: Settings) -> Found:
    cutoff, start = settings.model_cutoffs.get(model), settings.fieldwork_start
    if cutoff is not None and start is not None:
        days = Measure("days_from_cutoff_to_fieldwork", float((start - cutoff).days))
        text = "the model's training data ends after the fieldwork began: it may have read the results"
        yield [days], [Verdict("warn", text, CUTOFF)] if cutoff >= start else [], []


def _constant(view: View, model: str, arm: int) -> Found:
    """Human or LLM answers that are all the same."""
    for name, values in (("human", _human(view, arm)), ("LLM", _said(view, model, arm))):
        flat = values.shape[1] > 1 and bool((np.ptp(values, axis=1) == 0.0).all()) and values.shape[0] > 0
        if flat or (view.sample is not None and _flat(view, model, arm, name)):
            text = f"all {name} answers are the same: the column has zero variance and tells units not apart"
            yield [], [Verdict("warn", text, FLAT)], []


def _human(view: View, arm: int) -> FloatArray:
    y = None if view.sample is not None else view.human[arm].y
    return np.zeros((1, 0)) if y is None else y[None]


def _said(view: View, model: str, arm: int) -> FloatArray:
    """All of a model's answers for an arm, one draw each, (columns, n)."""
    if view.sample is not None:
        return np.zeros((1, 0))
    own, only = view.own(model, arm), view.llm_only[view.pool_of(arm)]
    rows = np.concatenate([s.single[own] for s in (view.human[arm], only) if s is not None], axis=1)
    return np.asarray(rows[:, ~np.isnan(rows).any(axis=0)])


def _flat(view: View, model: str, arm: int, name: str) -> bool:
    joint = view.joint(model, arm)
    return joint is not None and float(joint.scatter[(0 if name == "human" else 1,) * 2]) == 0.0


def _codes(view: View, model: str, arm: int) -> tuple[FloatArray, FloatArray] | None:
    """Human and LLM answers of the same units, first draws; categories as codes where the LLM chose one."""
    own = view.own(model, arm)
    if view.sample is not None or not own:
        return None
    source = view.human[arm]
    said = source.single[own]
    both = ~np.isnan(said).any(axis=0)
    if source.y is None or not both.any():
        return None
    if not view.categories:
        return source.y[both], said[0][both]
    shares = np.concatenate((1.0 - said.sum(axis=0, keepdims=True), said))[:, both]
    if not bool(((shares == 0.0) | (shares == 1.0)).all()):
        return None
    return source.y[both], shares.argmax(axis=0).astype(np.float64)


def _matching(view: View, model: str, arm: int, settings: Settings) -> Found:
    pair = _codes(view, model, arm)
    if pair is None or pair[0].shape[0] < FEWEST or any(np.ptp(values) == 0.0 for values in pair):
        return
    y, f = pair
    long = np.unique(y).size > SHORT
    kinds = (
        ("exact_match_rate", y, "are the human answers"),
        ("complement_match_rate", complement(y, f), "are the human answers on the reversed scale"),
    )
    for name, reference, what in kinds[: 1 if view.categories else 2]:
        found = matches(reference, f, settings.confidence_level)
        measures = [Measure(name, found.rate, found.interval), Measure(f"{name}_by_chance", found.chance)]
        text = f"LLM answers {what} for {found.rate:.0%} of units, where chance gives {found.chance:.0%}"
        status: Status = "fail" if found.beyond > FAIL[long] else "warn" if found.beyond > WARN[long] else "pass"
        yield measures, [] if status == "pass" else [Verdict(status, f"{text} (exploratory threshold)", COPY)], []


def _reversed(view: View, model: str, arm: int, settings: Settings) -> Found:
    joint = None if view.categories else view.joint(model, arm)
    if joint is None or joint.n < FEWEST_FOR_R or not vary(joint):
        return
    measured = correlation(view.pairs(model, arm), joint, settings.confidence_level)
    two_sided = measured.p_value or 0.0
    p = two_sided / 2.0 if measured.value < 0.0 else 1.0 - two_sided / 2.0
    text = f"LLM answers fall where human answers rise (r = {measured.value:.2f}): a scale may be reversed"
    yield (
        [Measure("correlation", measured.value, measured.interval, p)],
        [],
        [Alarm("correlation", p, Verdict("warn", text, REVERSED))],
    )


def _refusals(view: View, model: str, arm: int, settings: Settings) -> Found:
    """Whether units whom the LLM gave no answer answered otherwise; categories: chose the commonest."""
    own = view.own(model, arm)
    if view.sample is not None or not own:
        return
    source = view.human[arm]
    refused = np.isnan(source.c[own[0]])
    if source.y is None or min(int(refused.sum()), int((~refused).sum())) < RARE:
        return
    y = source.y
    if view.categories:
        values, counts = np.unique(y, return_counts=True)
        y = (y == values[counts.argmax()]).astype(np.float64)
    groups = Groups(
        (Column("answer", "prediction"),),
        _units(source, y, ~refused, human=True),
        _units(source, y, refused, human=False),
    )
    value, measures = p_value(groups), gaps(groups, settings.confidence_level)
    if value is None or not measures:
        return
    gap = Measure("refusal_gap", measures[0].value, measures[0].interval, value)
    share = float(refused.mean())
    text = f"the {share:.0%} of units without an LLM answer differ in their own by {gap.value:.2f} standard deviations"
    yield [Measure("refusal_rate", share), gap], [], [Alarm("refusal_gap", value, Verdict("warn", text, REFUSED))]


def _units(source: Source, y: FloatArray, members: FloatArray, *, human: bool) -> Units:
    weight = None if source.weight is None else source.weight[members]
    cluster = None if source.cluster is None else source.cluster[members]
    rows = y[members][None]
    return Units(rows, np.zeros(rows.shape[1]) if human else None, weight, cluster)


def _repeated(view: View, arm: int, settings: Settings) -> Found:
    if view.sample is not None:
        return
    source = view.human[arm]
    if source.y is None or source.cluster is not None:
        return
    answered = [j for j in range(len(view.columns)) if not bool(np.isnan(source.c[j]).all())]
    found = duplicated(source.y, source.c[answered], settings.seed)
    if found is None:
        return
    share, p = found
    text = f"{share:.0%} of rows repeat another row, outcome and columns alike, far more often than similar rows do"
    yield [Measure("duplicated_rows", share, None, p)], [], [Alarm("duplicated_rows", p, Verdict("fail", text, TWICE))]


CHECK = Check(CARD, run, needs_pairs=True)
