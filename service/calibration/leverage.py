"""Leverage corrections: how much of its own residual variance a unit keeps, and the degrees of freedom that are left.

Formula: with weights O = diag(omega) (mean 1), orthonormal Z of sqrt(O) (1, c) and hat matrix
H = O^{-1/2} Z Z' O^{1/2}, the residual of unit i has variance sigma^2 g_i for equal variances,
    g_i  = sum_j (I - H)_ij^2 = 1 - 2 h_i + z_i'(Z'OZ) z_i / omega_i                 (1 - h_i for equal weights)
    df   = tr(K)^2 / tr(K K),  K = (I - H)' U (I - H),  U = diag(u),  u_i = a_i^2 / g_i
         tr(K) = sum a_i^2,  tr(K K) = tr(U M U M),  M = (I - H)(I - H)' = I + L C L',
         L = [O^{-1/2} Z, O^{1/2} Z],  C = [[Z'OZ, -I], [-I, 0]]
    equal weights: tr(K K) = sum u_i^2 (1 - 2 h_i) + |Z U Z'|^2
Shapes: n units, Z (k, n) with the constant first, a and g (n,); O(n k^2). Units: none.
Source: MacKinnon & White (1985), Journal of Econometrics 29 (HC2); Bell & McCaffrey (2002), Survey Methodology 28;
Imbens & Kolesar (2016), Review of Economics and Statistics 98. The weighted forms are derived here.
"""

from __future__ import annotations

import numpy as np

from service.calibration.moments import FloatArray

LEAST = 1e-12  # a unit that keeps less than this of its residual variance has no residual to speak of


def with_constant(basis: FloatArray, root_weight: FloatArray | None) -> FloatArray:
    """Z (1 + k, n): the normalised constant, sqrt(omega / n), above an orthonormal basis (k, n) of weighted columns."""
    n = basis.shape[1]
    first = np.full(n, n**-0.5) if root_weight is None else root_weight * n**-0.5
    return np.concatenate((first[None], basis))


def kept(z: FloatArray, root_weight: FloatArray | None) -> FloatArray:
    """The share g (n,) of its own residual variance that each unit keeps."""
    h = np.add.reduce(z * z, axis=0)
    if root_weight is None:
        return np.asarray(1.0 - h)
    weighted = z * root_weight
    inner = weighted @ weighted.T
    return np.asarray(np.maximum(1.0 - 2.0 * h + np.einsum("kn,kl,ln->n", z, inner, z) / root_weight**2, LEAST))


def degrees_of_freedom(a: FloatArray, share: FloatArray, z: FloatArray, root_weight: FloatArray | None) -> float:
    """Bell-McCaffrey degrees of freedom of sum a_i e_i, from a (n,), g (n,) and Z (k, n)."""
    u = a * a / share
    top = float(a @ a)
    if root_weight is None:
        inner = (z * u) @ z.T
        return _at_least_one(top, float((u * u) @ (2.0 * share - 1.0)) + float(np.vdot(inner, inner)))
    k = z.shape[0]
    low = np.concatenate((z / root_weight, z * root_weight))
    weighted = low[k:]
    core = np.block([[weighted @ weighted.T, -np.eye(k)], [-np.eye(k), np.zeros((k, k))]])
    spread = core @ ((low * u) @ low.T)
    diagonal = np.einsum("kn,kl,ln->n", low, core, low)
    bottom = float((u * u) @ (1.0 + 2.0 * diagonal)) + float(np.vdot(spread, spread.T))
    return _at_least_one(top, bottom)


def _at_least_one(trace: float, squares: float) -> float:
    """(sum of eigenvalues)^2 / sum of squared ones, none negative: one or more, whatever rounding leaves."""
    return 1.0 if squares <= 0.0 or squares > trace * trace else trace * trace / squares
