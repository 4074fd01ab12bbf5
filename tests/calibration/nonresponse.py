"""Studies in which people who were asked did not answer, seeded: tables of one population, or of twins in two arms.

People answer by a logistic model of a covariate and what the LLM says, ``strength`` times; both predict the outcome, so
those who answer have more of it. ``curved``: the outcome is not linear in them. ``own``: answering depends on the
answer itself. The truth is a mean of 1, and a difference of .4 of treated against control.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.sample import Sample

ARMS = ("control", "treated")


@dataclass(frozen=True)
class Asked:
    """How many people are asked, of how many arms, and how they answer; ``llm_only`` units beside them."""

    n: int = 300
    arms: int = 1
    strength: float = 1.0
    curved: bool = False
    own: bool = False
    llm_only: int = 0
    weights: bool = False

    @property
    def truth(self) -> float:
        return 1.0 if self.arms == 1 else 0.4


def table(asked: Asked, seed: int) -> Table:
    """A study of these people."""
    rng = np.random.default_rng(seed)
    total = asked.n + asked.llm_only
    x, own = rng.normal(size=total), rng.normal(size=total)
    said = 0.6 * x + 0.8 * own
    arm = np.arange(total) % asked.arms
    level = 0.7 * x + 0.5 * said + (0.6 * (x * x - 1.0) if asked.curved else 0.0)
    y = 1.0 + (1.0 + 0.3 * arm) * level + 0.4 * arm + rng.normal(size=total)
    lean = x + 0.5 * said if not asked.own else y - 1.0
    answered = rng.random(total) < 1.0 / (1.0 + np.exp(-(0.5 + asked.strength * lean)))
    human = np.arange(total) < asked.n
    answers = np.where(human & answered, y, np.nan)
    twins = asked.arms > 1
    return Table(
        outcomes=(("y", answers),),
        predictions=(PredictionColumn(values=said, model="gpt"),),
        covariates=(("x", x),),
        arm=Labels(np.where(human, arm, -1), ARMS) if twins else None,
        prediction_design="shared" if twins else None,
        human=tuple(human.tolist()),
        survey=Survey(weight=rng.gamma(4.0, 0.25, total) if asked.weights else None),
    )


def sample(asked: Asked, seed: int) -> Sample:
    """The sample of a study whose missing answers are modelled."""
    (found,) = from_table(table(asked, seed), "response_propensity")
    return found
