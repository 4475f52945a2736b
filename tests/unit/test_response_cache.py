"""The cache of responses: what it keeps, for how long, and the memory that it counts."""

import gc
import tracemalloc
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.http.response_cache import (
    EVERYBODY,
    MAX_KEY_BYTES,
    CachedResponse,
    Key,
    ResponseCache,
    ResponseMeta,
    kept_bytes,
)

SNAPSHOT: Final = "7-abcdefabcdef"
LARGE: Final = 2**40


def cache_of(cache_bytes: int = LARGE) -> ResponseCache:
    """Return a cache that the snapshot is served from."""
    cache = ResponseCache(version="1", max_age_s=60, cache_bytes=cache_bytes)
    assert cache.get(key_of(0), SNAPSHOT) is None
    return cache


def key_of(number: int, path_bytes: int = 20, query_bytes: int = 0) -> Key:
    query = (b"q=%d" % number).ljust(query_bytes, b"y") if query_bytes else b""
    return (b"/api/%d/" % number).ljust(path_bytes, b"x"), query, "identity", EVERYBODY


def put(
    cache: ResponseCache, key: Key, body: bytes, meta: ResponseMeta | None = None
) -> CachedResponse:
    response = cache.prepare(body, SNAPSHOT, key, meta or ResponseMeta())
    cache.put(key, response)
    return response


@pytest.mark.parametrize(
    ("path_bytes", "query_bytes", "body_bytes", "headers"),
    [(40, 0, 2, 0), (300, 200, 2, 0), (60, 30, 2, 4), (60, 20, 4_000, 2), (10, 0, 0, 0)],
)
def test_what_is_counted_is_what_is_taken(
    path_bytes: int, query_bytes: int, body_bytes: int, headers: int
) -> None:
    meta = ResponseMeta(headers=tuple((b"x-%d" % n, b"v") for n in range(headers)))
    cache = cache_of()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(3_000):
            key = key_of(number, path_bytes, query_bytes)
            put(cache, key, b"%0*d" % (body_bytes, number), meta)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cache.used_bytes == pytest.approx(after - before, rel=0.2)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000)), max_size=40))
def test_the_limit_holds_and_the_longest_unasked_goes_first(
    puts: list[tuple[int, int]],
) -> None:
    cache = cache_of(200_000)  # one answer may take 3,125 bytes of it
    recent: dict[Key, int] = {}
    for number, size in puts * 5:
        key = key_of(number)
        response = put(cache, key, b"b" * size)
        taken = kept_bytes(key, response)
        if taken <= 200_000 // 64:
            recent.pop(key, None)
            recent[key] = taken
        while sum(recent.values()) > 200_000:
            recent.pop(next(iter(recent)))
        assert cache.used_bytes == sum(recent.values()) <= 200_000
    for number in range(10):
        assert (cache.get(key_of(number), SNAPSHOT) is None) is (key_of(number) not in recent)


def test_many_small_answers_stay_within_the_limit() -> None:
    cache = cache_of(50_000)
    for number in range(1_000):
        put(cache, key_of(number), b"{}")
        cache.get(key_of(0), SNAPSHOT)  # a hot one stays
    assert cache.used_bytes <= 50_000
    assert cache.get(key_of(0), SNAPSHOT) is not None
    assert cache.get(key_of(1), SNAPSHOT) is None
    assert cache.get(key_of(999), SNAPSHOT) is not None


def test_answers_of_another_snapshot_take_no_memory() -> None:
    cache = cache_of()
    put(cache, key_of(1), b"{}")
    late = cache.prepare(b"{}", SNAPSHOT, key_of(2))
    assert cache.get(key_of(1), "8-abcdefabcdef") is None
    cache.put(key_of(2), late)
    assert cache.used_bytes == 0
    assert cache.get(key_of(2), SNAPSHOT) is None


def test_an_answer_to_a_long_target_is_not_kept() -> None:
    cache = cache_of()
    for size, is_kept in ((MAX_KEY_BYTES - 100, True), (MAX_KEY_BYTES - 99, False)):
        key = key_of(1, size, 100)
        put(cache, key, b"{}")
        assert (cache.get(key, SNAPSHOT) is not None) is is_kept


def test_nothing_is_kept_where_nothing_is_served_yet() -> None:
    cache = ResponseCache(version="1", max_age_s=60, cache_bytes=LARGE)
    put(cache, key_of(1), b"{}")
    assert cache.used_bytes == 0
