"""The page docs/estimand_coverage.md, written from the rows and nothing else.

    python -m tests.coverage.estimands.page > docs/estimand_coverage.md

A row fails when its coverage is below .95 by more than ERRORS Monte Carlo errors; ``unexplained`` are the failing cells
whose service answers carry none of the WARNINGS in half of the replicates, and that EXCEPTIONS does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.coverage.estimands.exceptions import EXCEPTIONS
from tests.coverage.estimands.simulate import RESULTS
from tests.coverage.simulate import read

PAGE = Path(__file__).parents[3] / "docs" / "estimand_coverage.md"
NOMINAL, ERRORS, ENOUGH = 0.95, 3.0, 0.5
WARNINGS = {
    "few_humans": "few humans",
    "few_clusters": "few clusters",
    "unequal_weights": "very unequal weights",
    "cluster_advised": "several answers per respondent, no clusters told",
    "small_summary": "robust covariances of few humans",
    "skewed_influence": "a coefficient that few answers make up",
    "few_to_resample": "a bootstrap of few clusters, or of few humans of known probabilities",
    "long_tails": "a statistic of squares or ranks of long-tailed answers",
    "rare_outcome": "fewer than five answers of the rarer kind",
}
HEADS = {
    "linear": ("intercept", "x", "z or arm"),
    "logistic": ("intercept", "x", "z or arm"),
    "poisson": ("intercept", "x", "z or arm"),
    "multinomial": ("bus: intercept", "bus: x", "bus: z or arm", "car: intercept", "car: x", "car: z or arm"),
    "correlation": ("estimate",),
    "quantile": ("q = .25", "q = .5"),
    "quantile effect": ("q = .25", "q = .5"),
    "amce": ("effect of college", "effect of nurse", "effect of m", "mean at none", "mean at m"),
    "amce interactions": ("college with doctor", "school with nurse", "mean of college, doctor"),
    "conditional_logit": ("price", "size"),
    "plug_in": ("estimate",),
    "summary": ("intercept", "x", "z"),
}
OTHERS = "other estimators"

INTRODUCTION = """\
# Coverage of every estimand

How often do 95 % intervals of coefficients, quantiles, choices and conjoint effects contain the truth? Simulated
studies with a known truth, analysed by the service's own `calibrate()`: three sizes, then at the middle size one thing
harder at a time. Means and proportions are in [coverage.md](coverage.md) and [departures.md](departures.md).

An entry is the coverage, and in brackets the mean width of the interval relative to human-only. ▼ marks coverage below
.95 by more than three Monte Carlo errors; ± is one Monte Carlo error of a coverage of .95. All such cells stand again
in the last table, with the warning that the service gives there or the reason why it gives none. Unless said
otherwise: estimator `auto`, ten LLM-only units per human (three per respondent of a conjoint), and an LLM whose noise
correlates .7 with the humans' (.6 in conjoints). `n` is humans; per arm for quantile effects, respondents for `amce`
and `conditional_logit`. Studies without an answer are left out; "refused" is their share."""

NOTES = {
    "linear": """Terms x (normal) and z (two values), or the randomised arm as `treatment`. "5 % answer yes" is a linear
probability model. Weights depend on x, or on what the LLM says; clusters hold 4 humans, and LLM-only units in clusters
of their own or, 40 at a time, in the humans'. The four strata are those of
`tests/coverage/stratified_coefficients.py`, imputed covariates those of `tests/coverage/imputed.py` (x is the only
term).""",
    "multinomial": """Three categories, so that every coefficient comes twice; "5 % answer yes": 5 % choose the first of
the two.""",
    "quantile": """A log-normal outcome. With Likert answers an interval is often a single answer. "Open" intervals have
one end and count in no width.""",
    "quantile effect": "Two arms, the outcome of the second 1.5 times as large.",
    "amce interactions": "The interactions of education and job, and the mean of a combination.",
    "plug_in": """The populations of `tests/coverage/plug_ins.py`: normal, log-normal or Likert answers; normal pairs of
that correlation; the two arms' risks. `n` is per arm where arms are compared.""",
    "amce": "Six profiles each, the respondent as cluster; five of the thirteen effects and marginal means.",
    "conditional_logit": """Four sets of three alternatives each; respondents differ in taste. The truth is the fit to
1.6 million simulated sets (standard error .001, of the rare attribute .004).""",
    "summary": """Least squares fitted elsewhere; only coefficients and covariances are sent, classical or robust (HC2).
"Classical" where residuals spread is the sender's mistake.""",
}
COMMANDS = """\
## Make it again

```sh
python -m tests.coverage.estimands.simulate --workers 2
python -m tests.coverage.estimands.page > docs/estimand_coverage.md
```

A cell is one line of `tests/coverage/estimands/grid.py`. Not simulated: `partial_pooling` draws subgroups towards each
other and is no interval of one truth. `amce`, `conditional_logit`, `correlation` have no arms here, hence no twins."""

Key = tuple[str, str, int]


def key(row: Mapping) -> Key:
    """The cell of a row."""
    return row["estimand"], row["departure"], row["n"]


def name(of: Key) -> str:
    """A cell as it is called everywhere."""
    return f"{of[0]}, {of[1]}, {of[2]}"


def fails(row: Mapping) -> bool:
    """Whether coverage is too low by more than its Monte Carlo error."""
    return bool(row["coverage"] < NOMINAL - ERRORS * row["coverage_mc_error"])


def warned(row: Mapping) -> dict[str, float]:
    """The relevant warnings of a row that half of its replicates carry."""
    return {code: share for code, share in row["warnings"].items() if code in WARNINGS and share >= ENOUGH}


def unexplained(rows: Iterable[Mapping]) -> list[str]:
    """Cells that fail without a warning or a stated reason."""
    return list(
        dict.fromkeys(name(key(r)) for r in rows if fails(r) and not warned(r) and name(key(r)) not in EXCEPTIONS)
    )


def _number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _entry(row: Mapping) -> str:
    width = "" if row["width_ratio"] is None else f" ({row['width_ratio']:.2f})"
    unbounded = f", {row['open']:.0%} open" if row["open"] >= 0.005 else ""
    return _number(row["coverage"]) + ("▼" if fails(row) else "") + width + unbounded


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    return ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(line)} |" for line in lines)]


def _chance(row: Mapping) -> str:
    return f"±{(0.05 * 0.95 / row['replicates']) ** 0.5:.4f}".replace("0.", ".")


def _refused(row: Mapping) -> str:
    share = 1.0 - row["answered"] / row["replicates"]
    return f"{share:.1%}" if share else ""


def _section(estimand: str, rows: Sequence[Mapping]) -> str:
    heads, lines = HEADS[estimand], []
    for of, found in groupby(rows, key):
        mine = list(found)
        entries = [_entry(r) for r in mine]
        entries = entries if len(entries) == len(heads) or of[1] == "two subgroups" else entries[: len(heads)]
        for start in range(0, len(entries), len(heads)):
            part = entries[start : start + len(heads)]
            label = of[1] + (f", {'second' if start else 'first'}" if of[1] == "two subgroups" else "")
            padded = part + [""] * (len(heads) - len(part))
            lines.append((label, str(of[2]), *padded, _chance(mine[0]), _refused(mine[0])))
    parts = [f"## `{estimand}`" if estimand != "quantile effect" else "## Quantile effects"]
    parts += ["", NOTES[estimand]] if estimand in NOTES else []
    return "\n".join([*parts, *_table(("study", "n", *heads, "", "refused"), lines)])


def _estimators(rows: Sequence[Mapping]) -> str:
    lines = []
    for (estimand, departure, n, estimator), found in _grouped(rows, lambda r: (*key(r), r["estimator"])).items():
        entries = [_entry(r) for r in found]
        padded = entries + [""] * (len(HEADS["linear"]) - len(entries))
        label = estimand + departure.removeprefix(OTHERS)
        lines.append((label, str(n), f"`{estimator}`", *padded, _chance(found[0])))
    text = """\
## Other estimators

On the same studies. The LLM of the mean says what it knows as it is, or its exponential; `recalibrated` is not offered
for coefficients."""
    return "\n".join([text, *_table(("estimand", "n", "estimator", *HEADS["linear"], ""), lines)])


def _grouped(rows: Iterable[Mapping], by) -> dict:
    found: dict = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return found


def _part(row: Mapping) -> str:
    """A component, with its estimator where it is one of several."""
    return row["component"] + (f" by `{row['estimator']}`" if row["departure"].startswith(OTHERS) else "")


def _failing(rows: Sequence[Mapping]) -> str:
    lines = []
    for of, found in _grouped([r for r in rows if fails(r)], key).items():
        worst = min(found, key=lambda r: r["coverage"])
        told = ", ".join(f"`{code}` in {share:.0%}" for code, share in warned(worst).items())
        reason = EXCEPTIONS.get(name(of), "")
        shown = ", ".join(_part(r) for r in found)
        human = _number(worst["human_only_coverage"])
        said = "; ".join(x for x in (told, reason) if x) or "none"
        lines.append((f"{of[0]}, {of[1]}", str(of[2]), shown, _number(worst["coverage"]), human, said))
    heads = ("study", "n", "too short", "lowest coverage", "its human-only", "warning of the service, or why none")
    return "\n".join(["## Cells that fail, and what the service says there", *_table(heads, lines)])


def _human_only(rows: Sequence[Mapping]) -> str:
    """The cells where only the human-only interval beside the calibrated one is too short."""
    found: dict[str, float] = {}
    for row in rows:
        share = row["human_only_coverage"]
        error = (share * (1.0 - share) / row["answered"]) ** 0.5
        if share < NOMINAL - ERRORS * error and not fails(row):
            found[name(key(row))] = min(share, found.get(name(key(row)), 1.0))
    listed = "; ".join(f"{cell} ({_number(share)})" for cell, share in found.items()) or "none"
    return f"The human-only interval alone is too short (its lowest coverage) in: {listed}."


def page(rows: Sequence[Mapping]) -> str:
    """The page, from the rows of the results file."""
    plain = [r for r in rows if not r["departure"].startswith(OTHERS)]
    sections = [
        _section(e, [r for r in plain if r["estimand"] == e]) for e in HEADS if any(r["estimand"] == e for r in plain)
    ]
    commits = sorted({row["commit"] for row in rows})
    seeds = sorted({row["seed"] for row in rows})
    made = f"Seed {', '.join(map(str, seeds))}; commit {', '.join(commits)}."
    others = _estimators([r for r in rows if r["departure"].startswith(OTHERS)])
    return "\n\n".join([INTRODUCTION, *sections, others, _failing(rows), _human_only(rows), COMMANDS, made]) + "\n"


if __name__ == "__main__":
    print(page(read(RESULTS)), end="")
