from __future__ import annotations

import numpy as np

from service.calibration.layouts.unanswered import divided, present
from service.calibration.sample import Units

NAN = float("nan")


def asked(y: list[float], **design) -> Units:
    return Units(np.arange(2.0 * len(y)).reshape(2, -1), np.array(y), **design)


def test_an_arm_is_divided_with_all_that_is_known_of_its_people() -> None:
    design = {"weight": np.array([1.0, 2.0, 3.0]), "row": np.array([7, 8, 9]), "cluster": np.array([0, 1, 1])}
    design |= {"stratum": np.array([0, 0, 1]), "sampling_probability": np.array([0.1, 0.2, 0.3])}
    (answered,), (others,) = divided([asked([5.0, NAN, 6.0], **design)])
    assert others is not None
    assert (answered.y.tolist(), others.y) == ([5.0, 6.0], None)
    assert (answered.c.tolist(), others.c.tolist()) == ([[0.0, 2.0], [3.0, 5.0]], [[1.0], [4.0]])
    for name, values in design.items():
        assert getattr(answered, name).tolist() == values[[0, 2]].tolist()
        assert getattr(others, name).tolist() == values[[1]].tolist()
    assert not answered.c.flags.writeable
    assert not answered.y.flags.writeable


def test_an_arm_in_which_everybody_answered_stays() -> None:
    whole, part = asked([5.0, 6.0]), asked([NAN, 6.0])
    assert divided([whole]) == ((whole,), ())
    answered, others = divided([whole, part])
    assert answered[0] is whole
    assert (others[0], others[1].n) == (None, 1)
    assert answered[1].weight is None


def test_answers_that_are_there() -> None:
    assert [y.tolist() for y in present((np.array([1.0, NAN]), np.array([2.0])))] == [[1.0], [2.0]]
