"""The most memory any admitted mix can take: ``python -m tests.load.memory``. All gates filled with the largest bodies.

Deadlines are long here, so that a slow machine changes nothing: what waits, waits with all that it holds.
The service runs in a memory control group with the limit of k8s/base, where the machine lets us make one (root, the
first version of cgroups): the kernel then keeps the account, memory files included, and kills what exceeds it.
Elsewhere proportional sizes of the processes are summed, ten times a second, and the system's shared memory with them.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np

from service.web.compression import zstd_module
from tests.load.process import Tree, running
from tests.load.served import connected
from tests.load.studies import PATH

LIMIT = 2048 << 20
BODY, VALUES = 64 << 20, 10_000_000
GROUP = Path("/sys/fs/cgroup/memory")
TABLE = '{"layout":"table","outcomes":{"y":"y"},"predictions":[{"values":"p"}]}'
Sent = tuple[bytes, dict[str, str]]


def likert_json() -> Sent:
    """Most numbers per byte: ten million digits, in 20 MB."""
    return likert(VALUES - 20), {}


def likert(count: int) -> bytes:
    """A study of so many digits."""
    digits = np.random.default_rng(1).integers(1, 6, count).astype("S1").tolist()
    column = b",".join(digits)
    few = column[: 2 * 1999 + 1]
    return b'{"data":{"layout":"arrays","arms":[{"name":"all","human":[%b],"llm":[%b],"llm_only":[%b]}]}}' % (
        few,
        few,
        column[: 2 * (count - 4000) - 1],
    )


def nulls_json() -> Sent:
    """The same with a missing answer in every hundredth place, read by the strict decoder as Python objects."""
    body = likert_json()[0]
    head, middle, rest = body.partition(b'"llm_only":[')
    values = rest.removesuffix(b"]}]}}").split(b",")
    values[::100] = [b"null"] * len(values[::100])
    return head + middle + b",".join(values) + b"]}]}}", {}


def long_json() -> Sent:
    """17 digits: as many as 64 MiB take."""
    count = BODY // 20
    values = b",".join(b"%.17g" % x for x in np.random.default_rng(2).uniform(1, 2, count).tolist())
    few = b",".join(b"%.17g" % x for x in np.random.default_rng(3).uniform(1, 2, 2000).tolist())
    body = b'{"data":{"layout":"arrays","arms":[{"name":"all","human":[%b],"llm":[%b],"llm_only":[%b]}]}}'
    return body % (few, few, values[: values.rfind(b",", 0, BODY - 90_000)]), {}


def table_json() -> Sent:
    """Many columns: a hundred predictions of 99,000 units."""
    units, columns = 99_000, 98
    rng = np.random.default_rng(4)
    digits = lambda: rng.integers(1, 6, units).astype("S1").tolist()
    y = [*digits()[:5000], *[b"null"] * (units - 5000)]
    predictions = b",".join(b'{"model":"m%d","values":[%b]}' % (i, b",".join(digits())) for i in range(columns))
    table = b'{"data":{"layout":"table","outcomes":{"y":[%b]},"predictions":[%b]}}'
    return table % (b",".join(y), predictions), {}


def names_json() -> Sent:
    """Names instead of numbers: an arm for each of as many units as fit."""
    units = 3_000_000
    y, arm = b",".join([b"1", b"2"] * (units // 2)), b",".join([b'"control"', b'"treated"'] * (units // 2))
    return b'{"data":{"layout":"table","outcomes":{"y":[%b]},"arm":[%b]}}' % (y, arm), {}


def broken_json() -> Sent:
    """Ten million digits and one wrong value at the end: the second pass builds the whole tree."""
    return likert_json()[0][:-5] + b',"NA"]}]}}', {}


def spaced_gzip() -> Sent:
    """256 MiB of mostly blanks around ten million digits."""
    body = likert_json()[0]
    return gzip.compress(body + b" " * ((256 << 20) - len(body)), 1), {"Content-Encoding": "gzip"}


def zstd_of_it() -> Sent:
    """The same in zstd."""
    body = likert_json()[0]
    return zstd_module().compress(body + b" " * ((256 << 20) - len(body))), {"Content-Encoding": "zstd"}


def binary(count: int) -> dict[str, np.ndarray]:
    """Columns of a study as arrays."""
    rng = np.random.default_rng(5)
    return {"human": rng.normal(3, 1, 2000), "llm": rng.normal(3, 1, 2000), "llm_only": rng.normal(3, 1, count)}


def base64_json() -> Sent:
    """A binary array in JSON: 64 MiB of base64."""
    arm = {k: {"dtype": "<f8", "data": base64.b64encode(v.tobytes()).decode()} for k, v in binary(6_200_000).items()}
    return json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}}).encode(), {}


def messagepack(*, packed: bool) -> Sent:
    """MessagePack: binary arrays, or lists of numbers."""
    columns = binary(8_300_000 if packed else 7_300_000)
    arm = {k: {"dtype": "<f8", "data": v.tobytes()} if packed else v.tolist() for k, v in columns.items()}
    body = msgspec.msgpack.encode({"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}})
    return body, {"Content-Type": "application/vnd.msgpack"}


def csv() -> Sent:
    """A table of three columns of digits, as CSV."""
    rows, rng = 3_000_000, random.Random(6)
    lines = [f"{rng.randint(1, 5)},{rng.randint(1, 5)},x" for _ in range(1000)] * (rows // 1000)
    return "\n".join(["y,p,g", *lines]).encode(), {"Content-Type": "text/csv"}


KINDS: dict[str, Callable[[], Sent]] = {
    "JSON, digits": likert_json,
    "JSON, digits and nulls": nulls_json,
    "JSON, 17 digits": long_json,
    "JSON, 98 columns": table_json,
    "JSON, names": names_json,
    "JSON, one wrong value": broken_json,
    "JSON in gzip": spaced_gzip,
    "JSON in zstd": zstd_of_it,
    "JSON, base64": base64_json,
    "MessagePack, bin": lambda: messagepack(packed=True),
    "MessagePack, lists": lambda: messagepack(packed=False),
    "CSV": csv,
}


@dataclass
class Filled:
    """What a gate full of bodies did."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    peak_mebi: float = 0.0
    restarts: int = 0


async def filled(tree: Tree, bodies: list[Sent], at_once: int) -> Filled:
    """Send these at once, over and over until each was answered with something else than 503."""
    found = Filled()

    async def one(body: bytes, headers: dict[str, str]) -> None:
        path = f"{PATH}?data={quote(TABLE)}" if "csv" in headers.get("Content-Type", "") else PATH
        while True:
            connection = await connected(tree.port)
            try:
                reply = await connection.ask("POST", path, body, **{k.replace("-", "_"): v for k, v in headers.items()})
            except ConnectionError:  # refused, and gone before it was told
                found.codes["cut off"] += 1
                continue
            finally:
                await connection.close()
            found.statuses[reply.status] += 1
            if reply.status != 503:
                found.codes[reply.json.get("code", "answered")] += 1
                return
            await asyncio.sleep(0.3)

    waiting = asyncio.Semaphore(at_once)

    async def in_turn(sent: Sent) -> None:
        async with waiting:
            await one(*sent)

    await asyncio.gather(*map(in_turn, bodies))
    return found


class Account:
    """The kernel's account of a group, when there is one; else the sizes of the processes and of shared memory."""

    def __init__(self) -> None:
        self._group: Path | None = GROUP / f"rectifier-{os.getpid()}"
        self._most = 0.0
        try:
            self._group.mkdir()
            (self._group / "memory.limit_in_bytes").write_text(str(LIMIT))
        except OSError:
            self._group = None

    @property
    def kernels(self) -> bool:
        """Whether the kernel keeps it."""
        return self._group is not None

    def before(self) -> tuple[str, ...]:
        """What puts a command into the group."""
        if self._group is None:
            return ()
        return ("sh", "-c", f'echo $$ > {self._group}/cgroup.procs && exec "$@"', "sh")

    def begin(self) -> None:
        """Forget the peak."""
        self._most = 0.0
        if self._group is not None:
            (self._group / "memory.max_usage_in_bytes").write_text("0")

    def look(self, tree: Tree, shared_before: float) -> None:
        """One more sample, where the kernel keeps no account."""
        self._most = max(self._most, tree.resident_mebi() + max(0.0, shared_mebi() - shared_before))

    def peak_mebi(self) -> float:
        """The most so far."""
        if self._group is None:
            return self._most
        return int((self._group / "memory.max_usage_in_bytes").read_text()) / (1 << 20)

    def close(self) -> None:
        """Remove the group; its processes have ended."""
        if self._group is not None:
            self._group.rmdir()


def shared_mebi() -> float:
    """Shared memory of the whole system, memory files included."""
    (line,) = (line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("Shmem:"))
    return int(line.split()[1]) / 1024


@contextmanager
def accounted() -> Iterator[tuple[Tree, Account]]:
    """A service whose memory is accounted."""
    account = Account()
    try:
        with running(account.before(), RECTIFIER_DEADLINE_SECONDS="600", RECTIFIER_BODY_SECONDS="600") as tree:
            yield tree, account
    finally:
        account.close()


async def measured(tree: Tree, account: Account, bodies: list[Sent], at_once: int) -> Filled:
    """The same, with the peak meanwhile."""
    shared = shared_mebi()
    account.begin()
    filling = asyncio.create_task(filled(tree, bodies, at_once))
    while not filling.done():
        if not account.kernels:
            await asyncio.to_thread(account.look, tree, shared)
        await asyncio.sleep(0.1)
    found = await filling
    found.peak_mebi = account.peak_mebi()
    return found


def main(kinds: list[str]) -> int:
    """Each kind twice in a row, one alone; then all of them together, more at once than the gates let in."""
    chosen = kinds or list(KINDS)
    failed = False
    with accounted() as (tree, account):
        time.sleep(3)
        keeper = "the kernel" if account.kernels else "sums"
        print(f"limit {LIMIT >> 20} MiB; account: {keeper}; idle {account.peak_mebi():.0f} MiB")
        print("| body | MB | peak, MiB | answers |\n|---|---|---|---|", flush=True)
        everything = []
        for name in chosen:
            sent = KINDS[name]()
            everything.append(sent)
            found = asyncio.run(measured(tree, account, [sent, sent], 1))
            failed |= bool(set(found.statuses) & {500, 502, 504}) or found.peak_mebi >= LIMIT >> 20
            told = ", ".join(f"{code} x {count}" for code, count in found.codes.items())
            print(f"| {name} | {len(sent[0]) / 1e6:.1f} | {found.peak_mebi:.0f} | {told} |", flush=True)
        worker, parser = tree.worker().pid, tree.parser()
        found = asyncio.run(measured(tree, account, everything * 2, 3 * len(chosen)))
        told = ", ".join(f"{status} x {count}" for status, count in sorted(found.statuses.items()))
        print(f"| all of them, twice, at once | | {found.peak_mebi:.0f} | {told} |")
        survived = tree.worker().pid == worker and parser is not None and parser.is_running()
        print(f"worker and parsing process survived: {survived}")
        failed |= not survived or bool(set(found.statuses) & {500, 502, 504}) or found.peak_mebi >= LIMIT >> 20
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
