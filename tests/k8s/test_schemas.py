from __future__ import annotations

import kubernetes_validate
import pytest

from tests.k8s.builds import EVERYTHING, build
from tests.k8s.objects import CUSTOM, of_kind

VERSIONS = ("1.30", "1.32", "1.34", "1.36", "1.37")  # from 1.30 the kubelet sleeps by itself before stopping


@pytest.mark.parametrize(
    ("name", "version"),
    [
        *(("calibration", v) for v in VERSIONS),
        *(("gateway", v) for v in VERSIONS),
        *((n, VERSIONS[-1]) for n in ("dev", EVERYTHING)),
    ],
)
def test_every_object_follows_the_schema_strictly(name, version):
    objects = [o for o in build(name) if o["kind"] not in CUSTOM]
    assert {kubernetes_validate.validate(o, version, strict=True) for o in objects} == {version}


def test_an_unknown_field_breaks_the_schema():
    (deployment,) = of_kind(build("calibration"), "Deployment")
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)
