"""Targets of records that are probably missing their final dot in the zone. Pure.

A name in a zone file without a final dot is relative to the zone (RFC 1035 section 5.1): in
2.0.192.in-addr.arpa, ``mail.example.com`` is ``mail.example.com.2.0.192.in-addr.arpa``.
"""

from __future__ import annotations

import re

from pulumi_rdns.model.names import DnsName

_NO_DOT = "the name in the zone is probably missing its final dot"
_NO_DOMAIN = "the name in the zone is probably missing its domain and its final dot"
#: what stands before the labels of a reverse zone, also of a classless one (RFC 2317)
_IN_REVERSE_ZONE = re.compile(
    r"(?P<name>.+?)(?:(?:\.\d[\d/_-]*)*\.in-addr|(?:\.[0-9a-f])*\.ip6)\.arpa\Z"
)
_NUMBERS = re.compile(r"[\d/_.-]+\Z|[0-9a-f](?:\.[0-9a-f])*\Z")
#: top-level domains that hardly anybody uses for a label of their own
_TOP_LEVEL = frozenset({"biz", "com", "info", "net", "org"})


def with_dot_hint(target: str, owner: DnsName | None = None, *, is_missing: bool = False) -> str:
    """Return the target of a record, and after it what is probably wrong with it.

    See `dot_hint`.

    >>> with_dot_hint(DnsName("mail.example.com.2.0.192.in-addr.arpa"))
    'mail.example.com.2.0.192.in-addr.arpa (the name in the zone is probably missing its final dot)'
    >>> with_dot_hint(DnsName("mail.example.com"))
    'mail.example.com'
    """
    hint = dot_hint(target, owner, is_missing=is_missing)
    return f"{target} ({hint})" if hint else target


def dot_hint(target: str, owner: DnsName | None = None, *, is_missing: bool = False) -> str | None:
    """Return why the target of a record looks as if its final dot were missing, None if not.

    ``owner`` is the name that has the record, where that may be in a zone of hostnames.
    ``is_missing``: the target does not exist, so less is needed to doubt it.
    """
    if target.endswith(".arpa"):
        return _reverse_zone_hint(target)
    return _NO_DOT if owner and _is_relative(target, owner, is_missing) else None


def _reverse_zone_hint(target: str) -> str | None:
    found = _IN_REVERSE_ZONE.match(target)
    if found is None or _NUMBERS.match(found["name"]):
        return None
    return _NO_DOT if "." in found["name"] else _NO_DOMAIN


def _is_relative(target: str, owner: DnsName, is_missing: bool) -> bool:
    """Whether what stands before the zone, as in ``mail.example.com.example.com``, is a full name.

    The zone is not known: it is the owner or above it, and has two labels or more.
    """
    labels = owner.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    zone = next((zone for zone in above if target.endswith(f".{zone}")), None)
    if not zone:
        return False
    before = target.removesuffix(f".{zone}").split(".")
    if before[-2:] == zone.split(".")[-2:]:
        return True
    return is_missing and len(before) > 1 and before[-1] in _TOP_LEVEL
