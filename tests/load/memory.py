"""The most memory any admitted mix can take: ``python -m tests.load.memory``. All gates filled with the largest bodies.

Deadlines are long here, so that a slow machine changes nothing: what waits, waits with all that it holds.
The service runs in a memory control group with the limit of k8s/base, where the machine lets us make one (root, the
first version of cgroups): the kernel then keeps the account, memory files included, and kills what exceeds it.
Elsewhere proportional sizes of the processes are summed, ten times a second, and the system's shared memory with them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.load.bodies import KINDS, TABLE, Sent
from tests.load.process import Tree, running
from tests.load.served import connected
from tests.load.studies import PATH

LIMIT = 2048 << 20
GROUP = Path("/sys/fs/cgroup/memory")


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
        asked = headers.pop("data", TABLE if "csv" in headers.get("Content-Type", "") else None)
        path = PATH if asked is None else f"{PATH}?data={quote(asked)}"
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
            await one(sent[0], dict(sent[1]))

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
