"""Refusals in words: English openings by which a model says that it will not answer.

Only the reason of an answer that is missing anyway depends on them: a text is first read as an answer, so that an
option labelled "I cannot answer" can be chosen. The list is small on purpose; other words are ``not_an_option`` or
``unparseable``, missing all the same.
"""

from __future__ import annotations

import re

_REGRETS = (
    r"(?:(?:(?:i'm|i am) )?(?:very |so )?sorry|i apologi[sz]e|(?:my )?apologies|unfortunately)[,.;:]?\s+(?:but )?"
)
_ACTS = (
    r"(?:answer|respond|reply|provide|give|help|assist|comply|participate|engage|choose|select|pick|rate|rank|share"
    r"|offer|express|discuss|fulfill?|complete|pretend|do (?:that|this|so))\b"
)
_OPENINGS = (
    r"as an? (?:ai|artificial intelligence|(?:large )?language model|llm)\b",
    r"(?:i'm|i am) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model|llm)\b",
    rf"i (?:cannot|can't|can not|could not|couldn't|will not|won't) {_ACTS}",
    rf"(?:i'm|i am) (?:unable|not able|not allowed|not willing|unwilling|not comfortable) (?:to {_ACTS}|\w+ing\b)",
    r"i (?:(?:must|have to|need to) )?(?:respectfully )?(?:decline|refuse)\b",
    r"(?:i )?prefer not to (?:answer|say|respond|disclose)\b",
    r"(?:i'd|i would) (?:rather|prefer) not\b",
    r"i (?:don't|do not) have (?:any )?personal \w+",
)
_REFUSAL = re.compile(rf"(?:{_REGRETS})?(?:{'|'.join(_OPENINGS)})")
_LOOKED_AT = 200


def refuses(text: str) -> bool:
    """Whether a text opens like a refusal (spaces run together, typographic apostrophes and quotes left aside)."""
    opening = " ".join(text[:_LOOKED_AT].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())
    return _REFUSAL.match(opening.lstrip("\"'*\N{LEFT DOUBLE QUOTATION MARK} ")) is not None
