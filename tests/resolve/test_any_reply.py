"""Whatever a server sends: it has a meaning, and a sentence that a terminal can show."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rrset
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.resolve import verdicts
from pulumi_rdns.resolve.outcomes import ServerAnswer, read_outcome, read_zone_cut, tells_zone

ADDRESS = parse_address("192.0.2.10")
ASKED = {
    RdataType.A: dns.name.from_text("mail.example.com"),
    RdataType.PTR: dns.name.from_text("10.2.0.192.in-addr.arpa"),
    RdataType.MX: dns.name.from_text("example.com"),
    RdataType.SOA: dns.name.from_text("mail.example.com"),
}
ZONES = [dns.name.root, dns.name.from_text("com"), dns.name.from_text("example.com")]

labels = st.one_of(
    st.sampled_from([b"mail", b"example", b"com", b"net", b"arpa", b"in-addr", b"192", b"0/25"]),
    st.binary(min_size=1, max_size=8),
)
names = st.one_of(
    st.sampled_from([dns.name.root, *ASKED.values(), *ZONES]),
    st.lists(labels, max_size=6).map(lambda found: dns.name.Name([*found, b""])),
)


def _rdata(rdtype: RdataType, target: dns.name.Name) -> dns.rdata.Rdata:
    texts = {
        RdataType.A: "192.0.2.10",
        RdataType.AAAA: "2001:db8::10",
        RdataType.MX: f"10 {target}",
        RdataType.SOA: f"{target} {target} 1 2 3 4 5",
    }
    return dns.rdata.from_text("IN", rdtype, texts.get(rdtype, str(target)))


@st.composite
def rrsets(draw: st.DrawFn, asked: dns.name.Name) -> dns.rrset.RRset:
    kinds = ("A", "AAAA", "CNAME", "NS", "PTR", "MX", "SOA")
    rdtype = RdataType[draw(st.sampled_from(kinds))]
    owner = draw(st.one_of(st.just(asked), names))
    targets = draw(st.lists(names, min_size=1, max_size=3))
    return dns.rrset.from_rdata_list(owner, 300, [_rdata(rdtype, target) for target in targets])


@st.composite
def replies(draw: st.DrawFn, rdtype: RdataType) -> dns.message.Message:
    query = dns.message.make_query(ASKED[rdtype], rdtype, id=0)
    reply = dns.message.make_response(query)
    reply.flags |= draw(st.sampled_from([0, dns.flags.AA]))
    reply.set_rcode(draw(st.sampled_from(dns.rcode.Rcode)))
    found = st.lists(rrsets(ASKED[rdtype]), max_size=3)
    reply.answer, reply.authority, reply.additional = draw(found), draw(found), draw(found)
    return reply


def is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


@given(st.data(), st.sampled_from([RdataType.A, RdataType.PTR, RdataType.MX]))
def test_every_reply_has_a_verdict_and_a_sentence(data: st.DataObject, rdtype: RdataType) -> None:
    name = ASKED[rdtype]
    zones = [zone for zone in ZONES if name.is_subdomain(zone)]
    answers = [
        ServerAnswer(
            f"ns{number}.example.com",
            "192.0.2.53",
            name,
            rdtype,
            read_outcome(data.draw(replies(rdtype)), name, rdtype),
            data.draw(st.sampled_from([None, *zones])),
        )
        for number in range(data.draw(st.integers(1, 3)))
    ]
    chain = {name: answers}
    assert is_plain(verdicts.describe(chain))
    assert verdicts.describe(chain)
    assert verdicts.status(chain) in verdicts.Status
    rdatas = verdicts.rdatas(chain)
    hosts = (*verdicts.aliases(chain), *verdicts.hostnames_in(rdatas))
    assert all(is_plain(host) for host in (*hosts, *verdicts.exchangers_in(rdatas)))
    if rdtype == RdataType.A:
        assert is_plain(verdicts.confirm(chain, ADDRESS).detail)


@given(replies(RdataType.SOA), st.sampled_from(ZONES))
def test_every_reply_says_which_zone_begins_below_or_nothing(
    reply: dns.message.Message, zone: dns.name.Name
) -> None:
    name = ASKED[RdataType.SOA]
    cut = read_zone_cut(reply, zone, name)
    if cut is not None:
        assert name.is_subdomain(cut.zone)
        assert cut.zone != zone
        assert cut.zone.is_subdomain(zone)
    assert tells_zone(reply, zone, name) in (True, False)
