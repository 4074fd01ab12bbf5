"""The work of a calibration, estimated before it starts: numbers read and used once; 3e8 of them take about a second.

Formula: every model and estimator fits every number of a sample against every column, and J coefficients by J^2
products of every unit; a resampling interval reads its units once per replicate, for every estimate (calibrated and
human-only) and every arm, and sums J^2 products of each human for J coefficients; simultaneous intervals
draw J x J correlated numbers. Of units whose answers take few values a bootstrap draws how often each combination of
them comes, where that is of use (``resampling.FEW``) and neither weights nor clusters tell the units apart.
Source: measured on one core of the machine of benchmarks/README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from service.calibration.cross_fitting import FOLDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.moments import FloatArray, Moments
from service.calibration.plan import Plan
from service.calibration.psps import Summary
from service.calibration.resampling import FEW
from service.calibration.sample import Sample, Units
from service.calibration.samples import counted

SOLVING, PER_GROUP = 5e7, 2.5e6  # a design, and each way it weighs of spending on a unit: 1,024 of them take 7 to 9 s
PER_STEP = 1.5  # a product in a step of the solver, over all its steps
PER_CONTRAST = 8e3  # work of one contrast, a third more for every column
PER_RESPONSE, LOGISTIC = 1e6, 3.0  # propensities: of an arm; per person asked and squared number of columns
PER_SOURCE, PER_WEIGHED, PER_ROW, TIPPING = (
    7e5,
    100.0,
    20.0,
    80.0,
)  # target: of a source; unit; and margin; and contrast
PER_PRODUCT, TARGET_ROW, PER_CLUSTER = 2.0, 5.0, 2.5e4  # target: per unit and squared margins; its entries; clusters
PER_OUTCOME = 1e5  # of every outcome, or share of a category, after the first
LARGEST_SOURCE = 20_000.0  # units of a bootstrap beyond which its weights are drawn by their moments
CELL = 5  # units that are read in the time of drawing how often one combination of values comes
GLANCED = 512  # units by which a column of many values is told
BOOTSTRAP, RANDOMIZATION = 3.0, 125.0  # work per unit and replicate
REFIT = 0.25  # work per human, replicate and pair of coefficients
BETTING, PER_HUMAN = 1e7, 1e4  # work of one betting interval, and of every human in it
DRAWN, DRAWS, MOST_DRAWS = 0.2, 5e3, 5e4  # max_t: work per number drawn; draws per estimate, at least and at most
FREE_DRAWS = 2e9  # numbers drawn that more draws than the least may cost
PAIR, PER_CELL = 40.0, 200.0  # interactions: per human and squared number of terms; per unit and combination of levels
PER_MODEL = 2.0  # per unit, fit and squared number of coefficients: 189 of 8,000 units take 4 s, 61 of 23,000 0.4 s
PER_TRIED, PER_FOLDED = 1e6, 0.125  # model_selection: per model and arm; per number, fold and column
SUMMARY = 50.0  # work per cube of the number of coefficients
HELD = 200.0  # max_t: work per influence value, which are held in memory together


def work(samples: Sequence[Sample], plan: Plan) -> float:
    """Estimated work of a calibration."""
    each = sum(
        count * sum(part(s, plan) for part in (_fitting, _selecting, _interactions, _resampling, _weighing))
        for s, count in counted(samples)
    )
    each += PER_OUTCOME * (len(samples) - 1)
    planning = solving(len(samples[0].arms), len(samples[0].models)) if plan.costs else 0.0
    return each + _together(samples, plan) + planning


def solving(arms: int, models: int, questions: int = 1) -> float:
    """Estimated work of a design: in each arm, any of the models may be bought, with a human or without.

    ``arms`` are those of all questions together; the blocks of several questions make every step of the solver larger.
    """
    groups, means = max(1, arms) * 2.0 ** (models + 1), max(1, arms) * (1 + models)
    together = groups * questions * means * min(questions * means, groups) if questions > 1 else 0.0
    return SOLVING + PER_GROUP * groups + PER_STEP * together


def of_summary(summary: Summary) -> float:
    """Estimated work of coefficients fitted elsewhere: a few decompositions of their covariances."""
    return SUMMARY * float(summary.theta.shape[0] + summary.gamma_human.shape[0]) ** 3


def _fitting(sample: Sample, plan: Plan) -> float:
    columns = max(1, len(sample.columns))
    fits = (len(sample.models) + 1) * (len(ESTIMATORS) if plan.compare else 1)
    products, numbers = PER_MODEL * _n_units(sample) * _n_components(sample, plan) ** 2, float(_numbers(sample))
    contrasts = PER_CONTRAST * (1 + columns / 3) * len(plan.contrasts or ())
    if not sample.plain or sample.unanswered or sample.margins is not None:
        contrasts += numbers * _n_contrasts(sample, plan)
    return fits * (numbers * columns + products + contrasts)


def _n_contrasts(sample: Sample, plan: Plan) -> int:
    return max(1, len(sample.arms) - 1) if plan.contrasts is None else len(plan.contrasts)


def _weighing(sample: Sample, plan: Plan) -> float:
    """Work of response propensities, or of the weights for a target population and how wrong they may be."""
    human, columns = sum(s.n for s in sample.human), len(sample.columns)
    asked = human + sum(s.n for s in sample.unanswered if s is not None)
    found = PER_RESPONSE * len(sample.arms) + LOGISTIC * asked * (1 + columns) ** 2 if sample.unanswered else 0.0
    if sample.margins is None:
        return found
    margins, rows = sample.margins.target.size, sample.margins.rows
    sources = [s for s in (*sample.human, *sample.llm_only) if isinstance(s, Units)]
    each = PER_WEIGHED + PER_ROW * margins + PER_PRODUCT * margins**2
    found += PER_SOURCE * len(sources) + each * sum(s.n for s in sources)
    found += PER_CLUSTER * sum(len(np.unique(s.cluster)) for s in sources if s.cluster is not None)
    contrasts = _n_contrasts(sample, plan)
    return found + contrasts * TIPPING * human + (TARGET_ROW + contrasts) * (0 if rows is None else rows.size)


def _selecting(sample: Sample, plan: Plan) -> float:
    """The choice of a model: products of all columns outside every fold, and every model fitted alone there."""
    if plan.model_selection == "all":
        return 0.0
    fits = len(sample.models) * len(sample.arms)
    return PER_TRIED * fits + PER_FOLDED * FOLDS * _numbers(sample) * (8.0 + len(sample.columns))


def _interactions(sample: Sample, plan: Plan) -> float:
    """Work of the pairs of attributes whose interaction is asked for: a regression and a mean per combination each."""
    levels = Counter(term.covariate for term in sample.terms)
    human = sum(s.n for s in sample.human)
    everyone = human + sum(s.n for s in sample.llm_only if s is not None)
    total = 0.0
    for a, b in plan.model.interactions if plan.model is not None else ():
        cells = (levels[a] + 1) * (levels[b] + 1)
        total += PAIR * human * (len(sample.terms) + cells) ** 2 + PER_CELL * everyone * cells
    return total


def _n_units(sample: Sample) -> int:
    return sum(s.n for s in (*sample.human, *sample.llm_only) if s is not None)


def _numbers(sample: Sample) -> int:
    sources = [s for s in (*sample.human, *sample.llm_only) if s is not None]
    return sum(s.c.size + (0 if s.y is None else s.n) if isinstance(s, Units) else s.scatter.size for s in sources)


def _n_estimates(sample: Sample, plan: Plan) -> int:
    return len(sample.arms) if plan.contrasts is None else len(plan.contrasts)


def _resampling(sample: Sample, plan: Plan) -> float:
    """Work of the intervals that draw or search, over all estimates and arms."""
    human = sum(s.n for s in sample.human)
    drawn = _drawn(sample, plan) if plan.interval in {"bootstrap", "bootstrap_t"} else 0.0
    per_interval = {
        "bootstrap": BOOTSTRAP * plan.replicates * drawn,
        "bootstrap_t": BOOTSTRAP * plan.replicates * drawn,
        "randomization": RANDOMIZATION * plan.replicates * human,
        "betting": BETTING + PER_HUMAN * human,
    }.get(plan.interval, 0.0)
    components = _n_components(sample, plan)
    estimates = components or _n_estimates(sample, plan)
    computed = estimates * (2 + (len(ESTIMATORS) if plan.compare else 0)) + len(sample.arms)
    again = REFIT * plan.replicates * min(human, LARGEST_SOURCE) * components**2 if per_interval else 0.0
    return per_interval * computed + again


def _drawn(sample: Sample, plan: Plan) -> float:
    """Units that one replicate of a bootstrap reads."""
    sources = [s for s in (*sample.human, *sample.llm_only) if s is not None]
    return min(sum(s.n if plan.model is not None else _cells(s) for s in sources), LARGEST_SOURCE)


def _cells(source: Units | Moments) -> int:
    """Units of a source, or what it costs to draw how often each combination of their values comes."""
    if not isinstance(source, Units) or source.weight is not None or source.cluster is not None:
        return source.n
    cells, most = 1, source.n // FEW
    for column in (*source.c, *(() if source.y is None else (source.y,))):
        cells *= _different(column, most // cells)
        if cells > most:
            return source.n
    return CELL * cells


def _different(column: FloatArray, most: int) -> int:
    """How many different values a column (n,) has, if these are not more than ``most`` at a glance."""
    few = len(np.unique(column[:GLANCED]))
    return few if few > most else len(np.unique(column))


def _n_components(sample: Sample, plan: Plan) -> int:
    """Coefficients of a model, at most; 0 for what is none."""
    if plan.model is None:
        return 0
    return (len(sample.terms) + len(sample.arms)) * max(1, len(sample.categories) - 1)


def _together(samples: Sequence[Sample], plan: Plan) -> float:
    """Work of simultaneous intervals over all estimates."""
    if plan.multiplicity != "max_t":
        return 0.0
    count = float(sum(times * _n_estimates(s, plan) for s, times in counted(samples)))
    alike = (sample for sample, _ in counted(samples))
    units = max(sum(s.n for s in (*sample.human, *sample.llm_only) if s is not None) for sample in alike)
    drawn = max(DRAWS * count * count, min(MOST_DRAWS * count * count, FREE_DRAWS))
    return DRAWN * drawn + HELD * count * units
