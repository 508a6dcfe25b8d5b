"""The forward check of a PTR record, over the records that the backend itself has."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import (
    ForwardMismatchError,
)
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    PtrPolicies,
    PtrSpec,
)
from pulumi_rdns.records.ptr import PtrRecords
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name
from tests.records.ptr_records import ADDRESS, live, put, spec
from tests.records.test_forward_check import SOME, Script


class TestForwardCheck:
    """The gate, on records that the backend itself holds."""

    def wanted(self, policy: ForwardPolicy | None, hostname: str = "mail.example.com") -> PtrSpec:
        policies = PtrPolicies(forward_check=policy, forward_timeout=0)
        return replace(spec("files", hostname), policies=policies)

    def forward(self, session: Session, heard: Heard) -> None:
        session.forward.create(
            ForwardSpec(backend="files", hostname=name("mail.example.com"), address=ADDRESS), heard
        )

    def test_a_name_that_resolves_is_confirmed(self, session: Session, heard: Heard) -> None:
        self.forward(session, heard)
        state = session.ptr.create(self.wanted(ForwardPolicy.VERIFY), heard)
        assert state.forward_confirmed is True
        assert "has mail.example.com A 198.51.100.10" in state.forward_detail
        assert heard.warnings == []

    @pytest.mark.parametrize("on_refresh", [False, True])
    def test_the_instance_that_has_the_forward_record_is_asked(
        self, session: Session, heard: Heard, on_refresh: bool
    ) -> None:
        """The PTR is at one instance, which has a zone of this name too, and no such record."""
        self.forward(session, heard)
        policies = PtrPolicies(
            forward_check=ForwardPolicy.VERIFY, forward_timeout=0, forward_backend="files"
        )
        elsewhere = replace(spec("memory"), policies=policies)
        state = session.ptr.create(elsewhere, heard)
        if on_refresh:
            found = session.ptr.read(replace(state, forward_confirmed=None), heard)
            assert found is not None
            state = found
        assert state.forward_confirmed is True
        assert "backend files has mail.example.com A 198.51.100.10" in state.forward_detail
        wrong = replace(elsewhere, hostname=name("www.example.com"))
        with pytest.raises(ForwardMismatchError, match="backend files has no A record for www"):
            session.ptr.update(state, wrong, heard)

    def test_a_definite_no_fails_and_nothing_is_written(
        self, session: Session, heard: Heard
    ) -> None:
        with pytest.raises(ForwardMismatchError) as caught:
            session.ptr.create(self.wanted(ForwardPolicy.VERIFY), heard)
        assert "has no A record for mail.example.com" in str(caught.value)
        assert "nothing was written" in str(caught.value)
        assert live(session, "files") == []

    def test_for_an_address_that_is_not_global_a_no_is_a_warning(
        self, session: Session, heard: Heard
    ) -> None:
        state = session.ptr.create(self.wanted(None), heard)
        assert state.forward_confirmed is False
        assert "does not resolve to 198.51.100.10" in heard.warnings[0]
        assert live(session, "files") == ["mail.example.com."]

    def test_could_not_ask_warns_under_verify_and_fails_under_strict(
        self, session: Session, heard: Heard
    ) -> None:
        with pytest.raises(ForwardMismatchError, match="could not be checked"):
            session.ptr.create(self.wanted(ForwardPolicy.STRICT, "mail.example.net"), heard)
        state = session.ptr.create(self.wanted(ForwardPolicy.VERIFY, "mail.example.net"), heard)
        assert state.forward_confirmed is None
        assert "could not be checked" in heard.warnings[0]

    def test_the_gate_waits_and_goes_on_by_itself(self, session: Session, heard: Heard) -> None:
        wanted = replace(
            self.wanted(None),
            policies=PtrPolicies(forward_check=ForwardPolicy.VERIFY, forward_timeout=20),
        )
        timer = threading.Timer(0.3, self.forward, [session, Heard()])
        timer.start()
        state = session.ptr.create(wanted, heard)
        timer.join()
        assert state.forward_confirmed is True
        assert "asking again, 0 s of 20 s" in heard.told[0]

    def test_a_forward_record_that_vanishes_is_a_warning_in_refresh(
        self, session: Session, heard: Heard
    ) -> None:
        self.forward(session, heard)
        state = session.ptr.create(self.wanted(ForwardPolicy.VERIFY), heard)
        gone = replace(state, written=name("www.example.com"))
        put(session, "files", "www.example.com")
        fresh = session.ptr.read(gone, heard)
        assert fresh is not None
        assert fresh.forward_confirmed is False
        assert "no longer resolves" in heard.warnings[-1]

    def test_servers_that_come_to_disagree_are_a_warning_that_says_so_in_refresh(
        self, session: Session, heard: Heard
    ) -> None:
        self.forward(session, heard)
        state = session.ptr.create(self.wanted(ForwardPolicy.VERIFY), heard)
        records = PtrRecords(
            session.backends,
            session.ledger,
            Script(SOME).gate(heard),
            session.deletions,
            lambda spec, report: None,
            session.aliases,
        )
        fresh = records.read(state, heard)
        assert fresh is not None
        assert fresh.forward_confirmed is False
        assert heard.warnings == [
            f"mail.example.com no longer resolves everywhere to {ADDRESS}: {SOME.detail}"
        ]

    def test_an_update_asks_only_when_the_hostname_changes(
        self, session: Session, heard: Heard
    ) -> None:
        state = session.ptr.create(spec("files"), heard)
        wanted = replace(self.wanted(ForwardPolicy.VERIFY), ttl=60)
        session.ptr.update(state, wanted, heard)
        with pytest.raises(ForwardMismatchError):
            session.ptr.update(state, self.wanted(ForwardPolicy.VERIFY, "www.example.com"), heard)
        assert live(session, "files") == ["mail.example.com."]
