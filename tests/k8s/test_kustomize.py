from __future__ import annotations

import pytest
import yaml

from tests.k8s.kustomize import resolve


def test_namespace_labels_and_settings_reach_the_objects(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    base.joinpath("kustomization.yaml").write_text("resources: [two.yaml]\n")
    base.joinpath("two.yaml").write_text(
        yaml.safe_dump_all(
            [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}},
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}},
            ]
        )
    )
    tmp_path.joinpath("values.env").write_text("# a comment\n\nA=1=2\n")
    tmp_path.joinpath("kustomization.yaml").write_text(
        "namespace: n\nlabels: [{pairs: {a: b}}]\nresources: [base]\n"
        "configMapGenerator: [{name: c, envs: [values.env]}]\n"
    )
    namespace, service, config = resolve(tmp_path)
    assert namespace["metadata"] == {"name": "n", "labels": {"a": "b"}}
    assert service["metadata"] == {"name": "s", "namespace": "n", "labels": {"a": "b"}}
    assert config["data"] == {"A": "1=2"}
    assert config["metadata"]["namespace"] == "n"


def test_a_field_it_does_not_know_is_refused(tmp_path):
    tmp_path.joinpath("kustomization.yaml").write_text("resources: []\npatches: []\n")
    with pytest.raises(ValueError, match="patches"):
        resolve(tmp_path)
