"""`ForwardRecord`: one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import pulumi

from pulumi_rdns.lifecycle import forward
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.resources import program
from pulumi_rdns.resources.inputs import refuse_formatted_outputs
from pulumi_rdns.resources.policies import OnForwardConflict, OnForwardDelete
from pulumi_rdns.resources.provider import RecordProvider
from pulumi_rdns.resources.record import Record, output


class ForwardRecordProvider(RecordProvider, lifecycle=forward):
    """The engine's calls for `ForwardRecord`. Its path is a part of every state: permanent."""


class ForwardRecord(Record):
    """One address of the A or AAAA RRset of a hostname; the type follows the address."""

    def __init__(
        self,
        resource_name: str,
        *,
        hostname: pulumi.Input[str],
        address: pulumi.Input[str],
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[OnForwardConflict] | None = None,
        on_delete: pulumi.Input[OnForwardDelete] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare one address of ``hostname``.

        :param hostname: a full name; IDN, upper case and a trailing dot are accepted.
        :param address: IPv4 (an A record) or IPv6 (AAAA), any spelling.
        :param backend: name of a backend instance that has zones; default ``rdns:backend``.
        :param zone: the zone to write to; found by longest match where absent.
        :param ttl: seconds, 0 to 2147483647, of the whole RRset (RFC 2181 section 5.2); where
            absent, the live one is kept, and it is 3600 on create.
        :param on_conflict: ``fail`` (default), ``add`` (round robin) or ``overwrite``: the
            hostname has addresses that this program does not declare.
        :param on_delete: ``remove-written`` (default), or ``remove`` what was adopted too.
        :raises InvalidInputError: another resource gives the same RRset another TTL.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        refuse_formatted_outputs(resource_name, hostname=hostname, address=address, zone=zone)
        stack = program.current()
        backend = stack.defaults.backend(backend)
        ttl = stack.defaults.value("ttl", ttl)
        ttl = stack.declared.declare_ttl(resource_name, backend, hostname, address, ttl)
        self.given_hostname = hostname
        self.given_address = address
        self.given_backend = backend
        inputs = {
            "hostname": hostname,
            "address": address,
            "backend": backend,
            "zone": zone,
            "ttl": ttl,
            "on_conflict": on_conflict,
            "on_delete": stack.defaults.forward_on_delete(on_delete),
        }
        stack.declared.declare_forward(self, hostname, [*inputs.values()], opts)
        super().__init__(
            "ForwardRecord",
            resource_name,
            inputs,
            ("zone", *FORWARD.output_keys),
            stack,
            opts,
        )

    @property
    @pulumi.getter
    def hostname(self) -> pulumi.Output[str]:
        """The hostname: lower case, A-labels, no trailing dot."""
        return output(self, "hostname")

    @property
    @pulumi.getter
    def address(self) -> pulumi.Output[str]:
        """The address, in the form of RFC 5952."""
        return output(self, "address")

    @property
    @pulumi.getter
    def zone(self) -> pulumi.Output[str]:
        """The zone where the record was written."""
        return output(self, "zone")

    @property
    @pulumi.getter(name="recordType")
    def record_type(self) -> pulumi.Output[str]:
        """``A`` or ``AAAA``."""
        return output(self, "record_type")

    @property
    @pulumi.getter(name="writtenAddress")
    def written_address(self) -> pulumi.Output[str]:
        """The address that create or update wrote; a refresh never changes it."""
        return output(self, "written_address")

    @property
    @pulumi.getter
    def adopted(self) -> pulumi.Output[bool]:
        """True where the record was there already when the resource was created."""
        return output(self, "adopted")
