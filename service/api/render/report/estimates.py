"""Tables of estimates, arms and models of a calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.api.render.report.blocks import Cell, Table, between, chance, figure, name, status, table, words, yes
from service.api.render.words import spoken

Rows = Sequence[dict[str, Any]]
Columns = list[tuple[str, list[Cell]]]


def estimates(rows: Rows) -> Table:
    """Calibrated, by humans alone and by the LLM alone."""
    return table(
        "Calibrated estimates beside those of humans alone and of the LLM alone",
        [
            *_identity(rows),
            ("calibrated", [figure(e["estimate"]) for e in rows]),
            ("interval", [_interval(e) for e in rows]),
            ("standard error", [figure(e["standard_error"]) for e in rows]),
            ("df", [figure(e["df"]) for e in rows]),
            ("p-value", [chance(e["p_value"]) for e in rows]),
            ("adjusted p-value", [chance(e["p_value_adjusted"]) for e in rows]),
            ("humans alone", [figure(e["human_only"]["estimate"]) for e in rows]),
            ("interval of humans alone", [_interval(e["human_only"]) for e in rows]),
            ("LLM alone", [figure(e["llm_only"] and e["llm_only"]["estimate"]) for e in rows]),
            ("claim", [status(e["claim"]) for e in rows]),
        ],
    )


def worth(rows: Rows) -> Table:
    """What the LLM's answers were worth to each estimate."""
    return table(
        "What the LLM's answers were worth: how many humans alone would be as precise, and variance over theirs",
        [
            *_identity(rows),
            ("humans", [figure(e["human_sample_size"]) for e in rows]),
            ("worth humans", [figure(e["effective_sample_size"]) for e in rows]),
            ("variance ratio", [figure(e["variance_ratio"]) for e in rows]),
            ("PPI correlation", [figure(e["ppi_correlation"]) for e in rows]),
            ("verdict", [words(spoken(e["verdict"])) for e in rows]),
        ],
    )


def models(rows: Rows) -> Table:
    """Each LLM's part."""
    pairs = [(e, m) for e in rows for m in e["models"]]
    of = [e for e, _ in pairs]
    return table(
        "Each LLM's part; what it says alone is exploratory",
        [
            ("model", [name(m["name"]) for _, m in pairs]),
            *_identity(of),
            ("alone", [figure(m["llm_only"] and m["llm_only"]["estimate"]) for _, m in pairs]),
            ("PPI correlation", [figure(m["ppi_correlation"]) for _, m in pairs]),
            ("variance ratio without it", [figure(m["variance_ratio_without"]) for _, m in pairs]),
            ("correlation of its draws", [figure(m["icc"]) for _, m in pairs]),
            ("cross-fitted variance ratio", [figure(m["cross_fitted_variance_ratio"]) for _, m in pairs]),
            ("share of folds that took it", [figure(m["selected_share"]) for _, m in pairs]),
        ],
    )


def alternatives(rows: Rows) -> Table:
    """The same by other estimators."""
    pairs = [(e, a) for e in rows for a in e["alternatives"]]
    return table(
        "The same by other estimators",
        [
            *_identity([e for e, _ in pairs]),
            ("estimator", [words(spoken(a["estimator"])) for _, a in pairs]),
            ("estimate", [figure(a["estimate"]) for _, a in pairs]),
            ("interval", [_interval(a) for _, a in pairs]),
            ("standard error", [figure(a["standard_error"]) for _, a in pairs]),
            ("p-value", [chance(a["p_value"]) for _, a in pairs]),
            ("variance ratio", [figure(a["variance_ratio"]) for _, a in pairs]),
        ],
    )


def pooled(rows: Rows) -> Table:
    """Subgroups drawn towards the mean of all."""
    found = [e for e in rows if e["pooled"]]
    return table(
        "Estimates of subgroups drawn towards the mean of all; shrinkage 1 is the mean",
        [
            *_identity(found),
            ("pooled", [figure(e["pooled"]["estimate"]) for e in found]),
            ("interval", [_interval(e["pooled"]) for e in found]),
            ("shrinkage", [figure(e["pooled"]["shrinkage"]) for e in found]),
        ],
    )


def heterogeneity(rows: Rows) -> Table:
    """Whether subgroups differ by more than chance."""
    return table(
        "Whether an estimate differs between subgroups by more than chance",
        [
            *_identity(rows),
            ("subgroups", [figure(h["n_subgroups"]) for h in rows]),
            ("Q", [figure(h["q"]) for h in rows]),
            ("p-value", [chance(h["p_value"]) for h in rows]),
            ("I squared", [figure(h["i_squared"]) for h in rows]),
            ("SD between", [figure(h["between_sd"]) for h in rows]),
        ],
    )


def arms(rows: Rows) -> Table:
    """Means and sizes."""
    return table(
        "Arms: calibrated means, sizes, and the share of the outcome's variance that the LLM explains",
        [
            *_identity(rows, "arm"),
            ("humans", [figure(a["n_human"]) for a in rows]),
            ("LLM-only units", [figure(a["n_llm_only"]) for a in rows]),
            ("mean", [figure(a["mean"]["estimate"]) for a in rows]),
            ("interval", [_interval(a["mean"]) for a in rows]),
            ("explained", [figure(a["r_squared"]) for a in rows]),
            ("explained, adjusted", [figure(a["adjusted_r_squared"]) for a in rows]),
            ("verdict", [words(spoken(a["verdict"])) for a in rows]),
        ],
    )


def predictions(rows: Rows) -> Table:
    """Every column of LLM answers in every arm."""
    pairs = [(a, p) for a in rows for p in a["predictions"]]
    return table(
        "Columns of LLM answers; tuning is the slope that was learned from humans",
        [
            ("model", [name(p["model"]) for _, p in pairs]),
            ("asked under", [name(p["arm"]) for _, p in pairs]),
            ("category", [name(p["category"]) for _, p in pairs]),
            *_identity([a for a, _ in pairs], "for arm"),
            ("tuning", [figure(p["tuning"]) for _, p in pairs]),
            ("dispersion ratio", [figure(p["dispersion_ratio"]) for _, p in pairs]),
            ("without an answer", [figure(p["n_missing"]) for _, p in pairs]),
            ("dropped", [yes(p["dropped"]) for _, p in pairs]),
        ],
    )


def _identity(rows: Rows, what: str = "estimate") -> Columns:
    """The columns that say which; outcome and subgroup where there are several."""
    columns: Columns = [(what, [name(row["name"]) for row in rows])]
    for head, field in (("outcome", "outcome"), ("component", "component"), ("subgroup", "subgroup")):
        held = [row.get(field) for row in rows]
        if len(set(held)) > 1 or (field == "component" and any(held)):
            columns.append((head, [name(text) for text in held]))
    return columns


def _interval(result: dict[str, Any]) -> Cell:
    return between(result["interval"])
