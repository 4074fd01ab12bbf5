from __future__ import annotations

import math
import re
import secrets
import string

import pytest

from service.web.access import key
from service.web.access.key import PATTERN, client_label, hash_of, is_key, new_key


def test_a_key_has_256_random_bits_a_prefix_and_a_checksum() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_key(k) and re.fullmatch(PATTERN, k) for k in keys)
    assert key._RANDOM * math.log2(len(key._LETTERS)) >= 256
    assert set("".join(keys)) == set(string.digits + string.ascii_letters + "_")


def test_letters_come_from_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "choice", lambda letters: letters[0])
    assert new_key().startswith("rectifier_" + "0" * 43)


def test_every_single_slip_of_the_pen_is_seen() -> None:
    good = new_key()
    for place in range(len(good)):
        for letter in {"a", "Z", "7", "-"} - {good[place]}:
            assert not is_key(good[:place] + letter + good[place + 1 :])
    for bad in ("", good[:-1], good + "a", " " + good, good + "\n", good.upper(), "ghp_" + good[4:]):
        assert not is_key(bad)


def test_only_a_hash_is_stored() -> None:
    assert hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_client_has_a_label_in_the_log() -> None:
    assert client_label("abc") == "ba7816bf8f01"
