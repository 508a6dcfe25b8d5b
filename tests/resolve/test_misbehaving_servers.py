"""Servers that answer late, wrong, from elsewhere, or not at all."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import dns.resolver
import pytest

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.endpoints import Endpoint, parse_endpoint
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.resolve.forward import DnsSource
from pulumi_rdns.resolve.verdicts import Look
from tests.fakes.dns import Elsewhere, FakeDns, Question, Slowly, silent
from tests.resolve import dig

MAIL = parse_hostname("mail.example.com")
RIGHT, WRONG = parse_address("192.0.2.10"), parse_address("192.0.2.66")
TIMEOUT = 0.4


def right(question: Question) -> list[bytes]:
    return [question.reply(f"mail.example.com. 300 IN A {RIGHT}").to_wire()]


def wrong(question: Question) -> bytes:
    return question.reply(f"mail.example.com. 300 IN A {WRONG}").to_wire()


def look(*servers: FakeDns, timeout: float = TIMEOUT) -> Look:
    source = DnsSource(nameservers=[place(server) for server in servers], timeout=timeout)
    return source.look(MAIL, RIGHT)


def look_as_dig_does(*servers: FakeDns) -> Look:
    """Look, and see that dig comes to the same verdict at the same servers."""
    dig.need()
    found = look(*servers, timeout=1.0)  # as dig has
    places = [(server.address, server.port) for server in servers]
    assert found.verdict == dig.verdict_at(places, "mail.example.com", str(RIGHT))
    return found


def place(server: FakeDns) -> Endpoint:
    host = f"[{server.address}]" if ":" in server.address else server.address
    return parse_endpoint(f"{host}:{server.port}")


def test_a_server_that_answers_is_believed() -> None:
    with FakeDns(right) as server:
        assert look(server).detail == f"127.0.0.1:{server.port} has 192.0.2.10"


def test_an_answer_with_another_id_is_ignored() -> None:
    def other_id(question: Question) -> list[bytes]:
        forged = bytearray(wrong(question))
        forged[0] ^= 0xFF
        return [bytes(forged), *right(question)]

    with FakeDns(other_id) as server:
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED


def test_an_answer_to_another_question_is_ignored() -> None:
    def other_question(question: Question) -> list[bytes]:
        return [wrong(question).replace(b"\4mail", b"\4nail"), *right(question)]

    with FakeDns(other_question) as server:
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED


def test_an_answer_from_elsewhere_is_ignored() -> None:
    with FakeDns(lambda question: [Elsewhere(wrong(question)), *right(question)]) as server:
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED
    with FakeDns(lambda question: [Elsewhere(right(question)[0])]) as server:
        assert look_as_dig_does(server).detail == f"127.0.0.1:{server.port} did not answer"


def test_bytes_that_are_no_message_are_ignored() -> None:
    with FakeDns(lambda question: [b"\0", question.wire[:2] + b"junk", *right(question)]) as server:
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED


def test_a_lost_packet_is_sent_again() -> None:
    first = itertools.chain([True], itertools.repeat(False))
    with FakeDns(lambda question: [] if next(first) else right(question)) as server:
        assert look(server).verdict is Verdict.CONFIRMED


def test_upper_case_in_an_answer_makes_no_difference() -> None:
    def shouted(question: Question) -> list[bytes]:
        reply = question.reply(
            "MAIL.Example.COM. 300 IN CNAME Mail2.EXAMPLE.com."
            if question.name.lower() == f"{MAIL}."
            else f"MAIL2.example.COM. 300 IN A {RIGHT}"
        )
        return [reply.to_wire().replace(b"\4mail\7example", b"\4MAIL\7eXaMpLe")]

    with FakeDns(shouted) as server:
        found = look_as_dig_does(server)
    assert found.verdict is Verdict.CONFIRMED
    assert found.aliases == (parse_hostname("mail2.example.com"),)


def truncated(question: Question) -> list[bytes]:
    reply = question.reply()
    reply.flags |= 0x0200
    return right(question) if question.over_tcp else [reply.to_wire()]


def test_a_truncated_reply_is_asked_for_again_over_tcp() -> None:
    with FakeDns(truncated) as server:
        assert look(server).verdict is Verdict.CONFIRMED
        assert [question.over_tcp for question in server.asked] == [False, True]
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED


def test_a_truncated_reply_without_tcp_is_unknown() -> None:
    with FakeDns(lambda question: [] if question.over_tcp else truncated(question)) as server:
        found = look_as_dig_does(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail.endswith(" truncated the answer and did not give it over TCP")


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_reply_that_is_truncated_over_tcp_too_is_unknown(is_empty: bool) -> None:
    """Without a record it says as little of the name as with some of them."""

    def always(question: Question) -> list[bytes]:
        reply = question.reply(*([] if is_empty else [f"mail.example.com. 300 IN A {WRONG}"]))
        reply.flags |= 0x0200
        return [reply.to_wire()]

    with FakeDns(always) as server:
        found = look(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == f"127.0.0.1:{server.port} truncated the answer over TCP too"


def test_a_wrong_id_over_tcp_is_no_answer() -> None:
    def forged(question: Question) -> list[bytes]:
        reply = b"\0\0" + right(question)[0][2:]
        return [reply] if question.over_tcp else truncated(question)

    with FakeDns(forged) as server:
        assert look(server).verdict is Verdict.UNKNOWN


def test_an_answer_that_comes_byte_by_byte_over_tcp_is_an_answer() -> None:
    def slow(question: Question) -> list[bytes]:
        answer = right(question) if question.over_tcp else truncated(question)
        return [Slowly(answer[0], pause=TIMEOUT / 1000)]

    with FakeDns(slow) as server:
        assert look_as_dig_does(server).verdict is Verdict.CONFIRMED


def test_an_answer_that_never_ends_over_tcp_is_unknown() -> None:
    def endless(question: Question) -> list[bytes]:
        answer = right(question) if question.over_tcp else truncated(question)
        return [Slowly(answer[0], pause=TIMEOUT)]

    with FakeDns(endless) as server:
        found = look(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail.endswith(" truncated the answer and did not give it over TCP")


@pytest.mark.parametrize("junk", [b"", b"\0", b"\xff" * 40])
def test_a_flood_of_what_is_no_answer_ends_with_the_time_out(junk: bytes) -> None:
    def flood(question: Question) -> Iterator[bytes]:
        while True:
            yield question.wire[:2] + junk

    with FakeDns(flood) as server:
        assert look(server).detail == f"127.0.0.1:{server.port} did not answer"


@pytest.mark.parametrize(
    "record",
    [
        "mail.example.com. 300 CH A example. 1",
        "mail.example.com. 300 CH CNAME mail2.example.com.",
        "mail.example.com. 300 CLASS9 TYPE1 \\# 4 c000020a",
    ],
)
def test_records_of_another_class_are_no_answer(record: str) -> None:
    with FakeDns(lambda question: [question.reply(record).to_wire()]) as server:
        found = look(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail.endswith(" sent what is not an answer to the question")


def test_a_resolver_that_answers_in_another_class_leads_nowhere() -> None:
    known = {
        ("example.com.", "NS"): "example.com. 300 IN NS ns1.example.com.",
        ("ns1.example.com.", "A"): "ns1.example.com. 300 CH A example. 1",
    }

    def answer(question: Question) -> list[bytes]:
        record = known.get((question.name, question.rdtype))
        return [question.reply(*([record] if record else []), authoritative=False).to_wire()]

    with FakeDns(answer) as resolver:
        found = DnsSource(resolvers=[place(resolver)]).look(MAIL, RIGHT, ask_resolver=True)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == "ns1.example.com has no known address"


def test_a_server_that_does_not_know_edns_is_asked_without() -> None:
    def old(question: Question) -> list[bytes]:
        knows = question.message.edns < 0
        return right(question) if knows else [question.reply(rcode="FORMERR").to_wire()]

    with FakeDns(old) as server:
        assert look(server).verdict is Verdict.CONFIRMED


@pytest.mark.parametrize(
    ("rcode", "phrase"),
    [
        ("SERVFAIL", "answered SERVFAIL"),
        ("REFUSED", "answered REFUSED"),
        ("NOTIMP", "answered NOTIMP"),
    ],
)
def test_a_server_that_fails_is_never_a_mismatch(rcode: str, phrase: str) -> None:
    with FakeDns(lambda question: [question.reply(rcode=rcode).to_wire()]) as server:
        found = look_as_dig_does(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == f"127.0.0.1:{server.port} {phrase}"


@pytest.mark.parametrize("record", [f"mail.example.com. 300 IN A {RIGHT}", None])
def test_an_answer_out_of_a_cache_does_not_count(record: str | None) -> None:
    def cached(question: Question) -> list[bytes]:
        records = [record] if record else []
        return [question.reply(*records, authoritative=False).to_wire()]

    with FakeDns(cached) as server:
        found = look_as_dig_does(server)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail.endswith(" is not authoritative for mail.example.com")


def test_a_slow_server_does_not_hold_up_the_others_longer_than_its_time_out() -> None:
    with FakeDns(right) as quick, FakeDns(silent) as dead:
        started = time.monotonic()
        found = look(quick, dead)
        assert time.monotonic() - started < 2 * TIMEOUT
    assert found.verdict is Verdict.CONFIRMED


def test_servers_that_are_all_slow_are_waited_for_side_by_side() -> None:
    with FakeDns(silent) as one, FakeDns(silent) as two, FakeDns(silent) as three:
        started = time.monotonic()
        assert look(one, two, three).verdict is Verdict.UNKNOWN
        assert time.monotonic() - started < 2 * TIMEOUT


def test_an_ipv6_server_is_asked() -> None:
    try:
        with FakeDns(right, address="::1") as server:
            assert look(server).detail == f"[::1]:{server.port} has 192.0.2.10"
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def test_without_a_network_the_verdict_is_soon_unknown_and_then_at_once() -> None:
    with FakeDns(silent) as one, FakeDns(silent) as two:
        source = DnsSource(resolvers=[place(one), place(two)])
        started = time.monotonic()
        found = source.look(MAIL, RIGHT, ask_resolver=True)
        assert found.verdict is Verdict.UNKNOWN
        asked = sorted(f"the resolver 127.0.0.1:{server.port}" for server in (one, two))
        assert found.detail == f"{' and '.join(asked)} did not answer"
        assert time.monotonic() - started < 3
        started = time.monotonic()
        pairs = [(parse_hostname(f"n{number}.example.net"), RIGHT) for number in range(100)]
        looks = source.look_many(pairs, budget=30)
        assert {look.verdict for look in looks if look} == {Verdict.UNKNOWN}
        assert time.monotonic() - started < 1


def test_a_machine_without_a_resolver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    found = DnsSource().look(MAIL, RIGHT, ask_resolver=True)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == "this machine has no DNS resolver configured"


def blocked(address: str) -> FakeDns:
    """A resolver that knows everything, on a network where only it can be reached."""
    known = {
        ("example.com.", "NS"): "example.com. 300 IN NS ns1.example.com.",
        ("ns1.example.com.", "A"): "ns1.example.com. 300 IN A 127.0.0.99",
        ("mail.example.com.", "A"): f"mail.example.com. 300 IN A {address}",
    }

    def answer(question: Question) -> list[bytes]:
        record = known.get((question.name, question.rdtype))
        return [question.reply(*([record] if record else []), authoritative=False).to_wire()]

    return FakeDns(answer)


def test_where_port_53_is_blocked_the_yes_of_the_resolver_counts() -> None:
    dig.need()
    with blocked("192.0.2.10") as resolver:
        source = DnsSource(resolvers=[place(resolver)])
        found = source.look(MAIL, RIGHT)
        assert found.verdict is Verdict.UNKNOWN
        assert found.verdict == dig.verdict_at([("127.0.0.99", 53)], "mail.example.com", str(RIGHT))
        assert "mail.example.com." not in {question.name for question in resolver.asked}
        found = source.look(MAIL, RIGHT, ask_resolver=True)
        dug = dig.dig("127.0.0.1", "mail.example.com", "A", port=resolver.port, recurse=True)
        assert dug
        assert dug.rdata("mail.example.com", "A") == {str(RIGHT)}
    assert found.verdict is Verdict.CONFIRMED
    assert found.detail == (
        "the resolver has 192.0.2.10, but no nameserver could be asked: "
        "ns1.example.com could not be reached"
    )


def test_where_port_53_is_blocked_the_no_of_the_resolver_does_not_count() -> None:
    with blocked("192.0.2.66") as resolver:
        source = DnsSource(resolvers=[place(resolver)])
        found = source.look(MAIL, RIGHT, ask_resolver=True)
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail == "ns1.example.com could not be reached"


def test_a_resolver_that_knows_private_zones_only_leads_to_their_servers() -> None:
    known = {
        (".", "NS"): ". 300 IN NS a.root-servers.net.",
        ("51.198.in-addr.arpa.", "NS"): "51.198.in-addr.arpa. 300 IN NS ns1.example.com.",
        ("ns1.example.com.", "A"): "ns1.example.com. 300 IN A 127.0.0.99",
    }

    def answer(question: Question) -> list[bytes]:
        record = known.get((question.name, question.rdtype))
        reply = question.reply(record) if record else question.reply(rcode="SERVFAIL")
        return [reply.to_wire()]

    with FakeDns(answer) as resolver:
        found = DnsSource(resolvers=[place(resolver)]).ptr(parse_address("198.51.100.1"))
    assert found.detail == "ns1.example.com could not be reached"


def test_a_resolver_that_waits_for_others_is_not_taken_for_dead() -> None:
    def slow(question: Question) -> list[bytes]:
        root = ". 300 IN NS a.root-servers.net."
        return [question.reply(root).to_wire()] if question.name == "." else []

    with FakeDns(slow) as resolver:
        source = DnsSource(resolvers=[place(resolver)], timeout=TIMEOUT)
        source.look(MAIL, RIGHT)
        source.look(parse_hostname("mail.example.net"), RIGHT)
        assert "example.net." in {question.name for question in resolver.asked}


def test_the_next_resolver_is_asked_when_the_first_fails() -> None:
    with FakeDns(silent) as first, blocked("192.0.2.10") as second:
        source = DnsSource(resolvers=[place(first), place(second)])
        assert source.look(MAIL, RIGHT, ask_resolver=True).confirmed is True


def test_a_resolver_is_given_by_its_address() -> None:
    with pytest.raises(InvalidInputError, match="a resolver is given by its address"):
        DnsSource(resolvers=[parse_endpoint("dns.example.net")])
