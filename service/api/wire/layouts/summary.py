"""The summary layout on the wire: coefficients fitted elsewhere and their covariances, no rows and no arms."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from service.api.wire.columns import Finite, Name
from service.calibration.errors import InvalidSample, Problem, TooExpensive
from service.calibration.layouts.summary import checked
from service.calibration.moments import FloatArray
from service.calibration.psps import Summary

Count = Annotated[float, msgspec.Meta(ge=1, le=2**53, multiple_of=1)]
Matrix = list[list[Finite]]


class Covariance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Covariances of 1 = theta_human, 2 = gamma_human, 3 = gamma_llm_only, each a list of rows.

    13 and 23 are absent where LLM-only units are none of the humans. Default: 0.
    """

    c11: Matrix = msgspec.field(name="11")
    c12: Matrix = msgspec.field(name="12")
    c22: Matrix = msgspec.field(name="22")
    c33: Matrix = msgspec.field(name="33")
    c13: Matrix | None = msgspec.field(name="13", default=None)
    c23: Matrix | None = msgspec.field(name="23", default=None)


class SummaryLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="summary", tag_field="layout"):
    """Analyses fitted elsewhere: coefficients of the humans' answers, of the LLM's for the same humans and for others.

    Not for /v1/designs. estimand, arms and costs do not apply; estimators auto, regression and human_only do.
    """

    components: list[Name]
    theta_human: list[Finite]
    gamma_human: list[Finite]
    gamma_llm_only: list[Finite]
    covariance: Covariance
    n_human: Count
    cross: Annotated[
        bool | None,
        msgspec.Meta(
            description="Whether every component uses all of the LLM's coefficients, not its own alone. Default: false."
        ),
    ] = None


def to_core(data: SummaryLayout, most: int) -> Summary:
    """The summary; raises ``InvalidSample`` with every problem, ``TooExpensive`` over ``most`` coefficients."""
    count = max(len(data.components), len(data.gamma_human))
    if count > most:
        text, hint = f"{count} coefficients, at most {most} are computed", "send fewer, or ask the operator"
        raise TooExpensive.at("/data/components", "too_many_columns_sent", text, hint)
    problems: list[Problem] = []
    k, p = len(data.components), len(data.gamma_human)
    sent = data.covariance
    absent = {"13": np.zeros((k, p)), "23": np.zeros((p, p))}
    blocks = {
        name: absent[name] if rows is None else _matrix(rows, f"/data/covariance/{name}", problems)
        for name, rows in (("11", sent.c11), ("12", sent.c12), ("22", sent.c22), ("33", sent.c33),
                           ("13", sent.c13), ("23", sent.c23))
    }  # fmt: skip
    if problems:
        raise InvalidSample(problems)
    return checked(
        Summary(
            components=tuple(data.components),
            theta=np.array(data.theta_human, dtype=np.float64),
            gamma_human=np.array(data.gamma_human, dtype=np.float64),
            gamma_llm_only=np.array(data.gamma_llm_only, dtype=np.float64),
            c11=blocks["11"],
            c12=blocks["12"],
            c22=blocks["22"],
            c33=blocks["33"],
            c13=blocks["13"],
            c23=blocks["23"],
            n_human=int(data.n_human),
            cross=bool(data.cross),
        )
    )


def _matrix(rows: Matrix, place: str, problems: list[Problem]) -> FloatArray:
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        text = "the rows differ in length" if widths else "there are no rows"
        problems.append(Problem(place, "length_mismatch", text, "a list of rows, one per coefficient"))
        return np.zeros((0, 0))
    return np.array(rows, dtype=np.float64).reshape(len(rows), widths.pop())
