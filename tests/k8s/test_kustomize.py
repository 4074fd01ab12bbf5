from __future__ import annotations

import pytest
import yaml

from tests.k8s.kustomize import extended, resolve


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


def deployment(**spec):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}, "spec": spec}


def test_a_component_adds_to_what_it_is_given_and_changes_it(tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    part.joinpath("kustomization.yaml").write_text(
        "kind: Component\npatches: [{path: d.yaml}, {target: {kind: Job}, patch: '{$patch: delete, kind: Job}'}]\n"
        "configMapGenerator: [{name: c, namespace: n, behavior: merge, files: [b.txt]}]\n"
    )
    part.joinpath("b.txt").write_text("two\n")
    new = {
        "containers": [{"name": "a", "env": [{"name": "E", "value": "2"}, {"name": "F", "value": "3"}]}],
        "rules": [],
    }
    part.joinpath("d.yaml").write_text(yaml.safe_dump(deployment(**new)))
    old = deployment(containers=[{"name": "a", "image": "i", "env": [{"name": "E", "value": "1"}]}], rules=[1], kept=1)
    config = {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"A": "1"}}
    elsewhere = {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "m"}, "data": {}}
    job = {"kind": "Job", "metadata": {"name": "j"}}
    changed, merged, left = extended([old, config, elsewhere, job], part)
    (container,) = changed["spec"].pop("containers")
    assert changed["spec"] == {"rules": [], "kept": 1}
    assert container["env"] == [{"name": "F", "value": "3"}, {"name": "E", "value": "2"}]
    assert container["image"] == "i"
    assert merged["data"] == {"A": "1", "b.txt": "two\n"}
    assert left["data"] == {}


def test_a_field_it_does_not_know_is_refused(tmp_path):
    tmp_path.joinpath("kustomization.yaml").write_text("resources: []\nreplacements: []\n")
    with pytest.raises(ValueError, match="replacements"):
        resolve(tmp_path)
