from __future__ import annotations

import pytest

from service.gateway.addresses import is_allowed, is_public

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "104.18.7.192",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::6810:7c0",
    "2a00:1450:4001:80b::200a",
    "2001:4860:4860::8888",
    "2001:200::1",
    "2003::1",
    "64:ff9b::808:808",
    "64:ff9b::1.1.1.1",
)
LOCAL = (
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff",
    "fd00:ec3::",
)
NEVER = (
    "0.0.0.0",
    "0.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.0.8",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::",
    "fd00:ec2::23",
    "fd00:ec2::253",
    "fd00:ec2::254",
    "fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff",
    "fd20:ce::254",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::168.63.129.16",
    "64:ff9b:1::1.1.1.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "3fff::1",
    "100::1",
    "4000::1",
    "5f00::1",
    "2606:4700::1%1",
)
NO_ADDRESS = (
    "",
    "localhost",
    "example.org",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "8.8.8.8.",
    " 8.8.8.8",
    "8.8.8.8\n",
    "8.8.8.8:443",
    "[::1]",
    "[2606:4700::1]",
    "8.8.8.8/32",
    "①②⑦.0.0.1",
    "١٢٧.0.0.1",
    "256.1.1.1",
    "1.1.1.1\x00",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open_to_all(address):
    assert is_public(address)
    assert is_allowed(address, local=False)
    assert is_allowed(address, local=True)


@pytest.mark.parametrize("address", LOCAL)
def test_local_addresses_are_open_to_local_providers_only(address):
    assert not is_public(address)
    assert not is_allowed(address, local=False)
    assert is_allowed(address, local=True)


@pytest.mark.parametrize("address", NEVER + NO_ADDRESS)
def test_other_addresses_are_open_to_nobody(address):
    assert not is_public(address)
    assert not is_allowed(address, local=False)
    assert not is_allowed(address, local=True)
