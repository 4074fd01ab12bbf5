from __future__ import annotations

import numpy as np

from service.calibration.estimate import Frame
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.quantiles.indicators import answers, arm_frame, cut
from service.calibration.sample import Column
from tests.calibration.quantiles.studies import SAMPLES
from tests.calibration.studies import simulate


def test_answers_and_predictions_are_cut_and_covariates_kept() -> None:
    sample = SAMPLES["two LLMs and a covariate"]
    found = cut(sample, 0.2)
    units, raw = found.human[0], sample.human[0]
    assert units.y.tolist() == (raw.y <= 0.2).astype(float).tolist()
    assert units.c[:2].tolist() == (raw.c[:2] <= 0.2).astype(float).tolist()
    assert units.c[2].tolist() == raw.c[2].tolist()
    assert found.llm_only[0].c[0].tolist() == (sample.llm_only[0].c[0] <= 0.2).astype(float).tolist()
    assert sample.human[0].y is raw.y


def test_thresholds_are_in_stored_units_whatever_the_columns_origins() -> None:
    y, f = 1e7 + np.arange(6.0), 1e7 + np.array([0.0, 2.0, 1.0, 3.0, 5.0, 4.0])
    draft = Draft(
        ("all",), "independent", "y", (y,), (DraftColumn(Column("f", "prediction", "f"), (f,), (f,)),), (6,), ("",)
    )
    sample = finish(draft)
    assert sample.origin != 0.0
    found = cut(sample, float(1e7 + 2.0 - sample.origin))
    assert found.human[0].y.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert found.human[0].c[0].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert (found.origin, found.columns[0].origin) == (0.0, 0.0)


def test_refusals_stay_as_they_are() -> None:
    f = np.array([1.0, np.nan, 2.0, 3.0, np.nan, np.nan, 4.0])
    draft = Draft(
        ("all",),
        "independent",
        "y",
        (np.arange(7.0),),
        (DraftColumn(Column("f", "prediction", "f"), (f,), (f,)),),
        (7,),
        ("",),
    )
    found = cut(finish(draft), 2.5)
    assert [c.kind for c in found.columns] == ["prediction", "refusal"]
    assert found.human[0].c[1].tolist() == np.isnan(f).astype(float).tolist()


def test_an_arm_is_cut_alone_unless_predictions_are_shared() -> None:
    two = Frame(SAMPLES["two arms"], "exchangeability")
    alone, cells = arm_frame(two, [1])
    assert (alone.sample.arms, cells) == (("treatment",), (0,))
    assert alone.sample.human[0] is two.sample.human[1]
    assert alone.sample.columns[0].n_missing_human == two.sample.columns[0].n_missing_human[1:]
    twins = Frame(SAMPLES["twins"], "randomization")
    whole, cells = arm_frame(twins, [1])
    assert (whole is twins, cells) == (True, (1,))
    assert answers(twins, [1]).tolist() == twins.sample.human[1].y.tolist()


def test_missing_counts_are_those_of_the_arm() -> None:
    study = simulate(2, (8, 9), (12, 13))
    f = [c[0].copy() for c in study.c]
    f[1][:3] = np.nan
    only = [c[0].copy() for c in study.llm_only]
    draft = Draft(
        ("a", "b"),
        "independent",
        "y",
        study.y,
        (DraftColumn(Column("f", "prediction", "f"), tuple(f), tuple(only)),),
        (12, 13),
        ("", ""),
    )
    alone, _ = arm_frame(Frame(finish(draft), "exchangeability"), [1])
    assert (alone.sample.columns[0].n_missing_human, alone.sample.columns[0].n_missing_llm_only) == ((3,), (0,))
