"""From a sample and a plan to what will be done: every default decided, every combination not offered refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from service.calibration import model_selection, strata, survey_design
from service.calibration.contrast import Contrast
from service.calibration.diagnostics.balance import unbalanced
from service.calibration.errors import CalibrationError, InvalidPlan, NotIdentified, UnsupportedCombination
from service.calibration.estimands import estimand
from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import Estimator, estimator
from service.calibration.inference import Settings, check
from service.calibration.intervals.auto import Choice
from service.calibration.intervals.auto import chosen as chosen_interval
from service.calibration.model_selection import Selection, selection
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification, Plan
from service.calibration.response_propensity import modelled, refuse_unsupported
from service.calibration.sample import Sample

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True)
class Resolved:
    """A plan with its defaults decided, and the frames and estimates every contrast shares."""

    plan: Plan
    estimand: str
    contrasts: tuple[Contrast, ...]
    estimator: Estimator
    frame: Frame
    plain: Frame
    settings: Settings
    interval: Choice
    sample: Sample
    shares: FloatArray | None

    @cached_property
    def human_only(self) -> Estimate:
        """The human-only estimate of every arm."""
        return estimator("human_only").fit(self.plain, np.zeros(0))

    def cells(self, contrast: FloatArray) -> FloatArray:
        """A contrast of arms (D,) as one of the frame's arms, which are arms x strata in a stratified sample."""
        return strata.expanded(contrast, self.shares)

    @cached_property
    def unbalanced(self) -> bool:
        """Whether LLM answers under all conditions tell the arms apart."""
        return unbalanced(self.sample)

    @cached_property
    def selection(self) -> Selection | None:
        """The choice of a model, where one is asked for and nothing is in its way."""
        if self.plan.model_selection == "all" or model_selection.obstacle(self.sample) is not None:
            return None
        return self._selection(self.frame)

    def fit(self, contrast: FloatArray) -> Estimate:
        """The plan's estimate for a contrast of the frame's arms."""
        return self.estimator.fit(self.frame, contrast) if self.selection is None else self.selection.estimate

    def fitted(self, frame: Frame, contrast: FloatArray) -> Estimate:
        """The same from a frame with fewer columns."""
        if self.selection is None or not frame.sample.models:
            return self.estimator.fit(frame, contrast)
        return self._selection(frame).estimate

    def _selection(self, frame: Frame) -> Selection:
        return selection(frame, limited=self.plan.estimator == "auto", seed=self.plan.seed)


def resolve(sample: Sample, plan: Plan) -> Resolved:
    """Every default decided and every combination that is not offered refused; computes no estimate."""
    name = plan.estimand or ("mean_difference" if len(sample.arms) > 1 else "mean")
    checks = _Checks([])
    sample = sample.reordered(checks.passed(arm_order, sample, plan) or range(len(sample.arms)))
    contrasts = checks.passed(estimand(name).contrasts, sample.arms, plan)
    checks.passed(_check_predictions, sample, plan)
    checks.passed(_check_categories, sample, plan)
    checks.passed(_check_tuning, sample, plan)
    checks.passed(_check_recalibrated, sample, plan)
    checks.passed(model_selection.check, sample, plan)
    identification = checks.passed(identified, sample, plan)
    checks.passed(check_shares, sample, plan)
    if not sample.plain:
        checks.passed(survey_design.check, sample, plan)
    checks.passed(refuse_unsupported, sample, plan)
    interval = interval_choice(sample, plan)
    settings = _settings(plan, interval)
    checks.passed(_check_settings, settings, plan)
    checks.refuse()
    assert contrasts is not None
    assert identification is not None
    chosen = estimator(plan.estimator)
    sample = modelled(sample)
    shares = strata.shares(sample, plan.stratum_shares, identification) if sample.strata else None
    cells = strata.stratified(sample, shares if plan.stratum_shares is None else None)
    plain = Frame(cells, identification, tuning=plan.tuning)
    frame = published(plain, chosen) if plan.compat and chosen.historical else plain
    return Resolved(
        plan=plan,
        estimand=name,
        contrasts=contrasts,
        estimator=chosen,
        frame=frame,
        plain=plain,
        settings=settings,
        interval=interval,
        sample=sample,
        shares=shares,
    )


def interval_choice(sample: Sample, plan: Plan) -> Choice:
    """The plan's interval, or the one that a sample's answers want."""
    if sample.margins is not None and plan.interval == "auto":
        return Choice("t", "estimates for a target population have t intervals")
    return chosen_interval(sample) if plan.interval == "auto" else Choice(plan.interval, "as requested")


def _settings(plan: Plan, interval: Choice) -> Settings:
    return Settings(
        level=plan.confidence_level,
        alternative=plan.alternative,
        null_value=plan.null_value,
        method=interval.method,
        population=plan.inference_population,
        margin=plan.margin,
        bounds=plan.bounds,
        replicates=plan.replicates,
        seed=plan.seed,
    )


def _check_settings(settings: Settings, _plan: Plan) -> None:
    check(settings)


def published(frame: Frame, of: Estimator) -> Frame:
    """The frame in which an estimator answers as published."""
    return replace(frame, compat=True, published_ddof=of.published_ddof)


@dataclass(frozen=True, slots=True)
class _Checks:
    """Runs checks and keeps their refusals, so that every problem is listed at once."""

    refusals: list[CalibrationError]

    def passed(self, check: Callable[[A, Plan], R], subject: A, plan: Plan) -> R | None:
        """What a check returns, or None after a refusal."""
        try:
            return check(subject, plan)
        except CalibrationError as refused:
            self.refusals.append(refused)
            return None

    def refuse(self) -> None:
        """Raise all problems together, as the kind they share or else as an invalid plan."""
        if not self.refusals:
            return
        kinds = {type(refused) for refused in self.refusals}
        kind = kinds.pop() if len(kinds) == 1 else InvalidPlan
        raise kind([p for refused in self.refusals for p in refused.problems])


def arm_order(sample: Sample, plan: Plan) -> list[int]:
    """The arms with the plan's control first."""
    everyone = list(range(len(sample.arms)))
    if plan.control is None:
        return everyone
    if plan.contrasts is not None:
        raise InvalidPlan.at(
            "/plan/control",
            "unsupported_combination",
            "control and contrasts exclude each other",
            "supported: control alone (every arm against it) or contrasts alone",
        )
    if plan.control not in sample.arms:
        raise InvalidPlan.at("/plan/control", "unknown_arm", "the data has no arm of this name", "names match exactly")
    first = sample.arms.index(plan.control)
    return [first, *(d for d in everyone if d != first)]


def _check_predictions(sample: Sample, plan: Plan) -> None:
    if plan.estimator != "human_only" and not any(c.kind == "prediction" for c in sample.columns):
        raise NotIdentified.at(
            "/data",
            "no_paired_predictions",
            "no LLM answer is paired with a human answer",
            "send the LLM's answers for the human units (llm, or predictions), or use estimator human_only",
        )


def _check_categories(sample: Sample, plan: Plan) -> None:
    if plan.estimand == "proportions" and sample.component is None:
        raise UnsupportedCombination.at(
            "/plan/estimand",
            "unsupported_combination",
            "the outcome was read as a number, not as one of several categories",
            "supported: proportions of answers in the layouts arrays and table of a calibration",
        )


def check_shares(sample: Sample, plan: Plan) -> None:
    """Refuses shares of strata that the data does not have."""
    if plan.stratum_shares is not None and not sample.strata:
        raise InvalidPlan.at(
            "/plan/stratum_shares",
            "unknown_stratum",
            "shares of strata are stated, and the data has no strata",
            "send stratum with the data, or leave out stratum_shares",
        )


def _check_tuning(sample: Sample, plan: Plan) -> None:
    if sample.linearised and plan.compat and plan.estimator == "power_tuned" and plan.tuning == "one":
        return
    if plan.tuning != "per_arm" and plan.estimator != "difference_in_predictions":
        raise UnsupportedCombination.at(
            "/plan/tuning",
            "unsupported_combination",
            f"estimator {plan.estimator} has no choice of tuning",
            "supported: tuning one, common or per_arm with estimator difference_in_predictions; tuning one with "
            "power_tuned, compat and a model's coefficients; else leave it out",
        )


def _check_recalibrated(_sample: Sample, plan: Plan) -> None:
    if plan.estimator == "recalibrated" and plan.interval == "randomization":
        raise UnsupportedCombination.at(
            "/plan/interval",
            "unsupported_combination",
            "recalibrated columns know the actual assignment, so they cannot be dealt again",
            "supported: randomization with regression or human_only; recalibrated with interval t, normal or bootstrap",
        )


def identified(sample: Sample, plan: Plan) -> Identification:
    """How the reference mean of a sample's columns is identified: as stated, or by the documented default."""
    if sample.identification is not None:
        return sample.identification
    if sample.by_probability:
        return survey_design.sampling(plan)
    chosen = plan.identification or ("randomization" if sample.shared else "exchangeability")
    if chosen == "sampling":
        raise UnsupportedCombination.at(
            "/plan/identification",
            "unsupported_combination",
            "the data states no sampling probabilities",
            "supported: sampling with sampling_probability in the data; else randomization or exchangeability",
        )
    if sample.shared and not sample.goes_beyond_humans:
        return "randomization"
    if chosen == "randomization" and not sample.shared:
        raise UnsupportedCombination.at(
            "/plan/identification",
            "unsupported_combination",
            "randomization identifies nothing here: the reference mean comes from LLM-only units",
            "supported: exchangeability; randomization needs shared predictions (every unit under every condition)",
        )
    if plan.inference_population == "sample" and chosen != "randomization":
        raise UnsupportedCombination.at(
            "/plan/inference_population",
            "unsupported_combination",
            "inference about the sample at hand needs shared predictions identified by randomization",
            "supported: super with any identification; sample with shared predictions and randomization",
        )
    return chosen
