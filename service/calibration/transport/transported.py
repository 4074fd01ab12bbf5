"""A sample as the target population would have given it: weights that meet its margins, residuals on its covariates.

Formula: every source (the humans of each arm; the LLM-only units of each pool) gets its own weights, tilted from its
survey weights (see ``weighting``); outcome and columns become their residuals on x (see ``residuals``). The engine then
computes, as for any weighted sample, mu_d = ybar_d + b_d'(cbar*_k - cbar_d), in which every mean is one of the target:
    th = mean_target(b'c) + weighted mean of (y - b'c)
so that LLM-only units are compared with the humans at the target's margins, and so is exchangeability.
Shapes: as ``Sample``. Units: the outcome's.
Assumes: given the covariates, outcomes (and predictions) of the sampled and of the target population have the same mean
(ignorability), and either they are linear in x or the log of the density ratio is (Zhao & Percival 2017).
Breaks: an unmeasured difference between the populations; nothing in the data shows it (see ``tipping``).
Raises: ``InvalidPlan`` with every margin that cannot be met and where, ``UnsupportedCombination``.
Source: Deville & Sarndal (1992), JASA 87; Hainmueller (2012), Political Analysis 20; Zhao & Percival (2017), Journal of
Causal Inference 5.
Differs: weights per arm, so that arms are balanced against each other, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.calibration import pools
from service.calibration.card import Card
from service.calibration.errors import InvalidPlan, Problem, UnsupportedCombination
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.sample import Sample, Units
from service.calibration.transport import residuals, supported
from service.calibration.transport.weighting import weighted

CARD = Card(
    name="target",
    title="Transport to a target population",
    formula="weights for every arm's humans and for LLM-only units by raking (shares of categories) or entropy "
    "balancing (means as well) to the target's margins; then the plan's estimator on the weighted sample, with the "
    "variance of residuals on the covariates, because the weights are estimated",
    assumptions=(
        "ignorability: given the covariates, humans and target population answer alike (assumed, never tested)",
        "given the covariates the outcome is linear in them, or the log of the density ratio is",
        "stated margins are exact; the sampling error of target rows is counted",
    ),
    limits=(
        "balances means and shares, not interactions or spreads",
        "weights are never trimmed: margins are met to 1e-8 or refused",
        "layout table; mean, mean_difference and proportions; intervals t and normal",
    ),
    sources=(
        "Deming & Stephan (1940), Annals of Mathematical Statistics 11:427-444",
        "Deville & Sarndal (1992), JASA 87:376-382",
        "Hainmueller (2012), Political Analysis 20:25-46",
        "Zhao & Percival (2017), Journal of Causal Inference 5(1)",
    ),
)


def transported(samples: Sequence[Sample], plan: Plan) -> Sequence[Sample]:
    """The samples weighted for their target population; as they are where they have none."""
    if samples[0].margins is None:
        return samples
    problems = list(dict.fromkeys(p for s in samples for p in supported.problems(s, plan)))
    if problems:
        raise UnsupportedCombination(problems)
    made: list[Sample] = []
    for sample in samples:
        found, wrong = _transported(sample, plan)
        problems += wrong
        made += [found] if found is not None else []
    if problems:
        raise InvalidPlan(list(dict.fromkeys(problems)))
    return made


def _transported(sample: Sample, plan: Plan) -> tuple[Sample | None, list[Problem]]:
    margins = sample.margins
    assert margins is not None
    problems: list[Problem] = []
    weights = [_weights(margins, s, f"the humans of arm {a!r}", problems) for a, s in _humans(sample)]
    problems = problems or [p for a, s in _humans(sample) for p in residuals.problems(margins, _x(s), a)]
    unused = sample.shared and plan.identification != "exchangeability"
    rest = [_others(margins, s, [] if unused else problems) for s in sample.llm_only]
    if problems:
        return None, problems
    pairs = [residuals.of_humans(s, w) for (_, s), w in zip(_humans(sample), weights, strict=True) if w is not None]
    spare = min(df for _, df in pairs)
    return replace(sample, human=tuple(u for u, _ in pairs), llm_only=tuple(rest), spare=spare), []


def _humans(sample: Sample) -> list[tuple[str, Units]]:
    return [(a, s) for a, s in zip(sample.arms, sample.human, strict=True) if isinstance(s, Units)]


def _x(units: Units) -> FloatArray:
    assert units.x is not None
    return units.x


def _others(margins: Margins, source: object, problems: list[Problem]) -> Units | None:
    """LLM-only units weighted for the target; None where there are none, or none that can be."""
    if not isinstance(source, Units):
        return None
    weight = _weights(margins, source, "the LLM-only units", problems)
    return None if weight is None else residuals.of_llm_only(source, weight)


def _weights(margins: Margins, units: Units, who: str, problems: list[Problem]) -> FloatArray | None:
    found, wrong = weighted(margins, _x(units), pools.weight(units), who)
    problems += wrong
    return found
