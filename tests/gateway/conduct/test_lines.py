from __future__ import annotations

import asyncio
import gc

from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget
from service.gateway.conduct.lines import Lines
from service.gateway.conduct.window import Ended
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import ANSWER, CALL, scripted_line

MANY = 10_000


def opened():
    return scripted_line([])


def crowd(lines, count=MANY, tag=""):
    """So many other models are asked for, one after the other, and nobody keeps their lines."""
    for k in range(count):
        lines.at(("p", f"other {tag} {k}"), opened)


def test_a_place_has_one_line():
    lines = Lines()
    first = lines.at(("p", "m"), opened)
    assert lines.at(("p", "m"), opened) is first
    assert lines.at(("p", "n"), opened) is not first
    assert lines.at(("q", "m"), opened) is not first
    assert len(lines) == 3


def test_many_models_leave_a_bounded_number_of_lines():
    lines = Lines(100)
    crowd(lines)
    gc.collect()
    assert len(lines) == 100


def test_the_lines_used_last_are_remembered():
    lines = Lines(3)
    window = lines.at(("p", "kept"), opened).window
    for k in range(100):
        crowd(lines, 2, k)
        assert lines.at(("p", "kept"), opened).window is window, k


def test_a_line_that_somebody_holds_is_found_again():
    lines = Lines(10)
    held = lines.at(("p", "m"), opened)
    crowd(lines)
    assert len(lines) == 11
    assert lines.at(("p", "m"), opened) is held


def test_a_line_with_a_call_in_flight_is_found_again_and_forgotten_after():
    async def story():
        lines, go_on = Lines(10), asyncio.Event()

        async def answering():
            await go_on.wait()
            return 200

        calling = asyncio.create_task(
            ask(lines.at(("p", "m"), lambda: scripted_line([answering])), CALL, Budget(Caps()))
        )
        waiting = asyncio.create_task(ask(lines.at(("p", "w"), full), CALL, Budget(Caps())))
        await asyncio.sleep(0.001)
        crowd(lines)
        assert len(lines) == 12
        assert lines.at(("p", "m"), opened).window.in_flight == 1
        assert lines.at(("p", "w"), opened).window.waiting == 1
        go_on.set()
        assert (await calling).result is ANSWER
        lines.at(("p", "w"), opened).window.release(0.0, Ended("neutral"))
        assert (await waiting).result is ANSWER
        del calling, waiting
        crowd(lines)
        gc.collect()
        assert len(lines) == 10

    asyncio.run(story())


def full():
    """A line with one place, which is taken."""
    line = scripted_line([200])
    line.window._most = line.window._size = 1.0
    line.window._in_flight = 1
    return line


def test_an_open_breaker_is_not_forgotten_until_it_may_be_probed():
    lines = Lines(10)
    clock = broken(lines)
    crowd(lines)
    gc.collect()
    assert len(lines) == 10
    assert lines.at(("p", "broken"), opened).breaker.refuses
    clock.now += 15
    crowd(lines)
    gc.collect()
    assert len(lines) == 10
    assert not lines.at(("p", "broken"), opened).breaker.refuses


def broken(lines):
    """The clock of a line whose breaker opens."""
    line = lines.at(("p", "broken"), opened)
    for _ in range(8):
        line.breaker.failed(line.breaker.admit())
    return line.clock
