from __future__ import annotations

from prometheus_client import CollectorRegistry

from service.api.tally import Labels, Tally
from service.api.wire.facts import Facts

LABELS = Labels(("/v1/x",), ("mean",), ("ppi",), ("t",), ("few_humans",))


def made() -> tuple[Tally, CollectorRegistry]:
    registry = CollectorRegistry()
    return Tally(registry, LABELS), registry


def series(registry: CollectorRegistry) -> dict[str, float]:
    found = [s for f in registry.collect() for s in f.samples if s.name.endswith("_total")]
    return {f"{s.name}{tuple(s.labels.values())}": s.value for s in found}


def test_everything_begins_at_0_so_that_rates_exist() -> None:
    _, registry = made()
    told = series(registry)
    assert set(told.values()) == {0}
    assert {"rectifier_verdicts_total('llm_used',)", "rectifier_warnings_total('few_humans',)"} <= told.keys()


def test_answers_and_work_are_counted() -> None:
    tally, registry = made()
    tally.work("/v1/x", 250.0)
    tally.answered(Facts("mean", "ppi", "t", "exploratory", {"llm_used": 3}, {"few_humans": 2}))
    tally.answered(Facts(warnings={"few_humans": 1}))
    assert {name: value for name, value in series(registry).items() if value} == {
        "rectifier_work_units_total('/v1/x',)": 250,
        "rectifier_estimands_total('mean',)": 1,
        "rectifier_estimators_total('ppi',)": 1,
        "rectifier_intervals_total('t',)": 1,
        "rectifier_claims_total('exploratory',)": 1,
        "rectifier_verdicts_total('llm_used',)": 3,
        "rectifier_warnings_total('few_humans',)": 3,
    }


def test_a_word_that_is_not_ours_is_other() -> None:
    tally, registry = made()
    before = len(series(registry))
    for k in range(100):
        tally.work(f"/zaphod/{k}", 1)
        tally.answered(Facts(f"zaphod {k}", warnings={f"zaphod {k}": 1}))
    told = series(registry)
    assert len(told) == before
    assert told["rectifier_warnings_total('other',)"] == told["rectifier_work_units_total('other',)"] == 100
