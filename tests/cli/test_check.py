"""``rdns check`` in the small Internet, held against `dig` where the records stand still."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import threading
from collections.abc import Iterator

import pytest

from tests.resolve import dig
from tests.servers.internet import NS1, NS2, OTHER, RECORDS, Internet

from .conftest import Rdns

CLASSLESS = "0/25.2.0.192.in-addr.arpa"
IPV6 = "8.b.d.0.1.0.0.2.ip6.arpa"
_serials = itertools.count(100)


@contextlib.contextmanager
def serving(internet: Internet, zone: str, records: str, *servers: int) -> Iterator[None]:
    """Serve other records in a zone for a while."""
    for server in servers:
        internet.change(zone, server, records, serial=next(_serials))
    yield
    for server in servers:
        internet.change(zone, server, RECORDS[zone], serial=next(_serials))


def owner(address: str) -> str:
    """Write the owner name of an IPv6 address, relative to its zone in the small Internet."""
    return ipaddress.ip_address(address).reverse_pointer.removesuffix(f".{IPV6}")


def test_a_hostname_is_confirmed_when_all_its_addresses_point_back(
    internet: Internet, check: Rdns
) -> None:
    ran = check("Mail.Example.COM.")
    assert ran.verdicts == [
        ("192.0.2.10", "mail.example.com", "confirmed"),
        ("2001:db8::10", "mail.example.com", "confirmed"),
    ]
    assert ran.code == 0
    for row in ran.rows:
        assert dig.verdict(internet, "mail.example.com", row["address"]) == "confirmed"
        reverse = ipaddress.ip_address(row["address"]).reverse_pointer
        dug = dig.dig(internet.resolver, reverse, "PTR", recurse=True)
        assert dug
        assert "mail.example.com." in {rdata for _, _, rdata in dug.records}


def test_every_row_has_its_keys(check: Rdns) -> None:
    (row,) = check("192.0.2.10").rows
    assert row.keys() == {"asked", "address", "hostname", "verdict", "detail", "findings"}
    assert row["detail"].startswith("its PTR is mail.example.com: 10.2.0.192.in-addr.arpa is a CN")


@pytest.mark.parametrize(
    ("asked", "hostname"), [("192.0.2.10", "mail.example.com"), ("192.0.2.202", None)]
)
def test_an_address_is_judged_as_dig_does_by_hand(
    internet: Internet, check: Rdns, asked: str, hostname: str | None
) -> None:
    (row,) = check(asked).rows
    reverse = ipaddress.ip_address(asked).reverse_pointer
    dug = dig.dig(internet.resolver, reverse, "PTR", recurse=True)
    assert dug
    names = [rdata.rstrip(".").lower() for _, kind, rdata in dug.records if kind == "PTR"]
    by_hand = [dig.verdict(internet, name, asked) for name in names]
    assert row["hostname"] == hostname
    assert row["verdict"] == (by_hand[0] if by_hand else "mismatch")


def test_an_address_without_a_ptr_is_a_mismatch(check: Rdns) -> None:
    ran = check("192.0.2.202")
    assert ran.verdicts == [("192.0.2.202", None, "mismatch")]
    assert ran.rows[0]["detail"] == (
        "it has no PTR record: ns1.example.com and ns2.example.com answered NXDOMAIN for "
        "202.2.0.192.in-addr.arpa"
    )
    assert ran.code == 1


def test_a_ptr_that_does_not_resolve_back_is_a_mismatch_that_says_where_it_leads(
    check: Rdns,
) -> None:
    ran = check("192.0.2.200")
    assert ran.verdicts == [("192.0.2.200", "upper.example.com", "mismatch")]
    assert (
        "upper.example.com does not resolve to it: ns1.example.com and ns2.example.com answered "
        "192.0.2.12" in (ran.rows[0]["detail"])
    )


def test_the_ptr_of_a_hostname_that_points_elsewhere_is_a_mismatch(check: Rdns) -> None:
    rows = check("robin.example.com").rows
    assert [row["verdict"] for row in rows] == ["mismatch", "mismatch"]
    assert rows[0]["detail"].startswith("its PTR is mail.example.com: ")


def test_any_ptr_that_confirms_counts_and_that_there_are_several_is_a_finding(
    internet: Internet, check: Rdns
) -> None:
    records = "10 PTR a.example.com.\n10 PTR mail.example.com."
    with serving(internet, CLASSLESS, records, OTHER):
        ran = check("192.0.2.10")
    assert ran.verdicts == [("192.0.2.10", "mail.example.com", "confirmed")]
    (finding,) = ran.rows[0]["findings"]
    assert finding.startswith("192.0.2.10 has 2 PTR records (a.example.com, mail.example.com)")
    assert ran.code == 0


def test_a_ptr_that_is_an_alias_is_a_finding(internet: Internet, check: Rdns) -> None:
    with serving(internet, CLASSLESS, "10 PTR www.example.com.", OTHER):
        ran = check("192.0.2.10")
    assert ran.verdicts == [("192.0.2.10", "www.example.com", "confirmed")]
    assert ran.rows[0]["findings"] == [
        "the PTR www.example.com is a CNAME to mail.example.com; a PTR must not point to "
        "a CNAME (RFC 2181 section 10.2)"
    ]


def test_a_hostname_that_is_an_alias_is_told_which_name_the_ptr_should_be(check: Rdns) -> None:
    rows = check("www.example.com").rows
    assert {row["verdict"] for row in rows} == {"mismatch"}
    assert rows[0]["findings"] == [
        "www.example.com is a CNAME to mail.example.com; the PTR should be that name"
    ]


GENERATED = "192-0-2-{}.lag.example"


def generated(number: int) -> str:
    name = GENERATED.format(number)
    return (
        f"receivers reject mail from names like {name}: it looks generated (it spells the "
        "address); set a PTR of your own"
    )


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [("192.0.2.21", [21]), (GENERATED.format(21), [21]), ("192.0.2.20/30", [21, 22])],
)
def test_a_generated_name_is_a_finding_beside_any_verdict(
    internet: Internet, check: Rdns, asked: str, numbers: list[int]
) -> None:
    reverse = "\n".join(f"{number} PTR {GENERATED.format(number)}." for number in (21, 22))
    with (
        serving(internet, CLASSLESS, reverse, OTHER),
        serving(internet, "lag.example", "192-0-2-21 A 192.0.2.21", NS1, NS2),
    ):
        ran = check(asked)
    verdicts = {21: "confirmed", 22: "mismatch"}
    assert [(row["address"], row["verdict"], row["findings"]) for row in ran.rows] == [
        (f"192.0.2.{number}", verdicts[number], [generated(number)]) for number in numbers
    ]
    assert ran.code == (1 if 22 in numbers else 0)


def test_each_of_several_ptrs_that_is_generated_is_a_finding(
    internet: Internet, check: Rdns
) -> None:
    records = f"10 PTR {GENERATED.format(10)}.\n10 PTR mail.example.com."
    with serving(internet, CLASSLESS, records, OTHER):
        (first, second) = check("mail.example.com").rows
    assert (first["verdict"], first["findings"][1:]) == ("confirmed", [generated(10)])
    assert second["findings"] == []


NO_DOT = "the name in the zone is probably missing its final dot"


@pytest.mark.parametrize("asked", ["192.0.2.10", "mail.example.com"])
def test_a_ptr_without_its_final_dot_in_the_zone_is_told(
    internet: Internet, check: Rdns, asked: str
) -> None:
    with serving(internet, CLASSLESS, "10 PTR mail.example.com", OTHER):
        row = check(asked).rows[0]
    undotted = f"mail.example.com.{CLASSLESS}"
    assert row["verdict"] == "mismatch"
    assert row["hostname"] == (undotted if asked == "192.0.2.10" else asked)
    said = "does not resolve to it" if asked == "192.0.2.10" else f"its PTR is {undotted}"
    assert said in row["detail"]
    assert f"{undotted} ({NO_DOT})" in row["detail"]
    assert row["detail"].count(NO_DOT) == 1


def test_a_ptr_to_the_root_is_a_mismatch_and_no_valid_hostname(
    internet: Internet, check: Rdns
) -> None:
    with serving(internet, CLASSLESS, "10 PTR .", OTHER):
        (row,) = check("192.0.2.10").rows
    assert (row["hostname"], row["verdict"]) == (".", "mismatch")
    assert row["detail"] == ". does not resolve to it: root has no A record for ."
    assert row["findings"] == ["the PTR . is not a valid hostname: is empty; a hostname is needed"]


def test_a_cname_without_its_final_dot_in_the_zone_is_told(internet: Internet, check: Rdns) -> None:
    with serving(internet, "lag.example", "www CNAME mail.lag.example", NS1, NS2):
        (row,) = check("www.lag.example").rows
    assert row["detail"].startswith(
        f"it has no address: www.lag.example is a CNAME to mail.lag.example.lag.example ({NO_DOT})"
    )


@pytest.mark.parametrize("hostname", ["circle.example.com", "itself.example.com"])
def test_a_cname_loop_is_named_as_one(internet: Internet, check: Rdns, hostname: str) -> None:
    (row,) = check(hostname).rows
    assert (row["verdict"], row["findings"]) == ("mismatch", [])
    assert " answered with a CNAME loop: " in row["detail"]
    assert f"{hostname} -> " in row["detail"]
    with serving(internet, CLASSLESS, f"10 PTR {hostname}.", OTHER):
        (row,) = check("192.0.2.10").rows
    assert (row["verdict"], row["findings"]) == ("mismatch", [])
    assert f"{hostname} does not resolve to it: ns1." in row["detail"]
    assert " answered with a CNAME loop: " in row["detail"]


def test_a_reverse_name_in_a_cname_loop_is_told(internet: Internet, check: Rdns) -> None:
    back = "10 CNAME 10.2.0.192.in-addr.arpa."
    with serving(internet, CLASSLESS, back, OTHER):
        (row,) = check("192.0.2.10").rows
    assert row["verdict"] == "mismatch"
    owner = "10.2.0.192.in-addr.arpa"
    assert row["detail"] == (
        "it has no PTR record: ns1.example.net answered with a CNAME loop: "
        f"{owner} -> 10.{CLASSLESS} -> {owner}"
    )


def test_a_top_level_domain_that_does_not_exist_is_told(internet: Internet, check: Rdns) -> None:
    said = "answered NXDOMAIN for {0}, so the top-level domain .con does not exist"
    (row,) = check("example.con").rows
    assert row["detail"] == f"it has no address: the root servers {said.format('example.con')}"
    with serving(internet, CLASSLESS, "10 PTR mail.example.con.", OTHER):
        (row,) = check("192.0.2.10").rows
    assert row["verdict"] == "mismatch"
    assert row["detail"] == (
        "mail.example.con does not resolve to it: the root servers "
        f"{said.format('mail.example.con')}"
    )


def test_a_hostname_without_addresses_is_a_mismatch(check: Rdns) -> None:
    ran = check("nobody.example.com")
    assert ran.verdicts == [(None, "nobody.example.com", "mismatch")]
    assert ran.rows[0]["detail"] == (
        "it has no address: ns1.example.com and ns2.example.com answered NXDOMAIN for "
        "nobody.example.com"
    )


def test_what_nobody_could_be_asked_for_is_unknown(check: Rdns) -> None:
    ran = check("host.lame.example")
    assert ran.verdicts == [(None, "host.lame.example", "unknown")]
    assert "ns1.example.net answered REFUSED" in ran.rows[0]["detail"]
    assert ran.code == 2


def test_something_wrong_weighs_more_than_what_could_not_be_told(check: Rdns) -> None:
    assert check("host.lame.example", "192.0.2.202").code == 1


def test_a_ptr_that_one_server_lacks_is_propagating(internet: Internet, check: Rdns) -> None:
    records = f"{RECORDS[IPV6]}\n{owner('2001:db8::12')} PTR robin.example.com."
    with serving(internet, IPV6, records, NS1):
        ran = check("2001:db8::12", "mail.example.com")
    (first, *_) = ran.rows
    assert (first["hostname"], first["verdict"]) == ("robin.example.com", "mismatch")
    with (
        serving(internet, IPV6, f"{owner('2001:db8::12')} PTR host.lag.example.", NS1),
        serving(internet, "lag.example", "host AAAA 2001:db8::12", NS1, NS2),
    ):
        ran = check("host.lag.example")
    assert ran.verdicts == [("2001:db8::12", "host.lag.example", "propagating")]
    assert ran.rows[0]["detail"].startswith("its PTR is host.lag.example, not everywhere yet: ns1")
    assert ran.code == 1


def test_a_network_is_all_its_host_addresses(check: Rdns) -> None:
    assert [row["address"] for row in check("2001:db8::/126").rows] == [
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8::3",
    ]
    rows = check("192.0.2.0/27").rows
    assert len(rows) == 30
    assert [row["hostname"] for row in rows if row["verdict"] == "confirmed"] == [
        "mail.example.com"
    ]


def test_an_address_that_is_named_twice_is_one_row(check: Rdns) -> None:
    assert len(check("192.0.2.10", "::ffff:192.0.2.10", "192.0.2.8/30").rows) == 2
    assert len(check("192.0.2.10", "::ffff:192.0.2.8/126").rows) == 3


@pytest.mark.parametrize("asked", ["10.2.0.192.in-addr.arpa", "[192.0.2.10]"])
def test_an_address_may_be_given_as_its_reverse_name_or_in_brackets(
    check: Rdns, asked: str
) -> None:
    (row,) = check(asked).rows
    assert (row["asked"], row["address"], row["verdict"]) == (asked, "192.0.2.10", "confirmed")


def test_rows_come_in_the_order_of_the_arguments(check: Rdns) -> None:
    rows = check("192.0.2.202", "mail.example.com", "192.0.2.201").rows
    assert [row["address"] for row in rows] == [
        "192.0.2.202",
        "192.0.2.10",
        "2001:db8::10",
        "192.0.2.201",
    ]


def test_waiting_ends_when_the_record_has_come(internet: Internet, check: Rdns) -> None:
    def publish() -> None:
        for server in (NS1, NS2):
            internet.change(
                IPV6, server, f"{owner('2001:db8::77')} PTR new.lag.example.", serial=777
            )

    with (
        serving(internet, "lag.example", "new AAAA 2001:db8::77", NS1, NS2),
        serving(internet, IPV6, RECORDS[IPV6], NS1, NS2),
    ):
        assert check("new.lag.example").code == 1
        timer = threading.Timer(1, publish)
        timer.start()
        ran = check("new.lag.example", "mail.example.com", "--wait", "30")
        timer.join()
        for server in (NS1, NS2):
            internet.change(IPV6, server, RECORDS[IPV6], serial=800)
    assert ran.verdicts[0] == ("2001:db8::77", "new.lag.example", "confirmed")


def test_waiting_in_vain_ends_with_what_is_wrong(check: Rdns) -> None:
    assert check("192.0.2.202", "--wait", "0.2").code == 1


def test_given_nameservers_are_asked_instead_of_the_domains_own(
    internet: Internet, check: Rdns
) -> None:
    ran = check("mail.example.com", "--nameserver", internet.at(OTHER))
    assert ran.code == 2
    assert f"{internet.at(OTHER)} answered REFUSED" in ran.rows[0]["detail"]
