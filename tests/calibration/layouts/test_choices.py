from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.choices import ArmChoices, from_choices
from service.calibration.layouts.labels import Labels
from tests.calibration.studies import problems


def labels(text: str) -> Labels:
    return Labels(np.array([-1 if c == "." else "nwy".index(c) for c in text]), ("no", "what", "yes"))


ARMS = [
    ArmChoices("control", labels("nyyny"), labels("nyynn"), labels("yyn")),
    ArmChoices("treatment", labels("yyyn"), labels("yy.y")),
]


def test_one_sample_per_category() -> None:
    no, yes = from_choices(ARMS, "error", Categories())
    assert (no.component, yes.component, yes.prediction_design) == ("no", "yes", "independent")
    assert [u.y.tolist() for u in yes.human] == [[0, 1, 1, 0, 1], [1, 1, 1, 0]]
    assert yes.human[0].c.tolist() == [[0, 1, 1, 0, 0], [0] * 5]
    assert [c.kind for c in yes.columns] == ["prediction", "refusal"]
    assert yes.llm_only[0].c[0].tolist() == [1, 1, 0]
    assert yes.llm_only[1] is None


def test_without_llm_answers_there_is_no_column() -> None:
    alone = [ArmChoices("all", labels("nyyny"))]
    assert from_choices(alone, "error", Categories())[0].columns == ()


def test_missing_answers() -> None:
    arms = [ArmChoices("all", labels("ny.ny"), labels("nyyyn"))]
    with pytest.raises(InvalidSample) as refused:
        from_choices(arms, "error", Categories())
    assert problems(refused.value) == [("/data/arms/0/human/2", "missing_human_answer")]
    sample = from_choices(arms, "drop_unit", Categories())[1]
    assert (sample.n_dropped, sample.human[0].c.tolist()) == (1, [[0, 1, 1, 0]])


def test_refusals_come_together() -> None:
    arms = [
        ArmChoices("a", labels("nyn"), labels("ny")),
        ArmChoices("a", np.array([1.0, 1.5, 2.0])),
    ]
    with pytest.raises(InvalidSample) as refused:
        from_choices(arms, "error", Categories())
    assert problems(refused.value) == [
        ("/data/arms/1/name", "duplicate_arm"),
        ("/data/arms/1/llm", "no_paired_predictions"),
        ("/data/arms/0/llm", "length_mismatch"),
        ("/data/arms/1/human/1", "not_a_category"),
    ]
    with pytest.raises(InvalidSample) as refused:
        from_choices([], "error", Categories())
    assert problems(refused.value) == [("/data/arms", "no_arms")]
