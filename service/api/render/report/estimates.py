"""Tables of estimates, arms and models of a calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from service.api.render.report.blocks import (
    Column,
    Table,
    between,
    chance,
    figure,
    leveled,
    name,
    point,
    status,
    table,
    words,
    yes,
)
from service.api.render.words import spoken

Row = dict[str, Any]
Rows = Sequence[Row]


def estimates(rows: Rows) -> Table:
    """Calibrated, by humans alone and by the LLM alone."""
    return table(
        "Calibrated estimates beside those of humans alone and of the LLM alone, which are exploratory",
        rows,
        *_identity(rows),
        ("calibrated", point),
        _interval(rows),
        ("standard error", lambda e: figure(e["standard_error"])),
        ("df", lambda e: figure(e["df"])),
        ("p-value", lambda e: chance(e["p_value"])),
        ("adjusted p-value", lambda e: chance(e["p_value_adjusted"])),
        ("humans alone", lambda e: point(e["human_only"])),
        ("interval of humans alone", lambda e: between(e["human_only"]["interval"])),
        ("LLM alone", lambda e: figure(e["llm_only"] and e["llm_only"]["estimate"])),
        ("claim", lambda e: status(e["claim"])),
    )


def humans(rows: Rows) -> Table:
    """What humans alone say, in full."""
    return table(
        "Humans alone",
        rows,
        *_identity(rows),
        ("humans", lambda e: figure(e["human_sample_size"])),
        ("estimate", lambda e: point(e["human_only"])),
        _interval([e["human_only"] for e in rows], lambda e: e["human_only"]),
        ("standard error", lambda e: figure(e["human_only"]["standard_error"])),
        ("df", lambda e: figure(e["human_only"]["df"])),
        ("p-value", lambda e: chance(e["human_only"]["p_value"])),
    )


def worth(rows: Rows) -> Table:
    """What the LLM's answers were worth to each estimate."""
    return table(
        "What the LLM's answers were worth: how many humans alone would be as precise, and variance over theirs",
        rows,
        *_identity(rows),
        ("humans", lambda e: figure(e["human_sample_size"])),
        ("worth humans", lambda e: figure(e["effective_sample_size"])),
        ("variance ratio", lambda e: figure(e["variance_ratio"])),
        ("PPI correlation", lambda e: figure(e["ppi_correlation"])),
        ("verdict", lambda e: words(spoken(e["verdict"]))),
    )


def models(rows: Rows) -> Table:
    """Each LLM's part."""
    return table(
        "Each LLM's part; what it says alone is exploratory",
        _joined(rows, "models"),
        ("model", lambda m: name(m["name"])),
        *_identity(rows, of=_whose),
        ("alone", lambda m: figure(m["llm_only"] and m["llm_only"]["estimate"])),
        ("PPI correlation", lambda m: figure(m["ppi_correlation"])),
        ("variance ratio without it", lambda m: figure(m["variance_ratio_without"])),
        ("correlation of its draws", lambda m: figure(m["icc"])),
        ("cross-fitted variance ratio", lambda m: figure(m["cross_fitted_variance_ratio"])),
        ("share of humans whose fold took it", lambda m: figure(m["selected_share"])),
    )


def alternatives(rows: Rows) -> Table:
    """The same by other estimators."""
    found = _joined(rows, "alternatives")
    return table(
        "The same by other estimators",
        found,
        *_identity(rows, of=_whose),
        ("estimator", lambda a: words(spoken(a["estimator"]))),
        ("estimate", point),
        _interval(found),
        ("standard error", lambda a: figure(a["standard_error"])),
        ("p-value", lambda a: chance(a["p_value"])),
        ("variance ratio", lambda a: figure(a["variance_ratio"])),
        ("worth humans", lambda a: figure(a["effective_sample_size"])),
    )


def pooled(rows: Rows) -> Table:
    """Subgroups drawn towards the mean of all."""
    found = [e for e in rows if e["pooled"]]
    return table(
        "Estimates of subgroups drawn towards the mean of all; shrinkage 1 is the mean",
        found,
        *_identity(found),
        ("pooled", lambda e: point(e["pooled"])),
        _interval([e["pooled"] for e in found], lambda e: e["pooled"]),
        ("shrinkage", lambda e: figure(e["pooled"]["shrinkage"])),
    )


def heterogeneity(rows: Rows) -> Table:
    """Whether subgroups differ by more than chance."""
    return table(
        "Whether an estimate differs between subgroups by more than chance",
        rows,
        *_identity(rows),
        ("subgroups", lambda h: figure(h["n_subgroups"])),
        ("Q", lambda h: figure(h["q"])),
        ("p-value", lambda h: chance(h["p_value"])),
        ("I squared", lambda h: figure(h["i_squared"])),
        ("SD between", lambda h: figure(h["between_sd"])),
    )


def arms(rows: Rows) -> Table:
    """Means and sizes."""
    return table(
        "Arms: calibrated means, sizes, and the share of the outcome's variance that the LLM explains",
        rows,
        *_identity(rows, "arm"),
        ("humans", lambda a: figure(a["n_human"])),
        ("LLM-only units", lambda a: figure(a["n_llm_only"])),
        ("mean", lambda a: point(a["mean"])),
        _interval([a["mean"] for a in rows], lambda a: a["mean"]),
        ("standard error", lambda a: figure(a["mean"]["standard_error"])),
        ("explained", lambda a: figure(a["r_squared"])),
        ("explained, adjusted", lambda a: figure(a["adjusted_r_squared"])),
        ("verdict", lambda a: words(spoken(a["verdict"]))),
    )


def predictions(rows: Rows) -> Table:
    """Every column of LLM answers in every arm."""
    return table(
        "Columns of LLM answers; tuning is the slope that was learned from humans",
        _joined(rows, "predictions"),
        ("model", lambda p: name(p["model"])),
        ("asked under", lambda p: name(p["arm"])),
        ("category", lambda p: name(p["category"])),
        *_identity(rows, "for arm", _whose),
        ("tuning", lambda p: figure(p["tuning"])),
        ("dispersion ratio", lambda p: figure(p["dispersion_ratio"])),
        ("without an answer", lambda p: figure(p["n_missing"])),
        ("dropped", lambda p: yes(p["dropped"])),
    )


def _joined(rows: Rows, field: str) -> Rows:
    """The entries of a list in every row, each with the row."""
    return [entry | {"of": row} for row in rows for entry in row[field]]


def _itself(row: Row) -> Row:
    return row


def _whose(entry: Row) -> Row:
    of: Row = entry["of"]
    return of


def _identity(rows: Rows, what: str = "estimate", of: Callable[[Row], Row] = _itself) -> Iterator[Column]:
    """The columns that say which; outcome and subgroup where there are several, component where there is one."""
    yield what, lambda row: name(of(row)["name"])
    for field in ("outcome", "component", "subgroup"):
        held = {row.get(field) for row in rows}
        if len(held) > 1 or (field == "component" and held != {None}):
            yield field, _named(field, of)


def _named(field: str, of: Callable[[Row], Row]) -> Callable[[Row], Any]:
    return lambda row: name(of(row).get(field))


def _interval(results: Rows, of: Callable[[Row], Row] = _itself) -> Column:
    """The intervals of results, their level in the heading."""
    return leveled("interval", [result["interval"] for result in results]), lambda row: between(of(row)["interval"])
