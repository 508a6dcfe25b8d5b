"""Which zone a file is for where neither its SOA record nor the settings say so: by its name."""

from __future__ import annotations

import re

import dns.exception
import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.model.names import from_dns

from .zonetext import Record, ZoneText

_ZONE_FILE = re.compile(r"db\.(.+)|(.+)\.zone")
#: what editors, packages and name servers leave beside a zone file
_LEFTOVER = re.compile(
    r".*(~|#|\.(swp|swo|bak|old|orig|rej|tmp|save|jnl|jbk|signed|rpmnew|rpmsave|dpkg-\w+))"
)
#: the first label of a classless zone (RFC 2317), whose `/` no file name can have
_CLASSLESS = re.compile(r"(\d+)(?:%2f|_)(\d+)(?=(\.\d+){3}\.in-addr\.arpa)", re.IGNORECASE)
_MISPLACED_TOP = re.compile(r"\b(in-addr|ip6)\.arpa\.", re.IGNORECASE)
#: the top of the reverse names -> how many labels an address has below it, and what each is
_ADDRESSES = {
    dns.name.from_text("in-addr.arpa."): (4, re.compile(rb"\d{1,3}")),
    dns.name.from_text("ip6.arpa."): (32, re.compile(rb"[0-9a-fA-F]")),
}
#: types that stand at the name of an address and not at that of a network
_OF_ADDRESS = (RdataType.PTR, RdataType.CNAME)


def is_zone_file_name(name: str) -> bool:
    """Whether a file of this name may contain a zone.

    >>> [is_zone_file_name(name) for name in ("db.example.com", "db.example.com~", ".x.zone")]
    [True, False, False]
    """
    hidden = name.startswith((".", "#"))
    return not hidden and bool(_ZONE_FILE.fullmatch(name)) and not _LEFTOVER.fullmatch(name)


def apex_of_file_name(name: str) -> dns.name.Name | None:
    """Return the zone of a file by its name; a network's number is its reverse zone.

    >>> str(apex_of_file_name("example.com.zone")), str(apex_of_file_name("db.192.0.2"))
    ('example.com.', '2.0.192.in-addr.arpa.')
    >>> str(apex_of_file_name("0%2F26.2.0.192.in-addr.arpa.zone"))
    '0/26.2.0.192.in-addr.arpa.'
    """
    match = _ZONE_FILE.fullmatch(name)
    if match is None:
        return None
    text = match[1] or match[2]
    if re.fullmatch(r"\d+(\.\d+){0,3}", text):
        text = ".".join([*reversed(text.split(".")), "in-addr.arpa"])
    if _MISPLACED_TOP.search(text.rstrip(".")):
        return None
    text = _CLASSLESS.sub(r"\1/\2", text)
    try:
        return dns.name.from_text(text.encode()).canonicalize()
    except (dns.exception.DNSException, ValueError):
        return None


def find_doubt(zone: ZoneText) -> str:
    """Return what speaks against the zone of a file that was guessed; empty where nothing does."""
    record, reason = _wrong_owner(zone) or (None, "")
    if record is None and zone.outside and all(name == zone.soa.name for name in zone.records):
        record, reason = zone.outside[0], "is in another zone"
    if record is None:
        return ""
    owner = record.name.to_text(omit_final_dot=True)
    return (
        f"{record.file}, line {record.line}: {owner} {reason}, so the zone cannot be "
        f"{from_dns(zone.apex)}, as the file's name says"
    )


def _wrong_owner(zone: ZoneText) -> tuple[Record, str] | None:
    """Return a record whose name can only be that of an address, and is none."""
    for top, (count, label) in _ADDRESSES.items():
        if not zone.apex.is_subdomain(top):
            continue
        for name, types in zone.records.items():
            labels = name.relativize(top).labels
            if len(labels) == count or not all(map(label.fullmatch, labels)):
                continue
            if len(labels) > count:
                return next(iter(types.values()))[0], "has too many labels for an address"
            found = next((types[rdtype] for rdtype in _OF_ADDRESS if rdtype in types), None)
            if found and name != zone.soa.name:
                return found[0], "has too few labels for an address"
    return None
