from __future__ import annotations

import msgspec

from service.gateway.conduct.asking import Asked, Attempt
from service.gateway.conduct.budget import Spend
from service.gateway.outcome import UNFINISHED, Outcome, asked_now, not_asked, restored, stored
from service.gateway.providers.protocol import Completion, Decision, Failure, Sent, Usage

COMPLETION = Completion(decisions=(Decision((0.25, 0.75)), Decision(None, "refused")), usage=Usage(10, 2, 3, 1))
SENT = Sent("/x", b"{}", {}, {"store": False, "seed": 3}, ("top_k",))
ATTEMPT = Attempt(12.5, 80.0, 200, None, "", "req-1")


def test_what_was_asked_is_restored_as_it_was_but_for_being_cached_and_free() -> None:
    outcome = asked_now(Asked(COMPLETION, SENT, (ATTEMPT,), 12.5, 80.0, Spend(5, 13, 1)))
    assert outcome.spent == Spend(5, 13, 1)
    kept = stored(outcome)
    again = restored(kept)
    assert again == msgspec.structs.replace(outcome, cached=True, spent=Spend())


def test_refusals_are_kept_and_failures_are_not() -> None:
    refusal = asked_now(Asked(Completion(missing="refused"), SENT, (ATTEMPT,), 1.0, 2.0, Spend()))
    assert restored(stored(refusal)).result.missing == "refused"
    failure = Failure("rate_limited", True, "upstream", "slow down")
    assert stored(asked_now(Asked(failure, SENT, (ATTEMPT,), 1.0, 2.0, Spend()))) is None
    assert stored(not_asked(failure)) is None
    assert stored(Outcome(COMPLETION, {}, (), None, None, ())) is None


def test_what_was_not_finished_is_asked_again() -> None:
    for reason in UNFINISHED:
        assert stored(asked_now(Asked(Completion(missing=reason), SENT, (ATTEMPT,), 1.0, 2.0, Spend()))) is None


def test_what_cannot_be_read_is_not_there() -> None:
    assert restored(None) is None
    assert restored(b"\xff\xff") is None
    assert restored(msgspec.msgpack.encode([99, *msgspec.msgpack.decode(stored_example())[1:]])) is None


def stored_example() -> bytes:
    kept = stored(asked_now(Asked(COMPLETION, SENT, (ATTEMPT,), 1.0, 2.0, Spend())))
    assert kept is not None
    return kept
