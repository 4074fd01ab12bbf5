"""The loop over cells: plans them one by one, asks several calls at a time, and yields a record for every cell.

What is in memory: the calls in flight and the records that wait to be read, at most ``most`` of both together, and the
calibration columns where they are asked for. A reader that is slow, or gone, therefore stops the asking.

**Assumes** a study that was checked. **Raises** nothing of a provider's: a call that fails is a missing cell, and so is
one whose answer makes our own code fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec

from service.gateway.answer import Answer
from service.gateway.cache.protocol import Cache, CacheError
from service.gateway.calibration_data import CalibrationColumns
from service.gateway.cells import Planned
from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget
from service.gateway.conduct.line import Line
from service.gateway.conduct.patience import Patience
from service.gateway.flight import Flight
from service.gateway.outcome import Outcome, asked_now, not_asked, restored, stored
from service.gateway.prompts import Prompts, Rendered
from service.gateway.providers.protocol import Failure
from service.gateway.recording import Recorder
from service.gateway.tally import Tally
from service.gateway.wire.records import CellRecord, EndRecord, ProgressRecord, Record

Landed = tuple[Rendered, Outcome, list[Answer]]
DONE_AT_ONCE: Final = 200
"""Calls that are passed over, since they are done, before others have their turn (10 ms or so)."""
_FAULT: Final = Failure("upstream_error", False, "upstream", "the answer could not be taken in")


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
        self._cells = prompts.cells
        self._patience = {name: Patience(means.circuit_seconds, line.clock()) for name, line in means.lines.items()}
        self._tally = Tally(prompts, means.budget, self._cells.n_cells, recorder.prices)

    async def records(self) -> AsyncGenerator[Record, None]:
        """Every cell once, progress between them, ``end`` last. Closing it cancels what is under way."""
        flight: Flight[Landed] = Flight(self._means.most)
        todo = self._todo()
        clock = asyncio.get_running_loop().time
        told = clock()
        try:
            while True:
                more = self._begin(flight, todo)
                if flight.empty and not more:
                    break
                if more:
                    await asyncio.sleep(0)
                else:
                    await flight.landing(told + self._means.progress_seconds - clock())
                for landed in flight.landed():
                    for record in self._recorded(landed):
                        yield record
                if clock() - told >= self._means.progress_seconds:
                    told = clock()
                    yield self._progress()
            yield self.end()
        finally:
            await flight.close()

    def _begin(self, flight: Flight[Landed], todo: Iterator[Rendered | None]) -> bool:
        """Ask what there is room for; True where there was room and the design is not at its end."""
        while flight.room:
            try:
                rendered = next(todo)
            except StopIteration:
                return False
            if rendered is None:
                return True
            flight.start(self._asked(rendered))
        return False

    def _todo(self) -> Iterator[Rendered | None]:
        """The calls with a cell that is not done, in their order, rendered when they are wanted.

        None after every ``DONE_AT_ONCE`` calls that are done, for others to have their turn.
        """
        done, passed = self._prompts.study.done, 0
        for planned in self._cells.in_order():
            rendered = self._prompts.render(planned)
            if done and done.issuperset(rendered.cell_ids):
                self._tally.skip(len(rendered.cell_ids))
                passed += 1
                if passed % DONE_AT_ONCE == 0:
                    yield None
            else:
                yield rendered

    async def _asked(self, rendered: Rendered) -> Landed:
        """The answers of a call; a response that our own code fails on costs the cells of its call, not the run."""
        outcome = not_asked(_FAULT)
        try:
            outcome = await self._found(rendered) or await self._paid_for(rendered)
            if not outcome.cached:
                await self._keep(rendered, outcome)
            return rendered, outcome, list(self._recorder.answers(rendered, outcome))
        except Exception:  # noqa: BLE001 - whatever it is; counted as a failure of the line
            self._means.lines[rendered.planned.model.name].tell("failure", 1, _FAULT.missing)
            failed = msgspec.structs.replace(outcome, result=_FAULT)
            return rendered, failed, list(self._recorder.answers(rendered, failed))

    async def _paid_for(self, rendered: Rendered) -> Outcome:
        """What upstream says now."""
        name, means = rendered.planned.model.name, self._means
        asked = await ask(
            means.lines[name],
            rendered.call,
            means.budget,
            means.deadline,
            key=means.keys[name],
            patience=self._patience[name],
        )
        return asked_now(asked)

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
