"""The repairs of ``lenient``: what is taken off around a whole reply, each once, in this order.

1. a Markdown code fence, with or without a language: three backticks, a line end, the reply, three backticks;
2. "Answer:" before the reply, in any case;
3. one pair of quotes around the reply: straight, typographic, single or double, or backticks.

What is left is read exactly. An answer read so is marked ``repaired`` and stays out of the calibration output.
"""

from __future__ import annotations

_FENCE = "```"
_PREFIX = "answer:"
_QUOTES = frozenset({
    '""', "''", "``",
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}",
})  # fmt: skip


def mended(text: str) -> str | None:
    """The text without fence, prefix and quotes; None when it has none of them."""
    whole = text.strip()
    left = _unquoted(_unprefixed(_unfenced(whole)))
    return None if left == whole else left


def _unfenced(text: str) -> str:
    language, line_end, rest = text.removeprefix(_FENCE).partition("\n")
    fenced = text.startswith(_FENCE) and line_end and rest.endswith(_FENCE)
    named = not language.strip() or language.strip().isalnum()
    return rest.removesuffix(_FENCE).strip() if fenced and named else text


def _unprefixed(text: str) -> str:
    return text[len(_PREFIX) :].strip() if text[: len(_PREFIX)].casefold() == _PREFIX else text


def _unquoted(text: str) -> str:
    quoted = len(text) > 2 and text[0] + text[-1] in _QUOTES and not text.startswith(_FENCE)
    return text[1:-1].strip() if quoted else text
