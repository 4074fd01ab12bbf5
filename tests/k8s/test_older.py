from __future__ import annotations

import kubernetes_validate
import pytest
import yaml

from tests.k8s import older
from tests.k8s.builds import build
from tests.k8s.edits import container
from tests.k8s.objects import CUSTOM, by_namespace

OLDEST = "1.25"  # the oldest of which schemas are offered; of what 1.20 had it lacks only the old disruption budget


@pytest.mark.parametrize("name", ["gateway", "prod"])
def test_what_the_real_run_is_given_is_valid_there_and_only_by_the_translation(name):
    newer = [o for o in build(name) if o["kind"] not in CUSTOM]
    given = [o for o in older.older(build(name)) if o["kind"] != "PodDisruptionBudget"]
    assert {kubernetes_validate.validate(o, OLDEST, strict=True) for o in given} == {OLDEST}
    with pytest.raises(kubernetes_validate.ValidationError, match="sleep"):
        [kubernetes_validate.validate(o, OLDEST, strict=True) for o in newer if o["kind"] == "Deployment"]


def test_small_pods_ask_for_less_and_sleep_as_long(capsys):
    older.main("gateway", "--small")
    objects = by_namespace(list(yaml.safe_load_all(capsys.readouterr().out)))["rectifier-gateway"]
    assert container(objects)["resources"]["requests"]["cpu"] == "100m"
    assert container(objects)["lifecycle"]["preStop"]["exec"]["command"][-1] == "import time; time.sleep(5)"
