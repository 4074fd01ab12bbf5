from __future__ import annotations

import asyncio

import pytest

from service.gateway.cache.memory import MemoryCache
from service.gateway.cache.protocol import Cache
from service.gateway.cache.redis import RedisCache
from service.gateway.cache.sqlite import SqliteCache
from tests.gateway.cache.redis_server import running

VALUES = {f"sha256:{number:064x}": bytes([number % 256]) * number for number in range(1, 300, 7)}
ODD = {"sha256:zeros": bytes(1000), "sha256:empty": b"", "ключ \n'; DROP": b"\xff\x00\r\n$-1\r\n"}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with running(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request, tmp_path, redis_url):
    def cache() -> Cache:
        if request.param == "memory":
            return MemoryCache(10**7)
        if request.param == "sqlite":
            return SqliteCache(tmp_path / "answers.sqlite", 10**7)
        return RedisCache(redis_url, ttl_seconds=60, prefix=f"{tmp_path}:")

    return cache


def use(make, story):
    async def whole():
        cache = make()
        try:
            return await asyncio.wait_for(story(cache), 20)
        finally:
            await cache.close()

    return asyncio.run(whole())


def test_what_was_put_comes_back_as_it_was(make):
    async def story(cache):
        for key, value in {**VALUES, **ODD}.items():
            assert await cache.get(key) is None
            await cache.put(key, value)
        for key, value in {**VALUES, **ODD}.items():
            assert await cache.get(key) == value
        assert await cache.get("sha256:none") is None

    use(make, story)


def test_the_last_value_of_a_key_counts(make):
    async def story(cache):
        await cache.put("k", b"first")
        await cache.put("k", b"second")
        assert await cache.get("k") == b"second"

    use(make, story)


def test_many_put_and_get_at_the_same_time(make):
    async def story(cache):
        async def one(key, value):
            await cache.put(key, value)
            return await cache.get(key)

        values = {f"k{number}": b"%d" % number for number in range(500)}
        assert await asyncio.gather(*(one(*each) for each in values.items())) == list(values.values())

    use(make, story)


def test_a_cancelled_put_harms_nobody(make):
    async def story(cache):
        tasks = [asyncio.create_task(cache.put(*each)) for each in VALUES.items()]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await cache.put("after", b"x")
        kept = list(VALUES.items())[1::2]
        assert [await cache.get(key) for key, _ in kept] == [value for _, value in kept]
        assert await cache.get("after") == b"x"

    use(make, story)
