"""python -m benchmarks.details: the tables behind the targets, with times and growth, as Markdown; a few minutes."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import platform
import sys
from statistics import median

from benchmarks import bootstrap, core, http, models, outcomes, parse, parts, quantiles


def medians() -> None:
    """The rows of ``quantiles``; by itself: python -c 'from benchmarks.details import medians; medians()'."""
    print("\n| median, CPU | ppi-python 0.2.3 | calibrate() | times faster | in user time | its peak memory | ours |")
    print("|---|---|---|---|---|---|---|")
    for n, m, exact, plan in quantiles.CASES:
        row = quantiles.against(n, m, exact=exact, plan=plan)
        grid = "every value" if exact else "grid of 5,000"
        how = "compat" if plan.compat else plan.estimator
        times = f"{1e3 * row.theirs:.0f} ms | {1e3 * row.ours:.1f} ms | {row.ratio:.0f} | {row.user_ratio:.0f}"
        memory = f"{row.their_bytes / 1e6:.0f} MB | {row.our_bytes / 1e6:.1f} MB"
        print(f"| {grid}, n = {n:,}, N = {m:,}, {how} | {times} | {memory} |", flush=True)
    told, seconds, most = quantiles.likert(1000, 10_000)
    times = f"{told} | {1e3 * seconds:.1f} ms | - | -"
    print(f"| Likert 1 to 5, n = 1,000, N = 10,000 | {times} | - | {most / 1e6:.1f} MB |", flush=True)
    print("\n| growth of a median, n = 1,000 | calibrate() | ns per LLM-only unit | peak bytes per unit |")
    print("|---|---|---|---|")
    for m, seconds, most in quantiles.growth():
        print(f"| N = {m:,} | {1e3 * seconds:.1f} ms | {1e9 * seconds / m:.0f} | {most / (1000 + m):.0f} |", flush=True)


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}\n")
    print("| core, CPU, median | ppi-python 0.2.3 | calibrate() | times faster |\n|---|---|---|---|")
    for n, m in ((100, 1000), (1000, 10_000), (1000, 100_000)):
        theirs, ours, ratio = core.pair(n, m)
        print(f"| mean, n = {n:,}, N = {m:,} | {1e3 * theirs:.3f} ms | {1e3 * ours:.3f} ms | {ratio:.1f} |", flush=True)
    print("\n| bootstrap of 2,000, CPU, median | ppboot | calibrate() | times faster |\n|---|---|---|---|")
    for kind in bootstrap.KINDS:
        theirs, ours, ratio = bootstrap.pair(kind, 500, 5000)
        row = f"| mean, {kind}, n = 500, N = 5,000 | {1e3 * theirs:.0f} ms | {1e3 * ours:.1f} ms | {ratio:.1f} |"
        print(row, flush=True)
    theirs, ours, ratio = bootstrap.coefficients(500, 5000)
    row = f"| linear, 3 terms, n = 500, N = 5,000 | {1e3 * theirs:.0f} ms | {1e3 * ours:.1f} ms | {ratio:.1f} |"
    print(row, flush=True)
    print("\n| 1,000 outcomes, CPU, median | loop of ppi-python | ours | times faster |\n|---|---|---|---|")
    for n, m in ((100, 100), (100, 1000)):
        for stage, (theirs, ours, ratio) in outcomes.against_loop(1000, n, m).items():
            row = f"| {stage}, n = {n:,}, N = {m:,} | {1e3 * theirs:.0f} ms | {1e3 * ours:.1f} ms | {ratio:.1f} |"
            print(row, flush=True)
    print("\n| coefficients, CPU, median | ppi-python 0.2.3 | calibrate() | times faster |\n|---|---|---|---|")
    for kind in models.THEIRS:
        theirs, ours, ratio = models.against(kind, 1000, 100_000)
        print(
            f"| {kind}, 3 terms, n = 1,000, N = 100,000 | {1e3 * theirs:.0f} ms | {1e3 * ours:.1f} ms | {ratio:.1f} |"
        )
    medians()
    print("\n| growth, n = 1,000 | calibrate() | ns per LLM-only unit |\n|---|---|---|")
    for m, seconds in core.growth():
        print(f"| N = {m:,} | {1e3 * seconds:.2f} ms | {1e9 * seconds / m:.2f} |", flush=True)
    print("\n| HTTP, server CPU per request, median | ms | over the JSON floor |\n|---|---|---|")
    for n, m, requests in ((100, 1000, 100), (1000, 10_000, 50), (1000, 1_000_000, 3)):
        taken = http.measured(n, m, requests=requests)
        for kind, values in taken.items():
            told = f"{1e3 * median(values):.2f} | {http.ratio(taken, kind, 'fastest'):.2f}"
            print(f"| n = {n:,}, N = {m:,}, {kind} | {told} |", flush=True)
    parse.main()
    print()
    parts.main()


if __name__ == "__main__":
    sys.exit(main())
