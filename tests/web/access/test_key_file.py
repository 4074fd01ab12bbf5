from __future__ import annotations

import pytest

from service.web.access.key import hash_of, new_key
from service.web.access.key_file import AccessFileError, Key, read_key_ring
from service.web.access.quota import Quota
from tests.web.access.people import line

KEY = new_key()
HASH = hash_of(KEY)


def test_a_file_has_keys_and_quotas() -> None:
    other = new_key()
    text = (
        line(KEY, "calibrate", "design", more=", expires = 2027-11-22T01:00:00+01:00")
        + line(other, "generate", more=", revoked = true")
        + 'quotas.lab = "3e9/60"\n'
    )
    ring = read_key_ring(text.encode())
    assert ring.keys[HASH] == Key("lab", frozenset({"calibrate", "design"}), 1_826_841_600.0, revoked=False)
    assert ring.keys[hash_of(other)].revoked
    assert ring.quotas == {"lab": Quota(3e9, 60.0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no key"),
        ('quotas.lab = "3e9/60"', "there is no key"),
        (f"x = {'9' * 5000}", "a number is too long"),
        (f"x = {'[' * 5000}", "nested too deeply"),
        ("keys = 3", "tables keys"),
        ("other = {}", "tables keys"),
        ('keys.HASH = "x"', "tables keys"),
        ("keys.HASH = ?", r"not TOML: \(at line 1, column"),
        ('keys.HASH = { client = "a" ', "not TOML"),
        ("keys.abc = {}", "key 1: its name is not a SHA-256"),
        ('keys.KEY = { client = "a", scopes = ["design"] }', "key 1: its name is not a SHA-256"),
        ("keys.HASH = {}", "key 1 .*: client, scopes, expires and revoked are its fields"),
        ('keys.HASH = { client = "a b", scopes = ["design"] }', "client: 1 to 64"),
        ('keys.HASH = { client = "a\\n", scopes = ["design"] }', "client: 1 to 64"),
        ('keys.HASH = { client = "a", scopes = [] }', "scopes: a list of calibrate"),
        ('keys.HASH = { client = "a", scopes = ["all"] }', "scopes: a list of calibrate"),
        ('keys.HASH = { client = "a", scopes = ["design"], expires = 2027-11-22 }', "expires: a time with its zone"),
        ('keys.HASH = { client = "a", scopes = ["design"], expires = 2027-11-22T00:00:00 }', "expires: a time"),
        ('keys.HASH = { client = "a", scopes = ["design"], revoked = 1 }', "revoked: true or false"),
        ('keys.HASH = { client = "a", scopes = ["design"], admin = true }', "are its fields"),
        ('quotas.a = "lots"', r"quotas\.a: units/seconds"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_without_its_words(text: str, words: str) -> None:
    filled = text.replace("HASH", HASH).replace("KEY", KEY)
    with pytest.raises(AccessFileError, match=words) as told:
        read_key_ring(filled.encode())
    assert KEY not in str(told.value)
    assert HASH not in str(told.value)


def test_a_key_twice_and_what_is_no_text_are_refused() -> None:
    with pytest.raises(AccessFileError, match="not TOML"):
        read_key_ring((line(KEY) * 2).encode())
    with pytest.raises(AccessFileError, match="not UTF-8"):
        read_key_ring(b"\xff")


def test_every_problem_is_told_at_once() -> None:
    text = f'keys.x = {{}}\nkeys.{HASH} = {{ client = "", scopes = ["design"] }}\n'
    with pytest.raises(AccessFileError, match=r"key 1: .*; key 2 \(.{8}\.\.\): client"):
        read_key_ring(text.encode())


def test_an_empty_table_of_keys_is_nobody() -> None:
    ring = read_key_ring(b"[keys]\n")
    assert (ring.keys, ring.quotas) == ({}, {})
