"""The one boundary where refusals and faults become answers: exception handlers over one catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.web import problems
from service.web.body import ClientGoneError
from service.web.failure import where
from service.web.problems import Catalogue, ProblemError

Handler = Callable[[Request[Any, Any, Any], Any], Response[bytes]]
_CODES = {400: "malformed_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def refusal(request: Request[Any, Any, Any], problem: ProblemError, catalogue: Catalogue) -> Response[bytes]:
    """The problem document as a response."""
    state = request.scope["state"]
    state["problem"] = problem.code
    status, body = problems.document(problem, catalogue, state["request_id"])
    return Response(body, status_code=status, media_type=problems.MEDIA_TYPE, headers=problem.headers)


def exception_handlers(catalogue: Catalogue) -> dict[int | type[Exception], Handler]:
    """What litestar does with every exception: refusals as they are, its own by status, anything else is our fault."""

    def refuse(request: Request[Any, Any, Any], problem: ProblemError) -> Response[bytes]:
        return refusal(request, problem, catalogue)

    def refuse_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        if error.status_code >= 500:
            return fail(request, error)
        headers = dict(error.headers or {})
        if "GET" in headers.get("allow", ""):
            headers["allow"] += ", HEAD"
        code = _CODES.get(error.status_code, "malformed_request")
        return refuse(request, ProblemError(code, catalogue[code].meaning, headers=headers))

    def fail(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        request.scope["state"]["failure"] = where(error)
        return refuse(
            request, ProblemError("internal_error", "The service failed; the request id identifies the failure.")
        )

    def nobody_listens(_request: Request[Any, Any, Any], _error: ClientGoneError) -> Response[bytes]:
        return Response(b"", status_code=499, media_type=problems.MEDIA_TYPE)

    return {
        ProblemError: refuse,
        HTTPException: refuse_framework,
        ClientGoneError: nobody_listens,
        Exception: fail,
    }
