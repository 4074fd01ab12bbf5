from __future__ import annotations

from dataclasses import dataclass, field

from service.web.environment import chosen, variables_of


@dataclass(frozen=True)
class Some:
    count: int = 3
    share: float = 0.5
    name: str = "x"
    on: bool = True
    inner: dict[str, int] = field(default_factory=dict)


def test_values_come_in_the_type_of_their_defaults() -> None:
    problems: list[str] = []
    environ = {"RECTIFIER_COUNT": " 7 ", "RECTIFIER_SHARE": "2", "RECTIFIER_NAME": " y ", "RECTIFIER_ON": "FALSE"}
    assert chosen(Some, environ, problems) == {"count": 7, "share": 2.0, "name": "y", "on": False}
    assert chosen(Some(), {"RECTIFIER_INNER": "{}"}, problems) == {}
    assert problems == []


def test_every_bad_value_is_named_and_left_out() -> None:
    problems: list[str] = []
    environ = {"RECTIFIER_COUNT": "0", "RECTIFIER_SHARE": "nan", "RECTIFIER_ON": "maybe", "RECTIFIER_OTHER": "1"}
    assert chosen(Some, environ, problems) == {}
    assert [p.split(":")[0] for p in problems] == ["RECTIFIER_COUNT", "RECTIFIER_SHARE", "RECTIFIER_ON"]


def test_variables_are_named_after_fields_with_a_plain_default() -> None:
    assert variables_of(Some) == {
        "RECTIFIER_COUNT": 3, "RECTIFIER_SHARE": 0.5, "RECTIFIER_NAME": "x", "RECTIFIER_ON": True,
    }  # fmt: skip
