"""What the answers of several servers mean together."""

from __future__ import annotations

import dataclasses

import dns.name
import dns.rdata
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.resolve.outcomes import (
    Cname,
    NoData,
    NxDomain,
    QueryFailure,
    QueryOutcome,
    Records,
    ServerAnswer,
)
from pulumi_rdns.resolve.verdicts import (
    MAX_FINAL_ANSWERS,
    AliasChain,
    Look,
    Status,
    aliases,
    confirm,
    describe,
    final_answers,
    joined,
    rdatas,
    status,
)

WANTED = parse_address("192.0.2.10")
NAMES = [dns.name.from_text(f"{letter}.example.com") for letter in "abcdefghijkl"]


def records(*addresses: str) -> Records:
    return Records(frozenset(dns.rdata.from_text("IN", "A", one) for one in addresses))


def answer(
    outcome: QueryOutcome, server: str = "ns1.example.com", address: str = "192.0.2.53"
) -> ServerAnswer:
    return ServerAnswer(server, address, NAMES[0], RdataType.A, outcome)


def found(*outcomes: QueryOutcome) -> Look:
    """Judge outcomes, one of each server ns0, ns1, …"""
    return confirm(
        {NAMES[0]: [answer(one, f"ns{turn}.example.com") for turn, one in enumerate(outcomes)]},
        WANTED,
    )


HAS = st.sampled_from([records("192.0.2.10"), records("192.0.2.7", "192.0.2.10")])
LACKS = st.sampled_from([NxDomain(), NoData(), records("192.0.2.7")])
FAILS = st.sampled_from([QueryFailure("did not answer"), QueryFailure("answered REFUSED")])
ANY: st.SearchStrategy[QueryOutcome] = st.one_of(HAS, LACKS, FAILS)


@given(st.lists(HAS, min_size=1), st.lists(FAILS))
def test_it_is_confirmed_when_every_server_that_answered_has_it(
    has: list[QueryOutcome], fails: list[QueryOutcome]
) -> None:
    assert found(*fails, *has).verdict is Verdict.CONFIRMED


@given(st.lists(LACKS, min_size=1), st.lists(FAILS))
def test_it_is_a_mismatch_when_no_server_that_answered_has_it(
    lacks: list[QueryOutcome], fails: list[QueryOutcome]
) -> None:
    assert found(*lacks, *fails).verdict is Verdict.MISMATCH


@given(st.lists(HAS, min_size=1), st.lists(LACKS, min_size=1), st.lists(FAILS))
def test_it_propagates_when_some_have_it_and_some_do_not(
    has: list[QueryOutcome], lacks: list[QueryOutcome], fails: list[QueryOutcome]
) -> None:
    assert found(*lacks, *fails, *has).verdict is Verdict.PROPAGATING


@given(st.lists(FAILS, min_size=1))
def test_it_is_unknown_when_no_server_answered(fails: list[QueryOutcome]) -> None:
    assert found(*fails).verdict is Verdict.UNKNOWN


@given(st.data())
def test_the_order_of_the_answers_makes_no_difference(data: st.DataObject) -> None:
    outcomes = data.draw(st.lists(ANY, min_size=1, max_size=6))
    answers = [answer(one, f"ns{turn}.example.com") for turn, one in enumerate(outcomes)]
    mixed = data.draw(st.permutations(answers))
    assert confirm({NAMES[0]: mixed}, WANTED) == confirm({NAMES[0]: answers}, WANTED)


TARGETS = st.sampled_from(NAMES).map(Cname)


@given(
    st.lists(
        st.lists(st.one_of(ANY, TARGETS), min_size=1, max_size=2),
        min_size=len(NAMES),
        max_size=len(NAMES),
    )
)
def test_any_web_of_aliases_comes_to_an_end(outcomes: list[list[QueryOutcome]]) -> None:
    chain: AliasChain = {
        name: [
            ServerAnswer(f"ns{turn}.example.com", "192.0.2.53", name, RdataType.A, one)
            for turn, one in enumerate(group)
        ]
        for name, group in zip(NAMES, outcomes, strict=True)
    }
    ends = final_answers(chain)
    assert ends
    assert not any(isinstance(one.outcome, Cname) for one in ends)
    assert confirm(chain, WANTED).detail


def test_a_web_of_aliases_with_countless_paths_comes_to_an_end_soon() -> None:
    chain: AliasChain = {
        name: [
            ServerAnswer(f"ns{turn}.example.com", "192.0.2.53", name, RdataType.A, Cname(target))
            for turn, target in enumerate(NAMES)
        ]
        for name in NAMES
    }
    assert confirm(chain, WANTED).verdict is Verdict.MISMATCH
    assert len(final_answers(chain)) <= MAX_FINAL_ANSWERS


def test_each_server_is_named_with_its_answer() -> None:
    assert found(
        records("192.0.2.10"),
        records("192.0.2.7"),
        NxDomain(),
        NoData(),
        QueryFailure("did not answer"),
    ).detail == (
        "ns0.example.com has 192.0.2.10; "
        "ns1.example.com still answered 192.0.2.7; "
        "ns2.example.com still answered NXDOMAIN for a.example.com; "
        "ns3.example.com still has no A record for a.example.com; "
        "ns4.example.com did not answer"
    )


def test_equal_answers_of_several_servers_are_one_clause() -> None:
    nxdomain = found(NxDomain(), NxDomain(), records("192.0.2.10")).detail
    assert nxdomain == (
        "ns0.example.com and ns1.example.com still answered NXDOMAIN for a.example.com; "
        "ns2.example.com has 192.0.2.10"
    )
    assert found(NoData(), NoData(), NoData()).detail == (
        "ns0.example.com, ns1.example.com and ns2.example.com have no A record for a.example.com"
    )
    assert found(records("192.0.2.10"), records("192.0.2.10")).detail == (
        "ns0.example.com and ns1.example.com have 192.0.2.10"
    )


def test_the_addresses_of_one_server_are_told_apart_only_when_they_differ() -> None:
    same = [answer(NxDomain(), address="192.0.2.53"), answer(NxDomain(), address="2001:db8::53")]
    assert describe({NAMES[0]: same}) == "ns1.example.com answered NXDOMAIN for a.example.com"
    differ = [answer(NxDomain(), address="192.0.2.53"), answer(NoData(), address="2001:db8::53")]
    assert describe({NAMES[0]: differ}) == (
        "ns1.example.com (192.0.2.53) answered NXDOMAIN for a.example.com; "
        "ns1.example.com (2001:db8::53) has no A record for a.example.com"
    )


def test_an_address_of_a_server_that_fails_is_left_out_when_another_one_answers() -> None:
    answers = [
        answer(NxDomain()),
        answer(QueryFailure("could not be reached"), address="2001:db8::53"),
    ]
    assert describe({NAMES[0]: answers}) == "ns1.example.com answered NXDOMAIN for a.example.com"


ROOT, COM, ARPA = dns.name.root, dns.name.from_text("com"), dns.name.from_text("arpa")


def denials(name: str, zone: dns.name.Name, servers: int = 13) -> list[ServerAnswer]:
    """Return the NXDOMAIN of each server of a zone, and that none of them has working IPv6."""
    asked = dns.name.from_text(name)
    return [
        ServerAnswer(f"ns{number}.example.net", address, asked, RdataType.A, outcome, zone)
        for number in range(servers)
        for address, outcome in (
            ("192.0.2.53", NxDomain()),
            ("2001:db8::53", QueryFailure("could not be reached")),
        )
    ]


def test_a_top_level_domain_that_the_root_denies_does_not_exist() -> None:
    answers = denials("mail.example.con", ROOT)
    answers[0] = dataclasses.replace(answers[0], outcome=QueryFailure("did not answer"))
    assert describe({answers[0].name: answers}) == (
        "the root servers answered NXDOMAIN for mail.example.con, so the top-level domain .con "
        "does not exist"
    )


def test_a_domain_that_a_top_level_domain_denies_is_not_registered() -> None:
    answers = denials("mail.exampel.com", COM)
    assert describe({answers[0].name: answers}) == (
        "the servers of .com answered NXDOMAIN for mail.exampel.com, so its domain is not "
        "registered or is on hold"
    )


def test_a_server_of_the_root_that_does_not_deny_the_name_speaks_for_itself() -> None:
    answers = denials("mail.example.con", ROOT, servers=3)
    answers[0] = dataclasses.replace(answers[0], outcome=records("192.0.2.10"))
    answers[2] = dataclasses.replace(answers[2], outcome=NoData())
    assert describe({answers[0].name: answers}, WANTED) == (
        "ns0.example.net has 192.0.2.10; ns1.example.net still has no A record for "
        "mail.example.con; the root servers still answered NXDOMAIN for mail.example.con, so the "
        "top-level domain .con does not exist"
    )


def test_a_high_zone_that_nobody_could_be_asked_about_does_not_deny_anything() -> None:
    answers = [one for one in denials("mail.example.con", ROOT, 1) if not one.is_definite]
    assert describe({answers[0].name: answers}) == "ns0.example.net could not be reached"


def test_two_targets_that_the_root_denies_are_both_told() -> None:
    ends = [denials(f"mail.example.{top}", ROOT, 2) for top in ("con", "cmo")]
    first = [answer(Cname(end[0].name), f"ns{turn}") for turn, end in enumerate(ends)]
    said = describe({NAMES[0]: first, **{end[0].name: end for end in ends}})
    assert said.endswith(
        ": the root servers answered NXDOMAIN for mail.example.cmo, so the top-level domain .cmo "
        "does not exist; the root servers answered NXDOMAIN for mail.example.con, so the "
        "top-level domain .con does not exist"
    )


@pytest.mark.parametrize("zone", [ARPA, dns.name.from_text("example.com"), None])
def test_the_servers_of_other_zones_are_named(zone: dns.name.Name | None) -> None:
    answers = [dataclasses.replace(answer(NxDomain()), zone=zone)]
    assert describe({NAMES[0]: answers}) == "ns1.example.com answered NXDOMAIN for a.example.com"


def test_a_cname_loop_is_told_once_and_leads_to_no_other_name() -> None:
    chain: AliasChain = {
        name: [dataclasses.replace(answer(Cname(target)), name=name)]
        for name, target in zip(NAMES[:2], NAMES[1::-1], strict=True)
    }
    loop = "a.example.com -> b.example.com -> a.example.com"
    assert describe(chain) == f"ns1.example.com answered with a CNAME loop: {loop}"
    assert aliases(chain) == ()


def test_a_cname_that_is_missing_its_final_dot_is_told() -> None:
    target = dns.name.from_text("web.example.net.example.com")
    denied = [dataclasses.replace(answer(NxDomain()), name=target)]
    assert describe({NAMES[0]: [answer(Cname(target))], target: denied}) == (
        "a.example.com is a CNAME to web.example.net.example.com (the name in the zone is probably "
        "missing its final dot): ns1.example.com answered NXDOMAIN for web.example.net.example.com"
    )
    resolves = [dataclasses.replace(answer(records("192.0.2.10")), name=target)]
    assert "dot" not in describe({NAMES[0]: [answer(Cname(target))], target: resolves})


def test_a_long_answer_is_cut_short() -> None:
    many = records(*(f"198.51.100.{number}" for number in range(1, 100)))
    assert describe({NAMES[0]: [answer(many)]}).endswith("198.51.100.6, and 93 more")


@given(st.lists(ANY, min_size=1, max_size=4))
def test_the_status_says_whether_the_servers_have_the_same_records(
    outcomes: list[QueryOutcome],
) -> None:
    chain = {NAMES[0]: [answer(one, f"ns{turn}") for turn, one in enumerate(outcomes)]}
    said = status(chain)
    definite = [one for one in outcomes if not isinstance(one, QueryFailure)]
    assert (said is Status.UNKNOWN) == (not definite)
    assert (said is Status.NONE) == (bool(definite) and not rdatas(chain))


def test_of_several_statuses_the_least_certain_counts() -> None:
    assert joined([Status.FOUND, Status.NONE]) is Status.FOUND
    assert joined([Status.FOUND, Status.UNKNOWN]) is Status.UNKNOWN
    assert joined([Status.DISAGREE, Status.UNKNOWN]) is Status.DISAGREE
