"""Response propensities: people who were asked and did not answer, assumed missing at random given what is known.

Name: inverse-propensity weighted regression calibration, doubly robust (AIPW) for the mean of everybody asked.
Formula: per arm, R_i = 1 if person i answered, z_i = (1, c_i) of everybody asked, w_i the survey weight,
    sum w_i z_i (R_i - e_i) = 0,   e_i = 1/(1 + exp(-z_i'gamma))              logistic, maximum likelihood
    mu_d = sum_pool q_i (a_d + b_d'c_i),   a_d, b_d least squares with omega_i = w_i / e_i on those who answered
which is the mean of the regression over everybody asked (and the rest of the pool) plus the mean of the residuals by
inverse propensity, for weighted least squares leaves none. Right if either the propensity or the regression is.
The variance is the joint influence form of ``variance`` over everybody asked, with the estimated propensity in it
(see ``response``).
Shapes: per arm N asked, n of them answered, k columns of c. Units: propensities none.
Assumes: missing at random: given arm, predictions and covariates, answering has nothing to do with the answer; and
everybody could have answered (e_i > 0). Neither can be tested with these data.
Breaks: answering depends on the answer itself: the estimate is biased; ``missing_answers`` says how much it would take.
Small propensities: a few people carry the estimate (``extreme_response_weights``).
Raises: ``propensity_not_estimable`` (too few who answered or did not, or columns that tell them apart completely),
``unsupported_combination``.
Source: Rosenbaum & Rubin (1983), Biometrika 70; Robins, Rotnitzky & Zhao (1994), JASA 89; Kang & Schafer (2007),
Statistical Science 22:523-539 (regression with inverse-propensity weights is doubly robust).
Differs: no cross-fitting, leverage-corrected residuals, Bell-McCaffrey degrees of freedom.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration import generalized_linear, moments, pools
from service.calibration.card import Card
from service.calibration.errors import CalibrationError, NotIdentified, Problem, UnsupportedCombination, Warned
from service.calibration.influence import Design
from service.calibration.least_squares import inverse_factor
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.response import Response, certain
from service.calibration.sample import Sample, Units

RARE = 3  # units in the rarer state of a two-valued column below which it tells nobody's propensity
SPARE = 2  # more people than columns that must have answered, and that must not have
PER_COLUMN = 5  # of either below which propensities are doubted (Vittinghoff & McCulloch 2007, AJE 165:710-718)
LOW = 0.05  # a propensity below which overlap is doubted
UNEVEN = 0.5  # Kish's n of the weights as a share of the survey's own below which they are called extreme
ESTIMANDS = (None, "mean", "mean_difference", "proportions")
ESTIMATORS = ("auto", "regression", "human_only")
INTERVALS = ("auto", "t", "normal", "score")

CARD = Card(
    name="response_propensity",
    title="Survey imputation by response propensities (missing at random)",
    formula="per arm, a logistic model of answering on predictions and covariates; least squares with weights survey "
    "weight / propensity on those who answered, evaluated at the mean of everybody asked (doubly robust)",
    assumptions=(
        "missing at random: given arm, predictions and covariates, answering has nothing to do with the answer",
        "everybody asked could have answered",
    ),
    limits=(
        "neither assumption can be tested; missing_answers gives bounds without the first",
        "not with clusters, strata or sampling probabilities, nor with estimands other than means and shares",
    ),
    sources=("Robins, Rotnitzky & Zhao (1994), JASA 89:846-866", "Kang & Schafer (2007), Statistical Science 22"),
)


def modelled(sample: Sample) -> Sample:
    """The sample with every arm's response modelled; itself where nobody's answer is missing."""
    if not sample.unanswered:
        return sample
    found: list[Response] = []
    problems: list[Problem] = []
    for d, source in enumerate(sample.human):
        try:
            found.append(certain(source.n) if sample.unanswered[d] is None else _response(sample, d))
        except CalibrationError as refused:
            problems += refused.problems
    if problems:
        raise NotIdentified(problems)
    whole = replace(sample, response=tuple(found))
    return replace(whole, warnings=(*sample.warnings, *(w for d in range(len(sample.arms)) for w in _doubts(whole, d))))


def refuse_unsupported(sample: Sample, plan: Plan) -> None:
    """Refuses what is not computed with response propensities, every problem with what is supported."""
    if not sample.unanswered:
        return
    pairs = (
        ("/plan/estimand", plan.estimand in ESTIMANDS, "estimands mean, mean_difference and proportions"),
        ("/plan/estimator", plan.estimator in ESTIMATORS, f"estimators {', '.join(ESTIMATORS)}"),
        ("/plan/interval", plan.interval in INTERVALS, f"intervals {', '.join(INTERVALS)}"),
        ("/plan/identification", plan.identification != "sampling", "randomization and exchangeability"),
        ("/plan/inference_population", plan.inference_population == "super", "inference_population super"),
        ("/plan/compare", not plan.compare, "compare false"),
        ("/plan/compat", not plan.compat, "compat false"),
        ("/plan/model_selection", plan.model_selection == "all", "model_selection all"),
        ("/plan/costs", plan.costs is None, "no costs; /v1/designs with the answers at hand (missing drop_unit)"),
        ("/data/cluster", not sample.clustered, "weight, without cluster"),
        ("/data/stratum", not sample.strata, "weight, without stratum (or stratum as a covariate)"),
        ("/data/sampling_probability", not sample.by_probability, "weight, without sampling_probability"),
    )
    text = "this is not computed with missing response_propensity"
    problems = [
        Problem(place, "unsupported_combination", text, f"supported: {hint}") for place, fine, hint in pairs if not fine
    ]
    if problems:
        raise UnsupportedCombination(problems)


def _response(sample: Sample, arm: int) -> Response:
    """The propensities of an arm's people, and how they were estimated."""
    asked, n = sample.asked(arm), sample.human[arm].n
    assert isinstance(asked, Units)
    weight = pools.weight(asked)
    z = np.concatenate((np.ones((1, asked.n)), _whitened(asked.c)))
    few, columns = min(n, asked.n - n), len(z) - 1
    if few < columns + SPARE:
        who = "answered" if n == few else "did not answer"
        text = f"of {asked.n} people asked in arm {sample.arms[arm]!r} {few} {who}, too few to tell the propensity of "
        raise _not_estimable(sample, arm, f"{text}answering from {columns} columns")
    answered = np.zeros(asked.n)
    answered[:n] = 1.0
    names = ("intercept", *(f"column {j + 1}" for j in range(columns)))
    design = Design(names=names, x=z, leverage=False)
    fit = generalized_linear.fit(generalized_linear.LOGISTIC, answered[None], design, weight)
    if not fit.converged:
        text = (
            f"the columns tell those of arm {sample.arms[arm]!r} who answered apart completely from those who did not"
        )
        raise _not_estimable(sample, arm, text)
    probability = 1.0 / (1.0 + np.exp(-(fit.theta @ z)))
    return Response(
        probability=probability[:n],
        slope=(1.0 - probability[:n]) * z[:, :n],
        influence=fit.influence * (weight / weight.sum()),
        lowest=float(probability.min()),
    )


def _whitened(c: FloatArray) -> FloatArray:
    """Uncorrelated columns of mean 0 and variance 1 (k, N) that say what c (p, N) says, rare states left out."""
    joint, deviations = moments.centred(c)
    low, high = c.min(axis=1, keepdims=True), c.max(axis=1, keepdims=True)
    states = np.minimum((c == low).sum(axis=1), (c == high).sum(axis=1))
    two = ((c == low) | (c == high)).all(axis=1)
    usable = np.flatnonzero(~two | (states >= RARE)).tolist()
    kept, loading = inverse_factor(joint.scatter, joint.mean, joint.n, usable)
    return np.asarray(loading[:, : len(kept)].T @ deviations * np.sqrt(joint.n))


def _not_estimable(sample: Sample, arm: int, text: str) -> CalibrationError:
    hint = "send fewer covariates and predictions, join arms, or set missing to drop_unit and say so"
    return NotIdentified.at(sample.pointers[arm], "propensity_not_estimable", text, hint)


def _doubts(sample: Sample, arm: int) -> list[Warned]:
    """Warnings about propensities that rest on few, and about weights that few people carry."""
    response, asked, place = sample.response[arm], sample.asked(arm), sample.pointers[arm]
    found, n, columns = [], response.probability.shape[0], len(response.slope) - 1
    if columns > 0 and min(n, asked.n - n) < PER_COLUMN * columns:
        text = (
            f"of {asked.n} people asked in arm {sample.arms[arm]!r} {asked.n - n} did not answer: few to tell response "
            f"propensities from {columns} columns"
        )
        found.append(Warned("few_for_propensity", text, place))
    ratio = share_of_size(sample, arm)
    if response.lowest < LOW or ratio < UNEVEN:
        text = (
            f"response propensities of arm {sample.arms[arm]!r} go down to {response.lowest:.2g} and its {n} answers "
            f"count as {n * ratio:.3g}: a few people stand for many who did not answer"
        )
        found.append(Warned("extreme_response_weights", text, place))
    return found


def share_of_size(sample: Sample, arm: int) -> float:
    """Kish's n of the weights over propensities, as a share of that of the weights alone."""
    source = sample.human[arm]
    assert isinstance(source, Units)
    own = pools.weight(source)
    return moments.kish(own / sample.response[arm].probability) / moments.kish(own)
