"""Everything that the operations of one process share, made from the stack's configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.endpoints import Endpoint, parse_endpoint, parse_resolver
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.model.specs import PtrSpec
from pulumi_rdns.records.deletions import Deletions
from pulumi_rdns.records.forward_check import BackendSource, ForwardGate, ForwardSource
from pulumi_rdns.records.host_ptrs import HostPtrs
from pulumi_rdns.records.shared_ledger import SharedLedger

if TYPE_CHECKING:
    from pulumi_rdns.records.forward import ForwardRecords
    from pulumi_rdns.records.ptr import PtrRecords
    from pulumi_rdns.records.ptr_set import PtrSets
    from pulumi_rdns.resolve.forward import DnsSource


class Session:
    """The backends, the ledger and the operations of one process.

    What a run does not use is not imported: most of them change nothing.
    """

    def __init__(self, settings: StackSettings, root: Path, environ: Mapping[str, str]) -> None:
        """Take the folder with Pulumi.yaml as ``root``. No I/O until something is used.

        Raises ConfigError where a setting names no DNS server: later would be too late, because
        some look-ups come after a write.
        """
        self.settings = settings
        self._nameservers, self._resolvers = _read_servers(settings)
        self.backends = Backends(settings.backends, root, environ)
        self.ledger = SharedLedger()
        self.gate = ForwardGate(self.source_of)
        self.host_ptrs = HostPtrs(lambda: self.ptr)
        self.deletions = Deletions(self.backends, self.ledger, settings.max_delete_percent)

    @Once
    def ptr(self) -> PtrRecords:
        """The operations on single PTR records."""
        from pulumi_rdns.records.ptr import PtrRecords

        return PtrRecords(
            self.backends,
            self.ledger,
            self.gate,
            self.deletions,
            self._await_served,
            self.aliases,
        )

    @Once
    def ptr_sets(self) -> PtrSets:
        """The operations on sets of PTR records."""
        from pulumi_rdns.records.ptr_set import PtrSets

        return PtrSets(self.backends, self.ledger, self.gate, self.deletions, self.aliases)

    @Once
    def forward(self) -> ForwardRecords:
        """The operations on forward records."""
        from pulumi_rdns.records.forward import ForwardRecords

        return ForwardRecords(self.backends, self.ledger, self.deletions, self.host_ptrs)

    def _await_served(self, spec: PtrSpec, report: Report) -> None:
        from pulumi_rdns.records.ptr_wait import await_served

        propagated = self.backends.get(spec.backend).await_propagation
        await_served(self.dns.ptr, spec, report, propagated)

    def aliases(self, address: Address) -> Sequence[DnsName]:
        """Ask the DNS where the reverse name of the address leads (RFC 2317); none for none."""
        return self.dns.ptr(address).aliases

    def source_of(self, backend: Backend) -> ForwardSource:
        """Return whom a forward check asks: the backend's own records, or the DNS."""
        if (self.settings.forward_source or backend.forward_source) == "backend":
            return BackendSource(backend)
        return self.dns

    @Once
    def dns(self) -> DnsSource:
        """The look-ups in the DNS, made when they are first needed."""
        from pulumi_rdns.resolve.forward import DnsSource

        return DnsSource(nameservers=self._nameservers, resolvers=self._resolvers)


def _read_servers(settings: StackSettings) -> tuple[list[Endpoint], list[Endpoint]]:
    """Read nameservers and resolvers; ConfigError has a line per mistake."""
    wrong: list[str] = []

    def each(
        setting: str, texts: Sequence[str], parse: Callable[[str], Endpoint]
    ) -> Iterator[Endpoint]:
        for at, text in enumerate(texts):
            try:
                yield parse(text)
            except InvalidInputError as error:
                wrong.append(f"rdns:{setting}[{at}]: {error}")

    nameservers = list(each("nameservers", settings.nameservers, parse_endpoint))
    resolvers = list(each("resolvers", settings.resolvers, parse_resolver))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return nameservers, resolvers
