"""Colours of figures, told apart by people who see colours differently and in grey; on a page they follow its style."""

from __future__ import annotations

PAPER = "#fefefe"
INK = "#1a1d21"
SOFT = "#59636e"
RULE = "#d0d7de"
CALIBRATED = "#0a58a8"
HUMAN = "#3c444d"
LLM = "#b1510b"
PASS = "#187737"  # noqa: S105 - a colour
WARN = "#8f5b00"
FAIL = "#b3231c"

NAMES = {
    PAPER: "paper",
    INK: "ink",
    SOFT: "soft",
    RULE: "rule",
    CALIBRATED: "calibrated",
    HUMAN: "human",
    LLM: "llm",
    PASS: "pass",
    WARN: "warn",
    FAIL: "fail",
}
"""The custom property of a page's style that takes a colour's place."""
STATUS = {
    "pass": PASS,
    "not_testable": SOFT,
    "warn": WARN,
    "fail": FAIL,
    "use": PASS,
    "use_with_care": WARN,
    "do_not_use": FAIL,
}
