"""The grid: every estimand at a small, a middle and a large size, and at the middle size one thing harder at a time.

To add a cell, add a line. The truth of every cell is exact, or that of ``truths.json``.
Left out: ``partial_pooling`` draws estimates towards each other and is no interval of one truth; clusters of
``multinomial`` and twins of ``amce``, ``conditional_logit`` and ``correlation``, which have no arms.
"""

from __future__ import annotations

from dataclasses import replace

from service.calibration.plan import Plan
from tests.coverage.estimands.cell import Cell
from tests.coverage.estimands.kinds import CATEGORIES, KINDS
from tests.coverage.estimands.means import Mean
from tests.coverage.estimands.people import People
from tests.coverage.estimands.profiles import Choosing, Rated
from tests.coverage.estimands.skewed import Skewed
from tests.coverage.estimands.summaries import Fitted
from tests.coverage.estimands.tables import Imputed, Plugged, Stratified
from tests.coverage.imputed import PLANS as PLANS_OF_IMPUTED
from tests.coverage.imputed import SIZES as SIZES_OF_IMPUTED
from tests.coverage.plug_ins import KINDS as KINDS_OF_PLUG_INS
from tests.coverage.plug_ins import SIZES as SIZES_OF_PLUG_INS
from tests.coverage.stratified_coefficients import CELLS as CELLS_OF_STRATA
from tests.coverage.stratified_coefficients import MODEL as MODEL_OF_STRATA

CLOSED, ITERATIVE, FEWER, SLOW, SLOWEST = 4_000, 2_000, 1_000, 500, 250
REGRESSIONS = ("linear", "logistic", "poisson", "multinomial")
REPLICATES = {  # of the centre, of what is harder
    "linear": (CLOSED, ITERATIVE),
    "correlation": (CLOSED, ITERATIVE),
    "logistic": (ITERATIVE, ITERATIVE),
    "poisson": (ITERATIVE, FEWER),
    "multinomial": (FEWER, FEWER),
}
SIZES = {"multinomial": (60, 150, 400)}
USUAL = (30, 100, 400)
MIDDLE = 1
RESAMPLED = 499  # resamples per study
LONGER = ("clusters, bootstrap", "sampling probabilities, bootstrap", "sampling probabilities, bootstrap_t")
ESTIMATORS = ("regression", "plug_in_bias")
RECALIBRATED = ("regression", "recalibrated", "plug_in_bias")


def asked(study: People, **more) -> Plan:
    """The plan for a study of people."""
    estimand = KINDS[study.kind].estimand
    categories = CATEGORIES if estimand == "multinomial" else None
    control = None if study.arms is None else "control"
    return Plan(estimand=estimand, model=study.model, categories=categories, control=control, **more)


def cell(departure: str, study: People, replicates: int | None = None, also: tuple[str, ...] = (), **plan) -> Cell:
    """One cell of people."""
    estimand = KINDS[study.kind].estimand
    centre, harder = REPLICATES[estimand]
    made = asked(study, compare=bool(also), **plan)
    return Cell(estimand, departure, study, made, replicates or (centre if departure == "centre" else harder), also)


def sizes(kind: str) -> tuple[int, int, int]:
    """Small, middle and large number of humans."""
    return SIZES.get(kind, USUAL)


def _regression(kind: str) -> list[Cell]:
    """A regression at three sizes, then its departures at the middle size."""
    middle = People(kind, sizes(kind)[MIDDLE])
    rare = replace(middle, kind="share" if kind == "linear" else kind, rare=True)
    twins = replace(middle, arms="shared")
    return [
        *(cell("centre", People(kind, n)) for n in sizes(kind)),
        cell("worthless LLM", replace(middle, rho=0.0)),
        cell("biased LLM", replace(middle, biased=True)),
        cell("weights", replace(middle, weighted=True)),
        cell("clusters", replace(middle, clusters="apart")),
        cell("clusters of humans and LLM-only units", replace(middle, clusters="spanning")),
        cell("clusters not told", replace(middle, clusters="spanning", told=False)),
        cell("two arms", replace(middle, arms="independent")),
        cell("twins, randomization", twins),
        cell("twins, exchangeability", twins, identification="exchangeability"),
        cell("5 % answer yes" if kind != "poisson" else "mean count 0.05", rare),
        cell("5 % answer yes, 400 humans" if kind != "poisson" else "mean count 0.05, 400", replace(rare, n=400)),
        cell("sampling probabilities", replace(middle, sampled=True)),
        cell("sampling probabilities, design_based", replace(middle, sampled=True), estimator="design_based"),
    ]


def _linear() -> list[Cell]:
    """What only the linear model is tried on."""
    middle = People("linear", sizes("linear")[MIDDLE])
    return [
        cell("residuals that spread", replace(middle, spread=True)),
        cell("a curved mean", replace(middle, curved=True)),
        cell("weights tied to the LLM", replace(middle, weighted=True, tied=True)),
        cell("clusters, weights", replace(middle, clusters="apart", weighted=True)),
        cell("13 LLMs", People("linear", 60, only=5, llms=13), FEWER),
        cell("13 worthless LLMs", People("linear", 60, only=5, llms=13, rho=0.0), FEWER),
        cell("two subgroups", replace(middle, n=200, groups=True), FEWER),
    ]


def _estimators() -> list[Cell]:
    """Estimators beside ``auto``, on the same studies; ``recalibrated`` is refused for coefficients."""
    mean = Plan(estimand="mean", compare=True)
    return [
        *(
            cell("other estimators", People(kind, n), also=ESTIMATORS)
            for kind in ("linear", "logistic")
            for n in sizes(kind)[:2]
        ),
        *(
            Cell("mean", f"other estimators, {llm} LLM", Mean(n, llm == "curved"), mean, ITERATIVE, RECALIBRATED)
            for llm in ("straight", "curved")
            for n in USUAL
        ),
    ]


def _correlation() -> list[Cell]:
    middle = People("correlation", sizes("correlation")[MIDDLE])
    return [
        *(cell("centre", People("correlation", n)) for n in sizes("correlation")),
        cell("worthless LLM", replace(middle, rho=0.0)),
        cell("biased LLM", replace(middle, biased=True)),
        cell("weights", replace(middle, weighted=True)),
        cell("clusters", replace(middle, clusters="apart")),
        cell("clusters of humans and LLM-only units", replace(middle, clusters="spanning")),
        cell("5 % answer yes", replace(middle, kind="share correlation", rare=True)),
        cell("sampling probabilities", replace(middle, sampled=True)),
        cell("sampling probabilities, design_based", replace(middle, sampled=True), estimator="design_based"),
    ]


def quantile(departure: str, study: Skewed, replicates: int = FEWER, **plan) -> Cell:
    """One cell of quantiles."""
    name = "quantile" if study.arms is None else "quantile effect"
    return Cell(name, departure, study, Plan(estimand="quantile", quantiles=study.q, **plan), replicates)


def _quantiles() -> list[Cell]:
    middle = Skewed(100)
    two = replace(middle, arms="independent")
    twins = replace(middle, arms="shared")
    return [
        *(quantile("centre", Skewed(n)) for n in USUAL),
        quantile("worthless LLM", replace(middle, rho=0.0)),
        quantile("biased LLM", replace(middle, biased=True)),
        quantile("q = .05", replace(middle, q=(0.05,))),
        quantile("Likert answers", replace(middle, likert=True)),
        quantile("weights", replace(middle, weighted=True), SLOWEST),
        quantile("clusters", replace(middle, clusters="apart"), SLOWEST),
        quantile("clusters of humans and LLM-only units", replace(middle, clusters="spanning"), SLOW),
        quantile("sampling probabilities", replace(middle, sampled=True), SLOWEST),
        *(quantile("centre", replace(two, n=n), SLOW) for n in USUAL),
        quantile("twins, randomization", twins, SLOWEST),
        quantile("twins, exchangeability", twins, SLOWEST, identification="exchangeability"),
    ]


def conjoint(departure: str, study: Rated | Choosing, replicates: int | None = None, **plan) -> Cell:
    """One cell of a conjoint."""
    if isinstance(study, Choosing):
        asks = Plan(estimand="conditional_logit", model=study.model, **plan)
        return Cell("conditional_logit", departure, study, asks, replicates or FEWER)
    name = "amce interactions" if study.pairs else "amce"
    return Cell(name, departure, study, Plan(estimand="amce", model=study.model, **plan), replicates or SLOW)


def _conjoints(kind: type[Rated | Choosing]) -> list[Cell]:
    middle = kind(100)
    return [
        *(conjoint("centre", kind(n)) for n in (30, 100, 300)),
        conjoint("worthless LLM", replace(middle, rho=0.0)),
        conjoint("biased LLM", replace(middle, biased=True)),
        conjoint("weights of respondents", replace(middle, weighted=True)),
        conjoint("LLM-only answers of the same respondents", replace(middle, spanning=True)),
        conjoint("respondents not told", replace(middle, told=False)),
        conjoint("5 % answer yes" if kind is Rated else "an attribute of 5 %", replace(middle, rare=True)),
    ]


def _interactions() -> list[Cell]:
    middle = Rated(100, pairs=True)
    return [
        *(conjoint("centre", replace(middle, n=n)) for n in (30, 100, 300)),
        conjoint("5 % answer yes", replace(middle, rare=True)),
    ]


def summary(departure: str, study: Fitted, **plan) -> Cell:
    """One cell of the layout ``summary``."""
    return Cell("summary", departure, study, Plan(**plan), CLOSED)


def _summaries() -> list[Cell]:
    middle = People("linear", 100)
    return [
        *(summary("classical covariances", Fitted(replace(middle, n=n))) for n in USUAL),
        *(summary("robust covariances", Fitted(replace(middle, n=n), robust=True)) for n in USUAL),
        summary("classical, every gamma", Fitted(middle, cross=True)),
        summary("worthless LLM", Fitted(replace(middle, rho=0.0))),
        summary("biased LLM", Fitted(replace(middle, biased=True))),
        summary("residuals that spread, robust", Fitted(replace(middle, spread=True), robust=True)),
        summary("residuals that spread, classical", Fitted(replace(middle, spread=True))),
    ]


def _bootstraps() -> list[Cell]:
    """Resampled intervals of coefficients."""
    rare = People("share", 400, rare=True)
    wanted = [
        *(("centre", People(kind, n)) for kind in ("linear", "logistic") for n in sizes(kind)[:2]),
        *(("clusters", People(kind, 100, clusters="apart")) for kind in ("linear", "logistic")),
        ("5 % answer yes, 400 humans", rare),
        ("centre", People("linear", 20)),
        ("centre", People("correlation", 20)),
        ("sampling probabilities", People("linear", 100, sampled=True)),
    ]
    return [
        Cell(KINDS[study.kind].estimand, f"{departure}, {interval}", study, plan, replicates)
        for interval in ("bootstrap", "bootstrap_t")
        for departure, study in wanted
        for plan in (asked(study, interval=interval, replicates=RESAMPLED, seed=1),)
        for replicates in (FEWER if f"{departure}, {interval}" in LONGER else SLOW,)
    ]


def _plug_ins() -> list[Cell]:
    return [
        Cell("plug_in", f"{statistic}: {population}", study, plan, SLOW)
        for statistic, populations in KINDS_OF_PLUG_INS.items()
        for population in populations
        for n in SIZES_OF_PLUG_INS
        for study in (Plugged(statistic, population, n),)
        for plan in (Plan(estimand="plug_in", statistic=statistic, model=study.model),)
    ]


def _imputed() -> list[Cell]:
    known = {
        "both": "imputed covariate",
        "x only": "imputed covariate, y known",
        "one of two": "imputed covariate, 2 LLMs",
    }
    return [
        Cell(plan.estimand, ("spearman: " if name == "spearman" else "") + known[case], study, plan, FEWER)
        for name, asks in PLANS_OF_IMPUTED.items()
        for plan in (replace(asks, estimator="auto"),)
        for case in known
        for n in SIZES_OF_IMPUTED
        for study in (Imputed(name, case, n),)
    ]


def _strata() -> list[Cell]:
    return [
        Cell(study.of.kind, departure, study, plan, FEWER)
        for study in map(Stratified, CELLS_OF_STRATA)
        for shares in ("stated shares" if study.of.stated else "the sample's shares",)
        for departure in (f"four strata, {shares}" + (", clusters" if study.of.together > 1 else ""),)
        for plan in (Plan(estimand=study.of.kind, model=MODEL_OF_STRATA, stratum_shares=study.shares),)
    ]


GRID: tuple[Cell, ...] = (
    *(c for kind in REGRESSIONS for c in _regression(kind)),
    *_linear(),
    *_strata(),
    *_imputed(),
    *_bootstraps(),
    *_correlation(),
    *_quantiles(),
    *_conjoints(Rated),
    *_interactions(),
    *_conjoints(Choosing),
    *_plug_ins(),
    *_summaries(),
    *_estimators(),
)
