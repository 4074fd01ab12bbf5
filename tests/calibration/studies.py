"""Studies for the tests: plain arrays, their way into a sample, and a seeded generator of many kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from service.calibration.errors import CalibrationError
from service.calibration.layouts.categories import components
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.moments import of_columns
from service.calibration.sample import Column, Sample

ARMS = ("control", "treatment", "third", "fourth")
OUTCOMES = {
    "gaussian": lambda u: u,
    "binary": lambda u: (u > 0.0).astype(float),
    "likert": lambda u: np.clip(np.round(3.0 + 1.2 * u), 1.0, 5.0),
    "skewed": lambda u: np.exp(0.8 * u),
}


@dataclass(frozen=True)
class Study:
    """Human outcomes y (n,) and columns c (p, n) by arm; columns (p, m) or None by pool.

    With ``categories`` the outcomes are their codes and every prediction column is one of them.
    """

    y: tuple[np.ndarray, ...]
    c: tuple[np.ndarray, ...]
    llm_only: tuple[np.ndarray | None, ...]
    columns: tuple[Column, ...]
    design: str = "independent"
    categories: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        return ARMS[: len(self.y)]

    @property
    def predictions(self) -> list[int]:
        return [j for j, column in enumerate(self.columns) if column.kind == "prediction"]

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(c.model for c in self.columns if c.model is not None))

    def sample(self) -> Sample:
        return finish(
            Draft(
                arms=self.arms,
                prediction_design=self.design,
                outcome="y",
                y=self.y,
                columns=tuple(
                    DraftColumn(
                        column,
                        tuple(c[j] for c in self.c),
                        tuple(None if c is None else c[j] for c in self.llm_only),
                    )
                    for j, column in enumerate(self.columns)
                ),
                pools=tuple(0 if c is None else c.shape[1] for c in self.llm_only),
                pointers=tuple(f"/data/arms/{d}/human" for d in range(len(self.y))),
                categories=self.categories,
            )
        )

    def samples(self) -> tuple[Sample, ...]:
        """The sample, or one for the share of each category."""
        return components(self.sample(), self.categories) if self.categories else (self.sample(),)

    def with_y(self, change) -> Study:
        return replace(self, y=tuple(change(y) for y in self.y))

    def with_c(self, change) -> Study:
        """Every source's columns (p, units) through one function."""
        return replace(
            self,
            c=tuple(change(c) for c in self.c),
            llm_only=tuple(None if c is None else change(c) for c in self.llm_only),
        )

    def with_rows(self, change) -> Study:
        """Every source's (columns, units) table, outcome first for humans, through one function of whole units."""
        human = [change(np.vstack([y, c])) for y, c in zip(self.y, self.c, strict=True)]
        return replace(
            self,
            y=tuple(h[0] for h in human),
            c=tuple(h[1:] for h in human),
            llm_only=tuple(None if c is None else change(c) for c in self.llm_only),
        )


def simulate(
    seed: int,
    n: tuple[int, ...] = (20, 25),
    m: int | tuple[int, ...] | None = None,
    *,
    design: str = "independent",
    outcome: str = "gaussian",
    models: int = 1,
    covariates: int = 0,
    quality: float = 0.7,
) -> Study:
    """A seeded study; ``quality`` is how much of the latent answer an LLM knows, ``m`` LLM-only units per pool."""
    rng = np.random.default_rng(seed)
    arms = range(len(n))
    twins = design == "shared" and len(n) > 1
    columns = tuple(
        Column(f"m{k} {a}", "prediction", f"m{k}", a, pointer=f"/data/predictions/{k}")
        for k in range(models)
        for a in (ARMS[: len(n)] if twins else (None,))
    ) + tuple(Column(f"x{k}", "covariate", pointer=f"/data/covariates/x{k}") for k in range(covariates))
    respond = OUTCOMES[outcome]

    def source(arm: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        person, x = rng.normal(size=size), rng.normal(size=(covariates, size))
        person = person + 0.5 * x.sum(axis=0)
        latent = [0.6 * person + 0.8 * rng.normal(size=size) + 0.4 * d for d in arms]
        asked = arms if twins else (arm,)
        f = [
            0.8 * quality * latent[d] + 0.2 + 0.1 * k + (0.4 + 0.1 * k) * rng.normal(size=size)
            for k in range(models)
            for d in asked
        ]
        return respond(latent[arm]), np.vstack([*f, x])

    human = [source(d, size) for d, size in zip(arms, n, strict=True)]
    pools = 1 if twins else len(n)
    sizes = m if isinstance(m, tuple) else (m,) * pools
    only = tuple(source(k, size)[1] if size else None for k, size in enumerate(sizes))
    return Study(tuple(y for y, _ in human), tuple(c for _, c in human), only, columns, design)


def categorised(study: Study, names: tuple[str, ...] = ("low", "middle", "high")) -> Study:
    """The study with answers cut into categories of equal size: outcomes arm by arm, predictions column by column."""
    k = len(names)
    inner = np.arange(1, k) / k

    def cut(values: np.ndarray, by: np.ndarray) -> np.ndarray:
        return np.searchsorted(np.quantile(by, inner), values)

    def chosen(c: np.ndarray) -> np.ndarray:
        rows = []
        for j, column in enumerate(study.columns):
            if column.kind != "prediction":
                rows.append(c[j])
                continue
            codes = cut(c[j], np.concatenate([own[j] for own in study.c]))
            rows += [(codes == i).astype(float) for i in range(1, k)]
        return np.array(rows)

    columns = []
    for column in study.columns:
        own = [replace(column, name=f"{column.name} {name}", category=name) for name in names[1:]]
        columns += own if column.kind == "prediction" else [column]
    shares = study.with_c(chosen)
    y = tuple(cut(y, y).astype(float) for y in study.y)
    return replace(shares, y=y, columns=tuple(columns), categories=names)


def as_moments(sample: Sample) -> Sample:
    """The same sample without its rows."""
    return replace(
        sample,
        human=tuple(of_columns(np.vstack([s.y, s.c])) for s in sample.human),
        llm_only=tuple(None if s is None else of_columns(s.c) for s in sample.llm_only),
    )


def problems(refusal: CalibrationError) -> list[tuple[str, str]]:
    """Place and code of every problem."""
    return [(p.pointer, p.code) for p in refusal.problems]
