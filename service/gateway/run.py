"""The loop over cells: plans them one by one, asks several calls at a time, and yields a record for every cell.

What is in memory: the calls in flight and the records that wait to be read, at most ``most`` of both together, and the
calibration columns where they are asked for. A reader that is slow, or gone, therefore stops the asking.

**Assumes** a study that was checked. **Raises** nothing of a provider's: a call that fails is a missing cell.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from service.gateway.answer import Answer
from service.gateway.cache.protocol import Cache, CacheError
from service.gateway.calibration_data import CalibrationColumns
from service.gateway.cells import Cells, Planned
from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget
from service.gateway.conduct.line import Line
from service.gateway.conduct.patience import Patience
from service.gateway.outcome import Outcome, asked_now, restored, stored
from service.gateway.prompts import Prompts, Rendered
from service.gateway.recording import Recorder
from service.gateway.tally import Tally
from service.gateway.wire.records import CellRecord, EndRecord, ProgressRecord, Record

Landed = tuple[Rendered, Outcome, list[Answer]]


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with: lines and keys by model name, cache, budget, deadline on the lines' clock.

    ``circuit_seconds``: how long a provider that is left alone is waited for, in all, before its cells are given up.
    """

    lines: Mapping[str, Line]
    keys: Mapping[str, str | None] = field(repr=False)
    cache: Cache | None
    budget: Budget
    deadline: float | None
    most: int
    progress_seconds: float
    circuit_seconds: float = 0.0


class Run:
    """One study being asked."""

    def __init__(self, prompts: Prompts, recorder: Recorder, means: Means, columns: CalibrationColumns | None) -> None:
        self._prompts, self._recorder, self._means, self._columns = prompts, recorder, means, columns
        self._cells = Cells(prompts.study)
        self._patience = {name: Patience(means.circuit_seconds, line.clock()) for name, line in means.lines.items()}
        self._tally = Tally(prompts, means.budget, self._cells.n_cells, recorder.prices)

    async def records(self) -> AsyncGenerator[Record, None]:
        """Every cell once, progress between them, ``end`` last. Closing it cancels what is under way."""
        pending: set[asyncio.Task[Landed]] = set()
        landed: deque[asyncio.Task[Landed]] = deque()
        wake = asyncio.Event()

        def land(task: asyncio.Task[Landed]) -> None:
            pending.discard(task)
            landed.append(task)
            wake.set()

        todo = self._todo()
        clock = asyncio.get_running_loop().time
        told = clock()
        try:
            while True:
                while len(pending) + len(landed) < self._means.most and (rendered := next(todo, None)):
                    task = asyncio.create_task(self._asked(rendered))
                    pending.add(task)
                    task.add_done_callback(land)
                if not pending and not landed:
                    break
                if not landed:
                    wake.clear()
                    await _woken(wake, told + self._means.progress_seconds - clock())
                while landed:
                    for record in self._recorded(landed.popleft().result()):
                        yield record
                if clock() - told >= self._means.progress_seconds:
                    told = clock()
                    yield self._progress()
            yield self.end()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    def _todo(self) -> Iterator[Rendered]:
        """The calls with a cell that is not done, in their order, rendered when they are wanted."""
        done = self._prompts.study.done
        for planned in self._cells.in_order():
            rendered = self._prompts.render(planned)
            if done and done.issuperset(rendered.cell_ids):
                self._tally.skip(len(rendered.cell_ids))
            else:
                yield rendered

    async def _asked(self, rendered: Rendered) -> Landed:
        """The answers of a call, from the cache or from upstream; what came from there is stored before it is told."""
        outcome = await self._found(rendered)
        if outcome is None:
            name = rendered.planned.model.name
            means = self._means
            asked = await ask(
                means.lines[name],
                rendered.call,
                means.budget,
                means.deadline,
                key=means.keys[name],
                patience=self._patience[name],
            )
            outcome = asked_now(asked)
            await self._keep(rendered, outcome)
        return rendered, outcome, list(self._recorder.answers(rendered, outcome))

    async def _found(self, rendered: Rendered) -> Outcome | None:
        """What the cache has; a cache that fails has nothing."""
        if self._means.cache is None or self._prompts.study.cache != "use":
            return None
        try:
            return restored(await self._means.cache.get(rendered.call_id))
        except CacheError:
            return None

    async def _keep(self, rendered: Rendered, outcome: Outcome) -> None:
        """Store a completion; an answer that cannot be stored is still an answer."""
        content = stored(outcome)
        if self._means.cache is None or self._prompts.study.cache == "off" or content is None:
            return
        with suppress(CacheError):
            await self._means.cache.put(rendered.call_id, content)

    def _recorded(self, landed: Landed) -> Iterator[CellRecord]:
        rendered, outcome, answers = landed
        done = self._prompts.study.done
        planned: Planned = rendered.planned
        self._tally.charge(planned, outcome)
        for record, answer, item in zip(
            self._recorder.records(rendered, outcome, answers), answers, planned.items, strict=True
        ):
            if self._columns is not None:
                self._columns.add(planned, item, answer)
            if record.cell_id in done:
                self._tally.skip(1)
                continue
            self._tally.count(record)
            yield record

    def _progress(self) -> ProgressRecord:
        return self._tally.progress()

    def end(self) -> EndRecord:
        """The last record, of what was done so far."""
        return self._tally.end(self._columns.data() if self._columns is not None else None)


async def _woken(wake: asyncio.Event, seconds: float) -> None:
    """Until something lands, or until progress is due."""
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await wake.wait()
    except TimeoutError:
        pass
