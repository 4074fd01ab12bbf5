"""What a request of each size costs: ``python -m tests.load.capacity``. CPU seconds of all processes, so that a busy
machine changes little; requests per second and core are their inverse.
"""

from __future__ import annotations

import asyncio

import psutil

from tests.load.process import Tree, running
from tests.load.studies import SIZES, asked
from tests.load.traffic import one_by_one, percentile

COUNTS = {"small": 2_000, "medium": 500, "large": 40, "huge": 8}


def cpu_seconds(tree: Tree) -> float:
    """Of supervisor, worker and parsing process so far."""
    total = 0.0
    for member in tree.members():
        try:
            total += sum(member.cpu_times()[:2])
        except psutil.Error:
            continue
    return total


def main() -> None:
    """Print the table."""
    with running() as tree:
        asyncio.run(one_by_one(tree.port, asked("large"), 3))
        idle = tree.resident_mebi()
        print(f"idle {idle:.0f} MiB\n")
        print("| size | numbers | body | CPU per request | per second and core | p50 alone | resident after |")
        print("|---|---|---|---|---|---|---|")
        for size, (n, m) in SIZES.items():
            sent, count = asked(size), COUNTS[size]
            asyncio.run(one_by_one(tree.port, sent, max(2, count // 20)))
            before = cpu_seconds(tree)
            seconds = asyncio.run(one_by_one(tree.port, sent, count))
            each = (cpu_seconds(tree) - before) / count
            body = f"{len(sent.body) / 1e3:,.0f} kB"
            took = f"{percentile(seconds, 50):.1f} ms"
            row = f"{size} | {4 * n + 2 * m:,} | {body} | {1e3 * each:.2f} ms | {1 / each:,.1f} | {took}"
            print(f"| {row} | {tree.resident_mebi():.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
