"""`ForwardConfirmedHost`: a hostname and its addresses, resolved both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.properties.schema import NEXT_PTRS
from pulumi_rdns.resources import program
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.forward_record import ForwardRecord
from pulumi_rdns.resources.inputs import (
    is_computed,
    names_an_output,
    refuse_formatted_outputs,
    without_restore,
)
from pulumi_rdns.resources.policies import ForwardPolicy, OnConflict, OnDelete, OnForwardConflict
from pulumi_rdns.resources.ptr_record import PtrRecord
from pulumi_rdns.resources.record import camel, output

_DICT = 'give a dict instead, whose keys name the children: {"public": server.ipv4_address}'


class _ForwardRecord(ForwardRecord):
    """One that tells of the PTR records that come next."""

    def __init__(
        self, resource_name: str, ptrs: Sequence[Mapping[str, Any]], **arguments: Any
    ) -> None:
        self._ptrs = ptrs
        super().__init__(resource_name, **arguments)

    def _unstored(self) -> dict[str, Any]:
        return {NEXT_PTRS: self._ptrs} if self._ptrs else {}


class ForwardConfirmedHost(pulumi.ComponentResource):
    """The A and AAAA records of a hostname, then a PTR record for each of its addresses.

    ``forward_records`` and ``ptr_records`` are its children, by address, or by key of a dict.
    """

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
        on_conflict: pulumi.Input[OnConflict] | None = None,
        on_forward_conflict: pulumi.Input[OnForwardConflict] | None = None,
        on_delete: pulumi.Input[OnDelete] | None = None,
        forward_check: pulumi.Input[ForwardPolicy] | None = None,
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
        refuse_formatted_outputs(
            resource_name, hostname=hostname, zone=zone, forward_zone=forward_zone
        )
        super().__init__("rdns:index:ForwardConfirmedHost", resource_name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        self.forward_records: dict[str, ForwardRecord] = {}
        self.ptr_records: dict[str, PtrRecord] = {}
        keyed = _by_key(resource_name, addresses)
        for key, address in keyed.items():
            name = f"{resource_name}-{key}"
            if manage_forward:
                self.forward_records[key] = _ForwardRecord(
                    name,
                    _next_ptrs(
                        [address, *(one for one in keyed.values() if not is_computed(one))],
                        {"hostname": hostname, "zone": zone},
                        backend,
                        ttl,
                        on_conflict,
                    ),
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
                forward_backend=forward_backend,
                forward_timeout=forward_timeout,
                ptr_timeout=ptr_timeout,
                opts=below,
            )
        records = self.ptr_records
        outputs: dict[str, pulumi.Output[Any]] = {
            "reverse_names": pulumi.Output.all(
                **{key: record.reverse_name for key, record in records.items()}
            ),
            "hostname": next(iter(records.values())).hostname,
            "addresses": pulumi.Output.all(*[record.address for record in records.values()]),
            "forward_confirmed": pulumi.Output.all(
                **{key: record.forward_confirmed for key, record in records.items()}
            ),
        }
        self.__dict__.update(outputs)
        self.register_outputs({camel(name): output for name, output in outputs.items()})

    @property
    @pulumi.getter(name="forwardConfirmed")
    def forward_confirmed(self) -> pulumi.Output[dict[str, bool | None]]:
        """Does the hostname resolve to each address? By address, or by key of a dict.

        None where nobody could be asked.
        """
        return output(self, "forward_confirmed")

    @property
    @pulumi.getter(name="reverseNames")
    def reverse_names(self) -> pulumi.Output[dict[str, str]]:
        """The name under in-addr.arpa or ip6.arpa of each address, by address or key."""
        return output(self, "reverse_names")

    @property
    @pulumi.getter
    def hostname(self) -> pulumi.Output[str]:
        """The hostname in canonical form."""
        return output(self, "hostname")

    @property
    @pulumi.getter
    def addresses(self) -> pulumi.Output[list[str]]:
        """The addresses in the form of RFC 5952."""
        return output(self, "addresses")


def _next_ptrs(
    addresses: Sequence[pulumi.Input[str]],
    inputs: Mapping[str, pulumi.Input[str] | None],
    backend: pulumi.Input[str] | None,
    ttl: pulumi.Input[int] | None,
    on_conflict: pulumi.Input[OnConflict] | None,
) -> list[dict[str, Any]]:
    """Return the inputs of PTR records that say what may be in their way.

    None where the zone is computed: it may be secret, or known later than the forward record.
    """
    if is_computed(inputs["zone"]):
        return []
    defaults = program.current().defaults
    backend = defaults.backend(backend)
    known = {
        **inputs,
        "backend": backend,
        "ttl": defaults.ptr_ttl(backend, ttl),
        "onConflict": defaults.value("on_conflict", on_conflict),
    }
    known = {key: value for key, value in known.items() if value is not None}
    first, *others = addresses
    return [{"address": one, **known} for one in (first, *(one for one in others if one != first))]


def _by_key(name: str, addresses: Any) -> dict[str, Any]:
    """Name each address: by its key, or by its canonical form."""
    if isinstance(addresses, Mapping):
        keyed = dict(addresses)
        if any(map(names_an_output, keyed)):
            raise _invalid(
                name, f"a key names a child, and cannot be an Output, nor a text with one; {_DICT}"
            )
        refuse_formatted_outputs(name, addresses=addresses)
    elif isinstance(addresses, str) or not isinstance(addresses, Sequence):
        refuse_formatted_outputs(name, addresses=addresses)
        raise _invalid(name, "must be a list of addresses, or a dict of computed ones")
    elif any(map(names_an_output, addresses)):
        raise _invalid(
            name,
            "a list cannot hold an Output, nor a text with one, because children are named "
            f"by address; {_DICT}",
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
