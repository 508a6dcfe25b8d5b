"""`ForwardConfirmedHost`: a hostname and its addresses, resolved both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.forward_record import ForwardRecord
from pulumi_rdns.resources.inputs import without_restore
from pulumi_rdns.resources.ptr_record import PtrRecord


class ForwardConfirmedHost(pulumi.ComponentResource):
    """The A and AAAA records of a hostname, then a PTR record for each of its addresses."""

    #: address (or key, where the addresses came as a dict) -> does the hostname resolve to it?
    forward_confirmed: pulumi.Output[dict[str, bool | None]]
    #: address (or key) -> the name under in-addr.arpa or ip6.arpa that belongs to it
    reverse_names: pulumi.Output[dict[str, str]]
    #: the hostname in canonical form
    hostname: pulumi.Output[str]
    #: the addresses in the form of RFC 5952
    addresses: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        hostname: pulumi.Input[str],
        addresses: Sequence[str] | Mapping[str, pulumi.Input[str]],
        backend: pulumi.Input[str] | None = None,
        forward_backend: pulumi.Input[str] | None = None,
        manage_forward: bool = True,
        zone: pulumi.Input[str] | None = None,
        forward_zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[str] | None = None,
        on_forward_conflict: pulumi.Input[str] | None = None,
        on_delete: pulumi.Input[str] | None = None,
        forward_check: pulumi.Input[str] | None = None,
        forward_timeout: pulumi.Input[float] | None = None,
        ptr_timeout: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the records of ``hostname``.

        :param addresses: literal addresses, any spelling, in any order; computed ones as a dict,
            whose keys then name the children: ``{"public": server.ipv4_address}``.
        :param backend: where the PTR records are written; default ``rdns:backend``.
        :param forward_backend: where the A and AAAA records are written; default ``backend``.
        :param manage_forward: False where somebody else keeps the A and AAAA records.
        :param zone: the zone of the PTR records, for backends with zones.
        :param forward_zone: the zone of the A and AAAA records.
        :param on_conflict: of the PTR records: ``fail`` or ``overwrite``.
        :param on_forward_conflict: of the forward records: ``fail``, ``add`` or ``overwrite``;
            default ``add``, because one address of the host may take the place of another.
        :raises InvalidInputError: no address, an address twice, or a list that holds an Output.

        The other arguments are those of `PtrRecord`; ``ttl`` is that of the forward records too.
        """
        super().__init__("rdns:index:ForwardConfirmedHost", resource_name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        self.forward_records: dict[str, ForwardRecord] = {}
        self.ptr_records: dict[str, PtrRecord] = {}
        for key, address in _by_key(resource_name, addresses).items():
            name = f"{resource_name}-{key}"
            if manage_forward:
                self.forward_records[key] = ForwardRecord(
                    name,
                    hostname=hostname,
                    address=address,
                    backend=backend if forward_backend is None else forward_backend,
                    zone=forward_zone,
                    ttl=ttl,
                    # An address that leaves the list is deleted only after the new one is there.
                    on_conflict="add" if on_forward_conflict is None else on_forward_conflict,
                    on_delete=without_restore(on_delete),
                    opts=below,
                )
            self.ptr_records[key] = PtrRecord(
                name,
                address=address,
                hostname=hostname,
                forward=self.forward_records.get(key),
                backend=backend,
                zone=zone,
                ttl=ttl,
                on_conflict=on_conflict,
                on_delete=on_delete,
                forward_check=forward_check,
                forward_timeout=forward_timeout,
                ptr_timeout=ptr_timeout,
                opts=below,
            )
        records = self.ptr_records
        self.hostname = next(iter(records.values())).hostname
        self.addresses = pulumi.Output.all(*[record.address for record in records.values()])
        self.forward_confirmed = pulumi.Output.all(
            **{key: record.forward_confirmed for key, record in records.items()}
        )
        self.reverse_names = pulumi.Output.all(
            **{key: record.reverse_name for key, record in records.items()}
        )
        self.register_outputs(
            {
                "reverseNames": self.reverse_names,
                "hostname": self.hostname,
                "addresses": self.addresses,
                "forwardConfirmed": self.forward_confirmed,
            }
        )


def _by_key(name: str, addresses: Any) -> dict[str, Any]:
    """Name each address: by its key, or by its canonical form."""
    if isinstance(addresses, Mapping):
        keyed = dict(addresses)
    elif isinstance(addresses, str) or not isinstance(addresses, Sequence):
        raise _invalid(name, "must be a list of addresses, or a dict of computed ones")
    elif any(isinstance(address, pulumi.Output) for address in addresses):
        raise _invalid(
            name,
            "a list cannot hold a computed address, because children are named by address; give a "
            'dict instead, as in {"public": server.ipv4_address}',
        )
    else:
        keyed = {}
        for address in addresses:
            key = _canonical(name, address)
            if key in keyed:
                raise _invalid(name, f"{key} is there twice")
            keyed[key] = key
    if not keyed:
        raise _invalid(name, "is empty; a host has at least one address")
    return keyed


def _canonical(name: str, address: str) -> str:
    try:
        return str(parse_address(address))
    except InvalidInputError as error:
        raise _invalid(name, str(error)) from None


def _invalid(name: str, reason: str) -> InvalidInputError:
    return as_run_error(InvalidInputError(f"{name!r}: {reason}", "addresses"))
