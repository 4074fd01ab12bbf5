"""Cells whose coverage is below nominal without a warning in half of their answers, each with the reason."""

from __future__ import annotations

NOT_TOLD = "the caller's mistake, and nothing in the data shows it: clusters that are not told"
CURVED = (
    "`plug_in_bias` alone, which takes the long tail of such an LLM as it is, three times as wide as human-only: asked "
    "for by itself, `llm_harms` is said"
)

EXCEPTIONS = {
    "linear, clusters not told, 100": NOT_TOLD,
    "logistic, clusters not told, 100": NOT_TOLD,
    "poisson, clusters not told, 100": NOT_TOLD,
    "multinomial, clusters not told, 150": NOT_TOLD,
    **{f"mean, other estimators, curved LLM, {n}": CURVED for n in (30, 100, 400)},
    "plug_in, variance: skewed, 20": "twenty answers hardly show their tails: `long_tails` in 44%",
    "summary, residuals that spread, classical, 100": "the caller's mistake: covariances that do not fit the residuals",
}
