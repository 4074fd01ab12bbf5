"""The gateway on one core: cells per second and memory with the embedded provider and an instant upstream.

python -m benchmarks.gateway [cells]: one process, the loop of a run with its records encoded, no HTTP; wall time, CPU
time, resident memory at a tenth of the cells and at the end, time to the first record.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass

import msgspec
import psutil

from service.gateway.app import create_gateway
from service.gateway.routes.generations import _prompts, _run
from service.gateway.settings import Settings
from service.gateway.wire.generation import GenerationRequest, to_study
from service.gateway.wire.records import CellRecord

ENCODER = msgspec.json.Encoder()
SCALE = ("Not at all", "A little", "Somewhat", "Mostly", "Completely")


@dataclass(frozen=True, slots=True)
class Measured:
    """Cells, seconds (wall, CPU, to the first record) and resident bytes (early, at the end)."""

    cells: int
    seconds: float
    cpu: float
    first: float
    early: int
    late: int


def request(cells: int, method: str) -> dict[str, object]:
    """One likert item, two arms, personas that differ."""
    people = [{"unit_id": f"u{k}", "attributes": {"age": 18 + k % 70, "k": k}} for k in range(cells // 2)]
    options = [{"code": code, "label": label} for code, label in enumerate(SCALE, 1)]
    return {
        "personas": people,
        "arms": [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}],
        "items": [{"name": "trust", "type": "likert", "text": "Do you trust the sender?", "options": options}],
        "models": [{"name": "simulated"}],
        "elicitation": {"method": method},
        "template": {"system": "You are {age} years old, number {k}.", "user": "{arm}\n{item}"},
    }


async def measure(cells: int, method: str) -> Measured:
    """Run a study of so many cells."""
    process, gateway = psutil.Process(), create_gateway(Settings(cache="memory"), write_log=None)
    study = to_study(msgspec.convert(request(cells, method), GenerationRequest))
    prompts = _prompts(study, gateway.desk, {"headers": []})  # type: ignore[arg-type,typeddict-item]
    run = _run(prompts, gateway.desk, {})
    began, cpu, count, first, early = time.perf_counter(), time.process_time(), 0, 0.0, 0
    async with aclosing(run.records()) as records:
        async for record in records:
            ENCODER.encode(record)
            if isinstance(record, CellRecord):
                count += 1
                first = first or time.perf_counter() - began
                if count == cells // 10:
                    early = process.memory_info().rss
    end = time.perf_counter() - began
    return Measured(count, end, time.process_time() - cpu, first, early, process.memory_info().rss)


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print("| gateway, one core | cells/s | CPU per cell | first record | resident, a tenth | at the end |")
    print("|---|---|---|---|---|---|")
    for method in ("decision", "sample"):
        asyncio.run(measure(200, method))
        m = asyncio.run(measure(cells, method))
        print(
            f"| {m.cells:,} cells, {method} | {m.cells / m.seconds:,.0f} | {1e6 * m.cpu / m.cells:.0f} us | "
            f"{1e3 * m.first:.0f} ms | {m.early / 2**20:.0f} MiB | {m.late / 2**20:.0f} MiB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
