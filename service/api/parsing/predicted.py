"""How long a body takes to parse, told from a glance at it: a wrong guess costs time, never an answer.

Seconds of text: bytes x 1e-9 (scanned for keys, base64) + values x 1e-7 (as Python numbers). Values are told by the
bytes that separate them, counted in 32 windows of 256 bytes. MessagePack has none: its binary arrays are copied, bytes
x 2e-10, and all the rest is taken for numbers of 9 bytes.
Source: benchmarks/README.md, nanoseconds per number.
"""

from __future__ import annotations

from service.web.compression import count_values

PER_BYTE, PER_COPIED_BYTE, PER_VALUE = 1e-9, 2e-10, 1e-7
_WINDOW, _WINDOWS = 256, 32
_NUMBER_BYTES = 9
_FEW_NAMES, _FEW_BYTES = 500, 1 << 12
_BINARY = b"\xa4data\xc6"  # the key data and the head of up to 4 GiB of binary data
_BEFORE_BINARY = 1 << 16


def parse_seconds(body: bytearray, separators: bytes) -> float:
    """Predicted seconds of parsing a body that is not compressed."""
    size = len(body)
    if separators:
        return PER_BYTE * size + PER_VALUE * size * _density(body, separators)
    return PER_COPIED_BYTE * size + PER_VALUE * (size - _binary_bytes(body)) / _NUMBER_BYTES


def only_numbers(body: bytearray, separators: bytes) -> bool:
    """Whether a body has next to no objects of Python to be made: JSON with few quotes and brackets, binary arrays."""
    if not separators:
        return len(body) - _binary_bytes(body) <= _FEW_BYTES
    return b'"' in separators and count_values(body, b'"[{') <= _FEW_NAMES


def _density(body: bytearray, separators: bytes) -> float:
    """Values per byte."""
    if len(body) <= _WINDOW * _WINDOWS:
        return count_values(body, separators) / max(1, len(body))
    step = (len(body) - _WINDOW) // (_WINDOWS - 1)
    seen = b"".join(body[i * step : i * step + _WINDOW] for i in range(_WINDOWS))
    return count_values(seen, separators) / len(seen)


def _binary_bytes(body: bytearray) -> int:
    """Bytes of the binary arrays of MessagePack that follow each other closely from the start."""
    at = found = 0
    while (head := body.find(_BINARY, at, at + _BEFORE_BINARY)) >= 0:
        start = head + len(_BINARY) + 4
        length = int.from_bytes(body[start - 4 : start], "big")
        at, found = start + length, found + length
    return min(found, len(body))
