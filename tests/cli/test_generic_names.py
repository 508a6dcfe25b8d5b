"""Which hostnames look generated from their address, and which only look a little like it."""

from __future__ import annotations

import pytest

from pulumi_rdns.cli.generic_names import why_generic
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("static-192-0-2-10.example.net", "192.0.2.10"),
        ("10.2.0.192.static.example.net", "192.0.2.10"),
        ("host-192-000-002-010.example.net", "192.0.2.10"),
        ("192000002010.example.net", "192.0.2.10"),
        ("ip10.ip-192-0-2.example.net", "192.0.2.10"),
        ("c000020a.example.net", "192.0.2.10"),
        ("dyn-10.example.net", "192.0.2.10"),
        ("p10.adsl.example.net", "192.0.2.10"),
        ("2001-db8--10.example.net", "2001:db8::10"),
        ("2001-db8-0-0-0-0-0-10.example.net", "2001:db8::10"),
        ("20010db8000000000000000000000010.example.net", "2001:db8::10"),
        ("pool-10.example.net", "2001:db8::10"),
        ("static.10.2.0.192.clients.your-server.de", "192.0.2.10"),
        ("ec2-192-0-2-10.compute-1.amazonaws.com", "192.0.2.10"),
        ("192.0.2.10.vultrusercontent.com", "192.0.2.10"),
    ],
)
def test_a_name_made_of_the_address_looks_generated(hostname: str, address: str) -> None:
    assert why_generic(parse_hostname(hostname), parse_address(address))


@pytest.mark.parametrize(
    ("hostname", "vendor"),
    [
        ("vps-1a2b3c4d.vps.ovh.net", "OVHcloud"),
        ("vps123456.ovh.net", "OVHcloud"),
        ("vps-1a2b3c4d.vps.ovh.ca", "OVHcloud"),
        ("ns3012345.ip-198-51-100.eu", "OVHcloud"),
        ("ip225.ip-198-51-100.net", "OVHcloud"),
        ("static.7.100.51.198.clients.your-server.de", "Hetzner"),
        ("srv123456.hstgr.cloud", "Hostinger"),
        ("vmi1234567.contaboserver.net", "Contabo"),
        ("h2345678.stratoserver.net", "STRATO"),
        ("s12345678.onlinehome-server.info", "IONOS"),
        ("v2202411234567890.supersrv.de", "netcup"),
        ("v22015042759824376.yourvserver.net", "netcup"),
        ("li1234-56.members.linode.com", "Linode"),
    ],
)
@pytest.mark.parametrize("address", ["192.0.2.10", "2001:db8::10"])
def test_a_vendors_default_looks_generated(hostname: str, vendor: str, address: str) -> None:
    why = why_generic(parse_hostname(hostname), parse_address(address))
    assert why == f"it is a default name of {vendor}"


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("mail.example.com", "192.0.2.10"),
        ("mx10.example.com", "192.0.2.10"),
        ("mail-2.dc10.example.com", "192.0.2.10"),
        ("pool.example.org", "192.0.2.10"),
        ("2.pool.example.org", "192.0.2.10"),
        ("dyn10.example", "192.0.2.10"),
        ("dynamo-10.example.com", "192.0.2.10"),
        ("static.example.com", "192.0.2.10"),
        ("192-0-2-11.example.com", "192.0.2.10"),
        ("cafe.example.com", "2001:db8::cafe"),
        ("mail-10.example.com", "2001:db8::10"),
        ("mail1.example.com", "192.0.2.1"),
        ("mx-10.example.com", "192.0.2.10"),
        ("host10.example.org", "192.0.2.10"),
        ("vps-10.example.org", "192.0.2.10"),
        ("srv10.example.org", "192.0.2.10"),
        ("10.mo52.mail-out.ovh.net", "192.0.2.10"),
        ("mx1.ovh.net", "192.0.2.1"),
        ("merodach.members.linode.com", "192.0.2.10"),
        ("mail.your-server.de", "192.0.2.10"),
        ("hstgr.cloud.example.com", "192.0.2.10"),
        ("vps-1a2b3c4d.vps.ovh.net.example.com", "192.0.2.10"),
        ("v10.mysrv.de", "192.0.2.10"),
        ("ns1.ip-192.example.eu", "192.0.2.10"),
    ],
)
def test_a_name_that_somebody_chose_does_not(hostname: str, address: str) -> None:
    assert why_generic(parse_hostname(hostname), parse_address(address)) is None
