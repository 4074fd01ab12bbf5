"""W3C Trace Context: what of a trace came with a request.

Source: https://www.w3.org/TR/trace-context/ section 3.2; a header that breaks its rules is as if it had not come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The trace a request is part of, and the span in it that the request is or comes from; lower-case hexadecimal."""

    trace_id: str
    span_id: str
    flags: str

    def header(self) -> bytes:
        """As the value of a ``traceparent`` header."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}".encode()


def parse(value: bytes | None) -> TraceParent | None:
    """The trace of a ``traceparent`` header; later versions are read as this one, as the standard asks."""
    found = _FORM.fullmatch(value) if value is not None else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == b"ff" or (version == b"00" and more) or not (int(trace_id, 16) and int(span_id, 16)):
        return None
    return TraceParent(trace_id.decode(), span_id.decode(), flags.decode())
