"""Where the resources are that declare a record: looks, so that `ownership` can decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, cast

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Backend, Report, ZoneBackend
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import ConfigError, RdnsError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.holdings import Memory, is_same
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.location import (
    Aliases,
    RecordLocation,
    no_aliases,
    primary_of,
    zone_of,
)
from pulumi_rdns.records.ownership import (
    LocatedClaim,
    OwnRecord,
    Refuse,
    Remove,
    Wanted,
    Where,
    decide_delete,
)
from pulumi_rdns.records.ptr_set_locations import PtrSetLocations
from pulumi_rdns.records.store import read_elsewhere


class Given(NamedTuple):
    """A record that a resource gives up: what it is, where, and who declares it now."""

    record: OwnRecord
    location: RecordLocation
    claims: Sequence[Claim]


class Decider:
    """Decides for `pulumi_rdns.records.reconcile` whether records may go."""

    def __init__(
        self,
        given: Mapping[str, Given],
        located: Mapping[str, Sequence[LocatedClaim]],
        ledger: Ledger,
        keep: Callable[[str, LiveRecord, str], None],
    ) -> None:
        #: records that stay for a resource that is created later in this run, perhaps
        self.pending: set[str] = set()
        #: records that were to go
        self.removed: set[str] = set()
        #: subject -> value of those that stay for the create of the resource itself
        self.handed_over: dict[str, str] = {}
        self._given = given
        self._located = located
        self._ledger = ledger
        self._keep = keep

    def __call__(self, subject: str, live: LiveRecord) -> Wanted | None:
        """Return what is to stand there afterwards; None keeps what is there.

        Raises ConflictError where the record must stay in the state.
        """
        record, located = self._given[subject].record, self._located[subject]
        decision = decide_delete(record, located, live, self._ledger.trouble)
        if isinstance(decision, Refuse):
            if decision.is_pending:
                self.pending.add(subject)
            raise decision.error
        if isinstance(decision, Remove):
            if not any(one.where is Where.HERE for one in located):
                # Else what a declared resource wrote before is written again.
                self.removed.add(subject)
            return Wanted(*decision)
        if decision.is_handed_over:
            self.handed_over[subject] = record.value
        if decision.reason:
            self._keep(subject, live, decision.reason)
        return None


class _Question(NamedTuple):
    """Another instance that may keep the records of a zone at the same place."""

    instance: str
    zone: DnsName | None


class Claimants:
    """Finds out which claims are about the very record."""

    def __init__(self, backends: Backends, ledger: Ledger, aliases: Aliases = no_aliases) -> None:
        self._backends = backends
        self._ledger = ledger
        self._aliases = aliases

    def decider(
        self,
        identity: str,
        given: Mapping[str, Given],
        keep: Callable[[str, LiveRecord, str], None],
    ) -> Decider:
        """Return what decides whether records may go; ``identity`` is that of their place.

        ``keep`` is told of each that stays where somebody else's is, or may be, and why.
        """
        return Decider(given, self.locate(identity, given), self._ledger, keep)

    def await_owners(
        self, resource: str, kind: str, subjects: Iterable[str], report: Report
    ) -> None:
        """Wait until the resources that declare records now have written them.

        A courtesy: what they have not written by then is kept.
        """
        left = set(subjects)

        def pending() -> list[Claim]:
            claims = self._ledger.claims_of(kind, left)
            found = {
                subject: waiting
                for subject, each in claims.items()
                if (waiting := [one for one in each if one.is_pending])
            }
            left.intersection_update(found)
            return [one for waiting in found.values() for one in waiting]

        self._ledger.wait(
            resource,
            lambda: not pending(),
            lambda _: any(map(self._ledger.is_to_come, pending())) and report.pause(0),
        )

    def written_elsewhere(
        self, identity: str, locations: Mapping[str, RecordLocation], values: Mapping[str, str]
    ) -> dict[str, Memory]:
        """Return which records this stack wrote through another instance for the same place, each
        with what is remembered.

        Both instances show the value and, where they have zones, the same primary name server.
        """
        kinds = {subject: location.rdtype.name for subject, location in locations.items()}
        found: dict[str, Memory] = {}
        by_place: defaultdict[str, dict[str, Memory | None]] = defaultdict(dict)
        for subject, kind in kinds.items():
            places = self._ledger.places_of(kind, subject, values[subject])
            for other, memory in places.items():
                if other != identity:
                    by_place[other][subject] = memory
        for other, memories in by_place.items():
            there = {subject: locations[subject] for subject in memories}
            with suppress(RdnsError):
                for backend in self._backends.at(other):
                    with suppress(RdnsError):
                        for subject in self._shown_alike(backend, there, values):
                            found[subject] = memories[subject] or Memory()
        return found

    def _shown_alike(
        self, backend: Backend, locations: Mapping[str, RecordLocation], values: Mapping[str, str]
    ) -> list[str]:
        """Return the records that another instance shows too, as if it were the same server."""
        zones = {location.zone: location.backend for location in locations.values()}
        primaries = {zone: primary_of(here, zone) for zone, here in zones.items()}
        alike = {zone for zone, name in primaries.items() if primary_of(backend, zone) == name}
        near = {key: location for key, location in locations.items() if location.zone in alike}
        shown = read_elsewhere(backend, near)
        return [key for key, live in shown.items() if values[key] in live.values]

    def locate(self, identity: str, given: Mapping[str, Given]) -> dict[str, list[LocatedClaim]]:
        """Return where each claim is, seen from its record; ``identity`` is that of their place."""
        doubts: defaultdict[_Question, list[str]] = defaultdict(list)
        located = {}
        for subject, one in given.items():
            located[subject] = [_located(claim, identity, one) for claim in one.claims]
            for claim, where in zip(one.claims, located[subject], strict=True):
                if where.where is Where.MAYBE_HERE and claim.place is not None:
                    doubts[_Question(claim.place.instance, one.location.zone)].append(subject)
        for question, subjects in doubts.items():
            self._answer(question, {key: given[key] for key in subjects}, located)
        for subject in self._going_elsewhere(given, located):
            located[subject] = [
                LocatedClaim(one.claim, Where.ELSEWHERE)
                if _is_left_to(given[subject], one)
                else one
                for one in located[subject]
            ]
        return located

    def _going_elsewhere(
        self, given: Mapping[str, Given], located: Mapping[str, Sequence[LocatedClaim]]
    ) -> list[str]:
        """Return the records that their own resource is about to create again, at another place: it
        names no zone any longer, and the one that is found is not that of the record.
        """
        own = {
            subject: one
            for subject, one in given.items()
            if any(_is_left_to(one, each) for each in located[subject])
        }
        places: defaultdict[Backend, list[str]] = defaultdict(list)
        for subject, one in own.items():
            places[one.location.backend].append(subject)
        gone = []
        for backend, subjects in places.items():
            found = self._places_found(backend, own, subjects)
            gone += [
                subject
                for subject, one in found.items()
                if one != (own[subject].location.zone, own[subject].location.owner)
            ]
        return gone

    def _places_found(
        self, backend: Backend, given: Mapping[str, Given], subjects: Sequence[str]
    ) -> dict[str, tuple[DnsName | None, str] | None]:
        """Find the zone and the owner name that a create would find; None where it finds none."""
        if given[subjects[0]].location.rdtype is RdataType.PTR:
            there = PtrSetLocations(backend, None, self._aliases).find(subjects)
            return {
                key: (one.zone, one.owner) if isinstance(one, RecordLocation) else None
                for key, one in there.items()
            }
        found: dict[str, tuple[DnsName | None, str] | None] = dict.fromkeys(subjects)
        for hostname in subjects:
            with suppress(RdnsError):
                zone = zone_of(cast(ZoneBackend, backend), DnsName(hostname))
                found[hostname] = zone, hostname
        return found

    def _answer(
        self,
        question: _Question,
        given: Mapping[str, Given],
        located: dict[str, list[LocatedClaim]],
    ) -> None:
        """Look at another instance, and note which of the records are not there."""
        error = None
        try:
            alike: Collection[str] = self._alike(question, given)
        except RdnsError as failed:
            alike, error = (), failed
        for subject in given.keys() - alike:
            located[subject] = [
                LocatedClaim(one.claim, Where.ELSEWHERE, error)
                if one.where is Where.MAYBE_HERE and _instance_of(one) == question.instance
                else one
                for one in located[subject]
            ]

    def _alike(self, question: _Question, given: Mapping[str, Given]) -> Collection[str]:
        """Return the records that another instance shows too, as if it were the same server.

        Settings cannot tell, as two keys may show two views. So it is where both show the value
        and the same primary name server, whatever the serials are: a secondary lags.
        """
        there = self._instance(question.instance, given)
        if there is None:
            return given.keys()
        values = {key: one.record.value for key, one in given.items()}
        return self._shown_alike(there, {key: one.location for key, one in given.items()}, values)

    def _instance(self, name: str, given: Mapping[str, Given]) -> Backend | None:
        """Return the instance of the claims; None where another process alone has it."""
        places = {
            claim.place.identity
            for one in given.values()
            for claim in one.claims
            if claim.place is not None and claim.place.instance == name
        }
        try:
            found = self._backends.get(name)
        except ConfigError:
            return None
        return found if self._backends.identity(name) in places else None


def _is_left_to(given: Given, one: LocatedClaim) -> bool:
    """Whether a claim is that of the resource itself, which is about to look for a zone."""
    claim, place = one.claim, one.claim.place
    is_own = claim.resource == given.record.resource and claim.is_pending
    looks = place is not None and place.zone is None and given.location.zone is not None
    return is_own and looks and one.where is Where.HERE


def _instance_of(one: LocatedClaim) -> str | None:
    return None if one.claim.place is None else one.claim.place.instance


def _located(claim: Claim, identity: str, given: Given) -> LocatedClaim:
    """Say where a claim is, as far as the ledger can tell."""
    written, location = claim.written, given.location
    if claim.place is None:
        return LocatedClaim(claim, Where.ELSEWHERE)
    if written is None:
        # Where it belongs is found when it is written; another zone is another place.
        is_here = claim.place.identity == identity and claim.place.zone in (None, location.zone)
        return LocatedClaim(claim, Where.HERE if is_here else Where.ELSEWHERE)
    is_same_owner = location.zone is None or is_same(written.owner, location.owner)
    if not is_same(written.zone, location.zone) or not is_same_owner:
        return LocatedClaim(claim, Where.ELSEWHERE)
    if claim.place.identity == identity:
        return LocatedClaim(claim, Where.HERE)
    # Another value that it has written would show here, if this were its place.
    is_maybe = is_same(written.value, given.record.value)
    return LocatedClaim(claim, Where.MAYBE_HERE if is_maybe else Where.ELSEWHERE)
