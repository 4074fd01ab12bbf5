from __future__ import annotations

from dataclasses import replace

from service.calibration.track_records.record import NewEffect
from service.calibration.track_records.report import paragraph
from service.calibration.track_records.track_record import track_record
from tests.calibration.track_records.records import drawn, record


def test_the_answers_numbers_are_told():
    answer = track_record(drawn(60, llm_error=0.01, new=NewEffect("message B", 0.25, 0.01)))
    text = paragraph(answer)
    line, tasks = answer.random_effects, answer.conformal.interval
    for number in (0.25, 0.01, line.estimate, line.interval.lower, line.slope, tasks.lower, tasks.upper):
        assert f"{number:.4g}" in text
    assert "message B" in text
    assert f"{answer.correlation.raw:.2f} ({answer.correlation.attenuation_corrected:.2f} after" in text
    assert "60 past studies" in text
    assert "exploratory with a track record" in text


def test_what_is_missing_is_told():
    text = paragraph(track_record(drawn(2)))
    assert "needs 57, 55 more" in text
    assert "A random-effects prediction needs more studies." in text
    assert "correlated" not in text


def test_without_slope_sign_or_error():
    answer = track_record(record([0.1, 0.3, 0.2], [0.2] * 3, new=NewEffect("n", 0.0, 0.0)))
    text = paragraph(replace(answer, llm_only=replace(answer.llm_only, standard_error=None)))
    assert "slope" not in text
    assert "sign" not in text
    assert "standard error" not in text
    varied = track_record(drawn(6))
    assert "after correction" not in paragraph(
        replace(varied, correlation=replace(varied.correlation, attenuation_corrected=None))
    )
