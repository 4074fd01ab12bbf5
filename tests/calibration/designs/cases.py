"""The cases of the two tables of allocations, with what was computed elsewhere (scipy SLSQP and a linear programme)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Column, Joint, against_control

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    name: str
    basis: Basis
    costs: Costs
    budget: float
    variance: float
    half_digit: float  # of the variance as printed
    counts: dict[str, float] = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)


def correlations(size: int, pairs: dict[tuple[int, int], float]) -> Matrix:
    matrix = np.eye(size)
    for (i, j), value in pairs.items():
        matrix[i, j] = matrix[j, i] = value
    return matrix


def population(correlation: Matrix, sd: float = 1.0) -> Basis:
    """One population: the outcome first, then one column per model."""
    models = correlation.shape[0] - 1
    scale = np.array([sd, *np.ones(models)])
    names = tuple(f"m{k + 1}" for k in range(models))
    columns = tuple(Column(k) for k in range(models))
    return Basis(Joint((), names, columns, correlation * np.outer(scale, scale), "single"), np.ones((1, 1)))


def twins(covariance: Matrix, models: int, identification: str = "exchangeability") -> Basis:
    """Two arms (1, 0) sharing their units; columns model by model, arm 1 before arm 0; contrast arm 1 - arm 0."""
    columns = tuple(Column(k, d) for k in range(models) for d in range(2))
    names = tuple(f"m{k + 1}" for k in range(models))
    joint = Joint(("1", "0"), names, columns, covariance, "shared", identification)  # type: ignore[arg-type]
    return Basis(joint, -against_control(2))


def sigma_a() -> Matrix:
    return correlations(4, {(0, 2): 0.5, (0, 3): 0.4, (1, 2): 0.2, (1, 3): 0.6, (2, 3): 0.5})


def sold_separately() -> Basis:
    """O2: the two columns of Sigma_A as two models, each shown by every unit."""
    joint = Joint(("1", "0"), ("f1", "f0"), (Column(0, 0), Column(1, 1)), sigma_a(), "shared")
    return Basis(joint, -against_control(2))


def two_samples() -> Basis:
    """O3: independent arms, rho .7 and .4, sd 1 and 1.5."""
    covariance = correlations(4, {(0, 2): 0.7, (1, 3): 0.6})
    covariance[1, 1] = 2.25
    joint = Joint(("1", "0"), ("f",), (Column(0, 0), Column(0, 1)), covariance, "independent")
    return Basis(joint, -against_control(2))


def three_twins() -> Matrix:
    """O9: three models under both conditions."""
    matrix, rho = np.eye(8), (0.6, 0.5, 0.3)
    for j in range(3):
        for d in range(2):
            column = 2 + 2 * j + d
            matrix[d, column] = matrix[column, d] = rho[j]
            matrix[1 - d, column] = matrix[column, 1 - d] = 0.4 * rho[j]
            for other in range(3):
                for e in range(2):
                    if (other, e) != (j, d):
                        same_model, same_arm = other == j, e == d
                        matrix[column, 2 + 2 * other + e] = 0.5 if same_model else 0.35 if same_arm else 0.175
    return matrix


def one(rho: float) -> Basis:
    return population(correlations(2, {(0, 1): rho}))


O1_COSTS = Costs(5.0, (0.02,))

TABLE = [
    Case("one llm, rho .5", one(0.5), Costs(1.0, (0.01,)), 1000, 8.391025e-4, 5e-11, {"H m1": 945.42, "m1": 4512.95}),
    Case(
        "one llm, rho .75",
        one(0.75),
        Costs(1.0, (0.05,)),
        200,
        3.437390e-3,
        5e-10,
        {"H m1": 159.547, "m1": 649.505},
    ),
    Case(
        "two llms, one cheap",
        population(correlations(3, {(0, 1): 0.6, (0, 2): 0.3, (1, 2): 0.4})),
        Costs(5.0, (0.2, 0.005)),
        1000,
        4.1546020e-3,
        5e-11,
        {"H m1 m2": 174.94, "m2": 1506.93, "m1 m2": 399.61},
    ),
    Case(
        "two good llms",
        population(correlations(3, {(0, 1): 0.7, (0, 2): 0.6, (1, 2): 0.5})),
        Costs(5.0, (0.5, 0.01)),
        1000,
        3.4121187e-3,
        5e-11,
        {"H m1 m2": 158.14, "m2": 2894.56, "m1 m2": 195.47},
    ),
    Case(
        "O1",
        twins(sigma_a(), 1),
        O1_COSTS,
        2000,
        7.0994902549e-3,
        5.1e-14,
        {"H1 m1": 201.410756, "H0 m1": 187.903431, "m1": 946.412452},
    ),
    Case("O2", sold_separately(), Costs(5.0, (0.01, 0.01)), 2000, 7.09948781e-3, 5e-12),
    Case(
        "O3",
        two_samples(),
        Costs(4.0, (0.03,)),
        3000,
        6.4621296046e-3,
        5.1e-14,
        {"H1 f": 243.292033, "H0 f": 468.353426, "1 f": 2510.367282, "0 f": 1891.925987},
    ),
    Case(
        "O4",
        population(correlations(4, {(0, 1): 0.6, (0, 2): 0.5, (0, 3): 0.3, (1, 2): 0.5, (1, 3): 0.3, (2, 3): 0.2})),
        Costs(5.0, (0.3, 0.05, 0.005)),
        1000,
        3.999831417e-3,
        5.1e-13,
        {"H m2 m3": 188.1163, "m2": 841.3248, "m3": 1401.1482},
    ),
    Case(
        "O5",
        twins(sigma_a(), 1),
        O1_COSTS,
        2000,
        7.247897719e-3,
        5.1e-13,
        {"H1 m1": 230, "H0 m1": 160.8525, "m1": 752.5806},
        Constraints((230.0, 150.0)),
    ),
    Case(
        "O6",
        twins(sigma_a(), 1),
        O1_COSTS,
        2000,
        8.987250389e-3,
        5.1e-13,
        {"H1 m1": 155.2043, "H0 m1": 144.7957, "m1": 12200},
        Constraints(max_human=300.0),
    ),
    Case(
        "O7",
        twins(sigma_a(), 1, "randomization"),
        O1_COSTS,
        2000,
        7.417439694e-3,
        5.1e-13,
        {"H1 m1": 205.2967, "H0 m1": 191.5287},
    ),
    Case(
        "O9",
        twins(three_twins(), 3),
        Costs(5.0, (0.1, 0.025, 0.0025)),
        2000,
        6.614221833e-3,
        5.1e-13,
        {"H1 m1 m2 m3": 179.6274, "H0 m1 m2 m3": 179.6274, "m2": 784.275, "m3": 1247.090, "m1 m3": 325.203},
    ),
]
