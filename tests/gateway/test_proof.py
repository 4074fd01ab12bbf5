from __future__ import annotations

import pytest

from service.gateway import proof
from service.gateway.answer import answered


def test_known_texts_are_read_right() -> None:
    proof.prove()


def test_a_reading_that_takes_anything_for_an_answer_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "read", lambda call, completion: (answered("approve", "exact"),))
    with pytest.raises(proof.ProofFailedError, match="approve"):
        proof.prove()
