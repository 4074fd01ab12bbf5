from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.survey import NO_SURVEY, Survey, SurveyRows, coded, problems

NAN = np.nan
HUMAN = np.array([True, True, False, False])
ALL = np.ones(4, dtype=bool)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def labels(*codes: int) -> Labels:
    return Labels(np.array(codes), ("north", "east"))


def found(survey: Survey, used: np.ndarray = ALL) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in problems(survey, HUMAN, used)]


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        (NO_SURVEY, []),
        (Survey(floats(1, 2, 3, 0.5), labels(0, 1, 1, 0), floats(7, 7, 8, 8), floats(0.1, 1.0, NAN, 0.4)), []),
        (Survey(weight=floats(1, 0, NAN, -1)), [(f"/data/weight/{i}", "invalid_weight") for i in (1, 2, 3)]),
        (Survey(weight=floats(1, np.inf, 1, 1e80)),
         [("/data/weight/1", "not_finite"), ("/data/weight/3", "numeric_overflow")]),
        (Survey(weight=floats(1e10, 1, 1e5, 1e10)), [("/data/weight/1", "invalid_weight")]),
        (Survey(cluster=labels(0, -1, 1, 1)), [("/data/cluster/1", "missing_cluster")]),
        (Survey(stratum=floats(1, 1, NAN, 2)), [("/data/stratum/2", "missing_stratum")]),
        (Survey(stratum=floats(1, 1, 1e99, 2)), [("/data/stratum/2", "numeric_overflow")]),
        (Survey(sampling_probability=floats(NAN, 0.0, 1.5, NAN)),
         [(f"/data/sampling_probability/{i}", "invalid_sampling_probability") for i in (0, 1, 2)]),
        (Survey(sampling_probability=floats(1e-70, 9e-71, NAN, NAN)),
         [("/data/sampling_probability/1", "invalid_sampling_probability")]),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_place(survey: Survey, expected: list[tuple[str, str]]) -> None:
    assert found(survey) == expected


def test_units_that_are_left_out_need_nothing() -> None:
    survey = Survey(floats(NAN, 1, 1, 1), labels(-1, 0, 0, 0), labels(-1, 0, 0, 0), floats(NAN, 1, 1, 1))
    assert found(survey, np.array([False, True, True, True])) == []
    assert found(Survey(weight=floats(NAN, NAN, 1, 1)), np.zeros(4, dtype=bool)) == []


def test_clusters_and_strata_are_numbered_over_all_units() -> None:
    rows, strata = coded(Survey(cluster=floats(40, 7, 40, 9), stratum=labels(0, 1, 0, 0)))
    assert rows.cluster.tolist() == [2, 0, 2, 1]
    assert (rows.stratum.tolist(), strata) == ([1, 0, 1, 1], ("east", "north"))
    assert coded(NO_SURVEY) == (SurveyRows(), ())


def test_only_humans_were_sampled_with_a_known_probability() -> None:
    rows, _ = coded(Survey(floats(1, 2, 3, 4), sampling_probability=floats(0.1, 0.2, NAN, NAN)))
    pick = np.array([1, 0])
    assert rows.of(pick, human=True).weight.tolist() == [2, 1]
    assert rows.of(pick, human=True).sampling_probability.tolist() == [0.2, 0.1]
    assert rows.of(pick, human=False).sampling_probability is None
    assert rows.of(pick, human=True).cluster is None


def test_columns_that_were_sent_say_their_length() -> None:
    survey = Survey(floats(1, 2), labels(0, 1, 1), None, floats(1))
    assert survey.lengths() == [("/data/weight", 2), ("/data/cluster", 3), ("/data/sampling_probability", 1)]


@pytest.mark.parametrize("scale", [1e-69, 1e-160, 1e-200, 1e-300])
def test_only_ratios_of_weights_count_however_small_they_are(scale: float) -> None:
    rows, _ = coded(Survey(weight=scale * floats(1, 2, NAN, 4)))
    assert rows.weight / rows.weight[0] == pytest.approx(floats(1, 2, NAN, 4), nan_ok=True)
    assert rows.weight[0] ** 2 > 0.0
    assert rows.weight[0] == scale or 0.125 <= rows.weight[0] < 0.25
