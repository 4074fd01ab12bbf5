"""Chat completions where callers need keys: whose bearer goes where, what a completion costs, how refusals look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.web.access.key import new_key
from service.web.access.settings import AccessSettings
from tests.gateway.routes.test_chat import CHAT, HELLO, PROVIDERS, Upstream
from tests.gateway.studies import gateway, post
from tests.web.access.people import line
from tests.web.access.test_token import EXPECTED, JWKS, token

GOOD = new_key()
OTHER_BEARER = "sk-the-callers-own-key-at-the-provider"
FORWARDED = HELLO | {"model": "forwards/m"}


@pytest.fixture
def keyed(tmp_path: Path):
    """A gateway with keys, and its upstream."""
    file = tmp_path / "keys.toml"
    file.write_text(line(GOOD, "generate") + 'quotas.lab = "3/1000"\n')
    upstream = Upstream()
    access = AccessSettings(keys_file=str(file), auth_failures_per_minute=1000)
    return gateway(upstream, providers=PROVIDERS, retry_attempts=1, access=access), upstream


def sent(upstream: Upstream) -> str:
    return json.dumps([upstream.secrets, upstream.bodies])


def test_the_bearer_that_says_who_asks_goes_to_no_provider(keyed) -> None:
    app, upstream = keyed
    answer = post(app, FORWARDED, CHAT, authorization=f"Bearer {GOOD}")
    assert (answer.status, answer.headers["x-rectifier-key"]) == (200, "operator")
    answer = post(app, FORWARDED, CHAT, authorization=f"Bearer {GOOD}", x_api_key=GOOD)
    assert (answer.status, answer.headers["x-rectifier-key"]) == (200, "operator")
    assert GOOD not in sent(upstream)


def test_beside_a_key_the_bearer_is_the_providers(keyed) -> None:
    app, upstream = keyed
    answer = post(app, FORWARDED, CHAT, authorization=f"Bearer {OTHER_BEARER}", x_api_key=GOOD)
    assert (answer.status, answer.headers["x-rectifier-key"]) == (200, "caller")
    assert OTHER_BEARER in sent(upstream)
    assert GOOD not in sent(upstream)


def test_a_token_that_says_who_asks_goes_to_no_provider(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_bytes(JWKS)
    names = {"jwt_issuer": EXPECTED.issuer, "jwt_audience": EXPECTED.audience}
    access = AccessSettings(jwks_file=str(tmp_path / "jwks.json"), **names)
    upstream, good = Upstream(), token(scope="generate")
    app = gateway(upstream, providers=PROVIDERS, retry_attempts=1, access=access)
    answer = post(app, FORWARDED, CHAT, authorization=f"Bearer {good}")
    assert (answer.status, answer.headers["x-rectifier-key"]) == (200, "operator")
    assert good not in sent(upstream)


def test_a_key_of_ours_goes_to_no_provider_even_where_none_is_asked_for() -> None:
    upstream = Upstream()
    post(gateway(upstream, providers=PROVIDERS), FORWARDED, CHAT, authorization=f"Bearer {new_key()}")
    assert "rectifier_" not in sent(upstream)


def test_refusals_are_openais_errors_with_our_headers(keyed) -> None:
    app, _ = keyed
    answer = post(app, HELLO, CHAT)
    assert (answer.status, answer.json["error"]["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="rectifier"'


def test_every_answer_asked_for_is_a_cell_of_the_quota(keyed) -> None:
    app, upstream = keyed
    answer = post(app, HELLO | {"model": "openai/m", "n": 2}, CHAT, x_api_key=GOOD)
    assert answer.headers["ratelimit"] == '"cells";r=1;t=667'
    assert post(app, HELLO | {"model": "openai/m"}, CHAT, x_api_key=GOOD).status == 200
    over = post(app, HELLO | {"model": "openai/m"}, CHAT, x_api_key=GOOD)
    assert (over.status, over.json["error"]["code"]) == (429, "quota_exceeded")
    assert int(over.headers["retry-after"]) > 300
    assert len(upstream.bodies) == 2
