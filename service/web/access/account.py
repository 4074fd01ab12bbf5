"""What a request may still use: looked at before its body is read, charged when its cost is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from litestar.types import Scope

from service.web.access.quota import Buckets, Quota, Standing, quota_headers
from service.web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Till:
    """Where all accounts of a process are kept: the buckets, what they count, and who hears of a refusal."""

    buckets: Buckets
    unit: str
    refused: Callable[[], object] = lambda: None


class Account:
    """One caller's part in one request; what is left goes into the answer's headers."""

    __slots__ = ("_quota", "_state", "_till", "client")

    def __init__(self, client: str, quota: Quota | None, till: Till, state: dict[str, Any]) -> None:
        self.client = client
        self._quota, self._till, self._state = quota, till, state

    def check(self) -> None:
        """429 where nothing is left."""
        if self._quota is not None:
            standing = self._till.buckets.look(self.client, self._quota)
            self._tell(standing)
            if standing.wait:
                raise self._over(standing)

    def charge(self, units: float) -> None:
        """Take the cost of what is about to begin; 429 where nothing is left. Safe in threads."""
        if self._quota is not None:
            standing = self._till.buckets.take(self.client, self._quota, units)
            if standing is None:
                raise self._over(self._till.buckets.look(self.client, self._quota))
            self._tell(standing)

    def _tell(self, standing: Standing) -> None:
        self._state["answer_headers"] = quota_headers(standing, self._till.unit)

    def _over(self, standing: Standing) -> ProblemError:
        self._till.refused()
        self._tell(standing)
        quota = standing.quota
        text = f"The quota of {quota.units:g} {self._till.unit} in {quota.seconds:g} seconds is used up."
        return ProblemError("quota_exceeded", text, headers={"Retry-After": str(max(1, math.ceil(standing.wait)))})


_FREE: Final = Account("", None, Till(Buckets(), ""), {})


def account_of(scope: Scope) -> Account:
    """The account of a request; where nobody is asked who they are, one without bounds and without a name."""
    found: Account = scope.get("state", {}).get("account", _FREE)
    return found
