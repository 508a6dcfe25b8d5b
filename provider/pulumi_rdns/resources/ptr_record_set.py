"""`PtrRecordSet`: many PTR records as one resource, written in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.lifecycle import ptr_set
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.resources import program
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.inputs import refuse_formatted_outputs
from pulumi_rdns.resources.policies import ForwardPolicy, OnConflict, OnDelete
from pulumi_rdns.resources.provider import RecordProvider
from pulumi_rdns.resources.record import Record, output


class PtrRecordSetProvider(RecordProvider, lifecycle=ptr_set):
    """The engine's calls for `PtrRecordSet`. Its path is a part of every state: permanent."""


class PtrRecordSet(Record):
    """The PTR records of many addresses, as one resource: single ones, a whole network, or both."""

    def __init__(
        self,
        resource_name: str,
        *,
        records: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        network: pulumi.Input[str] | None = None,
        fill: pulumi.Input[str] | None = None,
        exclude: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[OnConflict] | None = None,
        on_delete: pulumi.Input[OnDelete] | None = None,
        forward_check: pulumi.Input[ForwardPolicy] | None = None,
        forward_timeout: pulumi.Input[float] | None = None,
        max_delete_percent: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare PTR records.

        :param records: address -> hostname; any spelling of both.
        :param network: CIDR notation; no record may be outside of it.
        :param fill: the hostnames of all addresses of the network that are not in ``records``: a
            pattern with the fields ``{a}`` ``{b}`` ``{c}`` ``{d}`` (the octets of an IPv4 address),
            ``{dashed}`` (the address with hyphens; all 32 digits of IPv6), ``{nibbles}`` (those
            digits without hyphens), ``{n1}`` to ``{n32}`` (one of them, the highest first).
            At most 65,536 addresses of IPv6, 262,144 of IPv4.
        :param exclude: addresses and networks that the fill leaves out.
        :param backend: name of a backend instance; default ``rdns:backend``.
        :param zone: the zone to write to, for backends with zones; found where absent.
        :param ttl: seconds, 0 to 2147483647, for backends with zones; 3600 on create where absent.
        :param on_conflict: ``fail`` (default) or ``overwrite``: a PTR points elsewhere already.
        :param on_delete: ``remove-written`` (default), ``remove`` what was adopted too, or
            ``restore`` what was there before.
        :param forward_check: ``verify``, ``strict``, ``warn`` or ``skip`` (default): must each
            hostname resolve to its address?
        :param forward_timeout: seconds to keep asking for forward records; default 60.
        :param max_delete_percent: of 100: an update that would remove more of at least ten records
            is refused before it writes anything; default 30, and 100 turns this off.
        :raises InvalidInputError: records that cannot be right, all of them at once.
        :raises DuplicateAddressError: another resource of the program claims one of the addresses.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        refuse_formatted_outputs(
            resource_name, records=records, network=network, fill=fill, exclude=exclude, zone=zone
        )
        stack = program.current()
        if records is None and fill is None:
            raise as_run_error(
                ConfigError(f"{resource_name!r}: give records, or network and fill, or both")
            )
        backend = stack.defaults.backend(backend)
        given, table = stack.declared.declare_records(
            self, resource_name, backend, records, network, fill, exclude
        )
        inputs = {
            **given,
            "backend": backend,
            "zone": zone,
            "ttl": stack.defaults.ptr_ttl(backend, ttl),
            "on_conflict": stack.defaults.value("on_conflict", on_conflict),
            "on_delete": stack.defaults.value("on_delete", on_delete),
            "forward_check": forward_check,
            "forward_timeout": stack.defaults.value("forward_timeout", forward_timeout),
            "max_delete_percent": stack.defaults.value("max_delete_percent", max_delete_percent),
        }
        super().__init__(
            "PtrRecordSet",
            resource_name,
            inputs,
            PTR_SET.output_keys,
            stack,
            opts,
            table,
        )

    @property
    @pulumi.getter
    def records(self) -> pulumi.Output[str | None]:
        """The records as text: a line ``address hostname`` each, sorted by address."""
        return output(self, "records")

    @property
    @pulumi.getter
    def network(self) -> pulumi.Output[str | None]:
        """The network, in the form of RFC 5952."""
        return output(self, "network")

    @property
    @pulumi.getter
    def fill(self) -> pulumi.Output[str | None]:
        """The pattern of hostnames."""
        return output(self, "fill")

    @property
    @pulumi.getter
    def exclude(self) -> pulumi.Output[str | None]:
        """What the fill leaves out: a line for each address or network, sorted."""
        return output(self, "exclude")

    @property
    @pulumi.getter
    def count(self) -> pulumi.Output[int]:
        """How many records were written."""
        return output(self, "count")

    @property
    @pulumi.getter(name="writtenRecords")
    def written_records(self) -> pulumi.Output[str]:
        """What create or update wrote: a line for each, or for a network.

        A refresh never changes it.
        """
        return output(self, "written_records")

    @property
    @pulumi.getter(name="adoptedRecords")
    def adopted_records(self) -> pulumi.Output[str | None]:
        """Those of them that were there already: a line ``address hostname`` each, or None."""
        return output(self, "adopted_records")

    @property
    @pulumi.getter(name="previousRecords")
    def previous_records(self) -> pulumi.Output[str | None]:
        """What ``on_conflict="overwrite"`` took over: a line ``address TTL hostnames`` each."""
        return output(self, "previous_records")

    @property
    @pulumi.getter
    def zones(self) -> pulumi.Output[list[str]]:
        """The zones where records were written; empty at a backend that has none."""
        return output(self, "zones")

    @property
    @pulumi.getter(name="ownerNames")
    def owner_names(self) -> pulumi.Output[str | None]:
        """A line ``address name`` for each record that is not at its reverse name (RFC 2317)."""
        return output(self, "owner_names")

    @property
    @pulumi.getter(name="forwardConfirmedCount")
    def forward_confirmed_count(self) -> pulumi.Output[int | None]:
        """How many hostnames resolve to their address; None where that is not checked."""
        return output(self, "forward_confirmed_count")

    @property
    @pulumi.getter
    def unconfirmed(self) -> pulumi.Output[list[str] | None]:
        """The addresses whose hostname does not; None where that is not checked."""
        return output(self, "unconfirmed")
