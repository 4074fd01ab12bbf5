"""How one arm's answering was modelled: propensities, and what their estimation does to influence values.

Formula: the weights of those who answered depend on the coefficients of the propensity, d omega_i = -omega_i (1 - e_i)
z_i' d gamma, and an estimate on the weights by its influence values r_i, so that everybody asked adds
    q_j = -(sum_i r_i (1 - e_i) z_i)' phi_j,      phi_j the influence of unit j on gamma (times its share of the weight)
Shapes: n who answered, N asked (those who answered first), k coefficients. Units: those of r.
Assumes: r is linear in the weights, as every mean of weighted least squares is. Raises: nothing.
Source: Robins, Rotnitzky & Zhao (1994), JASA 89:846-866; Lunceford & Davidian (2004), Statistics in Medicine 23,
section 3 (the estimated propensity in the variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Response:
    """Propensities (n,) of those who answered, (1 - e_i) z_i of them (k, n), influence on gamma of all asked (k, N).

    ``lowest`` is the smallest propensity of anybody asked.
    """

    probability: FloatArray
    slope: FloatArray
    influence: FloatArray
    lowest: float

    def of_asked(self, influence: FloatArray) -> FloatArray:
        """Influence values (N,) of everybody asked from those of who answered (n,), the estimated propensity in."""
        found = -(self.slope @ influence) @ self.influence
        found[: influence.shape[0]] += influence
        return np.asarray(found)


def certain(n: int) -> Response:
    """The response of an arm in which everybody answered."""
    return Response(np.ones(n), np.zeros((0, n)), np.zeros((0, n)), 1.0)
