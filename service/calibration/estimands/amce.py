"""Average marginal component effects and marginal means of randomised attributes (conjoint, factorial).

Formula: least squares of the outcome on indicators of every attribute's levels but the baseline; the coefficient of a
level is its effect against the baseline, averaged over the other attributes as the study shows them. Where levels of
two attributes never meet, their interactions enter and effects are averaged over what is shown (see ``conjoint``).
The marginal mean of a level is the mean outcome of the profiles that show it. Interactions of pairs of attributes are
given where they are asked for (see ``interactions``). Calibrated through influence values.
Shapes: one estimate per level but the baseline, ``attribute=level``; then one per level, ``mean of attribute=level``;
then by pair ``attribute=level:attribute=level`` and ``mean of attribute=level, attribute=level``.
Units: those of the outcome (shares where it is a choice).
Assumes: attributes were drawn at random, no carry-over between tasks; profiles of a respondent are one cluster.
Breaks: without the respondents as clusters intervals are too short (``cluster_advised``).
Raises: what ``conjoint``, ``interactions``, ``linearised`` and ``generalized_linear`` raise.
Source: Hainmueller, Hopkins & Yamamoto (2014), Political Analysis 22; Leeper, Hobolt & Tilley (2020), Political
Analysis 28.
Differs: restricted combinations are read off the data and weigh as often as they are shown.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration import generalized_linear, interactions
from service.calibration.card import Card
from service.calibration.conjoint import Attribute, attributes, expanded, with_interactions
from service.calibration.errors import Warned
from service.calibration.influence import Design, Fitted, side_by_side
from service.calibration.linearised import Statistic
from service.calibration.model_rows import Rows
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample

CARD = Card(
    name="amce",
    title="Average marginal component effects and marginal means (conjoint, factorial)",
    formula="least squares on the attributes' levels, interactions where restricted or asked for; means by level",
    assumptions=("attributes were drawn at random", "no carry-over between the tasks of a respondent"),
    limits=("without the respondents as clusters intervals are too short (cluster_advised)",),
    sources=(
        "Hainmueller, Hopkins & Yamamoto (2014), Political Analysis 22",
        "Leeper, Hobolt & Tilley (2020), Political Analysis 28",
    ),
)


def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """Effects and means of answers (1, n) on a design whose terms are levels."""
    weight = weight / weight.mean()
    regression = generalized_linear.fit(generalized_linear.LINEAR, answers, expanded(design), weight)
    effects = replace(regression, reported=tuple(range(1, len(design.names))))
    fits = [effects, *(_means(answers[0], attribute, weight) for attribute in attributes(design))]
    for pair in design.pairs:
        fits.append(interactions.fit(answers, design, weight, pair))
        fits.append(_means(answers[0], interactions.cells(design, pair), weight))
    starts = np.cumsum([0, *(len(f.names) for f in fits)]).tolist()
    return side_by_side(fits, tuple(start + j for start, f in zip(starts, fits, strict=False) for j in f.places))


def _means(y: FloatArray, attribute: Attribute, weight: FloatArray) -> Fitted:
    """The mean outcome of every level: a regression on all of its indicators, of the profiles that have one."""
    size = attribute.shown @ weight
    safe = np.where(size > 0.0, size, np.inf)
    theta = (attribute.shown * weight) @ y / safe
    influence = attribute.shown * (y - theta[:, None]) * (weight.sum() / safe)[:, None]
    factor = attribute.shown * np.sqrt(weight) / np.sqrt(safe)[:, None]
    root = np.diag(np.where(size > 0.0, np.sqrt(size), 1.0))
    return Fitted(tuple(f"mean of {level}" for level in attribute.levels), theta, influence, factor[None], root)


def prepared(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design with the interactions that restricted combinations or the caller ask for; doubts about them."""
    design, left_out = interactions.with_pairs(
        with_interactions(human.design, human.weight), human.weight, human.cluster
    )
    doubts = list(left_out)
    if not sample.clustered:
        text = "profiles of one respondent are not independent: without cluster, intervals are too short"
        doubts.append(Warned("cluster_advised", text, "/data/cluster"))
    if design.products:
        text = (
            f"some levels of different attributes are never shown together: {len(design.products)} interactions were "
            "included, and effects are averaged over the combinations that are shown"
        )
        doubts.append(Warned("restricted_combinations", text, "/plan/estimand"))
    return design, tuple(doubts)


STATISTIC = Statistic(fit, adjusting=fit, prepared=prepared)
