"""What OpenAPI says of access: the schemes, which paths ask for a key, and their refusals."""

from __future__ import annotations

from typing import Any, Final

STATUSES: Final = {
    401: "No key, or none that is valid; WWW-Authenticate says how to send one",
    403: "The key has not the scope that WWW-Authenticate names",
    429: "Quota used up, or too many wrong keys; Retry-After says when to try again",
}
WORDS: Final = (
    "Where the operator has set keys, every POST needs one, as a bearer or in X-API-Key; it is for some of the scopes "
    "calibrate, design, diagnose and generate. RateLimit-Policy and RateLimit tell what a quota leaves."
)


def schemes() -> dict[str, Any]:
    """The security schemes."""
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of this service (rectifier_...), or a token of the operator's identity provider.",
        },
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same; it goes first."},
    }


def security(scope: str) -> list[dict[str, list[str]]]:
    """Either scheme, or none where the operator asks for none."""
    return [{"bearer": [scope]}, {"apiKey": [scope]}, {}]
