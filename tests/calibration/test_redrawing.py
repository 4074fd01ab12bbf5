from __future__ import annotations

import numpy as np
import pytest

from service.calibration import redrawing
from service.calibration.estimands import estimand
from service.calibration.layouts.survey import Survey
from service.calibration.linearised import linearised
from service.calibration.plan import Model
from service.calibration.redrawing import Redraws
from tests.calibration.models import TERMS, sample, table, twins

DRAWS = Redraws(20, 1)


def parts(data, model=TERMS, identification="exchangeability", draws=DRAWS):
    return linearised(sample(data, model), model, identification, estimand("linear").statistic, draws)


def test_components_share_their_resamples_and_know_their_columns():
    first, second, third = parts(table())
    assert first.redraw.whole is second.redraw.whole is third.redraw.whole
    assert [p.redraw.outcome for p in (first, second, third)] == [0, 1, 2]
    assert second.redraw.columns == ((1, 1), (2, 1))
    assert (first.redraw.whole.replicates, first.redraw.whole.seed) == (20, 1)


def test_crossed_columns_are_those_of_all_components():
    cross = Model(("x", "d"), cross=True)
    assert parts(table(), cross)[1].redraw.columns == ((1, 0), (1, 1), (1, 2), (2, 1))


def test_fits_are_made_again_only_where_an_interval_asks_for_it():
    assert all(part.redraw is None for part in parts(table(), draws=None))


def test_beyond_many_humans_influence_values_serve(monkeypatch):
    monkeypatch.setattr(redrawing, "MOST", 59)
    assert all(part.redraw is None for part in parts(table()))


def test_more_numbers_than_can_be_held_are_not_made(monkeypatch):
    monkeypatch.setattr(redrawing, "NUMBERS", 20 * 9)
    assert all(part.redraw is not None for part in parts(table()))
    monkeypatch.setattr(redrawing, "NUMBERS", 20 * 9 - 1)
    assert all(part.redraw is None for part in parts(table()))


def test_twins_are_drawn_with_their_own_human_rows():
    own = parts(twins(), Model(("x",), treatment=True), "exchangeability")[0].redraw.whole
    assert (own.places.shared, own.places.apart) == (80, 200)
    assert own.places.plain
    assert own.places.pool[:80].tolist() == own.places.human.tolist()
    assert sorted(own.places.pool.tolist()) == list(range(280))


def test_clusters_and_weights_are_those_of_the_humans():
    everyone = np.arange(360)
    survey = Survey(weight=1.0 + everyone % 2, cluster=(everyone // 4).astype(float))
    own = parts(table(survey=survey))[0].redraw.whole
    assert own.places.shared == 15
    assert own.share == pytest.approx((1.0 + np.arange(60) % 2) / 90.0)
    assert not own.joint


def test_known_probabilities_make_one_frame():
    survey = Survey(sampling_probability=np.where(np.arange(360) < 60, 0.25, np.nan))
    own = parts(table(survey=survey), identification="sampling")[0].redraw.whole
    assert own.joint
    assert own.places.apart == 300


def test_a_large_frame_is_not_made_again(monkeypatch):
    survey = Survey(sampling_probability=np.where(np.arange(360) < 60, 0.25, np.nan))
    monkeypatch.setattr(redrawing, "MOST", 60)
    monkeypatch.setattr(redrawing, "MOST_OF_FRAME", 360)
    assert parts(table(survey=survey), identification="sampling")[0].redraw is not None
    monkeypatch.setattr(redrawing, "MOST_OF_FRAME", 359)
    assert parts(table(survey=survey), identification="sampling")[0].redraw is None
