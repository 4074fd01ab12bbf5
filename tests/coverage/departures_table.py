"""The page docs/departures.md, written from the results files; the share of warned studies is computed anew.

python -m tests.coverage.departures_table > docs/departures.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from service.calibration.assumptions import doubts
from service.calibration.errors import CalibrationError
from service.calibration.intervals.auto import chosen
from service.calibration.resolution import resolve
from service.calibration.survey_design import doubts as survey_doubts
from tests.coverage import departure_populations as populations
from tests.coverage.departures import DEPARTURES, FEW, MANY, RESAMPLED, SHARE_SIZES, SIZES, Departure, P
from tests.coverage.looks import FIRST, LOOKED, LOOKS
from tests.coverage.simulate import DEPARTED, read

PAGE = Path(__file__).parents[2] / "docs" / "departures.md"
NOMINAL = 0.95
ERRORS = 3.0
MINORITY = 5
GLANCES = 200  # studies in which a failing cell's warnings are counted
RELEVANT = {"rare_outcome", "small_or_rare_outcome", "skewed_outcome", "few_humans", "few_clusters", "unequal_weights"}

INTRODUCTION = f"""\
# Where do the intervals fail?

[coverage.md](coverage.md) shows that 95 % intervals cover when outcomes are close to normal and units are independent.
This page departs from that, one thing at a time, through the service's own functions: {MANY:,} studies per cell for
closed forms (Monte Carlo error {(0.05 * 0.95 / MANY) ** 0.5:.4f}) and {FEW:,} for resampling ({RESAMPLED} times) and
betting ({(0.05 * 0.95 / FEW) ** 0.5:.3f}). The LLM's latent answer correlates {populations.RHO} with the human's; there
are {populations.LLM_ONLY} LLM-only units per human.

▼ marks coverage that is below .95 by more than {ERRORS:.0f} Monte Carlo errors: that cell fails, and
stands again in the last table with the warning that the service gives there. In brackets the mean width relative to
human-only with the t interval of the same cell. Studies that cannot be analysed (all humans of an arm answered alike)
are left out; a dash means that fewer than half of the studies could be. "Open" intervals have one end only and count
in no width."""

SURVEY = """\
## Survey designs

Clusters, weights, strata and known sampling probabilities with the default interval (t). `n` is humans for weights,
clusters with humans (3 each) for clusters, humans per arm and stratum for strata, and the size of the frame for
probabilities. "ignored" is what happens when the humans' and LLM-only units' common clusters are not told to the
service: that is the caller's mistake, and nothing in the data shows it."""

SHARES = """\
## Shares: two answers

One population, and the difference of two arms of twins (identified by exchangeability). `score` is Wilson's interval
at the effective number of humans; `auto` is the default; betting is valid in finite samples and wide.
At least one choice covers in every cell with 5 or more expected minority answers per arm."""

OUTCOMES = """\
## Likert, skewed and heteroskedastic outcomes

Likert answers 1 to 5; log-normal answers exp(0.8 z), skewness 3.7; residuals that grow with the LLM's answer."""

SEQUENCES = f"""\
## Confidence sequences

Share of 1,000 studies whose interval contains the truth at every one of {LOOKS:,} looks, the first at {FIRST} humans
(Monte Carlo error .007), and at the last look alone."""

COMMANDS = """\
## Make it again

```sh
python -m tests.coverage.simulate --departures --workers 2
python -m tests.coverage.looks
python -m tests.coverage.departures_table > docs/departures.md
```
"""

Cell = Mapping[str, dict]
Key = tuple[str, int, float]


def cells(rows: Iterable[dict]) -> dict[Key, dict[str, dict]]:
    """Rows by cell (name, n, parameter), then by estimator/interval."""
    found: dict[Key, dict[str, dict]] = {}
    for row in rows:
        found.setdefault((row["cell"], row["n"], row["parameter"]), {})[row["estimator"]] = row
    return found


def answered(row: dict) -> bool:
    """Whether at least half of the studies could be analysed."""
    return bool(row["replicates"] >= row["refused"])


def fails(row: dict) -> bool:
    """Whether a row's coverage is too low by more than its Monte Carlo error."""
    return bool(answered(row) and row["coverage"] < NOMINAL - ERRORS * row["coverage_mc_error"])


def complaints(rows: Sequence[dict]) -> list[str]:
    """Cells with 5 or more expected minority answers per arm in which no choice covers, and betting that fails."""
    found = [f"betting below nominal: {row}" for row in rows if row["estimator"].endswith("betting") and fails(row)]
    for key, cell in cells(rows).items():
        enough = key[0].startswith("binary") and key[1] * min(key[2], 1.0 - key[2]) >= MINORITY
        if enough and all(fails(row) or not answered(row) for row in cell.values()):
            found.append(f"no interval covers in {key}")
    return found


def warned(cell: Departure) -> dict[str, float]:
    """Share of GLANCES studies with each relevant warning."""
    rng, counts, total = cell.stream(0), dict.fromkeys(sorted(RELEVANT), 0), 0
    for _ in range(GLANCES):
        sample = cell.draw(rng)
        if sample is None:
            continue
        total += 1
        try:
            resolved = resolve(sample, cell.plan)
        except CalibrationError:
            continue
        said = doubts(resolved.plain, None, llm_asked=True) + survey_doubts(resolved.sample, shares_stated=True)
        codes = {w.code for w in (*said, *chosen(sample).warnings)}
        for code in codes & RELEVANT:
            counts[code] += 1
    return {code: count / max(1, total) for code, count in counts.items() if count}


def _entry(cell: Cell, name: str) -> str:
    row = cell.get(name)
    if row is None or not answered(row):
        return "-"
    mark = "▼" if fails(row) else ""
    base = cell.get("human_only/t")
    width = "" if base is None else f" ({row['mean_width'] / base['mean_width']:.2f})"
    open_share = row.get("unbounded", 0) / row["replicates"]
    unbounded = f", {open_share:.0%} open" if open_share >= 0.005 else ""
    return f"{row['coverage']:.3f}".removeprefix("0") + mark + width + unbounded


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    return ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(line)} |" for line in lines)]


def _survey(found: Mapping[Key, Cell]) -> str:
    methods = ("regression/t", "auto/t", "human_only/t")
    keys = [k for k in found if k[0].split()[0] in ("weights", "clusters", "strata", "probabilities")]
    said = {"weights": "CV {}", "strata": "{:.0f} strata"}
    lines = [
        (
            k[0] + ("" if k[0] not in said else ", " + said[k[0]].format(k[2])),
            str(k[1]),
            *(_entry(found[k], m) for m in methods),
        )
        for k in keys
    ]
    return "\n".join([SURVEY, *_table(("study", "n", "regression", "auto", "human_only"), lines)])


def _shares(found: Mapping[Key, Cell]) -> str:
    methods = ("t", "score", "auto", "bootstrap_t", "bootstrap", "randomization", "betting")
    parts = [SHARES]
    for name in ("binary", "binary difference"):
        for estimator in ("regression", "human_only"):
            parts += ["", f"### {name}, `{estimator}`"]
            lines = [
                (str(p), str(n), *(_entry(found.get((name, n, p), {}), f"{estimator}/{m}") for m in methods))
                for p in P
                for n in SHARE_SIZES
            ]
            parts += _table(("p", "n per arm", *methods), lines)
    return "\n".join(parts)


def _outcomes(found: Mapping[Key, Cell]) -> str:
    methods = ("regression/t", "auto/t", "human_only/t", "regression/bootstrap_t", "regression/bootstrap")
    methods += ("human_only/bootstrap_t", "human_only/randomization", "regression/betting")
    names = ("likert", "likert difference", "lognormal", "lognormal difference", "heteroskedastic")
    lines = [
        (name, str(n), *(_entry(found.get((name, n, 0.0), {}), m) for m in methods)) for name in names for n in SIZES
    ]
    return "\n".join([OUTCOMES, *_table(("outcome", "n per arm", *methods), lines)])


def _sequences(rows: Sequence[dict]) -> str:
    lines = [
        (r["kind"], r["estimator"], _looked(r), f"{r['coverage_at_the_last']:.3f}".removeprefix("0")) for r in rows
    ]
    return "\n".join([SEQUENCES, *_table(("outcome", "estimator", "every look", "last look"), lines)])


def _looked(row: dict) -> str:
    short = row["coverage"] < NOMINAL - ERRORS * row["coverage_mc_error"]
    return f"{row['coverage']:.3f}".removeprefix("0") + ("▼" if short else "")


def _failing(found: Mapping[Key, Cell]) -> str:
    by_key = {(d.name, d.n, d.parameter): d for d in DEPARTURES}
    lines = []
    for key, cell in found.items():
        short = [name for name, row in cell.items() if fails(row)]
        if short:
            codes = warned(by_key[key])
            said = ", ".join(f"`{code}` in {share:.0%}" for code, share in codes.items()) or "none"
            lines.append((key[0], str(key[1]), f"{key[2]:g}", ", ".join(f"`{s}`" for s in short), said))
    text = f"## Cells that fail, and what the service says there\n\nShare of {GLANCES} studies with each warning."
    return "\n".join([text, *_table(("study", "n", "parameter", "too short", "warnings"), lines)])


def page(rows: Sequence[dict], looked: Sequence[dict]) -> str:
    """The page, from the rows of both results files."""
    found = cells(rows)
    commits = sorted({row["commit"] for row in (*rows, *looked)})
    seeds = sorted({row["seed"] for row in (*rows, *looked)})
    made = f"Seed {', '.join(map(str, seeds))}; commit {', '.join(commits)}."
    parts = [INTRODUCTION, _survey(found), _shares(found), _outcomes(found), _sequences(looked), _failing(found)]
    return "\n\n".join([*parts, COMMANDS + "\n" + made]) + "\n"


if __name__ == "__main__":
    print(page(read(DEPARTED), read(LOOKED)), end="")
