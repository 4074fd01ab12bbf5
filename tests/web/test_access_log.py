from __future__ import annotations

import msgspec

from service.web.access_log import MEDIA_TYPES, SIZE_CLASSES, AccessLine, attributes, media_type, size_class, to_stderr

LINE = AccessLine(
    "request", "id", None, "POST", "/x", "text/csv", 500, 1.5, "1KiB", 7, 8, "internal_error", "KeyError at f:3"
)


def test_a_log_line_is_a_line_on_standard_error(capfdbinary) -> None:
    to_stderr(b"{}")
    assert capfdbinary.readouterr().err == b"{}\n"


def test_size_classes_have_upper_bounds() -> None:
    sizes = (0, 1, 1024, 1025, 1 << 24, (1 << 24) + 1)
    assert [size_class(n) for n in sizes] == ["empty", "1KiB", "1KiB", "64KiB", "16MiB", "larger"]
    assert {size_class(1 << k) for k in range(40)} | {size_class(0)} == set(SIZE_CLASSES)


def test_media_types_are_those_that_are_read_or_other() -> None:
    told = [
        media_type(v) for v in (None, b"Application/JSON; charset=utf-8", b"application/x-msgpack", b"text/x-zaphod")
    ]
    assert told == ["none", "application/json", "application/msgpack", "other"]
    assert set(told) <= set(MEDIA_TYPES)


def test_a_span_has_the_lines_fields_and_no_more() -> None:
    assert attributes(LINE) == {
        "rectifier.request_id": "id",
        "http.request.method": "POST",
        "http.route": "/x",
        "rectifier.media_type": "text/csv",
        "http.response.status_code": 500,
        "rectifier.size_class": "1KiB",
        "http.request.body.size": 7,
        "http.response.body.size": 8,
        "rectifier.problem": "internal_error",
        "error.type": "KeyError",
    }
    assert (
        not {"error.type", "rectifier.problem"}
        & attributes(msgspec.structs.replace(LINE, problem=None, failure=None)).keys()
    )
