"""Addresses and names for Hypothesis, as programs write them and as the DNS has them."""

from __future__ import annotations

from collections.abc import Callable

import dns.name
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns


def _is_a_hosts(address: Address) -> bool:
    return not (
        address.is_multicast
        or address.is_unspecified
        or getattr(address, "ipv4_mapped", None)
        or str(address) == "255.255.255.255"
    )


#: addresses that a host can have
addresses = st.ip_addresses().filter(_is_a_hosts)

#: labels of hostnames in the form that is stored
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
#: hostnames in the form that is stored
hostnames = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(labels, min_size=1, max_size=5),
    st.from_regex(r"[a-z]{2,10}", fullmatch=True),
)

#: labels as they may stand in a zone: any octets, many of which a text has to escape
any_labels = st.binary(min_size=1, max_size=6) | st.text(
    'aZ9-_*/.\\@$ "', min_size=1, max_size=20
).map(str.encode)
#: names of the DNS
dns_names = st.lists(any_labels, max_size=5).map(
    lambda labels: dns.name.Name([*labels, b""]).canonicalize()
)
#: the texts of such names
names = dns_names.map(from_dns)


#: texts of any addresses, and what looks like one
address_texts = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
almost_addresses = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}", fullmatch=True)
#: short hostnames, and what looks like one
short_hostnames = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,3}\.[a-z]{2,4}", fullmatch=True)
almost_hostnames = st.from_regex(
    r"[A-Za-z0-9_-]{0,5}(\.[A-Za-z0-9_-]{1,70}){0,4}\.?", fullmatch=True
)


def outcome(read: Callable[[str], object], text: str) -> str:
    """Return what a reader makes of a text, or the reason why it makes nothing of it."""
    try:
        return str(read(text))
    except InvalidInputError as error:
        return f"refused: {error}"


@st.composite
def spelled(draw: st.DrawFn, text: str) -> str:
    """Write a name or an address in another case."""
    upper = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    return "".join(
        letter.upper() if is_upper else letter for letter, is_upper in zip(text, upper, strict=True)
    )
