from __future__ import annotations

import json
import random
import re
import sys

import pytest

from service.web import json_scan
from service.web.json_scan import depth, duplicate_key

TEXTS = ["a", "b", 'a"', "\\", '":', "{", "}", "é", "a,b", '"a":1', "x:", "a" * 3]
TEXTS += ["a" * 300, "a" * 300 + '"', '":' + "a" * 300, "{}[]," * 60, "\\" * 300, "é" * 300]  # read another way


def some_json(rng: random.Random, levels: int) -> str:
    """JSON text with odd blanks, escapes, quotes and braces in strings, and now and then a key twice."""
    kind = rng.random()
    if levels == 0 or kind < 0.25:
        return rng.choice(["1", "-2.5e3", "true", "null"])
    blank = lambda: rng.choice(["", " ", "\n ", "\t"])
    if kind < 0.5:
        return some_string(rng)
    if kind < 0.75:
        items = [some_json(rng, levels - 1) for _ in range(rng.randint(0, 4))]
        return f"[{blank()}{f'{blank()},{blank()}'.join(items)}{blank()}]"
    pairs = [f"{some_string(rng)}{blank()}:{blank()}{some_json(rng, levels - 1)}" for _ in range(rng.randint(0, 3))]
    return f"{{{blank()}{','.join(pairs)}{blank()}}}"


def some_string(rng: random.Random) -> str:
    text = rng.choice(TEXTS)
    if rng.random() < 0.3:
        return '"' + "".join(f"\\u{ord(c):04x}" if c in '"\\' or rng.random() < 0.5 else c for c in text) + '"'
    return json.dumps(text, ensure_ascii=rng.random() < 0.5)


def has_twin(text: str) -> bool:
    twins = []
    json.loads(text, object_pairs_hook=lambda pairs: twins.append(len(dict(pairs)) < len(pairs)))
    return any(twins)


def test_duplicates_are_found_exactly_where_a_full_parser_finds_them() -> None:
    rng = random.Random(3)
    texts = [some_json(rng, 5) for _ in range(20_000)]
    expected = [has_twin(text) for text in texts]
    assert [duplicate_key(text.encode()) is not None for text in texts] == expected
    assert 500 < sum(expected) < 19_000


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"a": 1, "a": 2}', "a"),
        (b'{"a": {"b": 1}, "c": [{"b": 1, "\\u0062": 2}]}', "b"),
        (b'{"a": {"a": 1}, "b": {"a": 1}}', None),
        (b'["a", "a"]', None),
        (b'{"a": "a", "b": ["a", "b", "a"]}', None),
        (b"[]", None),
        (b"3", None),
    ],
)
def test_the_key_is_named(body: bytes, key: str | None) -> None:
    assert duplicate_key(body) == key
    assert duplicate_key(bytearray(body)) == key


def test_the_search_can_be_bounded() -> None:
    body = b'{"a": 1, "b": 2, "a": 3}'
    assert (duplicate_key(body, 3), duplicate_key(body, 2)) == ("a", None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"1", 0), (b"[]", 1), (b'{"a": [[1]]}', 3), (b'"[[["', 0), (b'["\\"[["]', 1), (b"[[", 2), (b"]]]", -1), (b"", 0)],
)
def test_depth_counts_brackets_outside_strings(body: bytes, expected: int) -> None:
    assert depth(body) == expected


def test_a_million_numbers_cost_the_second_look_nothing() -> None:
    body = b'{"a":[' + b"1.5," * 10**6 + b"0]}"
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        assert duplicate_key(body) is None
    finally:
        sys.setprofile(None)
    assert calls < 50


def test_the_expression_reads_nothing_of_long_binary_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = json_scan._KEY_OR_STRINGS
    read = 0

    class Counted:
        def match(self, body: bytes, at: int) -> re.Match[bytes] | None:
            nonlocal read
            found = whole.match(body, at)
            read += found.end() - found.start() if found else 0
            return found

    monkeypatch.setattr(json_scan, "_KEY_OR_STRINGS", Counted())
    data = '"' + "QUFB" * 100_000 + '"'
    assert duplicate_key(f'{{"a": {{"dtype": "<f8", "data": {data}}}, "b": {data}, "a": 1}}'.encode()) == "a"
    assert 10 < read < 50
