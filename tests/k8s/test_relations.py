from __future__ import annotations

import pytest

from tests.k8s.builds import BUILDS, build
from tests.k8s.faults import FAULTS
from tests.k8s.network import NETWORK
from tests.k8s.objects import by_namespace
from tests.k8s.relations import GUARDED, SHARED

ALL = {relation.__name__: relation for relation in (*SHARED, *GUARDED, *NETWORK)}


@pytest.mark.parametrize("name", BUILDS)
def test_every_relation_holds(name):
    wanted = [each for each in ALL.values() if name != "dev" or each not in GUARDED]
    parts = by_namespace(build(name))
    complaints = {(part, each.__name__): list(each(objects)) for part, objects in parts.items() for each in wanted}
    assert {place: said for place, said in complaints.items() if said} == {}


@pytest.mark.parametrize(("name", "of", "part", "fault"), FAULTS, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(FAULTS)])
def test_relation_sees_its_fault(name, of, part, fault):
    objects = by_namespace(build(of))[part]
    assert list(ALL[name](objects)) == []
    fault(objects)
    assert list(ALL[name](objects))


def test_every_relation_has_a_fault():
    assert ALL.keys() == {name for name, *_ in FAULTS}
