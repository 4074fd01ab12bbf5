from __future__ import annotations

import numpy as np

from service.calibration.margins import Margin, Margins, every_level, shares

SEX, AGE = Margin("sex", ("f", "m", "x/y"), "/plan/target/margins/sex"), Margin("age", (), "/plan/target/margins/age")


def test_rows_and_names_of_margins() -> None:
    margins = Margins((SEX, AGE), np.array([0.3, 0.2, 47.0]))
    assert margins.names == ("sex=f", "sex=m", "sex=x/y", "age")
    assert [(m.covariate, rows.tolist(), v.tolist()) for m, rows, v in margins.parts(np.arange(6.0).reshape(3, 2))] == [
        ("sex", [[0, 1], [2, 3]], [0.3, 0.2]),
        ("age", [[4, 5]], [47.0]),
    ]
    assert [margins.first(k) for k in range(3)] == [0, 2, 3]
    assert SEX.place(2) == "/plan/target/margins/sex/x~1y"


def test_the_first_level_is_what_the_others_leave() -> None:
    assert np.allclose(shares(SEX, np.array([0.3, 0.2])), [0.5, 0.3, 0.2])
    assert every_level(SEX, np.array([[0.7], [-0.2]])).tolist() == [[-0.49999999999999994], [0.7], [-0.2]]
    assert every_level(AGE, np.array([[3.0]])).tolist() == [[3.0]]
