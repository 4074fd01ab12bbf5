"""Every sample's analysis: what is wrong with whole samples is refused together, a subgroup that fails is left out.

Shapes: one group of analyses per outcome and subgroup. Units: the outcome's.
Raises: what ``effects`` and ``modelled`` raise, ``no_usable_subgroup``, and ``unsupported_combination`` for what a plan
asks of subgroups.
Source: see the modules named. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from service.calibration import assumptions
from service.calibration.effects import Analysis, analysed
from service.calibration.errors import CalibrationError, InvalidPlan, Problem, UnsupportedCombination, Warned
from service.calibration.many import analysed_at_once
from service.calibration.modelled import modelled, statistic_of
from service.calibration.plan import Plan
from service.calibration.resolution import resolve
from service.calibration.response_propensity import refuse_unsupported
from service.calibration.sample import Sample
from service.calibration.samples import blocks_of
from service.calibration.subgroups import left_out, none_left, told


@dataclass(frozen=True, slots=True)
class Analyses:
    """Groups of analyses in the order of their samples, the subgroup of each group, and what was left out."""

    groups: tuple[tuple[Analysis, ...], ...]
    subgroups: tuple[str | None, ...]
    warnings: tuple[Warned, ...]


def analyses(samples: Sequence[Sample], plan: Plan) -> Analyses:
    """Every outcome's and subgroup's analyses, the categories of an outcome together."""
    at_once = {} if statistic_of(plan) is not None else analysed_at_once(samples, plan)
    rest = {place: samples[place] for place in range(len(samples)) if place not in at_once}
    groups = [(places, rest[places[0]].subgroup) for places in _groups(rest)]
    of_block = {place: block.subgroup for block in blocks_of(samples) for place in block.places}
    names = dict.fromkeys(s for s in [*(g for _, g in groups), *of_block.values()] if s is not None)
    _check(plan, asked=bool(names))
    found: dict[int, tuple[tuple[Analysis, ...], str | None]] = {}
    found |= {place: ((analysis,), of_block[place]) for place, analysis in at_once.items()}
    for place, whole in _whole({p[0]: [rest[k] for k in p] for p, subgroup in groups if subgroup is None}, plan):
        found[place] = (whole, None)
    doubts = []
    for places, subgroup in groups:
        if subgroup is None:
            continue
        group = [rest[k] for k in places]
        try:
            found[places[0]] = (tuple(_group(group, plan)), subgroup)
        except CalibrationError as refused:
            n = sum(source.n for source in group[0].human)
            doubts.append(left_out(subgroup, n, refused.problems, group[0].pointers[0]))
    if names and all(subgroup is None for _, subgroup in found.values()):
        raise none_left(len(names))
    ordered = [value for _, value in sorted(found.items(), key=itemgetter(0))]
    said = {w for group, subgroup in ordered if subgroup is None for a in group for w in a.warnings}
    return Analyses(
        tuple(tuple(_labelled(a, subgroup, said) for a in group) for group, subgroup in ordered),
        tuple(subgroup for _, subgroup in ordered),
        tuple(doubts),
    )


def _groups(samples: Mapping[int, Sample]) -> list[list[int]]:
    """The places of samples that follow each other and are of one outcome and subgroup, such as all categories."""
    places = groupby(samples, key=lambda place: (samples[place].outcome, samples[place].subgroup))
    return [list(group) for _, group in places]


def _whole(groups: Mapping[int, Sequence[Sample]], plan: Plan) -> list[tuple[int, tuple[Analysis, ...]]]:
    """The analyses of whole samples by place; raises all problems of all of them."""
    found: list[tuple[int, tuple[Analysis, ...]]] = []
    refused: list[CalibrationError] = []
    for place, group in groups.items():
        try:
            found.append((place, tuple(_group(group, plan))))
        except CalibrationError as problem:
            refused.append(problem)
    if refused:
        kinds = {type(problem) for problem in refused}
        kind = kinds.pop() if len(kinds) == 1 else InvalidPlan
        raise kind(list(dict.fromkeys(p for problem in refused for p in problem.problems)))
    return found


def _group(group: Sequence[Sample], plan: Plan) -> list[Analysis]:
    """The analyses of one outcome; its categories share their columns, so one test speaks for all.

    A model's statistic is of all categories at once.
    """
    statistic = statistic_of(plan)
    if statistic is not None:
        refuse_unsupported(group[0], plan)
        return modelled(group[0], plan, statistic)
    resolved = [resolve(sample, plan) for sample in group]
    tested = assumptions.reference(resolved[0].plain) if plan.estimator != "human_only" else None
    if plan.estimand == "quantile":
        from service.calibration.quantiles.effects import analysed as quantiles_analysed

        return [analysis for r in resolved for analysis in quantiles_analysed(r, tested)]
    return [analysed(r, tested) for r in resolved]


def _labelled(analysis: Analysis, subgroup: str | None, said: Collection[Warned]) -> Analysis:
    """The analysis with the name of its subgroup on everything it says; what is ``said`` of everyone goes without."""
    if subgroup is None:
        return analysis
    return replace(
        analysis,
        estimates=tuple(replace(e, subgroup=subgroup) for e in analysis.estimates),
        arms=tuple(replace(a, subgroup=subgroup) for a in analysis.arms),
        warnings=tuple(told(subgroup, w) for w in analysis.warnings if w not in said),
    )


def _check(plan: Plan, *, asked: bool) -> None:
    """Refuses what a plan asks of subgroups that are not there, or knows only of the whole population."""
    code, problems = "unsupported_combination", []
    if plan.partial_pooling and not asked:
        text, hint = "the data has no subgroups to pool", "supported: partial_pooling with subgroup in the data"
        problems.append(Problem("/plan/partial_pooling", code, text, hint))
    if plan.stratum_shares is not None and asked:
        text = "the shares of strata in the population are not those in its subgroups"
        hint = "supported: subgroup without stratum_shares: the sample's shares are used"
        problems.append(Problem("/plan/stratum_shares", code, text, hint))
    if problems:
        raise UnsupportedCombination(problems)
