from __future__ import annotations

import asyncio
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.cache.memory import ENTRY_BYTES, MemoryCache

EACH = 2 + 100 + ENTRY_BYTES


def filled(*keys, room=3):
    cache = MemoryCache(room * EACH)

    async def fill():
        for key in keys:
            await cache.put(key, bytes(100))

    asyncio.run(fill())
    return cache


def get(cache, key):
    return asyncio.run(cache.get(key))


def test_the_least_recently_used_goes_first():
    cache = filled("k1", "k2", "k3")
    assert get(cache, "k1") is not None
    asyncio.run(cache.put("k4", bytes(100)))
    assert [get(cache, key) is not None for key in ("k1", "k2", "k3", "k4")] == [True, False, True, True]
    assert (len(cache), cache.bytes_held) == (3, 3 * EACH)


def test_a_key_put_again_counts_once():
    assert filled("k1", "k1", "k1").bytes_held == EACH


def test_a_value_that_alone_is_too_large_is_not_kept_and_drives_nobody_out():
    cache = filled("k1", "k2")
    asyncio.run(cache.put("k2", bytes(3 * EACH)))
    assert get(cache, "k1") is not None
    assert get(cache, "k2") is None  # the older value was not the last one put
    assert cache.bytes_held == EACH


def test_closing_forgets():
    cache = filled("k1")
    asyncio.run(cache.close())
    assert (len(cache), cache.bytes_held, get(cache, "k1")) == (0, 0, None)


@given(st.integers(0, 2000), st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900)), max_size=40))
def test_the_bound_holds_after_every_put(room, puts):
    async def story():
        cache = MemoryCache(room)
        for key, size in puts:
            await cache.put(key, bytes(size))
            assert cache.bytes_held <= room
            kept = await cache.get(key)
            assert (kept is not None) == (1 + size + ENTRY_BYTES <= room)

    asyncio.run(story())


@pytest.mark.parametrize("size", [100, 1000])
def test_an_entry_takes_no_more_than_is_counted(size):
    import tracemalloc

    count = 4096

    async def story():
        cache = MemoryCache(10**9)
        tracemalloc.start()
        for number in range(count):
            await cache.put(f"sha256:{number:064x}", bytes(size))
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert held <= cache.bytes_held + 50_000 + sys.getsizeof(0)

    asyncio.run(story())
