from __future__ import annotations

import json

import pytest

from service.web.access.gate import REASONS, presented_in
from service.web.access.key import client_label
from service.web.access.key_file import KeyRing
from service.web.access.quota import Quota
from service.web.access.token import TokenError, read_key_set
from service.web.problems import ProblemError
from tests.web.access import people
from tests.web.access.people import GONE, GOOD, NARROW, OLD, STRANGER, Held, gate, scope
from tests.web.access.test_token import EC, EXPECTED, public, token

KEY_SET = Held(read_key_set(json.dumps({"keys": [public(EC, "e")]}).encode()))


def refusal(key: str | None, needed: str | None = "calibrate", at=None, **more) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        (at or gate()).admit(scope(key, **more), needed)
    return refused.value


def test_a_good_key_is_let_in_by_either_header() -> None:
    for name, text in (("x-api-key", GOOD), ("authorization", f"Bearer {GOOD}"), ("authorization", f"bearer  {GOOD} ")):
        asked = scope(text, header=name)
        assert gate().admit(asked, "calibrate").client == "lab"
        assert asked["state"] == {"client": client_label("lab")}


def test_x_api_key_goes_before_the_bearer() -> None:
    both = {"headers": [(b"authorization", b"Bearer a"), (b"x-api-key", b" b ")]}
    assert presented_in(both) == "b"
    assert presented_in({"headers": [(b"authorization", b"Bearer a"), (b"x-api-key", b" ")]}) == "a"
    assert presented_in({"headers": [(b"authorization", b"Basic a")]}) is None


def test_without_a_key_the_answer_says_how_to_send_one() -> None:
    for found in (refusal(None), refusal("", header="authorization"), refusal("Basic eDp5", header="authorization")):
        assert found.code == "unauthenticated"
        assert found.headers == {"WWW-Authenticate": 'Bearer realm="rectifier"'}


def test_unknown_expired_and_revoked_keys_are_told_alike_and_counted_apart() -> None:
    counted: list[str] = []
    at = gate(refused=counted.append)
    found = [refusal(key, at=at) for key in (STRANGER, OLD, GONE)]
    assert {(f.code, f.detail, tuple(f.headers.items())) for f in found} == {
        (
            "invalid_credentials",
            "The key is unknown, expired or revoked.",
            (("WWW-Authenticate", 'Bearer realm="rectifier", error="invalid_token"'),),
        )
    }
    assert counted == ["unknown", "expired", "revoked"]
    assert set(counted) <= set(REASONS)


CHANGED = GOOD[:20] + ("1" if GOOD[20] == "0" else "0") + GOOD[21:]


@pytest.mark.parametrize(
    "key",
    [GOOD[:-1], GOOD + "x", "x", "a.b.c", CHANGED, "\xff" * 59],
    ids=["cut off", "too long", "a letter", "dots", "one letter changed", "no ASCII"],
)
def test_what_is_no_key_is_told_so(key: str) -> None:
    counted: list[str] = []
    found = refusal(key, at=gate(refused=counted.append))
    assert (found.code, counted) == ("invalid_credentials", ["malformed"])
    assert key not in found.detail


def test_a_key_without_the_scope_is_told_which() -> None:
    found = refusal(NARROW)
    assert found.code == "insufficient_scope"
    assert found.headers == {
        "WWW-Authenticate": 'Bearer realm="rectifier", error="insufficient_scope", scope="calibrate"'
    }


def test_a_path_that_names_no_scope_is_closed_to_all() -> None:
    assert refusal(GOOD, needed=None).code == "insufficient_scope"


def test_a_key_ends_when_it_expires() -> None:
    now = [people.NOW - 2.0]
    at = gate(clock=lambda: now[0])
    assert at.admit(scope(OLD), "calibrate").client == "lab"
    now[0] = people.NOW - 1.0
    assert refusal(OLD, at=at).code == "invalid_credentials"


def test_too_many_wrong_keys_from_one_address_are_held_up_and_right_ones_are_not() -> None:
    counted: list[str] = []
    at = gate(failures=3, refused=counted.append)
    codes = [refusal(STRANGER, at=at).code for _ in range(5)]
    assert codes == ["invalid_credentials"] * 3 + ["too_many_failures"] * 2
    held = refusal("junk", at=at)
    assert (held.code, held.headers) == ("too_many_failures", {"Retry-After": "20"})
    assert counted == ["unknown"] * 3 + ["throttled"] * 3
    assert at.admit(scope(GOOD), "calibrate").client == "lab"
    assert refusal(STRANGER, at=at, address="192.0.2.8").code == "invalid_credentials"
    assert refusal(NARROW, at=at).code == "insufficient_scope"  # whose right key this is, is not held up either


def test_a_used_up_quota_is_told_before_the_body_is_read() -> None:
    counted: list[str] = []
    at = gate(quota=Quota(10.0, 60.0), refused=counted.append)
    asked = scope(GOOD)
    at.admit(asked, "calibrate").charge(10.0)
    found = refusal(GOOD, at=at)
    assert (found.code, found.headers, counted) == ("quota_exceeded", {"Retry-After": "6"}, ["quota"])
    assert at.admit(scope(NARROW), "design").client == "other"


def test_a_clients_own_quota_goes_before_the_default() -> None:
    ring = KeyRing(people.RING.keys, {"lab": Quota(1e9, 1.0)})
    at = gate(ring, quota=Quota(1.0, 60.0))
    for _ in range(3):
        at.admit(scope(GOOD), "calibrate").charge(10.0)


def test_tokens_are_taken_beside_keys_and_instead_of_them() -> None:
    both = gate(key_set=KEY_SET, expected=EXPECTED)
    assert both.admit(scope(f"Bearer {token()}", header="authorization"), "design").client == "jwt:ann"
    assert both.admit(scope(GOOD), "calibrate").client == "lab"
    counted: list[str] = []
    wrong = gate(key_set=KEY_SET, expected=EXPECTED, refused=counted.append)
    assert refusal(token(exp=1), at=wrong).code == "invalid_credentials"
    assert refusal(token(), at=wrong).code == "insufficient_scope"
    assert counted == ["bad_token", "insufficient_scope"]


def test_a_right_token_is_let_in_from_an_address_that_is_held_up() -> None:
    at = gate(key_set=KEY_SET, expected=EXPECTED, failures=1)
    assert refusal(token(exp=1), at=at).code == "invalid_credentials"
    assert refusal(token(exp=1), at=at).code == "too_many_failures"
    assert at.admit(scope(token()), "design").client == "jwt:ann"


def test_wrong_tokens_from_addresses_that_are_held_up_are_checked_so_often_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[str] = []

    def wrong(given: str, *_more: object) -> None:
        checked.append(given)
        raise TokenError

    monkeypatch.setattr("service.web.access.gate.claims_of", wrong)
    monkeypatch.setattr("service.web.access.gate.WRONG_TOKENS", Quota(10.0, 1e9))
    at = gate(key_set=KEY_SET, expected=EXPECTED, failures=1)
    codes = [refusal("a.b.c", at=at).code for _ in range(30)]
    assert codes == ["invalid_credentials"] + ["too_many_failures"] * 29
    assert len(checked) == 10
    assert refusal("a.b.c", at=at, address="192.0.2.8").code == "invalid_credentials"  # another is not held up


def test_without_a_key_file_keys_are_no_keys() -> None:
    at = gate(keys=Held(KeyRing({}, {})), key_set=KEY_SET, expected=EXPECTED)
    at._credentials = type(at._credentials)(None, KEY_SET, EXPECTED)
    assert refusal(GOOD, at=at).code == "invalid_credentials"
    assert at.admit(scope(token()), "design").client == "jwt:ann"
