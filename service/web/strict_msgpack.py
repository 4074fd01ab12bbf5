"""MessagePack bytes to a typed struct, as strictly as JSON: the same refusals with the same places."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

import msgspec

from service.web.json_scan import Bytes, Json
from service.web.msgpack_scan import Scan
from service.web.problems import FieldError, ProblemError, from_errors
from service.web.second_pass import SecondPass
from service.web.strict_json import MAX_DEPTH

T = TypeVar("T")
_UNTYPED = msgspec.msgpack.Decoder()


class StrictMsgpackDecoder(Generic[T]):
    """A decoder for one struct type; build it once per module. ``promised`` words are refused as not offered yet."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind, strict=True)
        self._second_pass = SecondPass(kind, promised)

    def decode(self, body: Bytes, max_values: int) -> T:
        """The struct; ``ProblemError`` 400 for what is not MessagePack, 413 over the limit, 422 with every problem."""
        if not body:
            raise ProblemError("empty_body", "A document is needed as the body.")
        scan = Scan(body, max_values, MAX_DEPTH)
        scan.run()
        if scan.non_finite:
            self._second_pass.read(_tree(body))
            raise from_errors([FieldError("", "not_a_number", "NaN or infinity.", "Send nil for a missing number.")])
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._second_pass.read(_tree(body))


def _tree(body: Bytes) -> Json:
    try:
        tree: Json = _UNTYPED.decode(body)
    except UnicodeDecodeError as error:
        raise ProblemError("invalid_utf8", f"A string is not UTF-8 ({error.reason}).") from None
    return tree
