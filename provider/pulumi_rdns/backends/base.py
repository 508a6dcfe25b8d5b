"""What a backend promises: two kinds of place where PTR records are written."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple

import dns.name
import dns.rdata
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.batch import Outcome, Progress, PtrChange, apply_in_parts, found_among
from pulumi_rdns.backends.changes import Change as Change
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.changes import same_rrset as same_rrset
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.terminal_text import escaped


class Report:
    """Where an operation's messages go: under the resource in Pulumi, to a terminal, to a test.

    This one shows them to nobody.
    """

    def warning(self, text: str) -> None:
        """Report something that the user should know and that stays on the screen."""

    def info(self, text: str) -> None:
        """Report what was done, which stays on the screen too."""

    def progress(self, text: str, clock: str = "") -> None:
        """Report what is being waited for; the next text may replace it.

        ``clock`` goes on with time and stands after the text; where texts pile up, a clock alone is
        no reason for another one.
        """

    def pause(self, seconds: float) -> bool:
        """Wait; return False where nobody waits for the operation any longer."""
        time.sleep(seconds)
        return True


_report: ContextVar[Report | None] = ContextVar("report", default=None)


@contextmanager
def reporting_to(report: Report) -> Iterator[None]:
    """Send the progress and the warnings of backends in this thread to ``report``."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def report_progress(text: str) -> None:
    """Report what the current operation of this thread waits for."""
    report = _report.get()
    if report is not None:
        report.progress(escaped(text))


def warn(text: str) -> None:
    """Report a warning about the current operation of this thread."""
    report = _report.get()
    if report is not None:
        report.warning(escaped(text))


class Settings(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """The settings of one backend instance: a typed field each, camelCase in the stack's file."""


if TYPE_CHECKING:
    # `default` (PEP 696) is in `typing` from Python 3.13 on: a plain `Backend` is one of any
    # settings.
    from typing_extensions import TypeVar

    S = TypeVar("S", bound=Settings, default=Settings, covariant=True)
else:
    from typing import TypeVar

    S = TypeVar("S")


class Backend(Generic[S]):
    """A place where records are written; ``S`` is the type of its settings.

    An instance is shared by several threads. Every failure is one of `pulumi_rdns.errors`, and no
    message, URL or repr holds a secret.
    """

    settings_type: ClassVar[type[Settings]] = Settings
    #: setting (camelCase) -> the environment variable that the ecosystem knows for it
    environment: ClassVar[dict[str, str]] = {}
    #: settings that are secret: the command in an error message gets `--secret`
    secrets: ClassVar[frozenset[str]] = frozenset()
    #: settings that are no secrets, and that a report for others leaves out all the same
    unshown: ClassVar[frozenset[str]] = frozenset()
    #: what the vendor's documents leave open and one write may answer
    undocumented: ClassVar[Sequence[Point]] = ()
    #: where a forward check looks when `rdns:forwardSource` is not set: `dns` or `backend`
    forward_source: ClassVar[str] = "dns"

    def __init__(self, name: str, settings: S, root: Path) -> None:
        """Make an instance.

        ``name`` is the instance's name, which begins every error message; ``root`` is the folder
        that relative paths start from: the one with Pulumi.yaml.
        """
        self.name = name
        self.settings = settings

    @property
    def identity(self) -> str:
        """The place that is written to: two instances of one account or folder are one place.

        It is compared in memory only, never shown and never stored.
        """
        return self.name

    @property
    def login_origin(self) -> str:
        """Where the login is looked for, where no setting is one; empty where a setting is."""
        return ""

    def finish_pending(self) -> str | None:
        """Finish what an earlier run left half done, at the start of a run.

        Return a warning, or None. A backend that overrides it says so in the registry, because the
        program imports no backend to find out.
        """
        return None

    def await_propagation(self, address: Address, seconds: float) -> bool:
        """Wait until all servers have the PTR record that was written last for an address.

        For backends whose vendor tells that, and for so many seconds at most; it raises nothing.
        Return whether the vendor's word must do, because the DNS cannot be asked from here.
        """
        return False


class Ptr(NamedTuple):
    """The PTR of an address as the vendor reports it."""

    hostname: dns.name.Name
    #: the vendor's own default name: nobody chose it, so it is no conflict and no previous name
    is_default: bool = False


class OwnedAddress(msgspec.Struct, frozen=True):
    """One address of an account: what a person reads off the vendor's panel."""

    address: Address
    owner_id: str
    owner_name: str
    ptr: Ptr | None


class AddressBackend(Backend[S], ABC):
    """The PTR is an attribute of an address, changed over a vendor's API.

    Ids of the vendor (VM, IP) are found from the bare address. An address that the account does
    not have is an AddressNotFoundError in every call but `addresses`.
    """

    @abstractmethod
    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the live PTR; None where the address has none."""

    @abstractmethod
    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR, whatever was there. Twice equals once.

        Raises ConflictError where somebody else sets another one while this has to wait.
        """

    @abstractmethod
    def unset_ptr(self, address: Address) -> None:
        """Take the PTR back to the vendor's default. Succeeds where there is none.

        Raises ConflictError as `set_ptr` does.
        """

    @abstractmethod
    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses of the account, sorted by address."""


class Site(NamedTuple):
    """What is known of a name before its record is looked at."""

    #: the zone that holds it
    zone: dns.name.Name
    #: where a CNAME record there points to; None where none stands there
    alias: dns.name.Name | None
    #: nothing at all stands there
    is_free: bool = False


class ListedZone(NamedTuple):
    """One zone of a backend's list."""

    name: dns.name.Name
    #: it comes from another server, and is changed there
    is_copy: bool = False
    #: no public name server has it
    is_private: bool = False
    #: why its records cannot be read or changed; empty where they can, as far as reading tells
    obstacle: str = ""
    #: the name servers that the vendor gave it, where no NS RRset in the zone names them
    servers: tuple[dns.name.Name, ...] = ()


class ZoneBackend(Backend[S], ABC):
    """Zones hold RRsets. All names are absolute and in lower case."""

    #: PTR records that one call of `apply` takes where there are many
    batch_size: ClassVar[int] = 1000
    #: whether reverse zones can be here: not at a host that has forward zones alone
    has_reverse_zones: ClassVar[bool] = True

    def list_zones(self) -> Sequence[ListedZone] | None:
        """List all zones, in any order; None where no list can be asked for."""
        return None

    @abstractmethod
    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone that holds (or would hold) the name: the longest match.

        Raises ZoneNotFoundError where no zone here does, also when the name is below a
        delegation to a zone that is not here.
        """

    def find_site(self, name: dns.name.Name) -> Site:
        """Find the zone of a name as `find_zone` does, and whether there is a CNAME at the name.

        A backend overrides it where one question answers both.
        """
        zone = self.find_zone(name)
        alias = self.get_rrset(zone, name, RdataType.CNAME)
        return Site(zone, None if alias is None else alias[0].target)

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Find the zones of names that `find_zone` or `find_site` will be asked for.

        A backend overrides it where many questions at once are quicker. It raises nothing: what
        goes wrong is raised when a name is asked for.
        """

    @abstractmethod
    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; None where there is none. ZoneNotFoundError without the zone."""

    def fixed_in(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dict[dns.rdata.Rdata, str]:
        """Return the values of an RRset that can never be changed here, each with where it stands.

        What nobody can remove later is not adopted. Raises ZoneNotFoundError without the zone.
        """
        return {}

    def masked(self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType) -> str:
        """Return what makes the DNS answer with something else than this RRset has.

        It is a relative clause with what to do, for users: `which is proxied: …`. Empty where the
        DNS answers with what the zone has. It is asked right after `get_rrset`.
        """
        return ""

    @abstractmethod
    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none.

        Raises ConflictError where something other than ``before`` is there, or a CNAME stands at
        the name (RFC 1034 section 3.6.2), and ZoneNotFoundError without the zone. A change whose
        ``after`` is already there exactly succeeds without a write.
        """

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what is at many names; a name with nothing that counts is left out.

        Names are canonical text without trailing dot. ``is_shared``: what was read up to 5 seconds
        ago, for another reader, will do. Raises ZoneNotFoundError without the zone.
        """
        return found_among(zone, owners, lambda name, kind: self.get_rrset(zone, name, kind))

    def apply_ptrs(
        self, zone: dns.name.Name, changes: Sequence[PtrChange], progress: Progress
    ) -> list[Outcome]:
        """Make each change that can be made, in as few requests as may be.

        Return an outcome for each; none is raised but ZoneNotFoundError without the zone.
        """
        return apply_in_parts(self, zone, changes, self.batch_size, progress)
