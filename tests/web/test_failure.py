from __future__ import annotations

from service.web.failure import where


def test_class_and_place_without_the_message() -> None:
    try:
        int("Zaphod")
    except ValueError as error:
        told = where(error)
    assert told.startswith("ValueError at test_class_and_place_without_the_message:")
    assert "Zaphod" not in told


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert where(KeyError("Zaphod")) == "KeyError"
