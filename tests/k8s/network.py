"""Who may talk to whom, and whether what is configured can be reached and read; the form of `relations.py`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.k8s.kustomize import Manifest
from tests.k8s.objects import config, files, of_kind, ports, selects, settings

PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
MEASURED = {
    name
    for module in (Path(__file__).parents[2] / "service").rglob("*.py")
    for name in re.findall(r'"(rectifier_\w+)"', module.read_text())
}
"""Names of metrics in the services' own words."""
DNS, HTTPS = {("UDP", 53), ("TCP", 53)}, {("TCP", 443)}


def network_is_closed(objects: list[Manifest]) -> Iterator[str]:
    closed: set[str] = set()
    for o in of_kind(objects, "NetworkPolicy"):
        if not selects(o["spec"]["podSelector"].get("matchLabels", {}), objects):
            yield f"network policy {o['metadata']['name']} selects no pod"
        else:
            closed.update(o["spec"]["policyTypes"])
        for rule in o["spec"].get("ingress", []):
            if not rule.get("from"):
                yield "anyone may come in"
            yield from (f"{p.get('port')} is not open" for p in rule["ports"] if p.get("port") not in ports(objects))
    yield from (f"{direction} is open" for direction in ("Ingress", "Egress") if direction not in closed)


def nothing_goes_out(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "NetworkPolicy"):
        if o["spec"].get("egress"):
            yield f"egress is allowed: {o['spec']['egress']}"
    yield from ("egress is allowed by Cilium" for o in of_kind(objects, "CiliumNetworkPolicy") if "egress" in o["spec"])


def only_names_and_https_go_out(objects: list[Manifest]) -> Iterator[str]:
    """To pods that are named, or by HTTPS to addresses that no private network has."""
    for o in of_kind(objects, "NetworkPolicy"):
        for rule in o["spec"].get("egress", []):
            open_ports = {(p.get("protocol"), p.get("port")) for p in rule.get("ports", [])}
            for peer in rule.get("to", [{}]):
                if "ipBlock" in peer:
                    yield from _public_https(peer["ipBlock"], open_ports)
                elif not {"namespaceSelector", "podSelector"} <= peer.keys() or not open_ports:
                    yield f"{peer} is not one kind of pod on one port"


def _public_https(block: dict[str, Any], open_ports: set[tuple[Any, Any]]) -> Iterator[str]:
    if open_ports != HTTPS:
        yield f"more than HTTPS goes out: {open_ports}"
    left_out = [ip_network(each) for each in block.get("except", [])]
    for private in map(ip_network, PRIVATE):
        if not any(private.subnet_of(each) for each in left_out):  # type: ignore[arg-type]
            yield f"{private} can be reached"


def names_can_be_looked_up(objects: list[Manifest]) -> Iterator[str]:
    """Whoever may be connected to may be looked up: by a rule for DNS any name, by Cilium's those that it lists."""
    rules = [rule for o in of_kind(objects, "NetworkPolicy") for rule in o["spec"].get("egress", [])]
    if any(_is_dns(rule) for rule in rules):
        return
    listed = {name for o in of_kind(objects, "CiliumNetworkPolicy") for name in _names(o["spec"]["egress"])}
    for peer in (peer for rule in rules for peer in rule.get("to", [{}])):
        if (name := _service(peer)) not in listed:
            yield f"{name} may be connected to, but not looked up"


def _is_dns(rule: Manifest) -> bool:
    return {(p["protocol"], p["port"]) for p in rule.get("ports", [])} == DNS


def _service(peer: Manifest) -> str:
    """The full name of the service before named pods, which is called as they are."""
    if not {"namespaceSelector", "podSelector"} <= peer.keys():
        return str(peer)
    labels = [peer[each]["matchLabels"].values() for each in ("podSelector", "namespaceSelector")]
    return ".".join((*labels[0], *labels[1], "svc.cluster.local"))


def providers(objects: list[Manifest]) -> dict[str, Any]:
    """What the file of providers says."""
    read = tomllib.loads(config(objects, "gateway-providers").get("providers.toml", ""))
    return dict(read.get("providers", {}))


def providers_can_be_reached(objects: list[Manifest]) -> Iterator[str]:
    """With a list of names, every provider's is on it, both for lookup and for connection."""
    hosts = {urlsplit(each["base_url"]).hostname for each in providers(objects).values()}
    for o in of_kind(objects, "CiliumNetworkPolicy"):
        if not selects(o["spec"]["endpointSelector"]["matchLabels"], objects):
            yield "the list of names selects no pod"
        rules = o["spec"]["egress"]
        for what, allowed in (("looked up", _names(rules)), ("connected to", _destinations(rules))):
            yield from (f"{host} cannot be {what}" for host in hosts - allowed)


def _names(rules: list[Manifest]) -> set[str]:
    ports_of = [port for rule in rules for port in rule["toPorts"]]
    return {each["matchName"] for port in ports_of for each in port.get("rules", {}).get("dns", [])}


def _destinations(rules: list[Manifest]) -> set[str]:
    return {each["matchName"] for rule in rules for each in rule.get("toFQDNs", [])}


def files_are_there(objects: list[Manifest]) -> Iterator[str]:
    """Every file that a setting or a provider names is in a mounted folder, by its name where we know the entries."""
    named = [value for value in settings(objects).values() if value.startswith("/")]
    named += [each["key_file"] for each in providers(objects).values() if "key_file" in each]
    mounted = files(objects)
    for path in named:
        folder, _, name = path.rpartition("/")
        entries = mounted.get(folder, set())
        if entries is not None and name not in entries:
            yield f"{path} is not there"


def monitors_find_a_service(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "ServiceMonitor"):
        wanted = o["spec"]["selector"]["matchLabels"].items()
        found = [s for s in of_kind(objects, "Service") if wanted <= s["metadata"].get("labels", {}).items()]
        open_ports = {port["name"] for service in found for port in service["spec"]["ports"]}
        if not found:
            yield f"the monitor {o['metadata']['name']} finds no service"
        yield from (
            f"the service has no port {e['port']}" for e in o["spec"]["endpoints"] if e["port"] not in open_ports
        )
        if o["spec"].get("jobLabel") not in {label for s in found for label in s["metadata"]["labels"]}:
            yield "series get another job than rules and dashboard ask for"


def scaling_asks_for_what_is_measured(objects: list[Manifest]) -> Iterator[str]:
    (place,) = {o["metadata"]["namespace"] for o in objects if o["kind"] != "Namespace"}
    for o in of_kind(objects, "ScaledObject"):
        for query in (t["metadata"]["query"] for t in o["spec"]["triggers"] if t["type"] == "prometheus"):
            metric, labels = re.fullmatch(r"sum\((\w+)\{(.*)\}\)", query).groups()  # type: ignore[union-attr]
            if metric not in MEASURED:
                yield f"nobody measures {metric}"
            if labels != f'namespace="{place}"':
                yield f"{labels} is not this namespace"


NETWORK = (
    network_is_closed,
    only_names_and_https_go_out,
    names_can_be_looked_up,
    providers_can_be_reached,
    files_are_there,
    monitors_find_a_service,
    scaling_asks_for_what_is_measured,
)
