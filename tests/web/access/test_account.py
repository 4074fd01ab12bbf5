from __future__ import annotations

import pytest

from service.web.access.account import Account, Till, account_of
from service.web.access.quota import Buckets, Quota
from service.web.problems import ProblemError
from tests.web.access.test_quota import Clock

TEN = Quota(10.0, 5.0)


def test_charges_are_told_in_the_answers_headers_and_refused_when_nothing_is_left() -> None:
    told: list[int] = []
    till = Till(Buckets(Clock()), "cells", lambda: told.append(1))
    state: dict[str, object] = {}
    account = Account("lab", TEN, till, state)
    account.check()
    assert state["answer_headers"][1] == ("RateLimit", '"cells";r=10;t=1')
    account.charge(12.0)
    assert state["answer_headers"][1] == ("RateLimit", '"cells";r=0;t=2')
    for attempt in (account.check, lambda: account.charge(1.0)):
        with pytest.raises(ProblemError) as refused:
            attempt()
        assert refused.value.code == "quota_exceeded"
        assert refused.value.headers == {"Retry-After": "2"}
        assert refused.value.detail == "The quota of 10 cells in 5 seconds is used up."
    assert told == [1, 1]


def test_without_a_quota_nothing_is_counted() -> None:
    state: dict[str, object] = {}
    account = Account("lab", None, Till(Buckets(), "cells"), state)
    account.check()
    account.charge(1e300)
    assert state == {}


def test_nobody_has_an_account_without_bounds_and_without_a_name() -> None:
    for scope in ({}, {"state": {}}):
        assert account_of(scope).client == ""
        account_of(scope).charge(1e300)
    named = Account("lab", TEN, Till(Buckets(), "cells"), {})
    assert account_of({"state": {"account": named}}) is named
