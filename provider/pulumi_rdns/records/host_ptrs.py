"""The PTR records that come after the forward records of one host: looked at before those are
written, so that no address is published whose PTR record will be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardSpec, PtrSpec

if TYPE_CHECKING:
    from pulumi_rdns.records.ptr import PtrRecords


class HostPtrs:
    """What the program says of them. One object serves all forward records of a process."""

    def __init__(self, ptr: Callable[[], PtrRecords]) -> None:
        """Take what gives the operations on PTR records."""
        self._ptr = ptr
        self._after: dict[str, PtrSpec] = {}
        self._hostnames: dict[str, DnsName] = {}

    def note(self, resource: str, spec: PtrSpec | None) -> None:
        """Note the PTR record that comes after a forward record; None for none. No I/O."""
        self._after.pop(resource, None)
        if spec is not None:
            self._after[resource] = spec

    def note_hostname(self, resource: str, hostname: DnsName) -> None:
        """Note the hostname that a forward record had: the host's PTR record has it too."""
        self._hostnames[resource] = hostname

    def refuse(self, resource: str, spec: ForwardSpec) -> None:
        """Raise what the create of the PTR record would raise before it writes anything.

        The error says that the forward record was not written, either. Waits as that create does.
        """
        after = self._after.get(resource)
        if after is None or after.address != spec.address:
            return
        had = self._hostnames.get(resource)
        try:
            self._ptr().refuse(after, resource, () if had is None else (had,))
        except RdnsError as error:
            kind = record_type(spec.address)
            what = f"the {kind} record of {spec.hostname}, {spec.address}, was not written"
            error.args = (f"{error}. So {what}",)
            raise
