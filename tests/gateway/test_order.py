from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.order import Shuffled, permuted, uniform_below


@given(size=st.integers(0, 700), key=st.binary(min_size=1, max_size=32))
def test_every_index_comes_once(size: int, key: bytes) -> None:
    assert sorted(Shuffled(size, key)) == list(range(size))


def test_the_order_follows_the_key_and_nothing_else() -> None:
    first, again, other = (list(Shuffled(1000, key)) for key in (b"a", b"a", b"b"))
    assert first == again
    assert first != other
    assert sum(a == b for a, b in zip(first, other, strict=True)) < 12  # one in a thousand by chance, sd 1


def test_a_prefix_is_a_fair_sample() -> None:
    """Of 10,000, the first 1,000 hold each tenth of the indices about equally (binomial sd 9.5)."""
    counts = [0] * 10
    for position in range(1000):
        counts[Shuffled(10_000, b"k").at(position) // 1000] += 1
    assert max(counts) < 140
    assert min(counts) > 60


def test_a_position_costs_no_memory_of_the_others() -> None:
    assert 0 <= Shuffled(10**12, b"k").at(10**12 - 1) < 10**12


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_numbers_and_permutations_are_fair(count: int) -> None:
    counts = [0] * count
    firsts = [0] * count
    for k in range(2100):
        counts[uniform_below(count, "word", k)] += 1
        firsts[permuted(count, "word", k)[0]] += 1
        assert sorted(permuted(count, k)) == list(range(count))
    expected = 2100 / count
    assert all(abs(c - expected) < 5 * expected**0.5 for c in (*counts, *firsts))


def test_words_keep_their_borders() -> None:
    assert uniform_below(2**64, "ab", "c") != uniform_below(2**64, "a", "bc")
