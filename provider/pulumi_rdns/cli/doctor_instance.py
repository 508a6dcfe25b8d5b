"""What `rdns doctor` looks at of one backend instance. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.backends.registry import SettingOrigin
from pulumi_rdns.cli.doctor_rows import DoctorRow, Result, counted
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConfigError,
    InvalidInputError,
    RdnsError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, is_reverse
from pulumi_rdns.model.names import DnsName, name_order
from pulumi_rdns.model.private_zones import is_private_zone
from pulumi_rdns.records.addresses import addresses_of
from pulumi_rdns.records.location import find_ptr, has_reverse_zones
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import look
from pulumi_rdns.records.zones import ZoneSummary, ask_anything, has_zone, servers_of, zones_of
from pulumi_rdns.resolve.delegation import DelegationAnswer
from pulumi_rdns.resolve.verdicts import Status

Report: TypeAlias = Callable[[DoctorRow], None]

#: reverse zones whose delegation is looked up
MAX_ZONES = 50
#: seconds for all of them
BUDGET = 30.0
_NOTHING = "none found: there are none, or the login may not see them"


class Inspection:
    """Looks at one instance, and reports each finding as soon as it has it."""

    def __init__(
        self,
        session: Session,
        instance: str,
        subject: Address | DnsName | None,
        known_zones: Callable[[], Collection[DnsName]],
        report: Report,
    ) -> None:
        """Take the instance's name, and where ``subject`` is given, all that is asked about.

        ``known_zones`` gives the zones in which the stack has records here: for a server that lists
        none.
        """
        self._session = session
        self._instance = instance
        self._subject = subject
        self._known_zones = known_zones
        self._send = report

    def run(self) -> bool:
        """Look at everything. Return whether the subject, if there is one, is here."""
        try:
            origins = self._session.backends.settings_of(self._instance)
            backend = self._make(origins)
        except ConfigError as error:
            for line in str(error).split("\n"):
                self._report("configuration", Result.MISCONFIGURED, line)
            return False
        if isinstance(self._subject, str):
            return self._zone(backend, self._subject)
        if self._subject is not None:
            return self._address(backend, self._subject)
        is_there = not isinstance(backend, AddressBackend) or self._addresses(backend)
        if is_there and isinstance(backend, ZoneBackend):
            self._zones(backend)
        writing = "not tried; `rdns doctor --write HOSTNAME ADDRESS` tries it"
        self._report("writing", Result.INFO, writing)
        return True

    def _make(self, origins: Sequence[SettingOrigin]) -> Backend:
        """Make the instance. Values of settings are only shown where they are right."""
        try:
            backend = self._session.backends.get(self._instance)
        except ConfigError:
            self._settings(origins, has_values=False)
            raise
        self._settings(origins, has_values=True)
        if backend.login_origin:
            self._report("login", Result.INFO, f"from {backend.login_origin}")
        return backend

    def _settings(self, origins: Sequence[SettingOrigin], *, has_values: bool) -> None:
        for one in origins:
            value = one.value if has_values else None
            self._report("setting", Result.INFO, described(one, value), one.key)

    def _addresses(self, backend: AddressBackend) -> bool:
        """List the addresses. Return whether the API can be reached."""
        try:
            found = addresses_of(backend)
        except RdnsError as error:
            self._failed("addresses", error)
            return not isinstance(error, UnavailableError)
        named = sum(one.ptr is not None and not one.ptr.is_default for one in found)
        if not found and not isinstance(backend, ZoneBackend):
            self._report("addresses", Result.FAILED, _NOTHING)
            return True
        listed = counted([str(one.address) for one in found], "address")
        self._report(
            "addresses", Result.OK, f"{listed}; {named} with a PTR other than the vendor's default"
        )
        return True

    def _zones(self, backend: ZoneBackend) -> None:
        try:
            zones = zones_of(backend)
            if zones is None:
                ask_anything(backend)
                self._report("server", Result.OK, "it answers; it cannot list its zones")
                zones = self._known(backend, self._known_zones())
            elif not zones and not isinstance(backend, AddressBackend):
                self._report("writable zones", Result.FAILED, _NOTHING)
                return
        except RdnsError as error:
            self._failed("zones", error)
            return
        writable = [zone.name for zone in zones if not (zone.obstacle or zone.is_copy)]
        self._report("writable zones", Result.OK, counted(writable, "zone"))
        for zone in zones:
            if zone.obstacle:
                self._report("zone", Result.FAILED, zone.obstacle, zone.name)
            elif zone.is_copy:
                told = "a copy of another server's zone: write to that server"
                self._report("zone", Result.INFO, told, zone.name)
        self._delegations(backend, [zone for zone in zones if not zone.obstacle])

    def _known(self, backend: ZoneBackend, names: Collection[DnsName]) -> list[ZoneSummary]:
        """Return those of the stack's zones that are here; the others are told."""
        zones = []
        for name in sorted(names, key=name_order):
            try:
                if has_zone(backend, name):
                    zones.append(ZoneSummary(name))
                else:
                    reason = "the stack has records in it, but this backend does not have it"
                    self._report("zone", Result.FAILED, reason, name)
            except RdnsError as error:
                self._failed("zone", error, name)
        return zones

    def _delegations(self, backend: ZoneBackend, zones: Sequence[ZoneSummary]) -> None:
        """Look whether the reverse zones are delegated; of others it is enough that one is read."""
        reverse = [zone for zone in zones if is_reverse(zone.name)]
        if not has_reverse_zones(backend):
            reverse = []
        if not reverse and zones:
            self._read(backend, zones[0])
        if len(reverse) > MAX_ZONES:
            told = f"only the first {MAX_ZONES} of {len(reverse)} reverse zones were looked at"
            self._report("delegation", Result.INFO, told)
        public = []
        for zone in reverse[:MAX_ZONES]:
            servers = self._read(backend, zone)
            if servers is not None and self._is_public(zone):
                public.append((zone.name, servers))
        found = self._session.dns.delegations([name for name, _ in public], BUDGET)
        for (name, servers), answer in zip(public, found, strict=True):
            result, detail = judged(answer, servers)
            self._report("delegation", result, detail, name)

    def _read(self, backend: ZoneBackend, zone: ZoneSummary) -> Sequence[DnsName] | None:
        """Read which name servers a zone names; None, and a finding, where it cannot be read."""
        try:
            return servers_of(backend, zone)
        except RdnsError as error:
            self._failed("zone", error, zone.name)
            return None

    def _is_public(self, zone: ZoneSummary) -> bool:
        """Whether the public DNS should delegate a zone; why not is told."""
        if zone.is_private or is_private_zone(zone.name):
            reason = "a private zone, which the public DNS does not delegate"
        elif not self._session.dns.is_public:
            reason = "not looked up: rdns:nameservers is set"
        else:
            return True
        self._report("delegation", Result.INFO, reason, zone.name)
        return False

    def _address(self, backend: Backend, address: Address) -> bool:
        subject = str(address)
        try:
            location = find_ptr(backend, address, None, self._session.aliases).location
            live = look(location)
            zone = self._summary(backend, location.zone)
        except (AddressNotFoundError, ZoneNotFoundError) as error:
            self._report("address", Result.INFO, f"not here: {error.reason}", subject)
            return False
        except (ConfigError, InvalidInputError) as error:
            self._report("address", Result.INFO, f"not here: {error}", subject)
            return False
        except RdnsError as error:
            self._failed("address", error, subject)
            return True
        where = "at the account" if location.zone is None else f"in the zone {location.zone}"
        name = " and ".join(live.values) or "none"
        default = " (the vendor's default)" if live.is_default else ""
        told = f"its PTR is kept {where}, as {location.owner}: {name}{default}"
        self._report("address", Result.OK, told, subject)
        if zone is not None and isinstance(backend, ZoneBackend):
            self._delegations(backend, [zone])
        return True

    def _zone(self, backend: Backend, zone: DnsName) -> bool:
        if not isinstance(backend, ZoneBackend):
            self._report("zone", Result.INFO, "not here: this backend has no zones", zone)
            return False
        try:
            is_here = has_zone(backend, zone)
            summary = self._summary(backend, zone) if is_here else None
        except RdnsError as error:
            self._failed("zone", error, zone)
            return True
        if summary is None:
            self._report("zone", Result.INFO, "not here", zone)
            return False
        if summary.obstacle:
            self._report("zone", Result.FAILED, summary.obstacle, zone)
            return True
        told = "a copy of another server's zone" if summary.is_copy else "it can be read"
        self._report("zone", Result.INFO if summary.is_copy else Result.OK, told, zone)
        self._delegations(backend, [summary])
        return True

    def _summary(self, backend: Backend, zone: DnsName | None) -> ZoneSummary | None:
        """Return what the list says of a zone; None for none. Raises RdnsError."""
        if zone is None or not isinstance(backend, ZoneBackend):
            return None
        listed = zones_of(backend) or ()
        return next((one for one in listed if one.name == zone), ZoneSummary(zone))

    def _failed(self, check: str, error: RdnsError, subject: str = "") -> None:
        # An SDK that is not installed is found out by its first use.
        result = Result.MISCONFIGURED if isinstance(error, ConfigError) else Result.FAILED
        self._report(check, result, str(error), subject)

    def _report(self, check: str, result: Result, detail: str, subject: str = "") -> None:
        self._send(DoctorRow(self._instance, check, subject, result, detail))


def described(origin: SettingOrigin, value: object) -> str:
    """Return the value of a setting, and where it comes from; None for a value is not shown."""
    if not origin.is_given:
        return "not set" if value in (None, "") else f"{value} (the default)"
    where = f"${origin.variable}" if origin.variable else "the stack's configuration"
    return f"set, from {where}" if value is None else f"{value} (from {where})"


def judged(answer: DelegationAnswer | None, servers: Collection[DnsName]) -> tuple[Result, str]:
    """Judge a delegation, beside the name servers that the zone itself names; and say why."""
    if answer is None:
        return Result.UNKNOWN, f"the look-up did not finish within {BUDGET:g} s"
    if answer.status is Status.NONE:
        return Result.FAILED, f"the public DNS does not delegate it: {answer.detail}"
    if not answer.servers:
        return Result.UNKNOWN, f"its delegation could not be looked up: {answer.detail}"
    delegated = f"delegated to {', '.join(answer.servers)}"
    if servers and not set(servers) & set(answer.servers):
        named = ", ".join(servers)
        return Result.FAILED, f"{delegated}, but the zone itself names {named}"
    if answer.status is not Status.FOUND:
        result = Result.UNKNOWN if answer.status is Status.UNKNOWN else Result.FAILED
        return result, f"{delegated}: {answer.detail}"
    if not servers:
        return (
            Result.UNKNOWN,
            f"{delegated}; the backend does not say which name servers the zone has",
        )
    return Result.OK, f"{delegated}, which serve it"
