from __future__ import annotations

import msgspec
import pytest

from service.api.render.media import renderers, to_msgpack, validation_renderers
from tests.api.render.test_csv_lines import LINES, Reply, item, reply

TYPES = ("application/json", "application/vnd.msgpack", "application/msgpack", "application/x-msgpack")


def test_json_is_first_and_csv_only_where_an_answer_has_lines() -> None:
    assert tuple(renderers(Reply, LINES)) == tuple(validation_renderers(Reply, LINES)) == (*TYPES, "text/csv")
    assert tuple(renderers(Reply, None)) == tuple(validation_renderers(Reply, None)) == TYPES


@pytest.mark.parametrize(
    "text", [b'{"a":1,"b":[1.0,0.1,1e-300,null,true,"\xc3\xa9"],"c":{}}', b"[9007199254740993,-0.0]"]
)
def test_messagepack_says_what_json_says_in_the_same_order(text: bytes) -> None:
    decoded = msgspec.msgpack.decode(to_msgpack(text))
    assert msgspec.json.encode(decoded) == msgspec.json.encode(msgspec.json.decode(text))
    assert [type(v) for v in decoded] == [type(v) for v in msgspec.json.decode(text)]


def test_each_type_renders_the_same_json() -> None:
    body = msgspec.json.encode(reply(item()))
    found = {name: render(body) for name, render in renderers(Reply, LINES).items()}
    assert found["application/json"] == body
    assert len(set(found.values())) == 3
    assert found["text/csv"].count(b"\r\n") == 2


def test_a_validation_as_csv_is_one_line() -> None:
    class Valid(msgspec.Struct):
        valid: bool
        warnings: list[str]

    assert (
        validation_renderers(Valid, LINES)["text/csv"](b'{"valid":true,"warnings":[]}')
        == b"valid,warnings\r\ntrue,\r\n"
    )
