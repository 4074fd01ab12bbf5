"""A JSON body of numbers to float64 arrays: our decoder against msgspec's list[float] and np.array, and its memory.

python -m benchmarks.parse prints nanoseconds per number, from what number of them the fast decoder is worth it, and the
peak memory of one parse per byte of its body.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.floor import by_msgspec, by_simdjson
from benchmarks.http import request
from service.api.reading.media import readers
from service.api.routes.calibrations import PROMISED
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import numeric

READER = readers(CalibrationRequest, PROMISED, 10**7, tabular=True)["application/json"]
DIGITS: dict[str, Callable[[np.ndarray], list[float]]] = {
    "17 digits": lambda x: x.tolist(),
    "three decimals": lambda x: np.round(x, 3).tolist(),
    "Likert": lambda x: np.clip(np.round(3 + x), 1, 5).astype(int).tolist(),
}


def body(digits: str, count: int) -> bytes:
    """A study of so many numbers, a tenth of them each human and paired."""
    x = np.random.default_rng(count).normal(size=count)
    n = count // 12
    parts = {"human": x[:n], "llm": x[n : 2 * n], "llm_only": x[2 * n :]}
    return json.dumps(request({name: DIGITS[digits](part) for name, part in parts.items()})).encode()


def into_arrays(arm: object) -> list[np.ndarray]:
    return [numeric(getattr(arm, name), "", []) for name in ("human", "llm", "llm_only")]


def ours(text: bytes) -> list[np.ndarray]:
    """Fast where it can, with every check and without the digest."""
    assert READER.columns is not None
    return into_arrays((READER.columns(text, {}) or READER.decode(text, {})).data.arms[0])


def strictly(text: bytes) -> list[np.ndarray]:
    return into_arrays(READER.decode(text, {}).data.arms[0])


def best(job: Callable[[], object], seconds: float = 0.2) -> float:
    """Least CPU seconds of a job that is repeated: what disturbs only adds."""
    taken, end = [], time.perf_counter() + seconds
    while len(taken) < 3 or time.perf_counter() < end:
        start = time.process_time_ns()
        job()
        taken.append(time.process_time_ns() - start)
    return min(taken) / 1e9


def against(digits: str, count: int, rounds: int = 5) -> tuple[float, float, float]:
    """CPU seconds of msgspec's list[float] and np.array, and of ours; the median ratio over interleaved rounds."""
    text = body(digits, count)
    pairs = [(best(lambda: by_msgspec(text)), best(lambda: ours(text))) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def peak(way: str, digits: str, count: int) -> float:
    """Most bytes of memory that one parse adds, per byte of the body, in a process of its own."""
    code = f"import sys; from benchmarks.parse import added; print(added({way!r}, sys.stdin.buffer.read()))"
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, check=True, capture_output=True, input=body(digits, count)).stdout)


def added(way: str, text: bytes) -> float:
    """As ``peak``, in this process, which has done nothing large before; the body itself is not counted."""
    job = {"ours": ours, "strict": strictly}[way]
    job(body("Likert", 1200))
    before = most_resident()
    held = job(text)
    assert held
    return (most_resident() - before) * 1024 / len(text)


def most_resident() -> int:
    """KiB, of this program alone: the maximum of getrusage is inherited from whoever started it."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])


def main() -> None:
    print("| ns per number | msgspec list + array | simdjson buffer | ours | ratio |\n|---|---|---|---|---|")
    for count in (10_000, 1_000_000):
        for digits in DIGITS:
            text = body(digits, count)
            theirs, fast, ratio = against(digits, count)
            bare = best(lambda text=text: by_simdjson(text))
            ns = [f"{1e9 * seconds / count:.1f}" for seconds in (theirs, bare, fast)]
            print(f"| {count:,}, {digits} | {' | '.join(ns)} | {ratio:.2f} |", flush=True)
    print("\n| numbers, three decimals | body | strict decoder | fast decoder |\n|---|---|---|---|")
    for count in (24, 60, 120, 240, 600, 1200):
        text = body("three decimals", count)
        slow, fast = best(lambda text=text: strictly(text)), best(lambda text=text: ours(text))
        print(f"| {count} | {len(text):,} bytes | {1e6 * slow:.1f} us | {1e6 * fast:.1f} us |", flush=True)
    print("\n| peak memory of a parse, bytes per byte of the body | strict | fast |\n|---|---|---|")
    for digits in DIGITS:
        strict, fast = peak("strict", digits, 1_000_000), peak("ours", digits, 1_000_000)
        print(f"| 1,000,000 numbers, {digits} | {strict:.1f} | {fast:.1f} |", flush=True)


if __name__ == "__main__":
    main()
