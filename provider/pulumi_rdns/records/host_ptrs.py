"""The PTR records that come after the forward records of one host: all are looked at before one of
those is written, so that no host is published whose PTR record will be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pulumi_rdns.errors import ConflictError, RdnsError
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
        self._after: dict[str, Sequence[PtrSpec]] = {}
        self._hostnames: dict[str, DnsName] = {}

    def note(self, resource: str, specs: Sequence[PtrSpec]) -> None:
        """Note the PTR records of the host that a forward record is of; none for no host."""
        self._after[resource] = specs

    def note_hostname(self, resource: str, hostname: DnsName) -> None:
        """Note the hostname that a forward record had: the host's PTR record has it too."""
        self._hostnames[resource] = hostname

    def refuse(self, resource: str, spec: ForwardSpec) -> None:
        """Raise what the create of a PTR record would raise before it writes anything.

        The error says that the forward record was not written, either. Waits as that create does.
        """
        had = self._hostnames.get(resource)
        for after in self._after.get(resource, ()):
            try:
                self._ptr().refuse(after, resource, () if had is None else (had,))
            except RdnsError as error:
                is_changed = isinstance(error, ConflictError) and self._ptr().has_any_written(after)
                if is_changed or (after.address != spec.address and self._ptr().has_written(after)):
                    continue  # no create comes: it is in the state, and somebody changed it since
                kind = record_type(spec.address)
                what = f"the {kind} record of {spec.hostname}, {spec.address}, was not written"
                error.args = (f"{error}. So {what}",)
                raise
