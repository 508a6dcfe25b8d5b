"""What a preview says of a hostname that does not resolve, in the small Internet."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies
from pulumi_rdns.records.preview_warnings import preview_warnings
from pulumi_rdns.records.session import Session
from tests.records.ptr_records import spec
from tests.resolve.conftest import internet as internet
from tests.servers.internet import Internet


@pytest.mark.parametrize(
    ("hostname", "said"),
    [
        (
            "mail.example.con",
            "the root servers answered NXDOMAIN for mail.example.con, so the top-level domain .con "
            "does not exist",
        ),
        (
            "itself.example.com",
            "ns1.example.com and ns2.example.com answered with a CNAME loop: itself.example.com "
            "-> itself.example.com",
        ),
    ],
)
def test_a_preview_names_the_mistake(
    internet: Internet, tmp_path: Path, hostname: str, said: str
) -> None:
    settings = read_settings(
        {"rdns:backends": {"memory": {}}, "rdns:resolvers": [internet.resolver]}
    )
    wanted = replace(
        spec("memory", hostname),
        address=parse_address("192.0.2.10"),
        policies=PtrPolicies(forward_check=ForwardPolicy.VERIFY),
    )
    told = preview_warnings(
        Session(settings, tmp_path, {}), wanted, is_new=True, expects_forward=False, ours=()
    )
    assert told == [f"{hostname} does not resolve to 192.0.2.10: {said}"]
