from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from service.gateway.identity import digest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(left=VALUES, right=VALUES)
def test_values_share_a_digest_exactly_when_they_are_the_same_json(left: object, right: object) -> None:
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (digest(left) == digest(right)) is same


def test_order_of_keys_does_not_count_and_borders_do() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_digests_can_be_made_again_elsewhere() -> None:
    assert digest(["é", 1]) == "sha256:" + hashlib.sha256('["é",1]'.encode()).hexdigest()
