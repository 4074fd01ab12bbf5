"""The samples of a request: one per outcome (and category), made when somebody looks, and the matrices of many of them.

Outcomes with one complete prediction column each and the same numbers of units stand in a ``Block`` as well: what the
matrix form computes with. Their samples were checked with the block and are made only where one is needed.
Shapes: K outcomes of a block; matrices as in ``ArmMatrix``. Units: each outcome's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample


@dataclass(frozen=True, slots=True)
class ArmMatrix:
    """One arm of all outcomes: humans' outcomes and predictions (K, n), LLM-only predictions (K, m), m > 0."""

    y: FloatArray
    c: FloatArray
    only: FloatArray


@dataclass(frozen=True, slots=True)
class Block:
    """Outcomes with the same numbers of units, as one matrix per arm; everything else in order of ``places`` (K,).

    ``places`` are those of the outcomes among all samples; values are deviations from ``origins`` and
    ``column_origins``, each (K,), as in ``Sample`` and ``Column``; the arms have LLM-only units of their own.
    """

    places: tuple[int, ...]
    outcomes: tuple[str, ...]
    models: tuple[str, ...]
    arms: tuple[ArmMatrix, ...]
    origins: FloatArray
    column_origins: FloatArray
    warnings: tuple[tuple[Warned, ...], ...]
    subgroup: str | None = None


@dataclass(frozen=True, eq=False)
class Samples(Sequence[Sample]):
    """Samples by place: those that are ``made``, and those of ``blocks``, which ``make`` makes when asked for."""

    size: int
    blocks: tuple[Block, ...]
    made: dict[int, Sample]
    make: Callable[[int], Sample]

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sample]: ...
    def __getitem__(self, place: int | slice) -> Sample | Sequence[Sample]:
        """The sample at a place."""
        if isinstance(place, slice):
            return [self[k] for k in range(self.size)[place]]
        at = range(self.size)[place]
        if at not in self.made:
            self.made[at] = self.make(at)
        return self.made[at]

    def __len__(self) -> int:
        return self.size


def counted(samples: Sequence[Sample]) -> Iterator[tuple[Sample, int]]:
    """The samples, and for how many each stands: those of a block have the same units and the same kinds of columns."""
    blocks = blocks_of(samples)
    alike = {place for block in blocks for place in block.places[1:]}
    count = {block.places[0]: len(block.places) for block in blocks}
    return ((samples[place], count.get(place, 1)) for place in range(len(samples)) if place not in alike)


def blocks_of(samples: Sequence[Sample]) -> tuple[Block, ...]:
    """The blocks among the samples."""
    return samples.blocks if isinstance(samples, Samples) else ()
