"""What the coverage tables must satisfy, as issued; every function returns its complaints.

Coverage of nominal 95 % intervals: `regression` in [.940, .968] and `auto` in [.928, .965] with 10 humans per arm, both
in [.938, .962] with more. Width with 50 or more: that of `auto`, the default, at most 1.02 of the narrowest of `ppi`,
`power_tuned` and `arm_tuned` (not in ``compat``) whose own coverage in that cell is at least .947.
Twin arms: coverage of `auto` in [.935, .965].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SMALLEST = 10
BANDS_SMALLEST = {"regression": (0.940, 0.968), "auto": (0.928, 0.965)}
BAND = (0.938, 0.962)
TWIN_BAND = (0.935, 0.965)
WIDTH_FROM = 50
WIDTH_RATIO = 1.02
RIVALS = ("ppi", "power_tuned", "arm_tuned")
RIVAL_COVERAGE = 0.947


def band(estimator: str, n: int) -> tuple[float, float]:
    """Where the coverage of `regression` or `auto` must lie with n humans per arm."""
    return BANDS_SMALLEST[estimator] if n == SMALLEST else BAND


def by_cell(rows: Iterable[dict]) -> dict[tuple[str, int, float, bool], dict[str, dict]]:
    """Rows by cell (scenario, n, rho, compat), then by estimator."""
    found: dict[tuple[str, int, float, bool], dict[str, dict]] = {}
    for row in rows:
        found.setdefault((row["scenario"], row["n"], row["rho"], row["compat"]), {})[row["estimator"]] = row
    return found


def coverage_complaints(rows: Iterable[dict]) -> list[str]:
    """Rows of `regression` and `auto` whose coverage is outside its band."""
    found = []
    for row in rows:
        if row["estimator"] in BANDS_SMALLEST:
            low, high = band(row["estimator"], row["n"])
            if not low <= row["coverage"] <= high:
                place = f"{row['scenario']}, n {row['n']}, rho {row['rho']}, {row['estimator']}"
                found.append(f"{place}: {row['coverage']:.4f} outside [{low}, {high}]")
    return found


def width_ratio(cell: dict[str, dict], estimator: str = "auto") -> float | None:
    """Mean width over that of the narrowest rival that covers; None where none does."""
    widths = [cell[name]["mean_width"] for name in RIVALS if cell[name]["coverage"] >= RIVAL_COVERAGE]
    return cell[estimator]["mean_width"] / min(widths) if widths else None


def width_complaints(rows: Iterable[dict]) -> list[str]:
    """Cells from 50 humans per arm where `auto` is wider than a rival that covers allows."""
    found = []
    for (scenario, n, rho, compat), cell in by_cell(rows).items():
        ratio = None if compat or n < WIDTH_FROM else width_ratio(cell)
        if ratio is not None and ratio > WIDTH_RATIO:
            found.append(f"{scenario}, n {n}, rho {rho}: auto {ratio:.4f} of the narrowest rival that covers")
    return found


def twin_complaints(rows: Sequence[dict]) -> list[str]:
    """Twin cases where the coverage of `auto` is outside its band."""
    low, high = TWIN_BAND
    return [
        f"{row['study']}, {row['variable']}, {row['twin']}: {row['coverage']:.4f} outside [{low}, {high}]"
        for row in rows
        if row["estimator"] == "auto" and not low <= row["coverage"] <= high
    ]
