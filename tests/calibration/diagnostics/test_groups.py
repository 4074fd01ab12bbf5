from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.groups import Groups, gaps, largest, of_sources, p_value, together
from service.calibration.diagnostics.study import Source
from service.calibration.moments import of_columns
from service.calibration.sample import Column, Units

GENERATOR = np.random.default_rng(5)
X, Y = GENERATOR.normal(size=(2, 30)), GENERATOR.normal(size=(2, 50)) + 0.3
COLUMNS = (Column("a", "prediction", "a"), Column("b", "prediction", "b"))


def source(c, **survey) -> Source:
    return Source(c, c, **survey)


def test_one_column_is_the_t_test_from_rows_and_from_moments() -> None:
    expected = stats.ttest_ind(X[0], Y[0]).pvalue
    rows = of_sources(COLUMNS, [0], source(X), source(Y))
    assert p_value(rows) == pytest.approx(expected)
    assert p_value(Groups(COLUMNS[:1], of_columns(X[:1]), of_columns(Y[:1]))) == pytest.approx(expected)


def test_the_standardised_gap_and_its_interval() -> None:
    (first, second) = gaps(of_sources(COLUMNS, [0, 1], source(X), source(Y)), 0.95)
    spread = np.sqrt((29 * X[0].var(ddof=1) + 49 * Y[0].var(ddof=1)) / 78)
    d = (Y[0].mean() - X[0].mean()) / spread
    assert (first.name, second.name) == ("smd[a]", "smd[b]")
    assert first.value == pytest.approx(d)
    assert first.interval is not None
    half = stats.norm.ppf(0.975) * np.sqrt(1 / 30 + 1 / 50 + d**2 / 160)
    assert (first.interval.lower, first.interval.upper) == pytest.approx((d - half, d + half))
    assert largest([first, second]) == max(abs(first.value), abs(second.value))
    assert largest([]) == 0.0


def test_against_a_known_population_mean_it_is_the_one_sample_test() -> None:
    known = (Column("a", "prediction", "a", population_mean=0.2),)
    groups = of_sources(known, [0], source(X), None)
    assert p_value(groups) == pytest.approx(stats.ttest_1samp(X[0], 0.2).pvalue)
    (gap,) = gaps(groups, 0.95)
    assert gap.value == pytest.approx((0.2 - X[0].mean()) / X[0].std(ddof=1))


def test_missing_answers_become_a_column_and_unanswered_columns_go() -> None:
    c, other = X.copy(), Y.copy()
    c[0, :12] = np.nan
    other[1] = np.nan
    groups = of_sources(COLUMNS, [0, 1], source(c), source(other))
    assert [column.kind for column in groups.columns] == ["prediction", "refusal"]
    value = p_value(groups)
    assert value is not None
    assert value < 1e-3  # 12 of 30 humans without an answer, none of 50 others


def test_too_few_units_or_no_column_or_constant_columns_cannot_be_tested() -> None:
    assert p_value(of_sources(COLUMNS, [0], source(X[:, :1]), source(Y))) is None
    assert p_value(of_sources(COLUMNS, [], source(X), source(Y))) is None
    same = Groups(COLUMNS[:1], Units(np.ones((1, 5)), np.zeros(5)), Units(np.ones((1, 6))))
    assert p_value(same) is None
    assert gaps(same, 0.95) == []


def test_weights_and_clusters_are_read() -> None:
    equal = of_sources(COLUMNS, [0], source(X, weight=np.ones(30)), source(Y, weight=np.ones(50)))
    skewed = of_sources(COLUMNS, [0], source(X, weight=np.where(X[0] > 0, 9.0, 1.0)), source(Y, weight=np.ones(50)))
    assert gaps(skewed, 0.95)[0].value < gaps(equal, 0.95)[0].value
    both = together([source(X, cluster=np.arange(30)), source(X, cluster=np.arange(30))])
    alone = of_sources(COLUMNS, [0], source(X, cluster=np.arange(30)), source(Y, cluster=100 + np.arange(50)))
    twice = of_sources(COLUMNS, [0], both, source(Y, cluster=100 + np.arange(50)))
    assert p_value(twice) == pytest.approx(p_value(alone))  # a unit counted twice in its cluster tells nothing new


def test_a_single_unit_has_no_spread() -> None:
    assert gaps(of_sources((Column("a", "prediction", population_mean=1.0),), [0], source(X[:1, :1]), None), 0.95) == []
