"""Look-ups in a whole small Internet, held against what `dig` reads there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.endpoints import parse_endpoint
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.resolve.forward import DnsSource
from pulumi_rdns.resolve.verdicts import Look, Status
from tests.resolve import dig
from tests.servers.bind import Bind
from tests.servers.internet import NS1, NS2, OTHER, RESOLVER, SILENT, Internet
from tests.servers.process import zone_text

BOTH = "ns1.example.com and ns2.example.com {0}"


def look(internet: Internet, source: DnsSource, hostname: str, address: str) -> Look:
    """Look, and see that dig comes to the same verdict."""
    found = source.look(parse_hostname(hostname), parse_address(address))
    assert found.verdict == dig.verdict(internet, hostname, address)
    return found


def test_all_servers_have_the_address(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "mail.example.com", "192.0.2.10")
    assert found.verdict is Verdict.CONFIRMED
    assert found.detail == BOTH.format("have 192.0.2.10")


def test_an_ipv6_address_is_looked_up_as_aaaa(internet: Internet, source: DnsSource) -> None:
    assert look(internet, source, "mail.example.com", "2001:db8::10").confirmed is True


def test_a_secondary_lags_and_then_catches_up(internet: Internet, source: DnsSource) -> None:
    old, new = "host A 192.0.2.7", "host A 192.0.2.10"
    assert look(internet, source, "host.lag.example", "192.0.2.10").verdict is Verdict.MISMATCH
    internet.change("lag.example", NS1, new, serial=2)
    found = look(internet, source, "host.lag.example", "192.0.2.10")
    assert found.verdict is Verdict.PROPAGATING
    assert found.detail == (
        "ns1.example.com has 192.0.2.10; ns2.example.com still answered 192.0.2.7"
    )
    internet.change("lag.example", NS2, new, serial=2)
    assert look(internet, source, "host.lag.example", "192.0.2.10").confirmed is True
    internet.change("lag.example", NS1, old, serial=3)
    internet.change("lag.example", NS2, old, serial=3)


def test_a_name_that_is_not_there_is_a_mismatch(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "nobody.example.com", "192.0.2.10")
    assert found.verdict is Verdict.MISMATCH
    assert found.detail == BOTH.format("answered NXDOMAIN for nobody.example.com")


def test_a_name_without_a_record_of_the_type_is_a_mismatch(
    internet: Internet, source: DnsSource
) -> None:
    found = look(internet, source, "v4only.example.com", "2001:db8::10")
    assert found.verdict is Verdict.MISMATCH
    assert found.detail == BOTH.format("have no AAAA record for v4only.example.com")


def test_another_address_is_a_mismatch(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "v4only.example.com", "192.0.2.10")
    assert found.verdict is Verdict.MISMATCH
    assert found.detail == BOTH.format("answered 192.0.2.11")


@pytest.mark.parametrize("address", ["192.0.2.10", "192.0.2.11"])
def test_each_address_of_a_round_robin_counts(
    internet: Internet, source: DnsSource, address: str
) -> None:
    assert look(internet, source, "robin.example.com", address).confirmed is True


def test_an_alias_in_the_zone_is_followed(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "www.example.com", "192.0.2.10")
    assert found.verdict is Verdict.CONFIRMED
    assert found.aliases == (parse_hostname("mail.example.com"),)
    assert found.detail.startswith("www.example.com is a CNAME to mail.example.com: ns1.")


def test_an_alias_is_followed_to_the_servers_of_its_own_zone(
    internet: Internet, source: DnsSource
) -> None:
    found = look(internet, source, "outside.example.com", "192.0.2.20")
    assert found.verdict is Verdict.CONFIRMED
    assert found.detail.endswith(": ns1.example.net has 192.0.2.20")


def test_a_chain_of_aliases_goes_through_several_zones(
    internet: Internet, source: DnsSource
) -> None:
    found = look(internet, source, "chain.example.com", "192.0.2.10")
    assert found.verdict is Verdict.CONFIRMED
    assert [str(name) for name in found.aliases] == [
        "hop.example.net",
        "www.example.com",
        "mail.example.com",
    ]


@pytest.mark.parametrize("hostname", ["circle.example.com", "itself.example.com"])
def test_an_alias_loop_is_a_mismatch_and_no_hang(
    internet: Internet, source: DnsSource, hostname: str
) -> None:
    found = look(internet, source, hostname, "192.0.2.10")
    assert found.verdict is Verdict.MISMATCH
    assert "answered with a CNAME loop: " in found.detail
    assert "is a CNAME to" not in found.detail
    assert found.aliases == ()


def test_eight_aliases_are_followed_and_nine_are_not(internet: Internet, source: DnsSource) -> None:
    assert look(internet, source, "step5.example.com", "192.0.2.10").confirmed is True
    found = look(internet, source, "step4.example.com", "192.0.2.10")
    assert found.verdict is Verdict.MISMATCH
    assert "answered with a chain of more than 8 CNAMEs" in found.detail


def test_an_alias_of_nothing_is_a_mismatch(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "dangling.example.com", "192.0.2.10")
    assert found.verdict is Verdict.MISMATCH
    assert found.detail.endswith("ns1.example.net answered NXDOMAIN for nowhere.example.net")


def test_a_lame_delegation_is_unknown(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "host.lame.example", "192.0.2.10")
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == "ns1.example.net answered REFUSED"


def test_one_dead_server_does_not_change_the_verdict(internet: Internet, hasty: DnsSource) -> None:
    found = look(internet, hasty, "host.half.example", "192.0.2.40")
    assert found.verdict is Verdict.CONFIRMED
    assert found.detail == ("ns1.example.com has 192.0.2.40; silent.half.example did not answer")


@pytest.mark.parametrize(
    ("hostname", "detail"),
    [
        ("host.silent.example", "ns.silent.example did not answer"),
        ("host.closed.example", "ns.closed.example could not be reached"),
    ],
)
def test_servers_that_are_all_dead_are_unknown(
    internet: Internet, hasty: DnsSource, hostname: str, detail: str
) -> None:
    found = look(internet, hasty, hostname, "192.0.2.10")
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == detail


def test_a_truncated_answer_is_asked_for_again_over_tcp(
    internet: Internet, source: DnsSource
) -> None:
    assert look(internet, source, "many.example.com", "198.51.100.99").confirmed is True
    assert any(question.over_tcp for question in internet.fronts[NS1].asked)


def test_a_zone_below_is_found_by_referral(internet: Internet, source: DnsSource) -> None:
    found = look(internet, source, "host.child.example.com", "192.0.2.30")
    assert found.detail == "ns1.example.net has 192.0.2.30"


def test_a_zone_below_is_found_on_a_server_of_both_zones(
    internet: Internet, source: DnsSource
) -> None:
    found = look(internet, source, "host.both.example.com", "192.0.2.31")
    assert found.detail == "ns1.example.com and ns1.example.net have 192.0.2.31"


def test_the_apex_of_a_zone_below_is_looked_up_at_the_servers_of_that_zone(
    internet: Internet, source: DnsSource
) -> None:
    found = look(internet, source, "both.example.com", "192.0.2.31")
    assert found.detail == (
        "ns1.example.com and ns1.example.net have no A record for both.example.com"
    )


@pytest.mark.parametrize(
    ("hostname", "detail"),
    [
        (
            "mail.unregistered.example",
            "the servers of .example answered NXDOMAIN for mail.unregistered.example, so its "
            "domain is not registered or is on hold",
        ),
        (
            "mail.example.nowhere",
            "the root servers answered NXDOMAIN for mail.example.nowhere, so the top-level domain "
            ".nowhere does not exist",
        ),
    ],
)
def test_a_domain_that_nobody_registered_is_a_mismatch(
    internet: Internet, source: DnsSource, hostname: str, detail: str
) -> None:
    found = look(internet, source, hostname, "192.0.2.10")
    assert (found.verdict, found.detail) == (Verdict.MISMATCH, detail)


def test_split_horizon_is_seen_through_the_given_nameservers(
    internet: Internet, source: DnsSource, tmp_path: Path
) -> None:
    inside = zone_text(
        "@ NS ns\nns A 198.51.100.53\nmail A 198.51.100.5\nout CNAME web.example.net."
    )
    with Bind(tmp_path, {"example.com": inside}) as server:
        place = f"{server.address}:{server.port}"
        view = DnsSource(
            nameservers=[parse_endpoint(place)], resolvers=[parse_endpoint(internet.resolver)]
        )
        mail, address = parse_hostname("mail.example.com"), parse_address("198.51.100.5")
        seen = view.look(mail, address)
        assert seen.detail == f"{place} has 198.51.100.5"
        inner = [(server.address, server.port)]
        assert seen.verdict == dig.verdict_at(inner, "mail.example.com", "198.51.100.5")
        outside = look(internet, source, "mail.example.com", "198.51.100.5")
        assert outside.verdict is Verdict.MISMATCH
        web = view.look(parse_hostname("out.example.com"), parse_address("192.0.2.20"))
        assert web.detail.endswith(": ns1.example.net has 192.0.2.20")


def test_a_day_old_answer_in_the_resolvers_cache_does_not_count(
    internet: Internet, source: DnsSource
) -> None:
    name = "longlived.lag.example"
    for server in (NS1, NS2):
        internet.change("lag.example", server, "longlived 86400 A 192.0.2.7", serial=10)
    cached = dig.dig(internet.resolver, name, "A", recurse=True)
    assert cached
    assert cached.rdata(name, "A") == {"192.0.2.7"}
    for server in (NS1, NS2):
        internet.change("lag.example", server, "longlived 86400 A 192.0.2.10", serial=11)
    assert look(internet, source, name, "192.0.2.10").verdict is Verdict.CONFIRMED
    assert dig.dig(internet.resolver, name, "A", recurse=True) == cached


def test_looking_for_a_name_leaves_no_negative_answer_in_the_resolver(
    internet: Internet, source: DnsSource
) -> None:
    name = "new.deep.lag.example"
    assert look(internet, source, name, "192.0.2.10").verdict is Verdict.MISMATCH
    for server in (NS1, NS2):
        internet.change("lag.example", server, "new.deep A 192.0.2.10", serial=20)
    fresh = dig.dig(internet.resolver, name, "A", recurse=True)
    assert fresh
    assert fresh.rdata(name, "A") == {"192.0.2.10"}


def test_the_resolver_is_never_asked_for_the_hostname(
    internet: Internet, source: DnsSource
) -> None:
    asked = internet.fronts[RESOLVER].asked
    before = len(asked)
    look(internet, source, "secret.sub.example.com", "192.0.2.10")
    assert {question.name for question in asked[before:]} == {
        "example.com.",
        "ns1.example.com.",
        "ns2.example.com.",
    }


def test_authoritative_servers_are_asked_without_recursion(
    internet: Internet, source: DnsSource
) -> None:
    look(internet, source, "mail.example.com", "192.0.2.10")
    asked = internet.fronts[NS1].asked
    assert asked
    assert not any(question.recursive for question in asked)


def test_the_detail_is_the_same_on_every_look(internet: Internet, source: DnsSource) -> None:
    pair = parse_hostname("chain.example.com"), parse_address("192.0.2.10")
    assert len({source.look(*pair) for _ in range(5)}) == 1


def test_a_hundred_names_of_one_zone_are_one_discovery(
    internet: Internet, source: DnsSource
) -> None:
    asked = internet.fronts[RESOLVER].asked
    before = len(asked)
    pairs = [
        (parse_hostname(f"n{number}.example.com"), parse_address("192.0.2.10"))
        for number in range(100)
    ]
    looks = source.look_many(pairs, budget=30)
    assert {found.verdict for found in looks if found} == {Verdict.MISMATCH}
    assert len(asked) - before == 5  # NS of the zone, A and AAAA of its two servers


def test_several_threads_share_one_discovery(internet: Internet, source: DnsSource) -> None:
    asked = internet.fronts[RESOLVER].asked
    before = len(asked)
    mail, address = parse_hostname("mail.example.com"), parse_address("192.0.2.10")
    with ThreadPoolExecutor(16) as threads:
        looks = list(threads.map(lambda _: source.look(mail, address), range(64)))
    assert {found.verdict for found in looks} == {Verdict.CONFIRMED}
    assert len(asked) - before == 5


def test_a_dead_server_costs_a_hundred_names_one_time_out(
    internet: Internet, hasty: DnsSource
) -> None:
    pairs = [
        (parse_hostname(f"n{number}.half.example"), parse_address("192.0.2.10"))
        for number in range(100)
    ]
    hasty.look(*pairs[0])
    looks = hasty.look_many(pairs[1:], budget=30)
    assert {found.verdict for found in looks if found} == {Verdict.MISMATCH}
    asked = {question.name for question in internet.fronts[SILENT].asked}
    assert not asked & {str(hostname) for hostname, _ in pairs[1:]}


def test_what_the_budget_does_not_reach_is_said(internet: Internet, source: DnsSource) -> None:
    address = parse_address("192.0.2.10")
    started = time.monotonic()
    near, far = source.look_many(
        [
            (parse_hostname("mail.example.com"), address),
            (parse_hostname("host.silent.example"), address),
        ],
        budget=0.6,
    )
    assert time.monotonic() - started < 1.5
    assert near
    assert near.confirmed is True
    assert far is None


@pytest.mark.parametrize(
    ("address", "status", "hostnames"),
    [
        ("192.0.2.200", Status.FOUND, ["upper.example.com"]),
        ("192.0.2.201", Status.FOUND, ["mail.example.com", "www.example.com"]),
        ("192.0.2.202", Status.NONE, []),
        ("2001:db8::10", Status.FOUND, ["mail.example.com"]),
        ("2001:db8::11", Status.NONE, []),
        ("198.51.100.1", Status.NONE, []),
    ],
)
def test_the_ptr_of_an_address_is_what_its_reverse_zone_answers(
    source: DnsSource, address: str, status: Status, hostnames: list[str]
) -> None:
    found = source.ptr(parse_address(address))
    assert (found.status, [str(name) for name in found.hostnames]) == (status, hostnames)
    assert found.aliases == ()


def test_a_ptr_is_found_through_a_classless_delegation(
    internet: Internet, source: DnsSource
) -> None:
    found = source.ptr(parse_address("192.0.2.10"))
    owner, alias = "10.2.0.192.in-addr.arpa", "10.0/25.2.0.192.in-addr.arpa"
    assert [str(name) for name in found.hostnames] == ["mail.example.com"]
    assert [str(name) for name in found.aliases] == [alias]
    assert found.detail == (
        f"{owner} is a CNAME to {alias}: ns1.example.net answered mail.example.com"
    )
    dug = dig.dig(internet.at(OTHER), alias, "PTR")
    assert dug
    assert dug.rdata(alias, "PTR") == {"mail.example.com."}


def test_servers_of_the_reverse_zone_that_disagree_are_named(
    internet: Internet, source: DnsSource
) -> None:
    zone = "8.b.d.0.1.0.0.2.ip6.arpa"
    owner = "f.f" + ".0" * 22
    internet.change(zone, NS1, f"{owner} PTR mail.example.com.", serial=2)
    found = source.ptr(parse_address("2001:db8::ff"))
    assert found.status is Status.DISAGREE
    assert [str(name) for name in found.hostnames] == ["mail.example.com"]
    assert found.detail.startswith(
        "ns1.example.com answered mail.example.com; ns2.example.com answered NXDOMAIN for f.f."
    )


def test_many_ptrs_are_looked_up_side_by_side(source: DnsSource) -> None:
    addresses = [parse_address(f"192.0.2.{number}") for number in range(8, 12)]
    found = source.ptr_many(addresses, budget=30)
    assert [one.status for one in found if one] == ["none", "none", "found", "none"]


def test_all_addresses_of_a_hostname_are_found(source: DnsSource) -> None:
    found = source.addresses_of(parse_hostname("www.example.com"))
    assert found.status is Status.FOUND
    assert [str(address) for address in found.addresses] == ["192.0.2.10", "2001:db8::10"]
    assert found.aliases == (parse_hostname("mail.example.com"),)


def test_mail_exchangers_come_by_preference(source: DnsSource) -> None:
    found = source.mail_exchangers(parse_hostname("example.com"))
    assert [str(host) for host in found.hosts] == ["mail.example.com", "mail2.example.net"]


def test_a_domain_that_takes_no_mail_has_no_exchangers(source: DnsSource) -> None:
    found = source.mail_exchangers(parse_hostname("nomail.example.com"))
    assert (found.status, found.hosts) == (Status.FOUND, ())
    found = source.mail_exchangers(parse_hostname("v4only.example.com"))
    assert (found.status, found.hosts) == (Status.NONE, ())
