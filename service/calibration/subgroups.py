"""Subgroups: which of them cannot be analysed and why, and how what is said about one names it.

A subgroup is calibrated on its own units, as if they were all there are. One that the data cannot carry is left out
with a warning, ``subgroup_too_small`` or ``subgroup_left_out``, as long as another remains.
Shapes: none. Units: none. Raises: ``no_usable_subgroup``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.calibration.errors import InvalidSample, Problem, Warned

TOO_SMALL = {"too_few_humans", "too_few_clusters", "thin_stratum", "too_many_terms"}


def left_out(subgroup: str | None, n_human: int, problems: Sequence[Problem], pointer: str) -> Warned:
    """The warning about a subgroup with ``n_human`` humans that these problems keep from an analysis."""
    small = [p for p in problems if p.code in TOO_SMALL]
    reason = (small or list(problems))[0].detail
    code = "subgroup_too_small" if small else "subgroup_left_out"
    text = f"subgroup {subgroup!r} with {n_human} human answers was left out: {reason}"
    return Warned(code, text, pointer)


def none_left(count: int) -> InvalidSample:
    """The refusal where every one of ``count`` subgroups was left out."""
    text = f"none of {count} subgroups can be analysed on its own"
    hint = "join subgroups until each has humans enough in every arm, or leave subgroup out"
    return InvalidSample([Problem("/data/subgroup", "no_usable_subgroup", text, hint)])


def told(subgroup: str, warning: Warned) -> Warned:
    """A warning that says which subgroup it is about."""
    return replace(warning, message=f"subgroup {subgroup!r}: {warning.message}")
