from __future__ import annotations

import asyncio

import pytest

from service.gateway.cache.protocol import CacheError
from service.gateway.cache.redis import PREFIX, REST_SECONDS, RedisCache
from tests.gateway.cache.redis_server import running
from tests.gateway.conduct.scripted import Clock


def use(url, story, **options):
    async def whole():
        cache = RedisCache(url, ttl_seconds=options.pop("ttl_seconds", 60), **options)
        try:
            return await asyncio.wait_for(story(cache), 20)
        finally:
            await cache.close()

    return asyncio.run(whole())


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running(tmp_path_factory.mktemp("redis"), "--requirepass", "canary-password") as url:
        yield url.replace("unix://", "unix://:canary-password@")


def test_keys_have_a_prefix_and_values_a_time_to_live(url):
    async def story(cache):
        await cache.put("k", b"value")
        assert await cache._client.get(f"{PREFIX}k") == b"value"
        assert 55 < await cache._client.ttl(f"{PREFIX}k") <= 60

    use(url, story)


def test_a_value_is_gone_after_its_time(url):
    async def story(cache):
        await cache.put("short", b"value")
        await cache._client.pexpire(f"{PREFIX}short", 1)
        await asyncio.sleep(0.02)
        assert await cache.get("short") is None

    use(url, story)


def test_prefixes_keep_caches_apart(url):
    use(url, lambda cache: cache.put("k", b"a"), prefix="a:")
    assert use(url, lambda cache: cache.get("k"), prefix="b:") is None
    assert use(url, lambda cache: cache.get("k"), prefix="a:") == b"a"


@pytest.mark.parametrize("password", ["canary-wrong@", ""])
def test_a_server_that_does_not_let_us_in_is_an_error_without_the_password(url, password):
    wrong = url.replace("canary-password@", password).replace("//:/", "///")
    for what, story in (
        ("read", lambda cache: cache.get("canary-key")),
        ("written", lambda cache: cache.put("canary-key", b"canary-value")),
    ):
        with pytest.raises(CacheError, match=f"The Redis cache could not be {what}: ") as caught:
            use(wrong, story)
        assert "canary" not in repr(caught.value)
        assert caught.value.__context__ is None


def test_a_server_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CacheError, match="could not be read: ConnectionError"):
        use(f"unix://{tmp_path}/none.sock", lambda cache: cache.get("k"))


def test_a_url_that_is_none_is_refused_without_showing_it():
    with pytest.raises(CacheError, match="has a URL that is none") as caught:
        RedisCache("http://:canary-password@host", ttl_seconds=1)
    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None


def test_a_server_that_does_not_answer_is_left_alone_for_a_while(tmp_path):
    clock = Clock()

    async def tried(cache):
        with pytest.raises(CacheError) as caught:
            await cache.get("k")
        return "left alone" not in str(caught.value)

    async def story(cache):
        assert [await tried(cache) for _ in range(4)] == [True, False, False, False]
        with pytest.raises(CacheError, match="could not be written: it is left alone"):
            await cache.put("k", b"v")
        clock.now += REST_SECONDS
        assert [await tried(cache) for _ in range(3)] == [True, False, False]

    use(f"unix://{tmp_path}/none.sock", story, clock=clock)


def test_a_server_that_is_back_is_used_again(tmp_path):
    clock = Clock()

    async def story(cache):
        with pytest.raises(CacheError):
            await cache.get("k")
        with running(tmp_path):
            with pytest.raises(CacheError, match="left alone"):
                await cache.get("k")
            clock.now += REST_SECONDS
            await cache.put("k", b"v")
            assert await cache.get("k") == b"v"

    use(f"unix://{tmp_path}/redis.sock", story, clock=clock)


def test_a_server_that_answers_with_an_error_is_not_left_alone(url):
    async def story(cache):
        await cache._client.lpush(f"{PREFIX}list", b"x")
        with pytest.raises(CacheError, match="could not be read: ResponseError"):
            await cache.get("list")
        await cache.put("k", b"v")
        assert await cache.get("k") == b"v"

    use(url, story)
