"""The samples of a parsed table: every outcome's, whole and by subgroup, as matrices where many are alike.

The order is outcome by outcome: the whole sample's (one, or one per category), then that of every subgroup by name. A
subgroup that cannot be analysed is left out of that outcome with a warning; what is wrong with the whole is refused.
Shapes: K outcomes. Units: the caller's.
Raises: ``no_usable_subgroup`` and what ``parsed`` raises.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from service.calibration.errors import InvalidSample, Problem, Warned
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.matrices import FEWEST, Offered, blocks
from service.calibration.layouts.parsed import Parsed, numeric, place, shares
from service.calibration.layouts.terms import constant_terms
from service.calibration.sample import Sample
from service.calibration.samples import Block, Samples
from service.calibration.subgroups import left_out, none_left


@dataclass(frozen=True, slots=True)
class _Part:
    """The whole or a subgroup: samples by outcome, those of ``blocks`` not made, and what is wrong with the others."""

    parsed: Parsed
    blocks: tuple[Block, ...]
    samples: Mapping[int, tuple[Sample, ...]]
    problems: Mapping[int, tuple[Problem, ...]]

    @property
    def usable(self) -> frozenset[int]:
        """The outcomes that have a sample."""
        return frozenset(self.samples).union(*(block.places for block in self.blocks))


def collected(parsed: Parsed, subgroups: Sequence[Parsed], categories: Categories | None) -> Sequence[Sample]:
    """The samples of all outcomes, or the problems of all of them."""
    count = len(parsed.outcomes)
    parts = [_part(subgroup, categories) for subgroup in subgroups]
    doubts = {k: tuple(w for part in parts for w in _left_out(part, k)) for k in range(count)} if parts else {}
    whole = _part(replace(parsed, left_out=doubts), categories)
    problems = list(dict.fromkeys(p for found in whole.problems.values() for p in found))
    if problems:
        raise InvalidSample(problems)
    if parts and not any(part.usable for part in parts):
        raise none_left(len(parts))
    return _joined([whole, *parts], count)


def _part(parsed: Parsed, categories: Categories | None) -> _Part:
    """The samples of all outcomes; those of a block are known to have no problems."""
    found = () if categories is not None or parsed.model is not None else _blocks(parsed)
    ready = {k for block in found for k in block.places}
    samples: dict[int, tuple[Sample, ...]] = {}
    problems: dict[int, tuple[Problem, ...]] = {}
    constant = _constant(parsed)
    for k in range(len(parsed.outcomes)):
        if k in ready:
            continue
        try:
            samples[k] = (numeric(parsed, k),) if categories is None else shares(parsed, k, categories)
        except InvalidSample as refused:
            problems[k] = refused.problems
        if constant:
            samples.pop(k, None)
            problems[k] = (*problems.get(k, ()), *constant)
    return _Part(parsed, found, samples, problems)


def _constant(parsed: Parsed) -> tuple[Problem, ...]:
    if parsed.term_rows is None or parsed.model is None:
        return ()
    return tuple(constant_terms(parsed.terms, [parsed.term_rows.x[:, r] for r in parsed.rows.human], parsed.model))


def _left_out(part: _Part, k: int) -> Iterator[Warned]:
    """The warning about a subgroup without a sample of an outcome."""
    if k in part.problems:
        n = sum(int(part.parsed.present[k][r].sum()) for r in part.parsed.rows.human)
        yield left_out(part.parsed.subgroup, n, part.problems[k], place(part.parsed.outcomes[k][0]))


def _blocks(parsed: Parsed) -> tuple[Block, ...]:
    """The outcomes that can be computed as matrices: one prediction of their own, and nothing else beside it."""
    if len(parsed.outcomes) < FEWEST or parsed.covariates or parsed.survey is not None or parsed.incomplete:
        return ()
    own = [parsed.own(k) for k in range(len(parsed.outcomes))]
    offered = [
        Offered(k, name, place(name), y, column.model, column.values, parsed.warnings(k))
        for k, ((name, y), columns) in enumerate(zip(parsed.outcomes, own, strict=True))
        for column in columns.values()
        if len(columns) == 1 and column.arm is None and column.population_mean is None
        if not isinstance(y, Labels) and not isinstance(column.values, Labels)
    ]
    found = blocks(offered, parsed.rows, parsed.present[[o.place for o in offered]])
    return found if parsed.subgroup is None else tuple(replace(b, subgroup=parsed.subgroup) for b in found)


def _joined(parts: Sequence[_Part], count: int) -> Sequence[Sample]:
    """The samples of all parts in the order outcome, part; those of blocks are made when somebody looks."""
    made: dict[int, Sample] = {}
    makers: dict[int, partial[Sample]] = {}
    places: list[dict[int, int]] = [{} for _ in parts]
    size = 0
    for k in range(count):
        for part, own in zip(parts, places, strict=True):
            if k in part.samples:
                made |= dict(enumerate(part.samples[k], size))
                size += len(part.samples[k])
            elif k in part.usable:
                own[k], makers[size] = size, partial(numeric, part.parsed, k)
                size += 1
    found = tuple(
        replace(block, places=tuple(own[k] for k in block.places))
        for part, own in zip(parts, places, strict=True)
        for block in part.blocks
    )
    return Samples(size, found, made, lambda at: makers[at]()) if found else tuple(made.values())
