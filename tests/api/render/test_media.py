from __future__ import annotations

import msgspec
import pytest

from service.api.render import media
from service.api.render.media import chosen, forms, to_msgpack, validation_forms
from service.web.problems import ProblemError
from tests.api.render.answering import BY_PATH, body
from tests.api.render.test_csv_lines import LINES, Reply, item, reply

TYPES = ("application/json", "application/vnd.msgpack", "application/msgpack", "application/x-msgpack")


def test_json_is_first_and_csv_only_where_an_answer_has_lines() -> None:
    assert tuple(forms(Reply, LINES)) == tuple(validation_forms(Reply, LINES)) == (*TYPES, "text/csv")
    assert tuple(forms(Reply, None)) == tuple(validation_forms(Reply, None)) == TYPES


@pytest.mark.parametrize(
    "text", [b'{"a":1,"b":[1.0,0.1,1e-300,null,true,"\xc3\xa9"],"c":{}}', b"[9007199254740993,-0.0]"]
)
def test_messagepack_says_what_json_says_in_the_same_order(text: bytes) -> None:
    decoded = msgspec.msgpack.decode(to_msgpack(text))
    assert msgspec.json.encode(decoded) == msgspec.json.encode(msgspec.json.decode(text))
    assert [type(v) for v in decoded] == [type(v) for v in msgspec.json.decode(text)]


def test_each_type_renders_the_same_json() -> None:
    body = msgspec.json.encode(reply(item()))
    found = {name: form.render(body) for name, form in forms(Reply, LINES).items()}
    assert found["application/json"] == body
    assert len(set(found.values())) == 3
    assert found["text/csv"].count(b"\r\n") == 2


def test_a_validation_as_csv_is_one_line() -> None:
    class Valid(msgspec.Struct):
        valid: bool
        warnings: list[str]

    assert (
        validation_forms(Valid, LINES)["text/csv"].render(b'{"valid":true,"warnings":[]}')
        == b"valid,warnings\r\ntrue,\r\n"
    )


DRAWN = ("text/html", "image/svg+xml")


def test_reports_come_last_and_cost_work_and_nothing_else_does() -> None:
    for found in (forms(Reply, LINES, "calibrations"), validation_forms(Reply, LINES, "calibrations")):
        assert tuple(found) == (*TYPES, "text/csv", *DRAWN)
        assert {name for name, form in found.items() if form.work} == set(DRAWN)


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_reports_are_made_of_the_json_alone_and_always_the_same(path: str) -> None:
    computation, steps = BY_PATH[path], BY_PATH[path].steps()
    for made, validate in ((forms, False), (validation_forms, True)):
        found = made(steps.validation if validate else steps.answer, None, computation.report)
        told = body(path, validate=validate)
        assert found["text/html"].render(told).startswith(b"<!doctype html>")
        assert found["image/svg+xml"].render(told).startswith(b"<?xml")
        for name in DRAWN:
            assert found[name].render(told) == found[name].render(told)


def test_without_the_extra_reports_are_refused_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = forms(Reply, LINES, "calibrations")
    assert chosen("text/html", offered) == "text/html"
    assert media.drawable()
    monkeypatch.setattr(media, "find_spec", lambda _name: None)
    monkeypatch.setattr(media, "drawable", media.drawable.__wrapped__)
    with pytest.raises(ProblemError) as refused:
        chosen("text/html, image/svg+xml", offered)
    assert refused.value.code == "not_acceptable"
    assert refused.value.errors[0].hint == "pip install 'rectifier[reports]'"
    assert "application/json" in refused.value.detail
    assert chosen("text/html, text/csv;q=0.5", offered) == "text/csv"
    with pytest.raises(ProblemError) as other:
        chosen("image/png", forms(Reply, LINES))
    assert not other.value.errors
