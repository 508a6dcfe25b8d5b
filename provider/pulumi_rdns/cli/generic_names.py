"""Hostnames that look generated from their address. Pure.

Mail servers refuse or distrust senders with such names: nobody chose them, so whoever has the
address today is unknown. Only what the name itself shows counts.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName

#: a word of access networks; without a number of the address beside it, it proves nothing
_WORD = re.compile(
    r"(?<![a-z])([avx]?dsl|broadband|cable|cpe|dhcp|dial(?:in|up)|dyn(?:amic)?|pool|pppo?e?"
    r"|unassigned)(?![a-z])"
)
_DASHED = re.compile(r"[0-9a-f]{1,4}(?:--?[0-9a-f]{1,4})+(?:--)?")
#: vendor -> the names of addresses for which no customer has set one, as far as they do not spell
#: the address. A vendor's own mail servers may be below the same domain.
_DEFAULTS = {
    "Contabo": re.compile(r"vm[di]\d+\.contaboserver\.net"),
    "Hetzner": re.compile(r"static\..+\.clients\.your-server\.de"),
    "Hostinger": re.compile(r".+\.hstgr\.cloud"),
    "IONOS": re.compile(r"[su]\d+\.onlinehome-server\.(?:com|info)"),
    "Linode": re.compile(r"li\d+-\d+\.members\.linode\.com"),
    "netcup": re.compile(r"v\d{8,}\.(?:[a-z]+srv\.de|yourvserver\.net)"),
    "OVHcloud": re.compile(
        r"(?:vps-?[0-9a-f]+|ns\d+)(?:\.vps)?\.ovh\.(?:ca|net|us)"
        r"|(?:ip|ns)?\d+\.ip-\d+-\d+-\d+\.[a-z]+"
    ),
    "STRATO": re.compile(r"h\d+\.stratoserver\.net"),
}


def why_generic(hostname: DnsName, address: Address) -> str | None:
    """Return why the name looks generated, None where it does not.

    >>> why_generic(DnsName("static-10-2-0-192.example.net"), ipaddress.ip_address("192.0.2.10"))
    'it spells the address'
    """
    text = hostname
    if isinstance(address, ipaddress.IPv4Address):
        spelled = _spells_ipv4(text, address)
    else:
        spelled = _spells_ipv6(text, address)
    if spelled:
        return "it spells the address"
    return _word_and_number(text, address) or _default_of_a_vendor(text)


def _spells_ipv4(text: str, address: ipaddress.IPv4Address) -> bool:
    """All four numbers side by side in any order, with or without leading zeros; or the hex."""
    octets = list(address.packed)
    numbers = [int(digits) for digits in re.findall(r"\d+", text) if len(digits) <= 3]
    windows = (numbers[at : at + 4] for at in range(len(numbers) - 3))
    if any(sorted(window) == sorted(octets) for window in windows):
        return True
    runs = re.findall(r"[0-9a-f]+", text)
    padded = ("".join(f"{octet:03}" for octet in order) for order in (octets, octets[::-1]))
    return address.packed.hex() in runs or any(digits in runs for digits in padded)


def _spells_ipv6(text: str, address: ipaddress.IPv6Address) -> bool:
    """All digits, also reversed; those of the interface alone; or the address with hyphens."""
    digits = address.packed.hex()
    squeezed = text.replace("-", "").replace(".", "")
    if any(run in squeezed for run in (digits, digits[::-1], digits[16:])):
        return True
    for run in _DASHED.findall(text):
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(run.replace("-", ":")) == address:
                return True
    return False


def _word_and_number(text: str, address: Address) -> str | None:
    below = ".".join(text.split(".")[:-2])  # the domain itself may be named so
    word = _WORD.search(below)
    if address.version == 4:
        numbers, last = {int(digits) for digits in re.findall(r"\d+", below)}, address.packed[-1]
    else:
        runs = re.findall(r"(?<![a-z0-9])[0-9a-f]{1,4}(?![a-z0-9])", below)
        numbers, last = {int(run, 16) for run in runs}, int.from_bytes(address.packed[-2:])
    if word is None or last not in numbers:
        return None
    return f"it has {word[1]!r} and the last number of the address in it"


def _default_of_a_vendor(text: str) -> str | None:
    vendors = (vendor for vendor, pattern in _DEFAULTS.items() if pattern.fullmatch(text))
    return next((f"it is a default name of {vendor}" for vendor in vendors), None)
