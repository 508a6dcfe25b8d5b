"""Everything that the operations of one process share, made from the stack's configuration."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dns.name

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.model.specs import PtrSpec
from pulumi_rdns.records.claims import Claims
from pulumi_rdns.records.forward import ForwardRecords
from pulumi_rdns.records.forward_check import BackendSource, ForwardGate, ForwardSource
from pulumi_rdns.records.ptr import PtrRecords
from pulumi_rdns.records.ptr_set import PtrSets
from pulumi_rdns.records.ptr_wait import await_served

if TYPE_CHECKING:
    from pulumi_rdns.resolve.endpoints import Endpoint
    from pulumi_rdns.resolve.forward import DnsSource


class Session:
    """The backends, the claims and the operations of one process."""

    def __init__(self, settings: StackSettings, root: Path, environ: Mapping[str, str]) -> None:
        """Take the folder with Pulumi.yaml as ``root``. No I/O until something is used."""
        self.settings = settings
        self.backends = Backends(settings.backends, root, environ)
        self.claims = Claims()
        self.gate = ForwardGate(self.source_of)
        self.ptr = PtrRecords(
            self.backends, self.claims, self.gate, self._await_served, self.aliases
        )
        self.ptr_sets = PtrSets(self.backends, self.claims, self.gate, self.aliases)
        self.forward = ForwardRecords(self.backends, self.claims)

    def _await_served(self, spec: PtrSpec, report: Report) -> None:
        await_served(self.dns.ptr, spec, report)

    def aliases(self, address: Address) -> Sequence[dns.name.Name]:
        """Ask the DNS where the reverse name of the address leads (RFC 2317); none for none."""
        return self.dns.ptr(address).aliases

    def source_of(self, backend: Backend) -> ForwardSource:
        """Give whom a forward check asks: the backend's own records, or the DNS."""
        if (self.settings.forward_source or backend.forward_source) == "backend":
            return BackendSource(backend)
        return self.dns

    @functools.cached_property
    def dns(self) -> DnsSource:
        """The look-ups in the DNS, made when they are first needed. Raises ConfigError."""
        from pulumi_rdns.resolve.forward import DnsSource

        nameservers = _endpoints("nameservers", self.settings.nameservers)
        resolvers = _endpoints("resolvers", self.settings.resolvers)
        try:
            return DnsSource(nameservers=nameservers, resolvers=resolvers)
        except InvalidInputError as error:
            raise ConfigError(f"rdns:resolvers: {error}") from None


def _endpoints(setting: str, texts: Sequence[str]) -> list[Endpoint]:
    from pulumi_rdns.resolve.endpoints import parse_endpoint

    endpoints, wrong = [], []
    for at, text in enumerate(texts):
        try:
            endpoints.append(parse_endpoint(text))
        except InvalidInputError as error:
            wrong.append(f"rdns:{setting}[{at}]: {error}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return endpoints
