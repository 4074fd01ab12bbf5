"""The file of a command: its bytes from disk or standard input, and whether it is a table or a whole request."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from service.api.commands.usage import UsageError

_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OTHERS = {";": "semicolons", "\t": "tabs"}
SAVE = "save it as CSV with commas (Excel: CSV UTF-8; R: write.csv(x, na = ''))"


@dataclass(frozen=True, slots=True)
class Source:
    """A file: what it is called, its bytes, and the names of its columns, of which a whole request has none."""

    name: str
    body: bytes
    header: tuple[str, ...]

    @property
    def is_request(self) -> bool:
        """Whether it is a request in JSON."""
        return not self.header


def read_source(path: str, missing: Collection[str] = ()) -> Source:
    """The file at this path, ``-`` for standard input; fields that say what is ``missing`` are emptied.

    ``UsageError`` for a file that cannot be read, is empty, or has no header with commas.
    """
    name = "standard input" if path == "-" else path
    if path == "-" and sys.stdin is None:
        raise UsageError(f"{name} is closed")
    try:
        body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    start = body.removeprefix(_MARK)[:4096].lstrip()
    if not start:
        raise UsageError(f"{name} is empty")
    if start.startswith(b"{"):
        return Source(name, body, ())
    header = _header(name, body)
    return Source(name, emptied(body, frozenset(missing)) if missing else body, header)


def emptied(body: bytes, missing: Collection[str]) -> bytes:
    """The same CSV with empty fields in place of those that say, blanks around them apart, that they are missing."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    try:
        rows = csv.reader(io.StringIO(body.removeprefix(_MARK).decode(), newline=""), strict=True)
        writer.writerow(next(rows))
        writer.writerows(["" if field.strip() in missing else field for field in row] for row in rows)
    except (csv.Error, UnicodeDecodeError):
        return body  # the reader of the service says what is wrong
    return out.getvalue().encode()


def _header(name: str, body: bytes) -> tuple[str, ...]:
    if body.startswith(_UTF16) or b"\0" in body[:4096]:
        raise UsageError(f"{name} is not text in UTF-8: {SAVE}")
    first = next(iter(body.removeprefix(_MARK).splitlines()), b"").decode(errors="replace")
    header = tuple(next(csv.reader([first]), []))
    for separator, word in _OTHERS.items():
        if separator in first and len(header) < len(first.split(separator)):
            raise UsageError(f"the columns of {name} are separated by {word}, commas are needed: {SAVE}")
    if not any(header):
        raise UsageError(f"{name} has no header: the first line names the columns")
    return header
