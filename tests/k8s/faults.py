"""A fault for every relation: the relation's name, the build and namespace it is put into, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable

from tests.k8s.builds import EVERYTHING
from tests.k8s.edits import container, first, named, pod, spec, values
from tests.k8s.kustomize import Manifest

Fault = Callable[[list[Manifest]], object]
GATEWAY = "rectifier-gateway"
HPA, PDB, POLICY, CILIUM = "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "CiliumNetworkPolicy"
ENFORCE = "pod-security.kubernetes.io/enforce"
OTHER = {"a": "b"}
STORE = {"kubernetes.io/metadata.name": "store"}


def scaling(objects: list[Manifest]) -> Manifest:
    return spec(objects, "ScaledObject")["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]


def both(objects: list[Manifest]) -> tuple[Manifest, Manifest]:
    return container(objects)["resources"]["requests"], container(objects)["resources"]["limits"]


IN_CALIBRATION: list[tuple[str, Fault]] = [
    ("selector_is_labels", lambda o: spec(o, "Deployment")["selector"]["matchLabels"].update(tier="web")),
    (
        "spread_selects",
        lambda o: pod(o)["topologySpreadConstraints"][1]["labelSelector"].update(matchLabels={"app": "calibration"}),
    ),
    ("service_reaches_a_port", lambda o: spec(o, "Service")["ports"][0].update(targetPort="web")),
    ("service_reaches_a_port", lambda o: spec(o, "Service").update(selector={"app": "calibration"})),
    ("probes_mean_different_things", lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("probes_mean_different_things", lambda o: container(o)["readinessProbe"]["httpGet"].update(port=8001)),
    ("probes_mean_different_things", lambda o: container(o).pop("startupProbe")),
    ("command_opens_the_port", lambda o: container(o)["args"].__setitem__(2, "127.0.0.1")),
    ("command_opens_the_port", lambda o: container(o)["args"].__setitem__(4, "8001")),
    ("budget_selects_and_moves", lambda o: spec(o, PDB)["selector"].update(matchLabels=OTHER)),
    ("budget_selects_and_moves", lambda o: spec(o, PDB).update(maxUnavailable=0)),
    ("budget_selects_and_moves", lambda o: spec(o, PDB).pop("unhealthyPodEvictionPolicy")),
    ("autoscaler_owns_the_replicas", lambda o: spec(o, HPA)["scaleTargetRef"].update(name="gateway")),
    ("autoscaler_owns_the_replicas", lambda o: spec(o, "Deployment").update(replicas=2)),
    ("autoscaler_owns_the_replicas", lambda o: o.append(first(o, HPA))),
    ("autoscaler_has_room_and_is_quick", lambda o: spec(o, HPA).update(minReplicas=1)),
    (
        "autoscaler_has_room_and_is_quick",
        lambda o: spec(o, HPA)["behavior"]["scaleUp"].update(stabilizationWindowSeconds=60),
    ),
    (
        "autoscaler_has_room_and_is_quick",
        lambda o: spec(o, HPA)["behavior"]["scaleDown"].update(stabilizationWindowSeconds=0),
    ),
    ("rollout_keeps_capacity", lambda o: spec(o, "Deployment")["strategy"]["rollingUpdate"].update(maxUnavailable=1)),
    ("drain_has_time", lambda o: pod(o).update(terminationGracePeriodSeconds=40)),
    ("drain_has_time", lambda o: values(o).update(RECTIFIER_DEADLINE_SECONDS="35")),
    ("drain_has_time", lambda o: values(o).update(RECTIFIER_BODY_SECONDS="125")),
    ("images_are_of_this_version", lambda o: container(o).update(image="rectifier-calibration:latest")),
    ("images_are_of_this_version", lambda o: container(o).update(image="rectifier-calibration:9.9.9")),
    ("images_are_of_this_version", lambda o: container(o).update(image="host:5000/rectifier-calibration")),
    ("resources_are_whole_and_fixed", lambda o: both(o)[0].update(cpu="500m")),
    ("resources_are_whole_and_fixed", lambda o: [each.update(cpu="1500m") for each in both(o)]),
    ("resources_are_whole_and_fixed", lambda o: [each.pop("memory") for each in both(o)]),
    ("logs_have_room", lambda o: [each.update({"ephemeral-storage": "64Mi"}) for each in both(o)]),
    ("references_exist", lambda o: container(o)["envFrom"][0]["configMapRef"].update(name="settings")),
    ("references_exist", lambda o: pod(o).update(serviceAccountName="default")),
    ("references_exist", lambda o: container(o)["volumeMounts"][0].update(name="cache")),
    ("one_restricted_namespace", lambda o: first(o, "Namespace")["metadata"]["labels"].update({ENFORCE: "baseline"})),
    ("one_restricted_namespace", lambda o: first(o, "Service")["metadata"].update(namespace="default")),
    ("no_token", lambda o: pod(o).pop("automountServiceAccountToken")),
    ("no_token", lambda o: first(o, "ServiceAccount").update(automountServiceAccountToken=True)),
    ("pods_are_restricted", lambda o: container(o)["securityContext"].pop("readOnlyRootFilesystem")),
    ("pods_are_restricted", lambda o: container(o)["securityContext"]["capabilities"].update(add=["NET_RAW"])),
    ("pods_are_restricted", lambda o: pod(o)["securityContext"].update(runAsUser=0)),
    ("pods_are_restricted", lambda o: pod(o)["securityContext"].pop("seccompProfile")),
    ("temporary_space_is_bounded_memory", lambda o: pod(o)["volumes"][0]["emptyDir"].pop("sizeLimit")),
    ("temporary_space_is_bounded_memory", lambda o: pod(o)["volumes"].append({"name": "v", "hostPath": {"path": "/"}})),
    ("network_is_closed", lambda o: spec(o, POLICY)["podSelector"].update(matchLabels=OTHER)),
    ("network_is_closed", lambda o: spec(o, POLICY).update(policyTypes=["Ingress"])),
    ("network_is_closed", lambda o: spec(o, POLICY)["ingress"][0].pop("from")),
    ("network_is_closed", lambda o: spec(o, POLICY)["ingress"][0]["ports"][0].update(port=9090)),
    ("every_deployment_is_guarded", lambda o: o.remove(first(o, PDB))),
    ("every_deployment_is_guarded", lambda o: o.remove(first(o, HPA))),
]
IN_GATEWAY: list[tuple[str, Fault]] = [
    ("drain_has_time", lambda o: values(o).update(RECTIFIER_SHUTDOWN_SECONDS="120")),
    ("only_names_and_https_go_out", lambda o: spec(o, POLICY)["egress"][1]["ports"][0].update(port=80)),
    ("only_names_and_https_go_out", lambda o: spec(o, POLICY)["egress"][1].pop("ports")),
    ("only_names_and_https_go_out", lambda o: spec(o, POLICY)["egress"][1]["to"][0]["ipBlock"]["except"].pop()),
    ("only_names_and_https_go_out", lambda o: spec(o, POLICY)["egress"][0]["to"][0].pop("podSelector")),
    ("only_names_and_https_go_out", lambda o: spec(o, POLICY)["egress"][0].pop("to")),
    ("names_can_be_looked_up", lambda o: spec(o, POLICY)["egress"].pop(0)),
    ("names_can_be_looked_up", lambda o: spec(o, POLICY)["egress"][0]["ports"].pop()),
    ("files_are_there", lambda o: values(o).update(RECTIFIER_PROVIDERS_FILE="/etc/rectifier/providers.json")),
    ("files_are_there", lambda o: named(pod(o)["volumes"], "providers")["configMap"].update(name="gateway-settings")),
]
IN_EVERYTHING: list[tuple[str, Fault]] = [
    ("autoscaler_owns_the_replicas", lambda o: spec(o, "ScaledObject")["scaleTargetRef"].update(name="calibration")),
    ("autoscaler_owns_the_replicas", lambda o: spec(o, "Deployment").update(replicas=2)),
    ("autoscaler_has_room_and_is_quick", lambda o: spec(o, "ScaledObject").update(minReplicaCount=0)),
    ("autoscaler_has_room_and_is_quick", lambda o: scaling(o)["scaleUp"].update(stabilizationWindowSeconds=60)),
    (
        "secrets_exist_or_are_promised",
        lambda o: named(pod(o)["volumes"], "provider-keys")["secret"].update(secretName="keys"),
    ),
    ("secrets_exist_or_are_promised", lambda o: first(o, "Deployment")["metadata"]["annotations"].clear()),
    ("secrets_exist_or_are_promised", lambda o: container(o).pop("env")),
    ("providers_can_be_reached", lambda o: spec(o, CILIUM)["endpointSelector"].update(matchLabels=OTHER)),
    ("providers_can_be_reached", lambda o: spec(o, CILIUM)["egress"][1]["toFQDNs"].pop()),
    ("providers_can_be_reached", lambda o: names(o).pop(0)),
    ("files_are_there", lambda o: pod(o)["volumes"].remove(named(pod(o)["volumes"], "provider-keys"))),
    ("files_are_there", lambda o: [e["spec"]["data"].pop() for e in o if e["kind"] == "ExternalSecret"]),
    ("monitors_find_a_service", lambda o: spec(o, "ServiceMonitor")["selector"].update(matchLabels=OTHER)),
    ("monitors_find_a_service", lambda o: spec(o, "ServiceMonitor")["endpoints"][0].update(port="metrics")),
    ("monitors_find_a_service", lambda o: spec(o, "ServiceMonitor").update(jobLabel="app")),
    ("scaling_asks_for_what_is_measured", lambda o: query(o).update(query='sum(rectifier_run{namespace="rectifier"})')),
    ("scaling_asks_for_what_is_measured", lambda o: query(o).update(query='sum(rectifier_runs{namespace="x"})')),
    ("network_is_closed", lambda o: named_policy(o, "gateway-cache")["podSelector"].update(matchLabels=OTHER)),
    ("only_names_and_https_go_out", lambda o: named_policy(o, "gateway-cache")["egress"][0].pop("ports")),
    ("names_can_be_looked_up", lambda o: names(o).remove({"matchName": "redis.cache.svc.cluster.local"})),
    ("names_can_be_looked_up", lambda o: caches(o)[0]["namespaceSelector"].update(matchLabels=STORE)),
    ("names_can_be_looked_up", lambda o: caches(o).append({"ipBlock": {"cidr": "192.0.2.0/24"}})),
]


def query(objects: list[Manifest]) -> Manifest:
    return spec(objects, "ScaledObject")["triggers"][1]["metadata"]


def names(objects: list[Manifest]) -> list[Manifest]:
    return spec(objects, CILIUM)["egress"][0]["toPorts"][0]["rules"]["dns"]


def caches(objects: list[Manifest]) -> list[Manifest]:
    return named_policy(objects, "gateway-cache")["egress"][0]["to"]


def named_policy(objects: list[Manifest], name: str) -> Manifest:
    (found,) = [o["spec"] for o in objects if o["kind"] == POLICY and o["metadata"]["name"] == name]
    return found


FAULTS: list[tuple[str, str, str, Fault]] = [
    *((name, "calibration", "rectifier", fault) for name, fault in IN_CALIBRATION),
    *((name, "gateway", GATEWAY, fault) for name, fault in IN_GATEWAY),
    *((name, EVERYTHING, GATEWAY, fault) for name, fault in IN_EVERYTHING),
]
