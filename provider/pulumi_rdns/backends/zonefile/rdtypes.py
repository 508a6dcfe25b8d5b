"""Types of records: what name servers take, and what dnspython can read of it."""

from __future__ import annotations

from functools import lru_cache

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdatatype import RdataType

#: types of the IANA registry that dnspython has no names for
_OTHER_TYPES = {
    "EID": 31,
    "NIMLOC": 32,
    "ATMA": 34,
    "SINK": 40,
    "RKEY": 57,
    "TALINK": 58,
    "DSYNC": 66,
    "UINFO": 100,
    "UID": 101,
    "GID": 102,
    "DOA": 259,
    "RESINFO": 261,
    "WALLET": 262,
}
#: types whose values dnspython may refuse though name servers take them
STRICTER_TYPES = frozenset({RdataType.TLSA, RdataType.SMIMEA, RdataType.SVCB, RdataType.HTTPS})
#: types without a reader in dnspython, whose values are names: how many
_NAMES = {"MB": 1, "MG": 1, "MR": 1, "MINFO": 2, "TALINK": 2}
#: types that name servers refuse, but for values in the generic form of RFC 3597
_REFUSED_TYPES = frozenset({"MD", "MF", "NULL", "UINFO", "UID", "GID", "UNSPEC"})


@lru_cache(maxsize=256)
def read_type(text: str) -> RdataType:
    """Read the name of a type. Raises ValueError."""
    try:
        return RdataType(dns.rdatatype.from_text(text))
    except (dns.exception.DNSException, ValueError) as cause:
        if number := _OTHER_TYPES.get(text.upper()):
            return RdataType.make(number)
        raise ValueError(f"unknown type {text}") from cause


@lru_cache(maxsize=256)
def has_reader(rdtype: RdataType) -> bool:
    """Whether dnspython reads values of this type in their own form."""
    found = dns.rdata.get_rdata_class(dns.rdataclass.IN, rdtype)  # type: ignore[no-untyped-call]
    return found is not dns.rdata.GenericRdata


def names_in(kind: str) -> int:
    """Return how many names are the value of a type without a reader; 0 where it is not known."""
    return _NAMES.get(kind, 0)


def is_refused(kind: str) -> bool:
    """Whether name servers refuse a type without a reader, in any but the generic form.

    >>> [is_refused(kind) for kind in ("MG", "MD", "TYPE731", "AXFR")]
    [False, True, True, True]
    """
    is_unknown = kind in _REFUSED_TYPES or kind.startswith("TYPE")
    return is_unknown or dns.rdatatype.is_metatype(read_type(kind))
