from __future__ import annotations

import pytest

from service.gateway.elicitation import labels_of, supports
from tests.gateway.elicitation.asked import item, question

ASKED = {
    "decision": {"choice", "likert", "multi_select"},
    "logprob": {"choice", "likert"},
    "verbalized": {"choice", "likert", "multi_select"},
    "sample": {"choice", "likert", "numeric", "multi_select", "free_text", "ranking"},
}


@pytest.mark.parametrize("method", sorted(ASKED))
@pytest.mark.parametrize("type_", sorted(ASKED["sample"]))
def test_which_method_asks_what(method, type_):
    reason = supports(item(type_, ["a", "b"]), method)
    assert (reason is None) is (type_ in ASKED[method])
    assert reason is None or (type_ in reason and method in reason and "Text of" not in reason)


@pytest.mark.parametrize(
    ("codes", "labels"),
    [
        ([1, 2, 3], ("1", "2", "3")),
        ([0, "b", "C"], ("0", "b", "C")),
        (["a", "A"], ("A", "B")),
        (["1", 1], ("A", "B")),
        (["yes", "no"], ("A", "B")),
        ([9, 10], ("A", "B")),
        ([-1, 1], ("A", "B")),
        (["é", "e"], ("A", "B")),
        (["+", "-"], ("A", "B")),
        (["", "b"], ("A", "B")),
        (range(26), tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    ],
)
def test_labels(codes, labels):
    assert labels_of(question(item("choice", codes))) == labels


def test_labels_follow_the_order_shown():
    asked = item("choice", [1, 2, 3])
    assert labels_of(question(asked, (2, 0, 1))) == ("3", "1", "2")
    assert labels_of(question(item("choice", ["x1", "x2"]), (1, 0))) == ("A", "B")
    assert labels_of(question(item("choice", [1, 2], decline="option"))) == ("A", "B", "C")


def test_more_options_than_letters():
    many = item("choice", range(27))
    assert "27" in supports(many, "logprob")
    assert supports(many, "decision") is supports(many, "verbalized") is supports(many, "sample") is None
    with pytest.raises(ValueError, match="26"):
        labels_of(question(many))
    as_many = item("choice", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    assert supports(as_many, "logprob") is None
    assert len(labels_of(question(as_many))) == 36
    assert supports(item("choice", range(26), decline="option"), "logprob") is not None
