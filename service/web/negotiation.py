"""Media types in and out: Content-Type, Content-Encoding and Accept (RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence

from service.web.compression import ENCODINGS
from service.web.problems import ProblemError

MAX_RANGES = 100


def content_type(value: str | None, allowed: Sequence[str]) -> str:
    """The allowed media type that was sent, else 415; parameters are ignored, an absent header is the first allowed."""
    if value is None or not value.strip():
        return allowed[0]
    media_type = value.partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise ProblemError(
            "unsupported_media_type", f"The Content-Type is not one of: {', '.join(allowed)}.", headers=_accept(allowed)
        )
    return media_type


def content_encoding(value: str | None) -> str:
    """``identity`` or one of ``ENCODINGS``; anything else, several of them included, is 415."""
    name = (value or "identity").strip().lower() or "identity"
    name = {"x-gzip": "gzip"}.get(name, name)
    if name not in {"identity", *ENCODINGS}:
        headers = {"Accept-Encoding": ", ".join((*ENCODINGS, "identity"))}
        text = f"Content-Encoding is not one of: {', '.join(ENCODINGS)}."
        raise ProblemError("unsupported_media_type", text, headers=headers)
    return name


def acceptable(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type the client likes best (ties: our order); 406 when it accepts none.

    Only the first ``MAX_RANGES`` of what it accepts are looked at.
    """
    if not accept or accept in {"*/*", offered[0]}:
        return offered[0]
    parts = accept.split(",", MAX_RANGES)[:MAX_RANGES]
    ranges = [_media_range(part) for part in parts if part.strip()] or [("*/*", 1.0)]
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    if _quality(best, ranges) <= 0:
        raise ProblemError("not_acceptable", f"This path answers with: {', '.join(offered)}.")
    return best


def _accept(allowed: Sequence[str]) -> dict[str, str]:
    return {"Accept": ", ".join(allowed)}


def _media_range(part: str) -> tuple[str, float]:
    media_range, *parameters = part.split(";")
    quality = next((p.strip()[2:] for p in parameters if p.strip().lower().startswith("q=")), "1")
    try:
        return media_range.strip().lower(), min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return media_range.strip().lower(), 0.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    for pattern in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        for media_range, quality in ranges:
            if media_range == pattern:
                return quality
    return 0.0
