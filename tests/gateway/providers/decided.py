"""The call that the tests of the decision wires ask, its fixtures, and bytes that no server should send."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

from service.gateway.providers.protocol import Call, Question, Received
from service.gateway.study import Item, Option

AGREEMENT = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
TRUST = Item("trust", "likert", "I trust the government.", tuple(Option(i, t) for i, t in enumerate(AGREEMENT, 1)))
VOTE = Item(
    "vote",
    "choice",
    "Which party would you vote for?",
    (Option("a", "Greens"), Option("b", "Liberals"), Option("c", "Nobody")),
    decline="option",
)
MEDIA = Item("media", "multi_select", "Which of these did you use today?", (Option(1, "Radio"), Option(2, "Newspaper")))
FIXTURES = Path(__file__).parent / "fixtures"


def call(*questions, system="You are 34.", model="m", **rest):
    """A decision call; items are shown in their own order."""
    asked = tuple(q if isinstance(q, Question) else Question(q, q.offered) for q in questions or (TRUST, VOTE, MEDIA))
    return Call(model, "decision", system, "The tax was raised.", asked, **rest)


def fixture(codec, name):
    """A stored response."""
    stored = json.loads((FIXTURES / codec / f"{name}.json").read_text(encoding="utf-8"))
    return Received(stored["status"], stored["headers"], json.dumps(stored["body"]).encode())


def received(body, status=200):
    """A response with this JSON body."""
    return Received(status, {}, json.dumps(body).encode())


def changed(response, change):
    """The response after ``change`` of its body."""
    body = json.loads(response.body)
    change(body)
    return Received(response.status, response.headers, json.dumps(body).encode())


NUMBERS = st.floats(-2, 2) | st.sampled_from([0, 1, True, 1e400, None, "0.5"])
_WIRE_WORDS = """
q1 q2 q3_1 answers type name probabilities value probability noul 0 1 Greens score choice predicate refusal usage
diagnostics label_mass text decisions trust logprobs token logprob finish
"""
NAMES = st.sampled_from(_WIRE_WORDS.split())
VALUES = st.recursive(
    NUMBERS | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
BODIES = st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())
HOSTILE = st.builds(Received, st.sampled_from([200, 200, 200, 400, 401, 429, 500, 529]), st.just({}), BODIES)
"""Responses of any status with bytes, JSON of no meaning, and JSON that nearly has one."""
