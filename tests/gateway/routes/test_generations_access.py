"""Runs where callers need keys: caches of their own, and cells that count."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.web.access.key import new_key
from service.web.access.settings import AccessSettings
from tests.gateway.studies import cells, gateway, post, request
from tests.web.access.people import line

ANN, BOB, POOR = new_key(), new_key(), new_key()


@pytest.fixture
def app(tmp_path: Path):
    file = tmp_path / "keys.toml"
    people = ((ANN, "ann"), (BOB, "bob"), (POOR, "poor"))
    file.write_text("".join(line(key, "generate", client=who) for key, who in people) + 'quotas.poor = "4/1000"\n')
    return gateway(access=AccessSettings(keys_file=str(file)))


def asked(app, key: str, **headers: str) -> list[dict]:
    return cells(post(app, request(), x_api_key=key, **headers))


def test_every_client_has_a_cache_of_its_own_whatever_tenant_it_names(app) -> None:
    first, again, other, claimed = asked(app, ANN), asked(app, ANN), asked(app, BOB), asked(app, BOB, x_tenant="ann")
    assert [cell["provenance"]["cached"] for cell in first + other + claimed] == [False] * 12
    assert [cell["provenance"]["cached"] for cell in again] == [True] * 4
    ids = [{cell["cell_id"] for cell in found} for found in (first, other, claimed)]
    assert len(set().union(*ids)) == 12


def test_tenants_divide_a_clients_cache(app) -> None:
    one, other = asked(app, ANN, x_tenant="a"), asked(app, ANN, x_tenant="b")
    assert not {cell["cell_id"] for cell in one} & {cell["cell_id"] for cell in other}


def test_cells_are_charged_before_a_run_and_plans_cost_nothing(app) -> None:
    plan = post(app, request(), "/v1/generations/plan", x_api_key=POOR)
    assert plan.headers["ratelimit"] == '"cells";r=4;t=1'
    run = post(app, request(), x_api_key=POOR)
    assert (run.status, run.headers["ratelimit"]) == (200, '"cells";r=0;t=250')
    over = post(app, request(), x_api_key=POOR)
    assert (over.status, over.json["code"]) == (429, "quota_exceeded")


def test_nobody_comes_in_without_a_key(app) -> None:
    for path in ("/v1/generations", "/v1/generations/plan"):
        assert post(app, request(), path).status == 401
