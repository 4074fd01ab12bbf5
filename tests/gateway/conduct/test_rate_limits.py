from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.conduct.rate_limits import Allowance, allowance

DATE = "Sun, 22 Nov 2026 01:00:00 GMT"


def test_no_headers_no_limit():
    assert allowance({}, 1) is None
    assert allowance({"x-ratelimit-remaining-requests": "many"}, 1) is None


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("20ms", 0.02),
        ("7.66s", 7.66),
        ("0s", 0.0),
        ("59s500ms", 59.5),
        ("6m0s", 60.0),
        ("1h", 60.0),
        ("1d2h", 60.0),
        ("300us", 0.0003),
        ("12", 12.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("1e9", 60.0),
        ("", 1.0),
        ("soon", 1.0),
        ("1s later", 1.0),
        ("2026-11-22T01:00:05Z", 5.0),
        ("2026-11-22T02:00:07+01:00", 7.0),
        ("2026-11-22T00:59:00Z", 0.0),
        ("2026-11-23T00:59:00Z", 60.0),
        ("2026-11-22T01:00:05", 1.0),
    ],
)
def test_resets_are_read_as_they_are_written(reset, seconds):
    headers = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": reset, "date": DATE}
    told = allowance(headers, 1)
    assert told.calls == 3
    assert told.seconds == pytest.approx(seconds)


def test_a_moment_without_a_date_to_count_from_is_a_second_away():
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-22T01:00:05Z",
    }
    assert allowance(headers, 1) == Allowance(0, 1.0)


def test_not_a_number_is_a_second():
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "nan"}
    assert allowance(headers, 1) == Allowance(0, 1.0)


def test_the_tightest_counts_and_tokens_are_calls_of_the_usual_size():
    headers = {
        "x-ratelimit-remaining-requests": "50",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "999",
        "x-ratelimit-reset-tokens": "2s",
    }
    assert allowance(headers, 100) == Allowance(9, 2.0)
    assert allowance(headers, 10) == Allowance(50, 1.0)


@pytest.mark.parametrize("kind", ["tokens", "input-tokens", "output-tokens"])
def test_each_of_anthropics_token_limits_is_read(kind):
    headers = {
        f"anthropic-ratelimit-{kind}-remaining": "250",
        f"anthropic-ratelimit-{kind}-reset": "2026-11-22T01:00:30Z",
        "date": DATE,
    }
    assert allowance(headers, 100) == Allowance(2, 30.0)


@given(st.text(), st.text(), st.text())
def test_whatever_a_provider_writes_it_is_a_bounded_wait(remaining, reset, date):
    headers = {"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset, "date": date}
    told = allowance(headers, 1)
    assert told is None or (told.calls >= 0 and 0 <= told.seconds <= 60)
