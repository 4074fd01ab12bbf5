"""The process that serves: when it is ready, what it weighs, whether it slows down, who disturbs whom."""

from __future__ import annotations

import http.client
import threading
import time
from statistics import median, quantiles

from benchmarks.http import JSON, bodies
from benchmarks.parse import body
from benchmarks.served import SERVICE, cpu_seconds, family, post, served

SMALL = bodies(20, 60)["json"]


def start(rounds: int = 5) -> tuple[float, float]:
    """Median seconds from the start of the process until it is ready, and the MB of its largest process when idle."""
    ready, weights = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        with served(*SERVICE) as (_port, process):
            ready.append(time.perf_counter() - began)
            time.sleep(1.5)  # the parsing process loads meanwhile
            weights.append(max(member.memory_info().rss for member in family(process)) / 1e6)
    return median(ready), median(weights)


def growth(requests: int = 10_000, part: int = 1000) -> float:
    """CPU per request of the last 3 of 10 parts of many small requests over that of parts 2 to 4, medians of three."""
    spent = []
    with served(*SERVICE) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(requests // part):
            before = cpu_seconds(process)
            for _ in range(part):
                post(connection, SMALL, JSON)
            spent.append(cpu_seconds(process) - before)
    return median(spent[-3:]) / median(spent[1:4])


def latencies(port: int, seconds: float) -> list[float]:
    """Of small requests one after the other, a few milliseconds apart."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        post(connection, SMALL, JSON)
        taken.append(time.perf_counter() - began)
        time.sleep(0.005)
    return taken


def beside(seconds: float = 8.0) -> tuple[list[float], list[float], int]:
    """Latencies of small requests, idle and while bodies of 1e6 numbers run all the time; how many of these ran."""
    large = body("three decimals", 1_000_000)
    with served(*SERVICE) as (port, _process):
        time.sleep(2.0)
        latencies(port, 1.0)
        idle = latencies(port, seconds)
        stopped, done = threading.Event(), [0]

        def run() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while not stopped.is_set():
                post(connection, large, JSON)
                done[0] += 1

        runner = threading.Thread(target=run)
        runner.start()
        time.sleep(1.0)
        loaded = latencies(port, seconds)
        stopped.set()
        runner.join()
    return idle, loaded, done[0]


def p99(taken: list[float]) -> float:
    return quantiles(taken, n=100)[98]


def main() -> None:
    ready, weight = start()
    print(f"ready in {ready:.2f} s, {weight:.0f} MB")
    idle, loaded, done = beside()
    print(f"idle p50 {1e3 * median(idle):.2f} ms p99 {1e3 * p99(idle):.2f} ms; beside {done} large bodies "
          f"p50 {1e3 * median(loaded):.2f} ms p99 {1e3 * p99(loaded):.2f} ms")  # fmt: skip
    print(f"last thousand of 10,000 requests over the second: {growth():.3f}")


if __name__ == "__main__":
    main()
