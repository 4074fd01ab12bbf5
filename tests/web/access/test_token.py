from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web.access.key_file import AccessFileError
from service.web.access.token import Claims, Expected, TokenError, claims_of, read_key_set

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = ec.generate_private_key(ec.SECP256R1())
EXPECTED = Expected("https://idp.example", "rectifier", 30.0)
PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def public(key: Any, name: str, **more: Any) -> dict[str, Any]:
    """The entry of a JWKS."""
    algorithm = {rsa.RSAPrivateKey: "RS256", ec.EllipticCurvePrivateKey: "ES256"}
    kind = next((a for k, a in algorithm.items() if isinstance(key, k)), "EdDSA")
    return json.loads(jwt.get_algorithm_by_name(kind).to_jwk(key.public_key())) | {"kid": name} | more


JWKS = json.dumps({"keys": [public(RSA, "r"), public(EC, "e"), public(ED, "d")]}).encode()
KEYS = read_key_set(JWKS)


def token(key: Any = EC, algorithm: str = "ES256", kid: str | None = "e", headers: Any = (), **claims: Any) -> str:
    now = int(time.time())
    whole = {"iss": EXPECTED.issuer, "aud": EXPECTED.audience, "exp": now + 60, "sub": "ann", "scope": "design x"}
    given = {name: value for name, value in (whole | claims).items() if value is not None}
    extra = dict(headers) | ({} if kid is None else {"kid": kid})
    return jwt.encode(given, key, algorithm=algorithm, headers=extra)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA, "RS256", "r"), (RSA, "PS256", "r"), (EC, "ES256", "e"), (ED, "EdDSA", "d")]
)
def test_tokens_of_every_algorithm_are_taken(key: Any, algorithm: str, kid: str) -> None:
    assert claims_of(token(key, algorithm, kid), KEYS, EXPECTED) == Claims("ann", frozenset({"design"}))


def test_scopes_come_from_scope_and_scp_and_clients_from_sub_or_azp() -> None:
    both = token(scope="openid calibrate", scp=["diagnose", 3, "admin"], sub=None, azp="app")
    assert claims_of(both, KEYS, EXPECTED) == Claims("app", frozenset({"calibrate", "diagnose"}))
    assert claims_of(token(scope=None, scp="generate"), KEYS, EXPECTED).scopes == {"generate"}
    assert claims_of(token(scope=None), KEYS, EXPECTED).scopes == frozenset()
    assert claims_of(token(aud=["x", "rectifier"]), KEYS, EXPECTED).client == "ann"
    assert claims_of(token(headers={"typ": "at+JWT"}), KEYS, EXPECTED).client == "ann"


NOW = int(time.time())


def hs256_with_public_key() -> str:
    """The classical confusion: HMAC with the text of a public key."""
    import hashlib
    import hmac

    head = f"{part({'alg': 'HS256', 'kid': 'r'})}.{part({'sub': 'ann', 'exp': NOW + 60})}"
    signature = hmac.new(PEM, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


WRONG = {
    "expired": lambda: token(exp=NOW - 60),
    "not yet": lambda: token(nbf=NOW + 86_400),
    "no exp": lambda: token(exp=None),
    "exp without end": lambda: token(exp=1e400),
    "another issuer": lambda: token(iss="https://evil.example"),
    "no issuer": lambda: token(iss=None),
    "another audience": lambda: token(aud="other"),
    "no audience": lambda: token(aud=None),
    "nobody": lambda: token(sub=None),
    "a client that is no text": lambda: token(sub=None, azp=7),
    "a name that cannot be written": lambda: token(sub="\ud800"),
    "a name of two lines": lambda: token(sub="ann\ntenant"),
    "a name without end": lambda: token(sub="a" * 257),
    "another's signature": lambda: token(OTHER),
    "an unknown kid": lambda: token(kid="x"),
    "no kid among several": lambda: token(kid=None),
    "a kid that is no text": lambda: f"{part({'alg': 'ES256', 'kid': ['e']})}.{part({})}.AA",
    "an algorithm that is not the key's": lambda: token(RSA, "RS256", "e"),
    "an algorithm that is not on the list": lambda: token(RSA, "RS512", "r"),
    "no signature": lambda: f"{part({'alg': 'none', 'kid': 'e'})}.{part({'sub': 'ann'})}.",
    "a public key as shared secret": hs256_with_public_key,
    "another type": lambda: token(headers={"typ": "dpop+jwt"}),
    "a critical extension": lambda: token(headers={"crit": ["x"], "x": 1}),
    "too long": lambda: token(pad="x" * 20_000),
    "nested without end": lambda: f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.e30.AA",
    "junk": lambda: "a.b.c",
    "empty": lambda: "..",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_not_taken(name: str) -> None:
    with pytest.raises(TokenError):
        claims_of(WRONG[name](), KEYS, EXPECTED)


def test_clocks_may_differ_by_the_leeway() -> None:
    now, patient = int(time.time()), Expected(EXPECTED.issuer, EXPECTED.audience, 900.0)
    assert claims_of(token(exp=now - 300, nbf=now + 300), KEYS, patient).client == "ann"
    for wrong in ({"exp": now - 300}, {"nbf": now + 300}):
        with pytest.raises(TokenError):
            claims_of(token(**wrong), KEYS, EXPECTED)


def test_a_changed_token_is_not_taken() -> None:
    good = token()
    head, body, signature = good.split(".")
    other = part(json.loads(base64.urlsafe_b64decode(body + "==")) | {"sub": "bob"})
    for changed in (f"{head}.{other}.{signature}", good[:-3] + "AAA", f"{head}.{body}."):
        with pytest.raises(TokenError):
            claims_of(changed, KEYS, EXPECTED)


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=60), st.binary(max_size=20))
def test_any_text_is_a_refusal(head: str, body: str, signature: bytes) -> None:
    for text in (f"{head}.{body}.", f"{part(head)}.{part(body)}.{base64.urlsafe_b64encode(signature).decode()}"):
        with pytest.raises(TokenError):
            claims_of(text, KEYS, EXPECTED)


def test_a_single_key_needs_no_kid() -> None:
    alone = {name: value for name, value in public(EC, "").items() if name != "kid"}
    keys = read_key_set(json.dumps({"keys": [alone]}).encode())
    assert claims_of(token(kid=None), keys, EXPECTED).client == "ann"
    with pytest.raises(TokenError):
        claims_of(token(kid="e"), keys, EXPECTED)


def test_keys_for_other_purposes_and_types_are_passed_over() -> None:
    others = [public(RSA, "a", use="enc"), public(RSA, "b", alg="RS512"), {"kty": "EC", "crv": "P-521", "kid": "c"}]
    assert list(read_key_set(json.dumps({"keys": [*others, public(EC, "e", use="sig")]}).encode())) == ["e"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a JSON Web Key Set"),
        (b"[]", "not a JSON Web Key Set"),
        (b'{"keys": 3}', "not a JSON Web Key Set"),
        (b'{"keys": ["x"]}', "not a JSON Web Key Set"),
        (b"[" * 100_000, "not a JSON Web Key Set"),
        (b'{"keys": []}', "no key of a type"),
        (b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]}', "this one is secret"),
        (json.dumps({"keys": [public(EC, "e", d="AA")]}).encode(), "this one is secret"),
        (json.dumps({"keys": [public(EC, "e"), public(RSA, "e")]}).encode(), "a kid of its own"),
        (json.dumps({"keys": [public(EC, ""), public(RSA, "r")]}).encode(), "a kid of its own"),
        (b'{"keys": [{"kty": "EC", "crv": "P-256", "kid": "e"}]}', "key 1: cannot be read"),
        (b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "e"}]}', "key 1: cannot be read"),
    ],
)
def test_a_key_set_that_cannot_be_used_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(AccessFileError, match=words):
        read_key_set(content)


def test_short_rsa_keys_are_refused() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(AccessFileError, match="2048 bits"):
        read_key_set(json.dumps({"keys": [public(short, "r")]}).encode())
