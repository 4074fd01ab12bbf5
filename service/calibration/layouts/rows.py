"""Which rows of a table belong to which arm and pool.

Shapes: N units; ``human`` one array of row numbers per arm, ``llm_only`` one per pool.
Raises: ``prediction_design_required``, ``missing_arm``, ``llm_only_arm``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, Problem
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Column, PredictionDesign


@dataclass(frozen=True, slots=True)
class Rows:
    """Row numbers of every arm's humans and of every pool's LLM-only units."""

    arms: tuple[str, ...]
    design: PredictionDesign
    human: tuple[IntArray, ...]
    llm_only: tuple[IntArray, ...]

    def of_humans(self, used: NDArray[np.bool_]) -> Rows:
        """The same with only those humans that are used (N,)."""
        return replace(self, human=tuple(r[used[r]] for r in self.human))

    def of(self, members: NDArray[np.bool_]) -> Rows:
        """The same of some of the units (N,)."""
        return replace(self.of_humans(members), llm_only=tuple(r[members[r]] for r in self.llm_only))

    def draft(self, column: Column, values: FloatArray, fill: float | None = None) -> DraftColumn:
        """A column's values (N,) by arm and pool."""
        human = tuple(values[r] for r in self.human)
        return DraftColumn(column, human, tuple(values[r] if r.size else None for r in self.llm_only), fill)


def rows_of(
    arm: Labels | None, stated: PredictionDesign | None, human: NDArray[np.bool_], used: NDArray[np.bool_]
) -> tuple[Rows, list[Problem]]:
    """Rows by arm and pool; humans that are not ``used`` (N,) belong to neither and need no arm."""
    if arm is None:
        return Rows(("all",), "independent", (np.flatnonzero(used),), (np.flatnonzero(~human),)), []
    codes = arm.codes
    order = [int(c) for c in dict.fromkeys(codes[codes >= 0].tolist())]
    arms = tuple(arm.names[c] for c in order)
    text, hint = "a unit with a human answer has no arm", "name the arm it was in"
    problems = _at("missing_arm", np.flatnonzero(used & (codes < 0)), text, hint)
    design = stated or "independent"
    if len(arms) > 1 and stated is None:
        text = "two or more arms need to say whether units carry predictions under all conditions"
        hint = '"shared" (every unit under every condition, twins) or "independent" (each arm its own LLM units)'
        problems.append(Problem("/data/prediction_design", "prediction_design_required", text, hint))
        return Rows(arms, design, (), ()), problems
    by_arm = tuple(np.flatnonzero(used & (codes == c)) for c in order)
    if design == "shared" and len(arms) > 1:
        text = "an LLM-only unit has an arm although predictions are shared"
        hint = "send null for its arm; if it is a person who was asked and did not answer, say so in human"
        problems += _at("llm_only_arm", np.flatnonzero(~human & (codes >= 0)), text, hint)
        return Rows(arms, design, by_arm, (np.flatnonzero(~human),)), problems
    if len(arms) > 1:
        text = "an LLM-only unit has no arm although predictions are independent"
        problems += _at("missing_arm", np.flatnonzero(~human & (codes < 0)), text, "name the arm it was asked under")
        return Rows(arms, design, by_arm, tuple(np.flatnonzero(~human & (codes == c)) for c in order)), problems
    return Rows(arms, design, by_arm, (np.flatnonzero(~human),) * len(arms)), problems


def _at(code: str, places: IntArray, text: str, hint: str) -> list[Problem]:
    return [Problem(f"/data/arm/{i}", code, text, hint) for i in places[:LISTED]]
