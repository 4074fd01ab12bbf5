"""Regressions fitted elsewhere, of which only coefficients and covariances are sent (layout ``summary``).

Least squares of the people of ``people`` on (1, x, z): theta and gamma_H of the same humans, gamma_S of the LLM-only
units. Covariances are classical, s_ab (X'X)^{-1} with s_ab over n - 3, or robust: HC2 of the joint influence values.
Shapes: three components. Units: the outcome's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.summary import checked
from service.calibration.moments import FloatArray
from service.calibration.psps import Summary
from tests.coverage.estimands.people import People

COMPONENTS = ("intercept", "x", "z")


@dataclass(frozen=True, slots=True)
class Fitted:
    """People as in ``people``, and which covariances and gammas are sent."""

    people: People
    robust: bool = False
    cross: bool = False

    @property
    def n(self) -> int:
        """Humans."""
        return self.people.n

    @property
    def truth(self) -> Mapping[str, float]:
        """The people's coefficients."""
        return self.people.truth

    def draw(self, rng: np.random.Generator) -> Summary:
        """One study."""
        table, n = self.people.table(rng), self.people.n
        (_, x), (_, z) = table.covariates
        terms = np.array([np.ones(x.size), x, z])
        y, f = table.outcomes[0][1], table.predictions[0].values
        theta, human = self._fit(terms[:, :n], np.array([y[:n], f[:n]]))
        gamma, rest = self._fit(terms[:, n:], f[None, n:])
        none = np.zeros((3, 3))
        return checked(
            Summary(
                COMPONENTS,
                theta[0],
                theta[1],
                gamma[0],
                human[0, 0],
                human[0, 1],
                human[1, 1],
                rest[0, 0],
                none,
                none,
                n,
                self.cross,
            )
        )

    def _fit(self, terms: FloatArray, answers: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients (q, 3) of answers (q, n), and their covariances (q, q, 3, 3)."""
        inverse = np.linalg.inv(terms @ terms.T)
        theta = answers @ terms.T @ inverse
        residuals = answers - theta @ terms
        if not self.robust:
            scale = residuals @ residuals.T / (terms.shape[1] - 3)
            return theta, np.einsum("ab,jk->abjk", scale, inverse)
        kept = np.sqrt(1.0 - np.einsum("jn,jk,kn->n", terms, inverse, terms))
        parts = np.einsum("jk,kn,an->ajn", inverse, terms, residuals / kept)
        return theta, np.einsum("ajn,bkn->abjk", parts, parts)
