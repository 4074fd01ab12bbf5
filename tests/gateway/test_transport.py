from __future__ import annotations

import pickle

from service.gateway.transport import UpstreamError


def test_an_error_says_its_kind_and_nothing_else():
    error = UpstreamError("timeout")
    assert (error.kind, error.dispatched, error.args, str(error)) == ("timeout", True, ("timeout",), "timeout")
    assert not UpstreamError("connection", dispatched=False).dispatched
    assert pickle.loads(pickle.dumps(error)).kind == "timeout"
