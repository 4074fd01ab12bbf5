"""HTTP/1.1 of uvicorn for clients that offer to change the protocol: the offer is ignored, the request served.

Sources: RFC 9110 section 7.8 (a server may ignore Upgrade), RFC 9113 section 3.1 (h2c is no longer offered to anyone).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.web.joining import HeadWithBody


class PlainProtocol(HttpToolsProtocol):
    """Reads on in HTTP/1.1 whatever was offered.

    The parser ends with a head that offers another protocol and takes the body for that protocol's bytes. So the head
    is parsed once more, by a fresh parser and without the offer, and what came behind it follows.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own signature, passed through
        super().__init__(*args, **kwargs)
        self._offered = False

    def data_received(self, data: bytes) -> None:
        """Parse what came; bytes that are not HTTP are answered with 400."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._fed(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        """A head is here; one with an offer comes again without it."""
        self._offered = self.parser.should_upgrade()
        if not self._offered:
            self.begin_request()

    def begin_request(self) -> None:
        """A request begins, its body follows."""
        super().on_headers_complete()
        self.cycle.transport = cast("Any", HeadWithBody(self.transport, self.loop))

    def on_message_complete(self) -> None:
        """The end of a request, not of a head with an offer."""
        if not self._offered:
            super().on_message_complete()

    def _fed(self, data: bytes) -> bytes:
        """What of the bytes is still to be parsed: all behind a head with an offer."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.parser.get_method() == b"CONNECT":
                raise httptools.HttpParserError from None
            head = _head(self.parser, self.url, self.headers)
            self.parser = _parser(self)
            self.parser.feed_data(head)
            return data[offer.args[0] :]
        return b""


def _parser(protocol: PlainProtocol) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes it."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def _head(parser: httptools.HttpRequestParser, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head that was parsed, without what it offers."""
    line = b"%b %b HTTP/%b\r\n" % (parser.get_method(), url, parser.get_http_version().encode())
    return line + b"".join(b"%b: %b\r\n" % (name, value) for name, value in headers if name != b"upgrade") + b"\r\n"
