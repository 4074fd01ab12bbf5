"""A small wire contract with every kind of type the real ones have; tests of the decoder read it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Binary(Strict):
    dtype: Literal["<f8", "|i1"]
    data: str


Column = list[float | None] | Binary


class Arm(Strict):
    name: Annotated[str, Meta(min_length=1)]
    human: Column
    llm: Column | None = None


class Arrays(Strict, tag_field="layout", tag="arrays"):
    arms: Annotated[list[Arm], Meta(min_length=1, max_length=3)]


class Table(Strict, tag_field="layout", tag="table"):
    outcomes: dict[str, list[float | None]]
    arm: list[str | None] | None = None
    covariates: dict[str, list[float | str | None]] | None = None
    weight: list[float] | None = None


class Plan(Strict):
    """The plan of the stand-in."""

    estimator: Literal["auto", "ppi"] = "auto"
    confidence_level: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    replicates: Annotated[int, Meta(ge=1, le=10_000)] = 1999
    compare: bool = False
    costs: dict[str, Annotated[float, Meta(ge=0)]] | None = None
    target: float | list[float] | None = None


class Study(Strict):
    data: Arrays | Table
    plan: Plan | None = None
