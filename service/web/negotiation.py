"""Media types in and out: Content-Type, Content-Encoding and Accept (RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence

from service.web.problems import ProblemError


def check_content_type(value: str | None, allowed: Sequence[str]) -> None:
    """415 unless the media type is allowed; parameters are ignored, and an absent header means the first allowed."""
    if value is None or not value.strip():
        return
    media_type = value.partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise ProblemError(
            "unsupported_media_type", f"The Content-Type is not one of: {', '.join(allowed)}.", headers=_accept(allowed)
        )


def content_encoding(value: str | None) -> str:
    """``identity`` or ``gzip``; anything else is 415."""
    name = (value or "identity").strip().lower() or "identity"
    name = {"x-gzip": "gzip"}.get(name, name)
    if name not in {"identity", "gzip"}:
        raise ProblemError(
            "unsupported_media_type", "Content-Encoding is not gzip.", headers={"Accept-Encoding": "gzip, identity"}
        )
    return name


def acceptable(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type the client likes best (ties: our order); 406 when it accepts none."""
    if not accept or accept in {"*/*", offered[0]}:
        return offered[0]
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
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
