"""Outcomes analysed through a model's statistic: every coefficient is the mean of a sample of influence values.

Formula: see ``linearised``. Exchangeability is tested once per outcome, on everything the LLMs say and the terms.
Shapes: one analysis per outcome and component. Units: the component's.
Strata enter by the weights of their units and the variance within them (see ``stratum_weights``, ``within``).
Raises: ``unsupported_combination`` with what is supported, and what ``linearised`` and ``resolution`` raise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.calibration import assumptions, survey_design
from service.calibration.assumptions import ReferenceTest
from service.calibration.effects import Analysis, analysed
from service.calibration.errors import InvalidPlan, Problem, UnsupportedCombination
from service.calibration.estimands import estimand
from service.calibration.estimate import Frame
from service.calibration.inference import RESAMPLED
from service.calibration.linearised import Statistic, linearised
from service.calibration.plan import Identification, IntervalMethod, Model, Plan
from service.calibration.redrawing import Redraws
from service.calibration.republished import asked, republished
from service.calibration.resolution import arm_order, check_shares, identified, resolve
from service.calibration.sample import Column, Sample, Units
from service.calibration.scales import SCALES
from service.calibration.stratum_weights import with_shares

INTERVALS = ("auto", "t", "normal")
NOT_RESAMPLED = ("plug_in",)
WITH = ("spearman",)
TREATED = ("linear", "logistic", "poisson", "multinomial")
COMPARED = "supported: treatment true adds the arms as terms"
IMPUTABLE = ("linear", "logistic", "poisson", "correlation", "plug_in")


def statistic_of(plan: Plan) -> Statistic | None:
    """The statistic of a plan's estimand; None where it is no model's."""
    found = None if plan.estimand is None else estimand(plan.estimand).statistic
    if isinstance(found, Mapping):
        assert plan.statistic is not None
        return found[plan.statistic]
    return found


def modelled(sample: Sample, plan: Plan, statistic: Statistic) -> list[Analysis]:
    """The analyses of one outcome, a component each."""
    _check(sample, plan)
    check_shares(sample, plan)
    sample = sample.reordered(arm_order(sample, plan))
    identification = identified(sample, plan)
    if sample.strata:
        sample = with_shares(sample, plan.stratum_shares, identification)
    redraws = Redraws(plan.replicates, plan.seed) if plan.interval in RESAMPLED else None
    if redraws is not None:
        doubts = survey_design.resampling_doubts(sample, plan.interval)
        sample = replace(sample, warnings=(*sample.warnings, *doubts))
    parts = linearised(sample, _model(sample, plan, statistic), identification, statistic, redraws)
    interval: IntervalMethod = "t" if plan.interval == "auto" else plan.interval
    null = on_scale(null_value(plan, statistic), statistic)
    own = replace(plan, control=None, identification=None, interval=interval, null_value=null, stratum_shares=None)
    tested = None if plan.estimator == "human_only" else _tested(sample, identification)
    found = [analysed(resolve(part, own), tested) for part in parts]
    return republished(sample, plan, identification, found) if asked(plan) else found


def null_value(plan: Plan, statistic: Statistic) -> float:
    """The value that is tested, as the statistic is told: the plan's, or where it has none the statistic's own."""
    return plan.null_value or statistic.null


def on_scale(value: float, statistic: Statistic) -> float:
    """A told value on the scale that the statistic is calibrated on."""
    return value if statistic.scale is None else SCALES[statistic.scale].forward(value)


def _model(sample: Sample, plan: Plan, statistic: Statistic) -> Model:
    """The plan's model, with the arms as terms where the statistic tells them apart."""
    model = plan.model or Model()
    if statistic.arms == "together":
        return model
    if statistic.arms == "compared" and len(sample.arms) < 2:
        text, hint = f"{plan.statistic} compares arms, and the data has one", "send a second arm"
        raise InvalidPlan.at("/plan/estimand/statistic", "too_few_arms", text, hint)
    return replace(model, treatment=len(sample.arms) > 1)


def _tested(sample: Sample, identification: Identification) -> ReferenceTest | None:
    """The test of the pool, on the outcome's own columns and the model's terms; one for all components."""
    found = assumptions.reference(Frame(_with_terms(sample), identification))
    return None if found is None else replace(found, p_values=(found.assumption.p_value,))


def _with_terms(sample: Sample) -> Sample:
    """The sample with its terms as further columns, but those that only the humans gave."""
    if not sample.terms:
        return sample
    said = {column.covariate for column in sample.columns if column.kind == "imputed"}
    known = [t for t, term in enumerate(sample.terms) if term.covariate not in said]
    terms = tuple(Column(sample.terms[t].name, "covariate", pointer="/plan/estimand/terms") for t in known)
    return replace(
        sample,
        columns=(*sample.columns, *terms),
        human=tuple(_joined(u, known) for u in sample.human if isinstance(u, Units)),
        llm_only=tuple(_joined(u, known) if isinstance(u, Units) else None for u in sample.llm_only),
        terms=(),
    )


def _joined(units: Units, known: Sequence[int]) -> Units:
    assert units.x is not None
    x = units.x if len(known) == len(units.x) else units.x[list(known)]
    return replace(units, c=np.concatenate((units.c, x)), x=None)


def _check(sample: Sample, plan: Plan) -> None:
    """Refuses what goes with no model's estimand, everything at once."""
    refused = list(_refused(sample, plan))
    if refused:
        raise UnsupportedCombination([Problem(p, "unsupported_combination", text, hint) for p, text, hint in refused])


def _refused(sample: Sample, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Place, reason and what is supported."""
    name = plan.estimand
    if not sample.has_rows:
        yield "/data/layout", f"estimand {name} needs every unit's row", "supported: layouts table and arrays"
    if sample.strata and plan.compat:
        yield "/plan/compat", "the published forms know no strata", "supported: strata without compat"
    if plan.contrasts is not None:
        hint = COMPARED if name in TREATED else "supported: leave contrasts out"
        yield "/plan/contrasts", f"estimand {name} has no contrasts", hint
    if plan.inference_population == "sample":
        text = f"estimand {name} is of the population"
        yield "/plan/inference_population", text, "supported: inference_population super"
    offered = INTERVALS if name in NOT_RESAMPLED or sample.strata else (*INTERVALS, *RESAMPLED)
    if plan.interval not in offered:
        text = f"estimand {name} has no interval {plan.interval}{' with strata' if sample.strata else ''}"
        yield "/plan/interval", text, f"supported: {', '.join(offered)}"
    if any(c.population_mean is not None for c in sample.columns):
        text = f"estimand {name} cannot use known population means"
        yield "/data/predictions", text, "supported: population_mean with mean, mean_difference and proportions"
    yield from _refused_of_statistic(plan)
    yield from _refused_of_imputed(sample, plan)
    if plan.costs is not None:
        text = f"no design is computed for estimand {name}"
        yield "/plan/costs", text, "supported: costs with estimands mean, mean_difference and proportions"


def _refused_of_statistic(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """What a named statistic does not take."""
    statistic, model = statistic_of(plan), plan.model or Model()
    if plan.statistic is None or statistic is None:
        return
    if model.terms and plan.statistic not in WITH:
        text = f"{plan.statistic} is of the outcome alone"
        yield "/plan/estimand/with", text, f"supported: with for {', '.join(WITH)}; other covariates adjust"
    if statistic.scale is not None and plan.margin is not None:
        text = f"{plan.statistic} is tested on another scale than a margin is stated on"
        yield "/plan/margin", text, "supported: alternative two_sided, less, greater"


def _refused_of_imputed(sample: Sample, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """What does not go with covariates that LLMs predict."""
    place = next((column.pointer for column in sample.columns if column.kind == "imputed"), None)
    if place is None:
        return
    if plan.estimand not in IMPUTABLE:
        text = f"estimand {plan.estimand} takes no predictions of covariates"
        hint = f"supported: predictions of covariates with {', '.join(IMPUTABLE)}"
        yield f"{place.removesuffix('/values')}/covariate", text, hint
    if plan.compat:
        text = "the published forms know no predictions of covariates"
        yield "/plan/compat", text, "supported: predictions of covariates without compat"
