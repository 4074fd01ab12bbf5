"""What a run may spend: an upper bound is held before a call goes out, what it really cost is settled after.

spent + held <= cap at every moment, and held >= what is in flight can cost, so that no order of events overshoots.

**Units** nano-dollars (1e-9 USD) as whole numbers, tokens, calls. A price of 0.0375 USD per million tokens is 37.5
nano-dollars per token, kept as 37,500,000 per million; whole numbers add up to the same sum in every order and holding
then settling leaves no remainder, which floats do not do; a cost is rounded up, by less than one nano-dollar per call.
**Assumes** one event loop; a call's input has at most as many tokens as its body has bytes (byte-level vocabularies,
with the chat template's few tokens paid for by the JSON around the text), its output at most the ``max_output_tokens``
sent with it, 1024 where none was, for each of the ``n`` answers it asks for.
**Breaks** a provider that bills more than it was allowed to: what it says is recorded all the same, and nothing
further goes out once that reached the cap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.gateway.conduct.turns import Turns
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Call, Sent, Usage
from service.gateway.study import Caps

OUTPUT_TOKENS: Final = 1024
"""Output tokens held for a call that was sent without a bound of its own."""
_NANO: Final = 10**9
_MILLION: Final = 10**6
_MOST_USD: Final = 1e15
_MOST_TOKENS: Final = 10**9
"""No bound that is sent says more than this: what a caller wrote there is any number."""
_BOUNDS: Final = frozenset({"maxtokens", "maxoutputtokens", "maxcompletiontokens", "maxnewtokens", "numpredict"})


@dataclass(frozen=True, slots=True)
class Spend:
    """Money in nano-dollars, tokens (input and output), upstream calls."""

    nano_usd: int = 0
    tokens: int = 0
    calls: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(self.nano_usd + other.nano_usd, self.tokens + other.tokens, self.calls + other.calls)

    def __sub__(self, other: Spend) -> Spend:
        return Spend(self.nano_usd - other.nano_usd, self.tokens - other.tokens, self.calls - other.calls)

    @property
    def usd(self) -> float:
        """The money in US dollars."""
        return self.nano_usd / _NANO


NOTHING: Final = Spend()


class Budget:
    """One run's caps, what it has spent and what it holds for calls under way."""

    def __init__(self, caps: Caps) -> None:
        self._nano_usd = None if caps.usd is None else round(min(caps.usd, _MOST_USD) * _NANO)
        self._tokens = caps.tokens
        self._calls = caps.calls
        self._spent = NOTHING
        self._held = NOTHING
        self._turns: Turns[bool] = Turns()

    @property
    def spent(self) -> Spend:
        """What settled calls cost."""
        return self._spent

    @property
    def held(self) -> Spend:
        """The upper bounds of the calls under way."""
        return self._held

    def reserve(self, upper: Spend) -> bool:
        """Hold an upper bound, at once; False where it does not fit beside what is spent and held."""
        fits = self._fits(self._spent + self._held + upper)
        if fits:
            self._held += upper
        return fits

    async def hold(self, upper: Spend) -> bool:
        """As ``reserve``, in turn, waiting while calls under way may leave room; False: it cannot fit any more."""

        def give_back(held: bool) -> None:
            if held:
                self.settle(upper, NOTHING)

        return await self._turns.take(lambda: self._claim(upper), give_back)

    def settle(self, upper: Spend, actual: Spend) -> None:
        """Let go of a held upper bound and record what it came to."""
        self._held -= upper
        self._spent += actual
        self._turns.advance()

    def _claim(self, upper: Spend) -> bool | None:
        if self.reserve(upper):
            return True
        return None if self._fits(self._spent + upper) else False

    def _fits(self, spend: Spend) -> bool:
        return (
            (self._nano_usd is None or spend.nano_usd <= self._nano_usd)
            and (self._tokens is None or spend.tokens <= self._tokens)
            and (self._calls is None or spend.calls <= self._calls)
        )


def cost(usage: Usage, price: Price | None) -> int:
    """Nano-dollars of a usage, rounded up; cached input at its own price where there is one; 0 for an unknown price."""
    if price is None:
        return 0
    cached = price.input if price.cached_input is None else price.cached_input
    usage = _counted(usage)
    fresh_tokens = max(usage.input - usage.cached_input, 0)
    nano_per_million = (
        fresh_tokens * _nano(price.input) + usage.cached_input * _nano(cached) + usage.output * _nano(price.output)
    )
    return -(-nano_per_million // _MILLION)


def upper_bound(call: Call, price: Price | None, sent: Sent) -> Spend:
    """The most that one attempt at a call can spend: a token per byte of the body, every output token it may have."""
    del call  # its parameters as requested; what bounds the output is what was sent
    input_tokens = len(sent.body)
    output_tokens = _output_bound(sent.parameters_sent)
    dearest = price
    if price is not None and price.cached_input is not None:
        dearest = Price(max(price.input, price.cached_input), price.output, price.as_of)
    return Spend(cost(Usage(input=input_tokens, output=output_tokens), dearest), input_tokens + output_tokens, 1)


def actual_spend(usage: Usage, price: Price | None) -> Spend:
    """What one answered attempt spent."""
    usage = _counted(usage)
    return Spend(cost(usage, price), usage.input + usage.output, 1)


def _counted(usage: Usage) -> Usage:
    """Without the negative counts that some provider may state: nothing ever gives money back."""
    return Usage(max(usage.input, 0), max(usage.cached_input, 0), max(usage.output, 0), max(usage.reasoning, 0))


def _output_bound(parameters: Mapping[str, object]) -> int:
    return _answers(parameters.get("n")) * max(_bounds(parameters), default=OUTPUT_TOKENS)


def _answers(n: object) -> int:
    return min(max(n, 1), _MOST_TOKENS) if isinstance(n, int) else 1


def _bounds(parameters: Mapping[str, object]) -> list[int]:
    found: list[int] = []
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            found += _bounds(value)
        elif (
            isinstance(value, int)
            and not isinstance(value, bool)
            and name.rpartition(".")[2].replace("_", "").lower() in _BOUNDS
        ):
            found.append(min(max(value, 0), _MOST_TOKENS))
    return found


def _nano(usd_per_million: float) -> int:
    return round(usd_per_million * _NANO)
