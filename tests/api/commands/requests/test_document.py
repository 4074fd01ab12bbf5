from __future__ import annotations

from service.api.commands.requests.document import document


def test_the_bytes_are_the_tree_in_json():
    made = document({"a": [1.5, None]})
    assert made.body == b'{"a":[1.5,null]}'
    assert (made.named, made.rows) == ({}, None)
