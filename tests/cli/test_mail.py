"""``rdns check --mx``: what receivers see of a domain's mail exchangers."""

from __future__ import annotations

import pytest

from tests.servers.internet import NS1, NS2, OTHER, Internet

from .conftest import Rdns
from .test_check import CLASSLESS, serving


def test_every_address_of_every_exchanger_is_a_row(check: Rdns) -> None:
    ran = check("--mx", "example.com")
    assert ran.verdicts == [
        ("192.0.2.10", "mail.example.com", "confirmed"),
        ("2001:db8::10", "mail.example.com", "confirmed"),
        ("192.0.2.21", None, "mismatch"),
    ]
    assert [row["asked"] for row in ran.rows] == [
        "MX of example.com: mail.example.com",
        "MX of example.com: mail.example.com",
        "MX of example.com: mail2.example.net",
    ]
    assert ran.code == 1


def test_a_missing_name_is_named_as_what_receivers_reject(check: Rdns) -> None:
    assert check("--mx", "example.com").rows[2]["findings"] == [
        "receivers reject mail from 192.0.2.21: it has no PTR record"
    ]


def test_a_generated_name_is_named_as_what_receivers_reject(
    internet: Internet, check: Rdns
) -> None:
    name = "static-192-0-2-21.lag.example"
    with (
        serving(internet, CLASSLESS, f"21 PTR {name}.", OTHER),
        serving(internet, "lag.example", "static-192-0-2-21 A 192.0.2.21", NS1, NS2),
    ):
        row = check("--mx", "example.com").rows[2]
    assert (row["hostname"], row["verdict"]) == (name, "confirmed")
    assert row["findings"] == [
        f"receivers reject mail from names like {name}: it looks generated (it spells the "
        "address); set a PTR of your own",
        f"the PTR is {name}, not the exchanger mail2.example.net",
    ]


@pytest.mark.parametrize(
    "wildcard", ["", "*.lag.example.lag.example. A 192.0.2.10"], ids=["nothing", "wildcard"]
)
def test_an_exchanger_without_its_final_dot_in_the_zone_is_told(
    internet: Internet, check: Rdns, wildcard: str
) -> None:
    records = f"@ MX 10 mail.lag.example\n{wildcard}"
    with serving(internet, "lag.example", records, NS1, NS2):
        (row,) = check("--mx", "lag.example").rows
    assert row["findings"][0] == (
        "the mail exchanger is mail.lag.example.lag.example: the name in the zone is probably "
        "missing its final dot"
    )


def test_a_domain_that_takes_no_mail_is_said_to_take_none(check: Rdns) -> None:
    ran = check("--mx", "nomail.example.com")
    assert ran.code == 0
    assert ran.rows[0]["detail"] == (
        "nomail.example.com takes no mail (null MX, RFC 7505): nothing to check"
    )


def test_without_an_mx_record_mail_goes_to_the_domain_itself(check: Rdns) -> None:
    (row,) = check("--mx", "v4only.example.com").rows
    assert (row["asked"], row["address"]) == ("MX of v4only.example.com (itself)", "192.0.2.11")
    assert row["findings"][0] == (
        "v4only.example.com has no MX record: mail goes to its own addresses"
    )


def test_a_domain_that_is_not_there_is_a_mismatch(check: Rdns) -> None:
    ran = check("--mx", "nowhere.example.net")
    assert ran.verdicts == [(None, "nowhere.example.net", "mismatch")]


def test_a_domain_whose_servers_refuse_is_unknown(check: Rdns) -> None:
    ran = check("--mx", "lame.example")
    assert ran.verdicts == [(None, None, "unknown")]
    assert ran.code == 2


def test_an_exchanger_that_is_an_alias_is_a_finding(internet: Internet, check: Rdns) -> None:
    with serving(internet, "lag.example", "@ MX 10 mx\nmx CNAME mail.example.com.", NS1, NS2):
        rows = check("--mx", "lag.example").rows
    assert {row["verdict"] for row in rows} == {"confirmed"}
    assert any("an MX must not point to a CNAME" in finding for finding in rows[0]["findings"])


def test_servers_that_disagree_about_the_exchangers_are_a_row(
    internet: Internet, check: Rdns
) -> None:
    with serving(internet, "lag.example", "@ MX 10 mail.example.com.", NS1):
        ran = check("--mx", "lag.example")
    assert ran.verdicts[-1] == (None, None, "propagating")
    assert ran.code == 1
