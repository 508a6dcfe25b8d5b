"""The ids of resources, permanent: made and read here."""

from __future__ import annotations

import secrets

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address, record_type
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.properties.values import parse_backend


def ptr_id(backend: str, address: Address) -> str:
    """Return the id of a PtrRecord: ``<backend>/<address>``."""
    return f"{backend}/{address}"


def parse_ptr_id(id_: str) -> tuple[str, Address]:
    """Read the id of a PtrRecord, in which the address may have any spelling.

    >>> parse_ptr_id("corp/2001:DB8::10")
    ('corp', IPv6Address('2001:db8::10'))

    Raises InvalidInputError.
    """
    backend, slash, address = id_.partition("/")
    if not slash:
        raise InvalidInputError(f"{id_!r} is not an id of a PtrRecord: <backend>/<address>", "id")
    return parse_backend(backend), parse_address(address)


def forward_id(backend: str, hostname: DnsName, address: Address) -> str:
    """Return a new id of a ForwardRecord: ``<backend>/<hostname>/<A or AAAA>/<random>``.

    It does not name the address, which an update can change.
    """
    return f"{backend}/{hostname}/{record_type(address)}/{secrets.token_hex(4)}"


def ptr_set_id(backend: str) -> str:
    """Return a new id of a PtrRecordSet: ``<backend>/<random>``."""
    return f"{backend}/{secrets.token_hex(4)}"
