"""What a request may cost; every limit is a setting (RECTIFIER_ + the upper-case name)."""

from __future__ import annotations

from dataclasses import dataclass

from service.api.wire.sample import Bounds
from service.web.body import BodyLimits
from service.web.compression import InflateLimits

VALUES_PER_NAME = 10  # a name that is unlike all others takes the memory of so many numbers
LEAST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one request; the defaults are those of the contract."""

    max_body_bytes: int = 64 << 20
    """Bytes of the body as sent."""
    max_inflated_bytes: int = 256 << 20
    """Bytes of the body after decompression."""
    max_values: int = 10_000_000
    """Values (numbers, strings, nulls) in the body, counted before decoding; a string counts three times."""
    max_prediction_columns: int = 200
    """Prediction columns (outcome x model x arm x category x draw) and covariates together."""
    max_arms: int = 64
    """Arms of a study."""
    deadline_seconds: float = 30.0
    """Seconds from the complete body to the answer, waiting included."""
    body_idle_seconds: float = 10.0
    """Seconds without a byte of the body."""
    body_seconds: float = 120.0
    """Seconds for the whole body."""

    @property
    def max_names(self) -> int:
        """Different names in all columns of a large body together."""
        return max(LEAST_NAMES, self.max_values // VALUES_PER_NAME)

    def body(self) -> BodyLimits:
        """The bounds on reading."""
        return BodyLimits(self.max_body_bytes, self.body_idle_seconds, self.body_seconds)

    def bounds(self) -> Bounds:
        """The bounds on a sample."""
        return Bounds(self.max_arms, self.max_prediction_columns, self.max_values)

    def inflate(self, separators: bytes = b",") -> InflateLimits:
        """The bounds on decompression of a format whose values these bytes separate."""
        return InflateLimits(self.max_inflated_bytes, self.max_values, separators)
