"""What one reply of one server means."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.resolve.outcomes import (
    Cname,
    NoData,
    NxDomain,
    QueryFailure,
    QueryOutcome,
    Records,
    ZoneCut,
    read_outcome,
    read_zone_cut,
)

COM, ZONE = dns.name.from_text("com"), dns.name.from_text("example.com")
NAME = dns.name.from_text("mail.example.com")
SOA = "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 1 2 3 4 5"


def reply(text: str, flags: str = "QR AA", rcode: str = "NOERROR") -> dns.message.Message:
    """Make a reply of sections such as ``;ANSWER`` and their records."""
    return dns.message.from_text(f"id 1\nopcode QUERY\nrcode {rcode}\nflags {flags}\n{text}\n")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (reply(f";AUTHORITY\n{SOA}"), NoData()),
        (reply(f";AUTHORITY\n{SOA}", rcode="NXDOMAIN"), NxDomain()),
        (reply(";ANSWER\nMAIL.example.com. 300 IN CNAME Web.example.NET."), "web.example.net."),
        (
            reply(";ANSWER\nmail.example.com. 300 IN CNAME web.example.net.", rcode="NXDOMAIN"),
            "web.example.net.",
        ),
        (
            reply(";ANSWER\nmail.example.com. 300 IN CNAME mail.example.com.", rcode="SERVFAIL"),
            "mail.example.com.",
        ),
        (reply("", rcode="REFUSED"), QueryFailure("answered REFUSED")),
        (reply("", flags="QR"), QueryFailure("is not authoritative for mail.example.com")),
        (QueryFailure("did not answer"), QueryFailure("did not answer")),
    ],
)
def test_a_reply_is_read(
    message: dns.message.Message | QueryFailure, outcome: QueryOutcome | str
) -> None:
    expected = Cname(dns.name.from_text(outcome)) if isinstance(outcome, str) else outcome
    assert read_outcome(message, NAME, RdataType.A) == expected


def test_only_records_of_the_name_that_was_asked_count() -> None:
    other = reply(";ANSWER\nother.example.com. 300 IN A 192.0.2.10")
    assert read_outcome(other, NAME, RdataType.A) == NoData()
    mail = read_outcome(reply(";ANSWER\nmail.example.com. 300 IN A 192.0.2.10"), NAME, RdataType.A)
    assert isinstance(mail, Records)
    assert [str(rdata) for rdata in mail.rdatas] == ["192.0.2.10"]


def test_a_referral_names_the_zone_below_and_its_servers() -> None:
    sections = [
        ";AUTHORITY",
        "example.com. 300 IN NS ns2.example.net.",
        "example.com. 300 IN NS ns1.example.com.",
        ";ADDITIONAL",
        "ns1.example.com. 300 IN A 192.0.2.53",
        "evil.example.com. 300 IN A 192.0.2.66",
    ]
    referral = reply("\n".join(sections), flags="QR")
    hosts = dns.name.from_text("ns1.example.com"), dns.name.from_text("ns2.example.net")
    glue = ((hosts[0], ("192.0.2.53",)), (hosts[1], ()))
    assert read_zone_cut(referral, COM, NAME) == ZoneCut(ZONE, hosts, glue)


@pytest.mark.parametrize("owner", [".", "com.", "example.net.", "sub.mail.example.com."])
def test_a_referral_upwards_or_aside_is_none(owner: str) -> None:
    referral = reply(f";AUTHORITY\n{owner} 300 IN NS ns.example.org.", flags="QR")
    assert read_zone_cut(referral, COM, NAME) is None


def test_the_soa_of_a_server_of_both_zones_names_the_zone_below() -> None:
    assert read_zone_cut(reply(f";AUTHORITY\n{SOA}"), COM, NAME) == ZoneCut(ZONE)
    assert read_zone_cut(reply(f";AUTHORITY\n{SOA}"), ZONE, NAME) is None
