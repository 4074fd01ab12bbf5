"""A seeded random order of 0..n-1 that is computed, not stored: position to index in constant memory.

A balanced Feistel network over the smallest even number of bits that holds n, walked until it falls below n (cycle
walking), is a permutation for every key; four rounds of keyed BLAKE2b make it a random-looking one.

**Shapes** scalars. **Source** Luby & Rackoff (1988); Black & Rogaway (2002) for cycle walking.
**Differs** no claim of secrecy: the key is public, the order only has to be unrelated to the study's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Shuffled:
    """The order of ``size`` things under a key."""

    size: int
    key: bytes

    def __iter__(self) -> Iterator[int]:
        """The indices, each once."""
        return map(self.at, range(self.size))

    def at(self, position: int) -> int:
        """The index that stands at a position."""
        half = max(1, (max(self.size - 1, 1).bit_length() + 1) // 2)
        index = self._mixed(position, half)
        while index >= self.size:
            index = self._mixed(index, half)
        return index

    def _mixed(self, index: int, half: int) -> int:
        """One pass of the network over 2 x ``half`` bits."""
        mask = (1 << half) - 1
        left, right = index >> half, index & mask
        for number in range(ROUNDS):
            word = hashlib.blake2b(b"%d:%d" % (number, right), digest_size=8, key=self.key).digest()
            left, right = right, left ^ (int.from_bytes(word, "big") & mask)
        return left << half | right


def uniform_below(count: int, *words: object) -> int:
    """A whole number below ``count`` decided by the words, the same in every process."""
    text = "\x1f".join(map(str, words)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big") % count


def permuted(count: int, *words: object) -> tuple[int, ...]:
    """An order of 0..count-1 decided by the words (Fisher-Yates)."""
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = uniform_below(last + 1, last, *words)
        order[last], order[other] = order[other], order[last]
    return tuple(order)
