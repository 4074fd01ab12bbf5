from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.gateway.cache.protocol import CacheError
from service.gateway.cache.sqlite import SqliteCache

ROOT = Path(__file__).parents[3]
WRITER = """
import asyncio, sys
from pathlib import Path
from service.gateway.cache.sqlite import SqliteCache

async def main():
    cache = SqliteCache(Path(sys.argv[1]), 10**9)
    async def put(number):
        await cache.put(f"k{number}", b"%d" % number * 500)
        print(number, flush=True)
    for start in range(0, 10**6, 20):
        await asyncio.gather(*(put(start + offset) for offset in range(20)))

asyncio.run(main())
"""


def use(path, story, max_bytes=10**8):
    async def whole():
        cache = SqliteCache(path, max_bytes)
        try:
            return await asyncio.wait_for(story(cache), 60)
        finally:
            await cache.close()

    return asyncio.run(whole())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


def test_values_survive_a_restart(path):
    use(path, lambda cache: cache.put("k", b"value"))
    assert use(path, lambda cache: cache.get("k")) == b"value"


def test_every_value_whose_put_returned_survives_a_kill(path):
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        told = [int(writer.stdout.readline()) for _ in range(100)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split(b"\n")[:-1]]
        writer.stdout.close()
        assert writer.wait(20) == -signal.SIGKILL

        async def story(cache, told=told):
            for number in told:
                assert await cache.get(f"k{number}") == b"%d" % number * 500
            await cache.put("after", b"x")

        use(path, story)


def test_the_file_is_durable_after_every_commit(path):
    use(path, lambda cache: cache.put("k", b"value"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

    async def story(cache):
        return cache._writer.execute("PRAGMA synchronous").fetchone()

    assert use(path, story) == (2,)


def test_a_value_on_its_way_to_the_file_is_there_already(path):
    async def story(cache):
        first = asyncio.create_task(cache.put("a", b"1"))
        await asyncio.sleep(0)  # the next batch has it
        assert await cache.get("a") == b"1"
        await asyncio.sleep(0)  # now it is being written
        second = asyncio.create_task(cache.put("b", b""))
        await asyncio.sleep(0)
        assert [await cache.get("a"), await cache.get("b")] == [b"1", b""]
        await asyncio.gather(first, second)

    use(path, story)


def test_closing_waits_for_what_is_being_written(path):
    async def story(cache):
        given_up = [asyncio.create_task(cache.put("first", b"1"))]
        for _ in range(2):
            await asyncio.sleep(0)  # it is being written
        given_up.append(asyncio.create_task(cache.put("second", b"2")))
        await asyncio.sleep(0)
        return given_up

    use(path, story)
    assert use(path, lambda cache: cache.get("first")) == b"1"
    assert use(path, lambda cache: cache.get("second")) == b"2"


def test_puts_at_the_same_time_share_their_commits(path):
    async def story(cache):
        commits = []
        write = cache._write
        cache._write = lambda values: (commits.append(len(values)), write(values))
        await asyncio.gather(*(cache.put(f"k{number}", b"x" * 1000) for number in range(1000)))
        assert sum(commits) == 1000
        assert len(commits) <= 2

    use(path, story)


def test_the_file_stays_in_its_bounds_and_the_first_go_first(path):
    async def story(cache):
        for start in range(0, 4000, 100):
            await asyncio.gather(*(cache.put(f"k{number}", bytes(2000)) for number in range(start, start + 100)))
        kept = [number for number in range(4000) if await cache.get(f"k{number}") is not None]
        assert kept == list(range(4000 - len(kept), 4000))
        assert 350 < len(kept) < 500

    use(path, story, max_bytes=10**6)
    assert path.stat().st_size < 1.5 * 10**6


def test_a_value_put_again_is_the_newest(path):
    async def story(cache):
        await cache.put("again", b"first")
        for number in range(30):
            await asyncio.gather(*(cache.put(f"k{number}-{each}", bytes(2000)) for each in range(10)))
            await cache.put("again", b"%d" % number)
        assert await cache.get("again") == b"29"

    use(path, story, max_bytes=200_000)


def test_a_value_larger_than_the_bound_is_not_kept(path):
    async def story(cache):
        await cache.put("large", bytes(100_001))
        await cache.put("small", b"x")
        assert await cache.get("large") is None
        assert await cache.get("small") == b"x"

    use(path, story, max_bytes=100_000)


def test_a_bound_below_an_empty_file_keeps_nothing_and_ends(path):
    async def story(cache):
        await cache.put("k", b"x")
        assert await cache.get("k") is None

    use(path, story, max_bytes=1)


def test_two_processes_may_share_a_file(path):
    async def story(one):
        other = SqliteCache(path, 10**8)
        try:
            await asyncio.gather(
                *(one.put(f"a{number}", b"a") for number in range(50)),
                *(other.put(f"b{number}", b"b") for number in range(50)),
            )
            assert await one.get("b49") == b"b"
            assert await other.get("a49") == b"a"
        finally:
            await other.close()

    use(path, story)


def test_a_file_that_is_no_database_is_refused(path):
    path.write_bytes(b"canary: this is not SQLite" * 100)
    with pytest.raises(CacheError, match="could not be opened: SQLITE_NOTADB") as caught:
        SqliteCache(path, 10**6)
    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CacheError, match="could not be opened"):
        SqliteCache(tmp_path / "none" / "answers.sqlite", 10**6)


def test_errors_while_reading_and_writing_say_no_key_and_no_value(path):
    async def story(cache):
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE answers")
        connection.close()
        for what, doing in (
            ("read", cache.get("canary-key")),
            ("written", cache.put("canary-key", b"canary-value")),
            ("written", cache.put("canary-key", b"canary-value")),
        ):
            with pytest.raises(CacheError, match=f"could not be {what}: SQLITE_ERROR") as caught:
                await doing
            assert "canary" not in repr(caught.value)
            assert caught.value.__context__ is None

    use(path, story)


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, ValueError])
def test_an_error_that_is_not_the_databases_is_told_and_writing_goes_on(path, error):
    async def story(cache):
        write = cache._write

        def fails(values):
            raise error("canary")

        cache._write = fails
        with pytest.raises(CacheError, match=f"could not be written: {error.__name__}") as caught:
            await cache.put("first", b"1")
        assert "canary" not in repr(caught.value)
        cache._write = write
        await cache.put("second", b"2")
        assert [await cache.get("first"), await cache.get("second")] == [None, b"2"]

    use(path, story)


def test_a_writer_that_is_cancelled_says_so_and_the_next_put_is_written(path):
    async def story(cache):
        putting = asyncio.create_task(cache.put("first", b"1"))
        for _ in range(2):
            await asyncio.sleep(0)
        cache._writes.cancel()
        with pytest.raises(CacheError, match="left before this was written"):
            await putting
        await cache.put("second", b"2")
        assert await cache.get("second") == b"2"

    use(path, story)


def test_reading_does_not_wait_for_writing(path):
    async def story(cache):
        await cache.put("there", b"x")
        write = cache._write
        cache._write = lambda values: (time.sleep(0.3), write(values))
        putting = asyncio.create_task(cache.put("slow", b"y"))
        await asyncio.sleep(0.01)
        assert await cache.get("there") == b"x"
        assert not putting.done()
        await putting

    use(path, story)
