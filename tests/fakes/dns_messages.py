"""Real replies of DNS servers, and what Hypothesis makes of them."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.update
from hypothesis import strategies as st

NAME = "25.2.0.192.in-addr.arpa."
ZONE = "2.0.192.in-addr.arpa."
_SOA = (ZONE, "SOA", "ns.example.net. host.example.net. 1 3600 600 86400 300")
_ANSWERS: tuple[list[tuple[str, str, str]], ...] = (
    [(NAME, "PTR", "mail.example.com.")],
    [(NAME, "CNAME", "25.0/26.2.0.192.in-addr.arpa."), _SOA],
    [(ZONE, "DNAME", "example.net."), (NAME, "CNAME", "25.example.net.")],
    [(ZONE, "NS", "ns.example.net."), ("ns.example.net.", "A", "192.0.2.53")],
    [("mail.example.com.", "A", "192.0.2.25"), ("mail.example.com.", "AAAA", "2001:db8::25")],
    [("example.com.", "MX", "10 mail.example.com."), ("example.com.", "TXT", '"v=spf1 -all"')],
    [(NAME, "RRSIG", "PTR 8 6 300 20300101000000 20200101000000 1 example.com. AAAA")],
    [(NAME, "TYPE65402", r"\# 4 000c3033"), (NAME, "HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1")],
    [_SOA],
    [],
)


def _reply(
    question: str, kind: str, answer: list[tuple[str, str, str]], *, is_negative: bool
) -> bytes:
    reply = dns.message.make_response(dns.message.make_query(question, kind, flags=0))
    reply.flags |= dns.flags.AA
    section = reply.authority if is_negative else reply.answer
    for owner, rdtype, value in answer:
        section.append(dns.rrset.from_text(owner, 300, "IN", rdtype, value))
    if is_negative:
        reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.BLOCKED, "blocked")])
    return reply.to_wire()


def _update_reply() -> bytes:
    update = dns.update.UpdateMessage(ZONE)
    update.present(NAME, "PTR")
    update.delete(NAME)
    update.add(NAME, 300, "PTR", "mail.example.com.")
    wire = bytearray(update.to_wire())
    wire[2] |= 0x80
    return bytes(wire)


REPLIES = [
    _reply(name, kind, answer, is_negative=is_negative)
    for answer in _ANSWERS
    for name, kind in ((NAME, "PTR"), (NAME, "SOA"), (NAME, "CNAME"), ("mail.example.com.", "A"))
    for is_negative in (False, True)
] + [_update_reply()]


@st.composite
def mutated(draw: st.DrawFn, replies: list[bytes] = REPLIES) -> bytes:
    """Take a real reply, with some octets changed, left out, or put in beyond its id."""
    wire = bytearray(draw(st.sampled_from(replies)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(2, max(len(wire) - 1, 2)))
        match draw(st.sampled_from(["change", "change", "insert", "cut", "end"])):
            case "change":
                wire[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                wire[at:at] = draw(st.binary(max_size=6))
            case "cut":
                del wire[at : at + draw(st.integers(1, 6))]
            case _:
                del wire[at:]
    return bytes(wire)
