from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.component_samples import ARM, Parts, Variate, component
from service.calibration.corrections import Correction
from service.calibration.influence import Fitted
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.survey import Survey
from service.calibration.model_rows import Slot, everyone
from service.calibration.sample import Column
from tests.calibration.models import TERMS, sample, table

J, N, M = 3, 20, 30
RNG = np.random.default_rng(8)
PHI, MOVED = RNG.normal(size=(J, N)), RNG.normal(size=(J, N))
FIT = Fitted(("intercept", "x", "d"), np.array([1.0, 2.0, 3.0]), PHI)
LLM, OTHER = (
    Variate(Slot(column, ((k,),), answer), *(RNG.normal(size=(J, size)) for size in (N, N, M)), np.zeros(J), FIT)
    for k, (column, answer) in enumerate(
        [
            (Column("gpt", "prediction", "gpt", "all", None, (2, 1), (4,), origin=7.0, category="b"), True),
            (Column("z", "covariate"), False),
        ]
    )
)


def parts(survey: Survey | None = None, m: int = M, **changed) -> Parts:
    made = sample(table(n=N, m=m, survey=survey), TERMS)
    rows = everyone(made, TERMS, "exchangeability")
    human, pool = rows.human, rows.pool
    whole = Parts(
        sample=made,
        identification="exchangeability",
        fit=FIT,
        correction=Correction(np.array([15.0, 16.0, 17.0])),
        deviations=MOVED,
        human=human,
        pool=pool,
        variates=(LLM, OTHER),
        cross=False,
        link=None,
    )
    return replace(whole, **changed)


def test_outcomes_are_theta_plus_influence_and_columns_the_variates_of_the_component() -> None:
    for j, name in enumerate(FIT.names):
        found = component(parts(), j)
        (human,), (only,) = found.human, found.llm_only
        assert (found.component, found.arms, found.spare) == (name, (ARM,), 15.0 + j)
        assert np.array_equal(human.y, FIT.theta[j] + PHI[j])
        assert np.array_equal(human.c, [LLM.human[j], OTHER.human[j]])
        assert np.array_equal(human.corrected, [MOVED[j], LLM.corrected[j], OTHER.corrected[j]])
        assert np.array_equal(only.c, [LLM.pool[j], OTHER.pool[j]])
        assert not human.y.flags.writeable


def test_with_cross_an_llm_serves_with_every_component_asked_for() -> None:
    reported = replace(FIT, reported=(0, 2))
    found = component(parts(cross=True, fit=reported), 2)
    assert np.array_equal(found.human[0].c, [LLM.human[0], LLM.human[2], OTHER.human[2]])
    assert [c.name for c in found.columns] == ["gpt, intercept", "gpt, d", "z, d"]


def test_a_column_of_influence_values_has_no_arm_level_or_category_and_sums_what_was_missing() -> None:
    column = component(parts(), 0).columns[0]
    assert (column.name, column.model, column.arm, column.category, column.origin) == ("gpt", "gpt", None, None, 0.0)
    assert (column.n_missing_human, column.n_missing_llm_only) == ((3,), (4,))


@pytest.mark.parametrize("given", [False, True])
def test_clusters_are_kept_where_units_have_them_or_stand_in_the_pool_again(given: bool) -> None:
    plain = parts()
    found = component(replace(plain, pool=replace(plain.pool, given=given)), 0)
    assert (found.human[0].cluster is not None) is given
    assert (found.llm_only[0].cluster is not None) is given
    assert found.pool_given is given
    assert found.human[0].row.tolist() == list(range(N))
    assert found.llm_only[0].row.tolist() == list(range(N, N + M))
    clustered = component(parts(Survey(cluster=(np.arange(N + M) // 5).astype(float))), 0)
    assert clustered.human[0].cluster.tolist() == [i // 5 for i in range(N)]


def test_weights_and_sampling_probabilities_go_along() -> None:
    weight, probability = RNG.uniform(0.5, 2.0, N + M), RNG.uniform(0.1, 0.9, N + M)
    whole = parts(Survey(weight=weight, sampling_probability=probability))
    found = component(whole, 1)
    assert np.array_equal(found.human[0].weight, whole.human.survey)
    assert np.array_equal(found.llm_only[0].weight, whole.pool.weight)
    assert found.human[0].sampling_probability == pytest.approx(probability[:N])
    assert component(parts(), 1).human[0].weight is None


def test_without_personas_or_without_variates_there_is_no_pool() -> None:
    alone = replace(LLM, pool=np.zeros((J, 0)))
    assert component(parts(m=0, variates=(alone,)), 0).llm_only == (None,)
    bare = component(parts(variates=()), 0)
    assert (bare.llm_only, bare.columns, bare.human[0].c.shape) == ((None,), (), (0, N))


def test_an_unnamed_component_is_none() -> None:
    nameless = replace(FIT, names=("", "x", "d"))
    assert [component(parts(fit=nameless), j).component for j in (0, 1)] == [None, "x"]


def test_the_scale_of_intervals_and_the_identification_go_along() -> None:
    found = component(parts(link="fisher_z", identification="sampling"), 0)
    assert (found.link, found.identification) == ("fisher_z", "sampling")


def test_strata_go_with_the_units_and_share_the_working_variance() -> None:
    strata = np.concatenate((np.arange(N) % 2, np.arange(M) % 2))
    share = np.array([0.25, 1.0, 4.0])
    correction = Correction(np.array([15.0, 16.0, 17.0]), share=share)
    told = Survey(stratum=Labels(strata, ("a", "b")))
    found = [component(parts(told, correction=correction), j) for j in range(J)]
    for j, of in enumerate(found):
        assert of.within_strata
        assert of.human[0].stratum.tolist() == strata[:N].tolist()
        assert of.llm_only[0].stratum.tolist() == strata[N:].tolist()
        moved = np.stack((MOVED[j], LLM.corrected[j], OTHER.corrected[j]))
        assert of.human[0].corrected == pytest.approx(np.sqrt(share[j]) * moved, rel=1e-12)
    assert not component(parts(), 0).within_strata
