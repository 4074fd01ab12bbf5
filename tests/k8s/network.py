"""Who may talk to whom, and whether what is configured can be reached and read; the form of `relations.py`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from tests.k8s.kustomize import Manifest
from tests.k8s.objects import config, files, of_kind, ports, selects, settings

PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
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
    """Where anything but one's own pods may be connected to, DNS may be asked."""
    outside = asks = False
    for o in of_kind(objects, "NetworkPolicy"):
        for rule in o["spec"].get("egress", []):
            outside |= any("ipBlock" in peer for peer in rule["to"])
            asks |= {(p["protocol"], p["port"]) for p in rule["ports"]} == DNS
    if outside and not asks:
        yield "addresses may be connected to, but no name looked up"


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


NETWORK = (
    network_is_closed,
    only_names_and_https_go_out,
    names_can_be_looked_up,
    providers_can_be_reached,
    files_are_there,
)
