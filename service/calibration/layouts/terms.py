"""A model's terms from covariates: numbers as they are, names as indicators of their levels but one.

Formula: a covariate of names with levels l_0 (the baseline), l_1, .. gives the terms 1{x = l_1}, 1{x = l_2}, ..
Shapes: N units; terms (k, N); choice sets (N,) as codes.
Raises: ``unknown_term``, ``duplicate_term``, ``unknown_baseline``, ``constant_term``, ``missing_covariate``,
``unknown_attribute``, ``interaction_with_itself``, ``duplicate_interaction``.
Source: the regression estimands of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import LISTED, Problem, token
from service.calibration.layouts.labels import Labels, ordered
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Model
from service.calibration.sample import Term

Covariates = Sequence[tuple[str, FloatArray | Labels]]


@dataclass(frozen=True, slots=True)
class TermRows:
    """The model's side of some units: terms by row of x (k, n), and the choice set of every unit, if there are any."""

    x: FloatArray
    choice_set: IntArray | None = None

    def of(self, rows: IntArray) -> TermRows:
        """The same of some of the units, every term's values one behind the other."""
        return TermRows(np.take(self.x, rows, axis=1), None if self.choice_set is None else self.choice_set[rows])


def used(model: Model | None) -> frozenset[str]:
    """The covariates that a model takes; the others adjust."""
    return frozenset() if model is None else frozenset((*model.terms, *filter(None, (model.choice_set,))))


def term_problems(covariates: Covariates, model: Model | None) -> list[Problem]:
    """What is wrong with the names of a model's terms, its choice set and its baselines."""
    if model is None:
        return []
    sent = dict(covariates)
    places = [(model.place(i), name) for i, name in enumerate(model.terms)]
    places += [("/plan/estimand/choice_set", model.choice_set)] if model.choice_set is not None else []
    text, hint = "the data has no covariate of this name", "names match exactly; send it in data.covariates"
    found = [Problem(place, "unknown_term", text, hint) for place, name in places if name not in sent]
    found += [
        Problem(model.place(i), "duplicate_term", "the term is listed twice", "list it once")
        for i, name in enumerate(model.terms)
        if name in model.terms[:i] or name == model.choice_set
    ]
    for name, level in model.baselines.items():
        levels = sent.get(name)
        if name not in model.terms or not isinstance(levels, Labels) or level not in ordered(levels).names:
            text = "no term of names has this level" if name in model.terms else "no term has this name"
            hint = "baselines name a term and one of its levels, exactly"
            found.append(Problem(f"/plan/estimand/baselines/{token(name)}", "unknown_baseline", text, hint))
    return found + list(_interaction_problems(model))


def _interaction_problems(model: Model) -> Iterator[Problem]:
    """What is wrong with the pairs whose interaction is asked for."""
    for i, pair in enumerate(model.interactions):
        place = f"/plan/estimand/interactions/{i}"
        for k, name in enumerate(pair):
            if name not in model.terms:
                hint = f"interactions pair two of the {model.called}, by their exact names"
                yield Problem(f"{place}/{k}", "unknown_attribute", f"no name in {model.called} is this one", hint)
        if pair[0] == pair[1]:
            text = "an attribute does not interact with itself"
            yield Problem(place, "interaction_with_itself", text, "name two different attributes")
        elif any(set(pair) == set(other) for other in model.interactions[:i]):
            text = "the pair is listed twice; the order of its names says nothing"
            yield Problem(place, "duplicate_interaction", text, "list it once")


def terms_of(covariates: Covariates, model: Model, size: int) -> tuple[tuple[Term, ...], TermRows]:
    """The terms of a model and their values for all units (k, N); names and completeness are checked."""
    sent = dict(covariates)
    terms: list[Term] = []
    rows: list[FloatArray] = []
    for name in model.terms:
        column = sent[name]
        if not isinstance(column, Labels):
            terms.append(Term(name))
            rows.append(column)
            continue
        levels = ordered(column)
        baseline = model.baselines.get(name, levels.names[0])
        for code, level in enumerate(levels.names):
            if level != baseline:
                terms.append(Term(name, level, baseline))
                rows.append((levels.codes == code).astype(np.float64))
    sets = None if model.choice_set is None else ordered(sent[model.choice_set]).codes
    return tuple(terms), TermRows(np.array(rows, dtype=np.float64).reshape(len(rows), size), sets)


def constant_terms(terms: Sequence[Term], human: Sequence[FloatArray], model: Model) -> list[Problem]:
    """Terms that do not vary among the humans (k, n) of any arm together: their coefficient cannot be told."""
    if not terms:
        return []
    everyone = np.concatenate(list(human), axis=1)
    text = "the term does not vary among the humans"
    hint = "name a covariate that varies" if model.called == "with" else "leave it out, or join its rare levels"
    found = [
        Problem(model.pointer(term.covariate), "constant_term", text, hint)
        for term, values in zip(terms, everyone, strict=True)
        if values.size and np.ptp(values) == 0.0
    ]
    return list(dict.fromkeys(found))[:LISTED]
