"""Whom a check asks: the DNS, or the records of a backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pulumi_rdns.backends.base import Backend
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.forward_check import BackendSource
from pulumi_rdns.records.location import written_ptr
from pulumi_rdns.records.store import look
from pulumi_rdns.resolve.forward import PtrAnswer
from pulumi_rdns.resolve.verdicts import Look, Status


class Source(Protocol):
    """Answers both questions of a check. Trouble is an answer and never an exception."""

    def ptr(self, address: Address) -> PtrAnswer: ...

    def look(self, hostname: DnsName, address: Address) -> Look: ...

    def look_many(
        self, pairs: Sequence[tuple[DnsName, Address]], budget: float
    ) -> Sequence[Look | None]: ...


class BackendRecords:
    """Records of backends: one has the PTR record and one, the same perhaps, the forward record.

    ``zone`` and ``owner`` say where the PTR was written, if known.
    """

    def __init__(
        self, backend: Backend, holder: Backend, zone: DnsName | None, owner: DnsName | None
    ) -> None:
        self._backend = backend
        self._zone = zone
        self._owner = owner
        self._forward = BackendSource(holder)

    def ptr(self, address: Address) -> PtrAnswer:
        try:
            live = look(written_ptr(self._backend, address, self._zone, self._owner))
        except RdnsError as error:
            return PtrAnswer(Status.UNKNOWN, str(error), (), ())
        status = Status.FOUND if live.values else Status.NONE
        detail = f"backend {self._backend.name} has {', '.join(live.values) or 'nothing'}"
        return PtrAnswer(status, detail, (), tuple(map(DnsName, live.values)))

    def look(self, hostname: DnsName, address: Address) -> Look:
        found = self._forward.look(hostname, address)
        return Look(found.verdict, found.detail, (), self._forward.aliases(hostname))

    def look_many(
        self, pairs: Sequence[tuple[DnsName, Address]], budget: float
    ) -> Sequence[Look | None]:
        """Look at all of them; a backend has limits of its own, so ``budget`` is not needed."""
        return [self.look(hostname, address) for hostname, address in pairs]
