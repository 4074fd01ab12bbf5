"""The ``summary`` layout: fitted coefficients and their covariances, checked.

Shapes: k components; p gammas of humans and of LLM-only units; covariances as in ``psps``.
Raises: ``no_components``, ``duplicate_component``, ``length_mismatch``, ``not_finite``, ``not_symmetric``,
``not_positive``, ``zero_variance_component``, ``too_few_humans``, ``unsupported_combination``.
Source: the layout ``summary`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from service.calibration.errors import InvalidSample, Problem
from service.calibration.moments import FloatArray
from service.calibration.psps import Summary

ROUNDING = 1e-6  # of correlations: how far sent numbers may be from symmetric and from positive semi-definite
SPARE = 3  # humans beyond the gammas that a component uses
VECTORS = ("theta", "gamma_human", "gamma_llm_only")
BLOCKS = {"c11": "kk", "c12": "kp", "c22": "pp", "c33": "pp", "c13": "kp", "c23": "pp"}
SYMMETRIC = ("c11", "c22", "c33")


def checked(summary: Summary) -> Summary:
    """The summary with its covariances symmetric to the last digit; raises ``InvalidSample`` with every problem."""
    problems = [*_shapes(summary), *_names(summary)] or [*_numbers(summary), *_asked(summary)]
    problems = problems or list(_joint(summary))
    if problems:
        raise InvalidSample(problems)
    return replace(summary, **{name: (c + c.T) / 2.0 for name in SYMMETRIC for c in (getattr(summary, name),)})


def _names(summary: Summary) -> Iterator[Problem]:
    place, names = "/data/components", summary.components
    if not names:
        yield Problem(place, "no_components", "there is no component", "name every coefficient")
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(f"{place}/{i}", "duplicate_component", "a component is named twice", "name each once")


def _shapes(summary: Summary) -> Iterator[Problem]:
    sizes = {"k": len(summary.components), "p": summary.gamma_human.shape[0]}
    for name, letters in {"theta": "k", "gamma_llm_only": "p", **BLOCKS}.items():
        wanted = tuple(sizes[letter] for letter in letters)
        shape = getattr(summary, name).shape
        if shape != wanted:
            text = f"the shape is {_shown(shape)}, from components and gamma_human it should be {_shown(wanted)}"
            yield Problem(_place(name), "length_mismatch", text, "a list of rows, one per coefficient, in order")


def _numbers(summary: Summary) -> Iterator[Problem]:
    for name in (*VECTORS, *BLOCKS):
        values = getattr(summary, name)
        if not np.isfinite(values).all():
            hint = "send the fitted numbers; a coefficient that is not identified has no place here"
            yield Problem(_place(name), "not_finite", "a number is missing or not finite", hint)
        elif name in SYMMETRIC and not _symmetric(values):
            yield Problem(_place(name), "not_symmetric", "the covariance is not symmetric", "send vcov as it is")
        elif name == "c11" and not (np.diag(values) > 0.0).all():
            text = "a component has no variance"
            yield Problem(_place(name), "zero_variance_component", text, "leave out components that are fixed")


def _asked(summary: Summary) -> Iterator[Problem]:
    """Too few humans for the gammas, or gammas that no component can call its own."""
    used = summary.gamma_human.shape[0] if summary.cross else 1
    if summary.n_human < used + SPARE:
        text = f"{summary.n_human} humans; with {used} coefficients of the LLM at least {used + SPARE} are needed"
        yield Problem("/data/n_human", "too_few_humans", text, "collect more, or leave out cross")
    if not summary.cross and not summary.paired:
        text = f"{len(summary.components)} components have {summary.gamma_human.shape[0]} coefficients of the LLM"
        hint = "supported: as many as components, in their order, or cross true"
        yield Problem("/data/gamma_human", "unsupported_combination", text, hint)


def _joint(summary: Summary) -> Iterator[Problem]:
    """Whether the blocks are covariances of anything."""
    whole = np.block(
        [
            [summary.c11, summary.c12, summary.c13],
            [summary.c12.T, summary.c22, summary.c23],
            [summary.c13.T, summary.c23.T, summary.c33],
        ]
    )
    size = np.sqrt(np.maximum(np.diag(whole), 0.0))
    free = size > 0.0
    there = whole[np.ix_(free, free)] / size[free] / size[free][:, None]
    if whole[~free].any() or float(np.linalg.eigvalsh(there)[0]) < -ROUNDING * len(there):
        text = "together the covariances are not positive semi-definite: no data has them"
        hint = "estimate all of them on the same humans, by the same formula (classical, robust or bootstrap)"
        yield Problem("/data/covariance", "not_positive", text, hint)


def _symmetric(values: FloatArray) -> bool:
    size = np.sqrt(np.abs(np.diag(values)))
    return bool((np.abs(values - values.T) <= ROUNDING * (size * size[:, None]) + 1e-300).all())


def _place(name: str) -> str:
    if name in BLOCKS:
        return f"/data/covariance/{name[1:]}"
    return f"/data/{'theta_human' if name == 'theta' else name}"


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
