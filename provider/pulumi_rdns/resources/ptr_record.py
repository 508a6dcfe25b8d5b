"""`PtrRecord`: the reverse name of one IP address, wherever the address lives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.lifecycle import ptr
from pulumi_rdns.model.structs import describe
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.resources import program
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.forward_record import ForwardRecord
from pulumi_rdns.resources.inputs import refuse_formatted_outputs
from pulumi_rdns.resources.policies import ForwardPolicy, OnConflict, OnDelete
from pulumi_rdns.resources.provider import RecordProvider
from pulumi_rdns.resources.record import Record, output


class PtrRecordProvider(RecordProvider, lifecycle=ptr):
    """The engine's calls for `PtrRecord`. Its path is a part of every state: permanent."""


@pulumi.output_type
class PreviousRecord(dict[str, Any]):
    """What an address had before its PtrRecord was created: a dict with attributes."""

    #: False where nobody could be asked
    known: bool
    #: where the PTR records pointed
    hostnames: list[str]
    #: seconds; absent at a backend without zones
    ttl: int | None = None

    __eq__ = dict.__eq__


class PtrRecord(Record):
    """The PTR record of one IP address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

    def __init__(
        self,
        resource_name: str,
        *,
        address: pulumi.Input[str] | None = None,
        hostname: pulumi.Input[str] | None = None,
        forward: pulumi.Resource | Sequence[pulumi.Resource] | None = None,
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[OnConflict] | None = None,
        on_delete: pulumi.Input[OnDelete] | None = None,
        forward_check: pulumi.Input[ForwardPolicy] | None = None,
        forward_backend: pulumi.Input[str] | None = None,
        forward_timeout: pulumi.Input[float] | None = None,
        ptr_timeout: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the PTR record of ``address``.

        :param address: IPv4 or IPv6, any spelling. May be left out where ``forward`` is a
            ForwardRecord.
        :param hostname: where the PTR points: a full name; IDN, upper case and a trailing dot are
            accepted. May be left out where ``forward`` is a ForwardRecord.
        :param forward: what must exist first, usually the A or AAAA record: any Pulumi resource,
            or several.
        :param backend: name of a backend instance; default ``rdns:backend``.
        :param zone: the zone to write to, for backends with zones; found where absent.
        :param ttl: seconds, 0 to 2147483647, for backends with zones; 3600 on create where absent.
        :param on_conflict: ``fail`` (default) or ``overwrite``: the PTR points elsewhere already.
        :param on_delete: ``remove-written`` (default), ``remove`` what was adopted too, or
            ``restore`` what was there before.
        :param forward_check: ``verify``, ``strict``, ``warn`` or ``skip``: must the hostname
            resolve to the address? Default ``verify``, for an address that is not global ``warn``.
        :param forward_backend: the instance that has the forward record; default that of
            ``forward``, where it is a ForwardRecord, else ``backend``. A forward check asks it
            where ``rdns:forwardSource`` is ``backend``.
        :param forward_timeout: seconds to keep asking for the forward record; default 60.
        :param ptr_timeout: seconds to wait until the reverse zone's servers serve the record;
            default 0: do not wait.
        :raises DuplicateAddressError: another resource of the program claims the address.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        forwards = _resources(resource_name, forward)
        for record in forwards:
            if isinstance(record, ForwardRecord):
                address = record.given_address if address is None else address
                hostname = record.given_hostname if hostname is None else hostname
                forward_backend = (
                    record.given_backend if forward_backend is None else forward_backend
                )
        refuse_formatted_outputs(resource_name, address=address, hostname=hostname, zone=zone)
        stack = program.current()
        backend = stack.defaults.backend(backend)
        address = stack.declared.declare_address(self, resource_name, backend, address)
        inputs = {
            "address": address,
            "hostname": hostname,
            "backend": backend,
            "zone": zone,
            "ttl": stack.defaults.ptr_ttl(backend, ttl),
            "on_conflict": stack.defaults.value("on_conflict", on_conflict),
            "on_delete": stack.defaults.value("on_delete", on_delete),
            "forward_check": stack.defaults.value("forward_check", forward_check),
            # Not where it is no other one, so that it is in no state of before.
            "forward_backend": None if forward_backend == backend else forward_backend,
            "forward_timeout": stack.defaults.value("forward_timeout", forward_timeout),
            "ptr_timeout": ptr_timeout,
        }
        needs = stack.declared.forward_dependencies(hostname, forwards)
        super().__init__(
            "PtrRecord",
            resource_name,
            inputs,
            PTR.output_keys,
            stack,
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needs)),
            has_forward=bool(forwards),
        )

    @property
    @pulumi.getter
    def address(self) -> pulumi.Output[str]:
        """The address, in the form of RFC 5952."""
        return output(self, "address")

    @property
    @pulumi.getter
    def hostname(self) -> pulumi.Output[str]:
        """Where the PTR points: lower case, A-labels, no trailing dot."""
        return output(self, "hostname")

    @property
    @pulumi.getter
    def zone(self) -> pulumi.Output[str | None]:
        """The zone where the record was written; None at a backend that has none."""
        return output(self, "zone")

    @property
    @pulumi.getter(name="reverseName")
    def reverse_name(self) -> pulumi.Output[str]:
        """The name under in-addr.arpa or ip6.arpa that belongs to the address."""
        return output(self, "reverse_name")

    @property
    @pulumi.getter(name="ownerName")
    def owner_name(self) -> pulumi.Output[str | None]:
        """The name where the record was written; another than `reverse_name` under RFC 2317."""
        return output(self, "owner_name")

    @property
    @pulumi.getter(name="writtenHostname")
    def written_hostname(self) -> pulumi.Output[str]:
        """The hostname that create or update wrote; a refresh never changes it."""
        return output(self, "written_hostname")

    @property
    @pulumi.getter
    def adopted(self) -> pulumi.Output[bool]:
        """True where the record was already correct when the resource was created."""
        return output(self, "adopted")

    @property
    @pulumi.getter
    def previous(self) -> pulumi.Output[PreviousRecord]:
        """What the address had before this resource was created."""
        return output(self, "previous")

    @property
    @pulumi.getter(name="forwardConfirmed")
    def forward_confirmed(self) -> pulumi.Output[bool | None]:
        """Whether the hostname resolves to the address; None where nobody could be asked."""
        return output(self, "forward_confirmed")

    @property
    @pulumi.getter(name="forwardDetail")
    def forward_detail(self) -> pulumi.Output[str]:
        """What `forward_confirmed` rests on, in a sentence."""
        return output(self, "forward_detail")


def _resources(name: str, forward: Any) -> list[Any]:
    """Read what a record comes after. Raises InvalidInputError for a hostname, for instance."""
    if forward is None:
        return []
    is_one = isinstance(forward, str | pulumi.Resource) or not isinstance(forward, Iterable)
    given = [forward] if is_one else list(forward)
    for one in given:
        if not isinstance(one, pulumi.Resource | pulumi.Output):
            reason = f"must be a Pulumi resource, or several, not {describe(one)}"
            raise as_run_error(InvalidInputError(f"{name!r}: {reason}", "forward"))
    return given
