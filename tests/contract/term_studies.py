"""Studies whose covariates are a model's terms: arrays like every study's, read by way of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model
from service.calibration.sample import Column, Sample
from tests.calibration import choices, conjoints, models
from tests.calibration.studies import ARMS, Study

CODED = ("task", "cluster")  # covariates that are numbers of choice sets and of clusters
DESIGN = ("cluster", "stratum")  # columns that are no covariates of the table


@dataclass(frozen=True)
class TermStudy(Study):
    """A study with a model; the columns of ``model`` and ``CODED`` are covariates of the table."""

    model: Model = field(default_factory=Model)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def table(self) -> Table:
        sources = [*self.c, *(c for c in self.llm_only if c is not None)]
        c, human = np.concatenate(sources, axis=1), sum(y.size for y in self.y)
        others = c.shape[1] - human
        y = np.concatenate([*self.y, np.full(others, np.nan)])
        if self.categories:
            outcome: np.ndarray | Labels = Labels(
                np.where(np.isnan(y), -1, np.nan_to_num(y)).astype(int), self.categories
            )
        else:
            outcome = y
        rows = {column.name: c[j] for j, column in enumerate(self.columns) if column.kind == "covariate"}
        return Table(
            (("y", outcome),),
            tuple(self._predicted(c)),
            arm=self._arm() if len(self.y) > 1 else None,
            prediction_design=self.design if len(self.y) > 1 else None,
            covariates=tuple((name, self._read(name, row)) for name, row in rows.items() if name not in DESIGN),
            human=tuple((np.arange(c.shape[1]) < human).tolist()),
            survey=Survey(cluster=rows.get("cluster"), stratum=self._stratum(rows.get("stratum"))),
        )

    def _stratum(self, row: np.ndarray | None) -> Labels | None:
        return None if row is None else Labels(row.astype(int), ("north", "south", "west"))

    def _predicted(self, c: np.ndarray) -> list[PredictionColumn]:
        mine = [(column, c[j]) for j, column in enumerate(self.columns) if column.kind == "prediction"]
        found = [PredictionColumn(row, column.model, column.arm, category=column.category) for column, row in mine]
        if not self.categories:
            return found
        rest = {m: 1.0 - sum(row for column, row in mine if column.model == m) for m in self.models}
        return [*(PredictionColumn(row, m, category=self.categories[0]) for m, row in rest.items()), *found]

    def _arm(self) -> Labels:
        humans = np.repeat(np.arange(len(self.y)), [y.size for y in self.y])
        sizes = [0 if c is None else c.shape[1] for c in self.llm_only]
        pools = np.repeat(np.full(len(sizes), -1) if self.design == "shared" else np.arange(len(sizes)), sizes)
        return Labels(np.concatenate([humans, pools]), ARMS[: len(self.y)])

    def _read(self, name: str, row: np.ndarray) -> np.ndarray | Labels:
        return Labels(row.astype(int), self.levels[name]) if name in self.levels else row

    def samples(self) -> tuple[Sample, ...]:
        categories = Categories(self.categories) if self.categories else None
        return tuple(from_table(self.table(), "error", Reading(categories, self.model)))

    def sample(self) -> Sample:
        return self.samples()[0]


def doubled(study: Study) -> Study:
    """Every unit twice, its double in choice sets and clusters of its own."""
    step = np.array([[1e4 if column.name in CODED else 0.0] for column in study.columns])
    return study.with_rows(lambda z: np.hstack([z, z + np.vstack([np.zeros((z.shape[0] - step.shape[0], 1)), step])]))


def covariates(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "covariate", pointer=f"/data/covariates/{name}") for name in names)


def predictions(
    count: int, *, arms: tuple[str | None, ...] = (None,), category: str | None = None
) -> tuple[Column, ...]:
    """Columns model by model, each under every arm it was asked under."""
    return tuple(
        Column(f"m{k} {arm} {category}", "prediction", f"m{k}", arm, category=category)
        for k in range(count)
        for arm in arms
    )


Said = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
SAID: dict[str, Said] = {
    "linear": lambda y, _eta, noise: 0.6 * y + 0.5 * noise,
    "logistic": lambda y, eta, noise: 1.0 / (1.0 + np.exp(-(eta + 1.5 * (y - 0.5) + 0.7 * noise))),
    "poisson": lambda y, eta, noise: np.exp(eta + 0.3 * (y - np.exp(eta)) / np.sqrt(1.0 + np.exp(eta)) + 0.2 * noise),
}


def regression(
    seed: int,
    world: str,
    model: Model,
    n: tuple[int, ...] = (40,),
    m: int | None = 60,
    *,
    count: int = 1,
    shared: bool = False,
    strata: bool = False,
) -> TermStudy:
    """A linear, logistic or Poisson world with the covariates x, d (0 or 1) and z; ``m`` LLM-only units per pool.

    With ``strata`` every third unit is of the same of three, which differ in nothing.
    """
    rng = np.random.default_rng(seed)
    arms = ARMS[: len(n)]
    columns = predictions(count, arms=arms if shared else (None,)) + covariates("x", "d", "z")
    columns += covariates("stratum") if strata else ()

    def source(arm: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        x, d, z = rng.normal(size=size), rng.permutation(np.arange(size) % 2).astype(float), rng.normal(size=size)
        etas = [models.TRUTH @ np.stack((np.ones(size), x, d)) + 0.3 * a for a in range(len(arms))]
        answers = [models.outcomes(world, eta, rng)[0] for eta in etas]
        asked = range(len(arms)) if shared else (arm,)
        f = [SAID[world](answers[a], etas[a], rng.normal(size=size)) for _ in range(count) for a in asked]
        return answers[arm], np.vstack([*f, x, d, z, *([np.arange(size) % 3] if strata else [])])

    human = [source(d, size) for d, size in enumerate(n)]
    pools = 1 if shared else len(n)
    only = tuple(source(k, m)[1] if m else None for k in range(pools))
    design = "shared" if shared and len(n) > 1 else "independent"
    return TermStudy(tuple(y for y, _ in human), tuple(c for _, c in human), only, columns, design, (), model)


def of_arms(
    seed: int, *, n: tuple[int, ...], count: int = 1, shared: bool = False, world: str = "poisson"
) -> TermStudy:
    """Arms without a model; the covariates adjust, but for those that tell nothing of so few units."""
    whole = regression(seed, world, Model(), n, 60, count=count, shared=shared)
    keep = [j for j, column in enumerate(whole.columns) if column.name not in ("d", "z")]
    return replace(whole.with_c(lambda c: c[keep]), columns=tuple(whole.columns[j] for j in keep))


def correlated(seed: int, *, count: int = 1) -> TermStudy:
    """One term only, the covariate that the outcome goes with; the others adjust."""
    return regression(seed, "linear", Model(("x",)), (30,), 50, count=count)


def rated(
    seed: int, *, count: int = 1, clusters: bool = True, interactions: tuple[tuple[str, str], ...] = ()
) -> TermStudy:
    """A conjoint of six profiles a respondent."""
    of, rng = conjoints.conjoint(seed, 12, 14), np.random.default_rng(seed)
    f = [of.f, *(of.f + 0.5 * rng.normal(size=of.f.size) for _ in range(1, count))]
    names = tuple(conjoints.LEVELS)
    columns = predictions(count) + covariates(*names, *(("cluster",) if clusters else ()))
    c = np.vstack([*f, *of.shown, *((of.who,) if clusters else ())])
    model = replace(conjoints.MODEL, interactions=interactions)
    return TermStudy(
        (of.y[of.human],), (c[:, of.human],), (c[:, ~of.human],), columns, "independent", (), model, conjoints.LEVELS
    )


def chosen(seed: int, *, count: int = 1, clusters: bool = True, uneven: bool = False) -> TermStudy:
    """Choice sets of priced alternatives."""
    of, rng = choices.choices(seed, 16, 20, 3, uneven), np.random.default_rng(seed)
    f = [of.f, *(of.f ** np.exp(0.5 * rng.normal(size=of.f.size)) for _ in range(1, count))]
    columns = predictions(count) + covariates("price", "size", "task", *(("cluster",) if clusters else ()))
    c = np.vstack([*f, *of.x, of.task, *((of.who,) if clusters else ())])
    return TermStudy(
        (of.y[of.human],), (c[:, of.human],), (c[:, ~of.human],), columns, "independent", (), choices.PRICED
    )


def named(seed: int, *, count: int = 1, cross: bool = False) -> TermStudy:
    """Answers in three categories, and the LLMs' probabilities of them."""
    n, total = 80, 180
    age, codes, p = choices.answered(seed, total)
    rng = np.random.default_rng(seed)
    others = [p ** np.exp(0.3 * rng.normal(size=total)) for _ in range(1, count)]
    f = [p, *(q / q.sum(axis=0) for q in others)]
    names = choices.TRANSPORT
    columns = tuple(
        Column(f"m{k} {name}", "prediction", f"m{k}", category=name) for k in range(count) for name in names[1:]
    ) + covariates("age")
    c = np.vstack([*(q[1:] for q in f), age])
    model = replace(choices.AGED, cross=cross)
    return TermStudy((codes[:n].astype(float),), (c[:, :n],), (c[:, n:],), columns, "independent", names, model)
