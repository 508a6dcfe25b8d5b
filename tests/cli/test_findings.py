"""What is found at PTR records and mail exchangers beside the verdict."""

from __future__ import annotations

import pytest

from pulumi_rdns.cli.findings import of_exchanger, of_ptr
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.forward import AddressesAnswer, PtrAnswer
from pulumi_rdns.resolve.verdicts import Look, Status

ADDRESS = parse_address("192.0.2.10")
MAIL, WEB = DnsName("mail.example.com"), DnsName("web.example.com")


def found(
    *hostnames: str, hostname: DnsName = MAIL, forward: Verdict = Verdict.CONFIRMED, alias: str = ""
) -> tuple[str, ...]:
    ptr = PtrAnswer(Status.FOUND, "", (), tuple(map(DnsName, hostnames)))
    aliases = (DnsName(alias),) if alias else ()
    return of_ptr(ADDRESS, hostname, ptr, Look(forward, "", (), aliases))


@pytest.mark.parametrize(
    ("hostname", "why"),
    [
        (".", "is empty; a hostname is needed"),
        ("192.0.2.10", "'192.0.2.10' is an IP address, not a hostname"),
        ("localhost", "'localhost' is a single label; write the full name, as in mail.example.com"),
        (
            "mail_1.example.com",
            "'mail_1.example.com' has an underscore, which a hostname cannot have (RFC 1123 "
            "section 2.1)",
        ),
    ],
)
def test_a_ptr_that_is_not_a_hostname_is_a_finding_with_the_reason(hostname: str, why: str) -> None:
    assert found(hostname) == (f"the PTR {hostname} is not a valid hostname: {why}",)


def test_a_name_that_is_missing_its_final_dot_is_told_with_the_name_alone() -> None:
    assert found("mail.example.com.0/25.2.0.192.in-addr.arpa") == ()


def test_thousands_of_ptrs_are_a_finding_that_can_be_read() -> None:
    (several,) = found(*(f"h{number}.example.com" for number in range(2000)))
    assert several == (
        "192.0.2.10 has 2000 PTR records (h0.example.com, h1.example.com, h2.example.com, "
        "h3.example.com, h4.example.com, h5.example.com, 1994 more); many programs see only one, "
        "and not always the same"
    )


def test_the_target_of_a_cname_is_advised_only_where_it_has_the_address() -> None:
    for verdict in (Verdict.CONFIRMED, Verdict.PROPAGATING):
        (advice,) = found(MAIL, hostname=WEB, forward=verdict, alias=MAIL)
        assert advice == f"{WEB} is a CNAME to {MAIL}; the PTR should be that name"
    for verdict in (Verdict.MISMATCH, Verdict.UNKNOWN):
        assert found(MAIL, hostname=WEB, forward=verdict, alias=MAIL) == ()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_ptr_to_a_cname_is_a_finding_beside_any_verdict(verdict: Verdict) -> None:
    (finding,) = found(WEB, hostname=WEB, forward=verdict, alias=MAIL)
    assert finding.startswith(f"the PTR {WEB} is a CNAME to {MAIL}; a PTR must not")


def test_an_exchanger_that_is_an_address_is_a_finding() -> None:
    none = AddressesAnswer(Status.NONE, "", (), ())
    assert of_exchanger(DnsName("192.0.2.10"), DnsName("example.com"), none) == (
        "the mail exchanger is 192.0.2.10: '192.0.2.10' is an IP address, not a hostname",
    )
    assert of_exchanger(MAIL, DnsName("example.com"), none) == ()
