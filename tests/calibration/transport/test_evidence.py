from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.transport.evidence import transport
from tests.calibration.transports import answered, samples, table


def test_without_a_target_there_is_none() -> None:
    (sent,) = samples(table(), None)
    assert transport(sent, sent, []) == (None, [])
    assert answered(table(), None).transport is None


def test_what_an_answer_says_of_its_transport() -> None:
    answer = answered(table(2), identification="exchangeability")
    found = answer.transport
    assert found is not None
    assert (found.method, found.n_target) == ("entropy_balancing", None)
    assert [b.name for b in (found.humans, *found.arms, *found.llm_only)] == [None, "c", "t", None]
    assert found.humans.n == sum(b.n for b in found.arms) == 200
    assert found.humans.smd_before["sex=f"] == pytest.approx(-0.6, abs=0.15)
    assert set(found.humans.smd_after.values()) == {0.0}
    assert found.humans.kish_n < 170.0
    assert [(t.name, t.component) for t in found.tipping] == [("t - c", None)]
    names = {a.name: (a.status, a.statement) for a in answer.assumptions}
    assert names["ignorability"][0] == "assumed"
    assert "never tested" in names["ignorability"][1]
    assert "known_margins" in names
    assert "random_sampling" not in names
    assert answer.warnings == ()


def test_rows_are_counted_and_assumed_to_be_a_sample() -> None:
    rng = np.random.default_rng(0)
    answer = answered(table(2, arms=False), Target(None, (("sex", Labels(rng.integers(0, 2, 90), ("m", "f"))),)))
    assert answer.transport is not None
    assert (answer.transport.method, answer.transport.n_target) == ("raking", 90)
    assert [b.name for b in answer.transport.llm_only] == ["all"]
    assert "target_rows" in {a.name for a in answer.assumptions}


def test_tipping_is_from_the_null_value() -> None:
    far, near = (answered(table(2), null_value=v).transport.tipping[0].gamma for v in (0.0, 0.6))
    assert far > near > 1.0


def test_doubts_about_weights() -> None:
    answer = answered(table(2), Target({"age": 57.0}))
    codes = [(w.code, w.pointer) for w in answer.warnings]
    assert codes.count(("poor_overlap", "/data/outcomes/y")) == 2
    assert ("extreme_weight", "/data/outcomes/y") in codes
    assert Plan().interval == "auto"
