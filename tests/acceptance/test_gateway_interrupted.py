"""Runs that end early: killed and resumed without paying twice, and given up by the client without spending on."""

from __future__ import annotations

import json
import signal
import time
from http.client import HTTPException

import pytest

from tests.acceptance.counting import counting
from tests.acceptance.generating import ARMS, cells, fetched, generate, places, planned, streaming, study

WINDOW = 8
WHOLE = study(100, {"name": "m", "provider": "counting", "model": "x"})


@pytest.fixture
def upstream():
    with counting() as server:
        yield server


def prompt(cell):
    """What the provider saw of a cell: enough to know it by."""
    number = int(cell["unit_id"].rpartition("-")[2])
    (arm,) = (arm["text"] for arm in ARMS if arm["name"] == cell["arm"])
    return WHOLE["personas"][number]["attributes"]["job"], arm


def times_asked(upstream, cell):
    job, arm = prompt(cell)
    return sum(
        count
        for (system, user), count in upstream.asked.items()
        if system.endswith(f" {job}.") and user.startswith(arm)
    )


def killed(gateway, body, after):
    """The records of a run until the gateway is killed, which is after so many of them."""
    lines = []
    with streaming(gateway, body) as response:
        try:
            for line in response:
                lines.append(line)
                if len(lines) == after:
                    gateway.process.send_signal(signal.SIGKILL)
        except (HTTPException, OSError):
            pass
    assert gateway.process.wait(20) == -signal.SIGKILL
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def test_a_killed_run_goes_on_from_the_cache(gateways, upstream, tmp_path):
    settings = {"RECTIFIER_CACHE": f"sqlite:{tmp_path / 'cache'}"}
    offered = upstream.offered(max_in_flight=WINDOW)
    before = cells(killed(gateways(offered, **settings), WHOLE, 60))
    assert 40 <= len(before) < 200
    gateway = gateways(offered, **settings)
    records = generate(gateway, WHOLE)
    assert places(records) == planned(WHOLE)
    assert (records[-1]["counts"], records[-1]["complete"]) == ({"answered": 200}, True)
    assert {times_asked(upstream, cell) for cell in before} == {1}
    again = {cell["cell_id"]: cell for cell in cells(records)}
    assert all(again[cell["cell_id"]]["value"] == cell["value"] for cell in before)
    assert all(again[cell["cell_id"]]["provenance"]["cached"] for cell in before)
    assert len(upstream.asked) == 200
    total = upstream.asked.total()
    assert total <= 200 + 4 * WINDOW  # what was in flight, or answered and on its way to the disk
    assert generate(gateway, WHOLE)[-1]["counts"] == {"answered": 200}
    assert upstream.asked.total() == total


def test_a_killed_run_goes_on_with_what_is_done(gateways, upstream):
    offered = upstream.offered(max_in_flight=WINDOW)
    before = cells(killed(gateways(offered, RECTIFIER_CACHE="off"), WHOLE, 60))
    done = [cell["cell_id"] for cell in before]
    records = generate(gateways(offered, RECTIFIER_CACHE="off"), WHOLE | {"resume": {"done": done}})
    assert places(before) + places(records) == planned(WHOLE)
    assert {times_asked(upstream, cell) for cell in before} == {1}
    end = records[-1]
    assert end["counts"] == {"answered": 200 - len(done), "done_before": len(done)}
    assert end["complete"]


@pytest.mark.parametrize("output", ["cells", "calibration"])
def test_a_client_that_disconnects_stops_the_spending(gateways, upstream, output):
    upstream.seconds = 0.05
    body = study(2000, {"name": "m", "provider": "counting", "model": "x"}, output=output)
    gateway = gateways(upstream.offered(max_in_flight=WINDOW), RECTIFIER_CACHE="off")
    with streaming(gateway, body) as response:
        for _ in range(20):
            assert json.loads(response.readline())
    then = upstream.asked.total()
    assert 20 <= then < 200
    time.sleep(0.6)
    now = upstream.asked.total()
    assert now <= then + WINDOW
    assert upstream.most_in_flight <= WINDOW
    time.sleep(0.4)
    assert upstream.asked.total() == now
    _, metrics = fetched(gateway, "/metrics")
    assert "rectifier_runs 0.0" in metrics
    assert 'rectifier_upstream_in_flight{model="other",provider="counting"} 0.0' in metrics


def given(gateway):
    """Cells that the gateway has made a record of."""
    _, metrics = fetched(gateway, "/metrics")
    return [line for line in metrics.splitlines() if line.startswith("rectifier_cells_total")]


def test_a_reader_that_waits_stops_the_asking(gateways):
    body = study(20_000, {"name": "m"}, method="decision")
    gateway = gateways(RECTIFIER_CACHE="off", RECTIFIER_MAX_IN_FLIGHT="20")
    with streaming(gateway, body) as response:
        assert json.loads(response.readline())
        seen, now = [], given(gateway)
        end = time.monotonic() + 30
        while seen != now:
            assert time.monotonic() < end
            time.sleep(0.3)
            seen, now = now, given(gateway)
        count = sum(float(line.split()[-1]) for line in now)
        assert 0 < count < 40_000
