from __future__ import annotations

from math import ceil, floor, fsum

import jsonschema
import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from service.gateway.elicitation import question_text, read
from service.gateway.parsing import normalised
from service.gateway.providers.protocol import Completion, Decision, Question
from service.gateway.study import DECLINED, Item, Option
from tests.gateway.elicitation.asked import call, wrote

CODES = st.lists(st.integers(-50, 50), min_size=1, max_size=6, unique=True) | st.lists(
    st.text("abcdefghij", min_size=1, max_size=4), min_size=1, max_size=6, unique=True
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def items(draw, types=("choice", "likert", "numeric", "multi_select", "free_text", "ranking"), name="q"):
    type_ = draw(st.sampled_from(types))
    decline = draw(st.sampled_from(["none", "option", "schema"]))
    if type_ == "numeric":
        low, width = draw(st.floats(-100, 100)), draw(st.floats(2, 100))
        return Item(name, type_, "?", (), low, low + width, draw(st.booleans()), decline)
    codes = [] if type_ == "free_text" else draw(CODES)
    options = tuple(Option(code, f"label of {code}") for code in codes)
    return Item(name, type_, "?", options, decline=decline)


@st.composite
def questions(draw, name="q", types=("choice", "likert", "numeric", "multi_select", "free_text", "ranking")):
    item = draw(items(types, name))
    return Question(item, tuple(draw(st.permutations(item.offered))))


@st.composite
def valid_answers(draw, item):
    """A value and how it is written in JSON."""
    if item.decline == "schema" and draw(st.booleans()):
        return DECLINED, None
    if item.decline == "option" and draw(st.booleans()):
        return DECLINED, [DECLINED] if item.type in {"multi_select", "ranking"} else DECLINED
    return draw(given_answers(item))


@st.composite
def given_answers(draw, item):
    """The same without declining."""
    codes = [o.code for o in item.options]
    if item.type in {"choice", "likert"}:
        value = written = draw(st.sampled_from(codes))
    elif item.type == "numeric" and item.integer:
        value = written = draw(st.integers(ceil(item.low), floor(item.high)))
    elif item.type == "numeric":
        value = written = draw(st.floats(item.low, item.high))
    elif item.type == "free_text":
        written = draw(st.text().filter(lambda text: normalised(text) not in {"", DECLINED, "don't know"}))
        value = written.strip()
    else:
        order = draw(st.permutations(codes))
        written = order[: draw(st.integers(0, len(order)))] if item.type == "multi_select" else order
        value = tuple(order) if item.type == "ranking" else tuple(code for code in codes if code in written)
    return value, written


@given(st.data())
def test_valid_answers_come_back_from_json(data):
    asked = [data.draw(questions(name)) for name in data.draw(st.permutations(["q", "r: {}", 's"']))]
    pairs = [data.draw(valid_answers(question.item)) for question in asked]
    several = call("sample", *asked)
    body = {question.item.name: written for question, (_, written) in zip(asked, pairs, strict=True)}
    jsonschema.Draft202012Validator(several.schema).validate(body)
    text = msgspec.json.format(msgspec.json.encode(body), indent=data.draw(st.integers(0, 2))).decode()
    assert [(a.value, a.missing) for a in read(several, wrote(text))] == [(value, None) for value, _ in pairs]
    lone = asked[0]
    if call("sample", lone).schema is not None:
        only = msgspec.json.encode({lone.item.name: pairs[0][1]}).decode()
        assert read(call("sample", lone), wrote(only))[0].value == pairs[0][0]


@given(st.data())
def test_a_spoilt_member_is_missing_alone(data):
    left, right = (data.draw(questions(name)) for name in ("q", "r"))
    value, written = data.draw(valid_answers(left.item))
    text = msgspec.json.encode({"q": written, "r": data.draw(JSON)}).decode()
    answers = read(call("sample", left, right), wrote(text))
    assert (answers[0].value, answers[0].missing) == (value, None)
    assert (answers[1].status == "answered") is (answers[1].value is not None)


@given(st.data(), st.sampled_from(["decision", "logprob", "sample", "verbalized"]), st.booleans())
def test_no_completion_is_too_strange(data, method, lenient):
    types = ("choice", "likert") if method == "logprob" else ("choice", "likert", "multi_select")
    count = 1 if method == "logprob" else data.draw(st.integers(1, 3))
    asked = call(method, *(data.draw(questions(f"q{n}", types)) for n in range(count)))
    numbers = st.floats() | st.integers(-2, 2)
    text = data.draw(
        st.none() | st.text() | st.text("{}[]\":,.`'aq01 ") | JSON.map(lambda j: msgspec.json.encode(j).decode())
    )
    completion = Completion(
        text,
        data.draw(st.none() | st.lists(st.tuples(st.text(max_size=3), numbers)).map(tuple)),
        tuple(
            Decision(data.draw(st.none() | st.lists(numbers, max_size=4).map(tuple)))
            for _ in range(data.draw(st.integers(0, 3)))
        ),
        data.draw(st.none() | st.sampled_from(["refused", "constraint_not_honoured"])),
    )
    answers = read(asked, completion, lenient=lenient)
    assert len(answers) == count
    for answer in answers:
        assert (answer.missing is None) is (answer.status == "answered") is (answer.value is not None)
        assert answer.text == text


@given(questions(types=("choice", "likert", "multi_select", "ranking")), st.text())
def test_any_text_but_an_option_is_missing(question, text):
    names = {normalised(str(n)) for o in question.item.offered for n in (o.code, o.label)}
    assume(normalised(text) not in names)
    (answer,) = read(call("sample", question), wrote(text))
    assert (answer.status, answer.value) == ("missing", None)


@given(st.data())
def test_an_option_in_a_sentence_is_no_answer(data):
    question = data.draw(questions(types=("choice", "likert", "multi_select", "ranking")))
    option = data.draw(st.sampled_from(question.options))
    name = data.draw(st.sampled_from([str(option.code), option.label]))
    text = data.draw(st.sampled_from(["I think ", "not ", "Definitely: ", "(", ""])) + name
    text += data.draw(st.sampled_from(["!", ", of course", " or so", " because I am 42.", ")", "?"]))
    for lenient in (False, True):
        (answer,) = read(call("sample", question), wrote(text), lenient=lenient)
        assert (answer.status, answer.value) == ("missing", None)


@given(st.data(), st.booleans(), st.sampled_from(["", " ", "\n", "\t "]))
def test_exact_options_answer_in_any_case(data, stop, blank):
    question = data.draw(questions(types=("choice", "likert")))
    option = data.draw(st.sampled_from(question.options))
    name = data.draw(st.sampled_from([str(option.code), option.label]))
    written = data.draw(st.sampled_from([name, name.upper(), name.title()]))
    (answer,) = read(call("sample", question), wrote(f"{blank}{written}{'.' * stop}{blank}"))
    assert (answer.value, answer.rule) == (option.code, "exact")


@given(st.data())
def test_probabilities_follow_the_item_whatever_the_order_shown(data):
    item = data.draw(items(("choice", "likert")))
    weights = [data.draw(st.floats(0.01, 1)) for _ in item.offered]
    shares = {o.code: w / fsum(weights) for o, w in zip(item.offered, weights, strict=True)}
    shown = tuple(data.draw(st.permutations(item.offered)))
    asked = Question(item, shown)
    decision = Completion(decisions=(Decision(tuple(shares[o.code] for o in shown)),))
    stated = wrote(msgspec.json.encode({"q": {str(o.code): shares[o.code] for o in shown}}).decode())
    (decided,) = read(call("decision", asked), decision)
    (verbalized,) = read(call("verbalized", asked), stated)
    assert decided.probabilities == tuple(shares[o.code] for o in item.offered)
    assert decided == read(call("decision", item), Completion(decisions=(Decision(tuple(shares.values())),)))[0]
    assert max(abs(a - b) for a, b in zip(decided.probabilities, verbalized.probabilities, strict=True)) < 1e-12
    assert {decided.value, verbalized.value} <= {c for c, p in shares.items() if p > max(shares.values()) - 1e-12}


@given(questions())
def test_every_question_is_worded(question):
    for number in (None, 2):
        lines = question_text(question, "sample", number).splitlines()
        assert [line for line in lines if ": label of" in line] == [
            f"{o.code}: {o.label}" for o in question.options if o.code != DECLINED
        ]
