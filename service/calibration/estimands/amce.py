"""Average marginal component effects and marginal means of randomised attributes (conjoint, factorial).

Formula: least squares of the outcome on indicators of every attribute's levels but the baseline; the coefficient of a
level is its effect against the baseline, averaged over the other attributes as the study shows them. Where levels of
two attributes never meet, their interactions enter and effects are averaged over what is shown (see ``conjoint``).
The marginal mean of a level is the mean outcome of the profiles that show it. Calibrated through influence values.
Shapes: one estimate per level but the baseline, ``attribute=level``; then one per level, ``mean of attribute=level``.
Units: those of the outcome (shares where it is a choice).
Assumes: attributes were drawn at random, no carry-over between tasks; profiles of a respondent are one cluster.
Breaks: without the respondents as clusters intervals are too short (``cluster_advised``).
Raises: what ``conjoint``, ``linearised`` and ``generalized_linear`` raise.
Source: Hainmueller, Hopkins & Yamamoto (2014), Political Analysis 22; Leeper, Hobolt & Tilley (2020), Political
Analysis 28.
Differs: restricted combinations are read off the data and weigh as often as they are shown.
"""

from __future__ import annotations

import numpy as np

from service.calibration import generalized_linear
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
    formula="least squares on the attributes' levels, interactions where combinations are restricted; means by level",
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
    fits = [regression, *(_means(answers[0], attribute, weight) for attribute in attributes(design))]
    effects, every = len(design.names), sum(len(f.names) for f in fits)
    return side_by_side(fits, (*range(1, effects), *range(len(regression.names), every)))


def _means(y: FloatArray, attribute: Attribute, weight: FloatArray) -> Fitted:
    """The mean outcome of every level: a regression on all of its indicators."""
    size = attribute.shown @ weight
    safe = np.where(size > 0.0, size, np.inf)
    theta = (attribute.shown * weight) @ y / safe
    influence = attribute.shown * (y - theta[:, None]) * (weight.sum() / safe)[:, None]
    factor = attribute.shown * np.sqrt(weight) / np.sqrt(safe)[:, None]
    root = np.diag(np.where(size > 0.0, np.sqrt(size), 1.0))
    return Fitted(tuple(f"mean of {level}" for level in attribute.levels), theta, influence, factor[None], root)


def prepared(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design with the interactions that restricted combinations ask for; doubts about clusters and combinations."""
    design, doubts = with_interactions(human.design, human.weight), []
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
