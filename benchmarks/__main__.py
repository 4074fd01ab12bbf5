"""python -m benchmarks: the performance table, row by row: ratio, target, met or missed (fails with --strict)."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import platform
import sys
import time
from collections.abc import Iterator
from statistics import median

from benchmarks import around, bootstrap, core, http, models, outcomes, parse, quantiles, running
from benchmarks.rows import Row, at_most, ended


def cores() -> Iterator[Row]:
    """Times faster than ppi-python on the same arrays."""
    yield Row("mean, n = 1,000, N = 100,000, x ppi", core.pair(1000, 100_000, rounds=5)[2], 10)
    yield Row("effect of two arms, n = 1,000, N = 100,000 each, x ppi", core.effect(1000, 100_000, rounds=5), 10)
    for kind, target in (("linear", 15), ("logistic", 8), ("poisson", 6)):
        ratio = models.against(kind, 1000, 100_000, rounds=3)[2]
        yield Row(f"{kind}, 3 terms, n = 1,000, N = 100,000, x ppi", ratio, target)
    n, m, exact, plan = next(c for c in quantiles.CASES if c[:3] == (1000, 10_000, True))
    row = quantiles.against(n, m, exact=exact, plan=plan, rounds=1)
    yield Row("median, every value tried, n = 1,000, N = 10,000, x ppi", row.ratio, 270)
    small, large = (most for _, _, most in quantiles.growth((10**5, 10**6)))
    yield at_most("memory of a median, N = 1e6 over N = 1e5", large / small, 10.5)
    for kind, target in (("Gaussian", 4), ("Likert 1 to 5", 30)):
        ratio = bootstrap.pair(kind, 500, 5000, rounds=3)[2]
        yield Row(f"bootstrap of 2,000, mean, {kind}, n = 500, N = 5,000, x ppi", ratio, target)
    ratio = bootstrap.coefficients(500, 5000, rounds=3)[2]
    yield Row("bootstrap of 2,000, linear, n = 500, N = 5,000, x ppi", ratio, 15)
    many = outcomes.against_loop(1000, 100, 100)["arithmetic on arrays"][2]
    yield Row("1,000 outcomes in matrix form, arithmetic, x a loop of ppi", many, 90)
    (_, million), (_, ten) = core.growth((10**6, 10**7))
    yield at_most("CPU of a mean, N = 1e7 over N = 1e6", ten / million, 11)


def requests() -> Iterator[Row]:
    """Whole requests over their floors."""
    taken = http.measured(1000, 10_000, rounds=5, requests=40)
    yield at_most("request, n = 1e3, N = 1e4, JSON, over its floor", http.ratio(taken, "json", "fastest"), 1.4)
    for kind in ("base64", "messagepack"):
        what = f"request, n = 1e3, N = 1e4, binary arrays ({kind}), over the JSON floor"
        yield at_most(what, http.ratio(taken, kind, "fastest"), 1.0)
    peers = http.ratio(taken, "peers", "json")
    yield Row("list[float] and ppi-python's arithmetic over the request in JSON, n = 1e3, N = 1e4", peers, 2.5)
    taken = http.measured(1000, 1_000_000, rounds=5, requests=2)
    yield at_most("request, n = 1e3, N = 1e6, JSON, over its floor", http.ratio(taken, "json", "fastest"), 1.4)
    for kind in ("base64", "messagepack"):
        what = f"request, n = 1e3, N = 1e6, binary arrays ({kind}), over a floor of copies"
        yield at_most(what, http.ratio(taken, kind, "copied"), 2.0)


def parsing() -> Iterator[Row]:
    """JSON numbers to arrays, against msgspec's lists of float and np.array."""
    for digits, target in (("17 digits", 1.8), ("three decimals", 2.5), ("Likert", 4.0)):
        for count in (10_000, 1_000_000):
            yield Row(f"parse of {count:,} numbers, {digits}, x msgspec", parse.against(digits, count, 3)[2], target)


def process() -> Iterator[Row]:
    """The process that serves."""
    idle, loaded, _ = running.beside()
    what = "small requests while bodies of 1e6 numbers run, over idle"
    yield at_most(f"{what}: p50", median(loaded) / median(idle), 1.3)
    yield at_most(f"{what}: p99", running.p99(loaded) / running.p99(idle), 15)
    ready, weight = running.start()
    yield at_most("start until ready, from bytecode", ready, 0.8, " s")
    yield at_most("resident memory of the idle worker", weight, 80, " MB")
    yield at_most("CPU per request, the last 3,000 of 10,000 over the second to fourth thousand", running.growth(), 1.1)
    yield at_most("added around a bare litestar handler", 100 * around.added(rounds=7)[2], 40, " %")


def main(*, strict: bool) -> int:
    """The whole table; a benchmark that raises ends it, so that only a complete one passes."""
    began = time.perf_counter()
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f} at the start\n\n| what | measured | target | |\n|---|---|---|---|")
    rows: list[Row] = []
    for group in (cores, requests, parsing, process):
        for row in group():
            rows.append(row)
            print(row.line(), flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.1f} at the end")
    return ended(rows, strict=strict)


if __name__ == "__main__":
    sys.exit(main(strict="--strict" in sys.argv[1:]))
