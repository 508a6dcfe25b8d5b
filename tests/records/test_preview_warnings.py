"""What a preview says of a record that could not be created, and of what its hostname leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, PtrPolicies, PtrSpec
from pulumi_rdns.records.preview_warnings import preview_warnings
from pulumi_rdns.records.session import Session
from tests.records.conftest import name
from tests.records.ptr_records import put
from tests.resolve.conftest import internet as internet
from tests.servers.internet import Internet

ADDRESS = parse_address("192.0.2.10")
SKIP = PtrPolicies(forward_check=ForwardPolicy.SKIP)
VERIFY = PtrPolicies(forward_check=ForwardPolicy.VERIFY)


def session_of(root: Path, **settings: object) -> Session:
    backends: dict[str, object] = {
        "memory": {"zones": ["example.com"], "networks": ["192.0.2.0/24"]},
        "files": {"type": "zonefile", "directory": "zones"},
        "away": {"type": "rfc2136", "server": "127.0.0.1:9", "timeout": 1},
        "wrong": {"type": "memory", "networks": ["nonsense"]},
    }
    given = {f"rdns:{key}": value for key, value in settings.items()}
    return Session(read_settings({"rdns:backends": backends} | given), root, {})


def wanted(
    hostname: str = "mail.example.com", backend: str = "memory", policies: PtrPolicies = SKIP
) -> PtrSpec:
    return PtrSpec(backend=backend, address=ADDRESS, hostname=name(hostname), policies=policies)


def warned(session: Session, spec: PtrSpec, *, is_new: bool = True, **known: Any) -> list[str]:
    return preview_warnings(
        session, spec, is_new=is_new, **{"expects_forward": False, "ours": (), **known}
    )


class TestWhereTheRecordBelongs:
    """What is in the way of a new record at its backend."""

    @pytest.fixture
    def session(self, tmp_path: Path, folder: Path) -> Session:
        return session_of(tmp_path)

    def put(self, session: Session, hostname: str) -> None:
        put(session, "memory", hostname, address=ADDRESS)

    def test_nothing_is_in_the_way_of_a_free_address(self, session: Session) -> None:
        assert warned(session, wanted()) == []

    def test_an_address_that_the_account_does_not_have(self, session: Session) -> None:
        elsewhere = replace(wanted(), address=parse_address("203.0.113.10"))
        (warning,) = warned(session, elsewhere)
        assert warning.startswith("memory: find the PTR of 203.0.113.10: ")
        assert "the account does not have this address" in warning
        assert warned(session, elsewhere, is_new=False) == []

    def test_a_zone_that_the_backend_does_not_have(self, session: Session) -> None:
        elsewhere = replace(wanted(backend="files"), address=parse_address("203.0.113.10"))
        (warning,) = warned(session, elsewhere)
        assert "10.113.0.203.in-addr.arpa" in warning

    def test_a_record_that_points_elsewhere(self, session: Session) -> None:
        self.put(session, "some.body.example.net")
        assert warned(session, wanted()) == [
            "the PTR of 192.0.2.10 already points to some.body.example.net, which was not written "
            'by this stack: creating this record will fail, unless on_conflict is "overwrite"'
        ]

    @pytest.mark.parametrize(
        ("there", "policies", "known"),
        [
            ("mail.example.com", SKIP, {}),
            ("www.example.com", SKIP, {"ours": {name("www.example.com")}}),
            ("www.example.com", replace(SKIP, on_conflict=OnConflict.OVERWRITE), {}),
            ("www.example.com", SKIP, {"is_new": False}),
        ],
        ids=["the same", "one of this program", "to be overwritten", "a record of this stack"],
    )
    def test_a_record_that_is_in_nobodys_way(
        self, session: Session, there: str, policies: PtrPolicies, known: dict[str, Any]
    ) -> None:
        self.put(session, there)
        assert warned(session, wanted(policies=policies), **known) == []

    @pytest.mark.parametrize("backend", ["away", "wrong"])
    def test_a_backend_that_cannot_be_asked_is_left_to_the_update(
        self, session: Session, backend: str
    ) -> None:
        assert warned(session, wanted(backend=backend, policies=VERIFY)) == []


class TestWhatTheHostnameLeadsTo:
    """What the small Internet says of the hostname."""

    @pytest.fixture
    def session(self, internet: Internet, tmp_path: Path) -> Session:
        return session_of(tmp_path, resolvers=[internet.resolver])

    @pytest.mark.parametrize(
        ("hostname", "said"),
        [
            (
                "mail.example.con",
                "the root servers answered NXDOMAIN for mail.example.con, so the top-level domain "
                ".con does not exist",
            ),
            (
                "itself.example.com",
                "ns1.example.com and ns2.example.com answered with a CNAME loop: "
                "itself.example.com -> itself.example.com",
            ),
        ],
    )
    def test_a_preview_names_the_mistake(self, session: Session, hostname: str, said: str) -> None:
        spec = wanted(hostname, policies=VERIFY)
        assert warned(session, spec) == [f"{hostname} does not resolve to 192.0.2.10: {said}"]

    def test_a_hostname_that_resolves_is_not_mentioned(self, session: Session) -> None:
        assert warned(session, wanted(policies=VERIFY)) == []

    def test_a_hostname_that_is_a_cname_should_not_be_that_of_a_ptr(self, session: Session) -> None:
        assert warned(session, wanted("www.example.com", policies=VERIFY)) == [
            "www.example.com is a CNAME to mail.example.com; a PTR record should point to the "
            "name itself (RFC 1912 section 2.4)"
        ]

    @pytest.mark.parametrize(
        ("policies", "known"), [(SKIP, {}), (VERIFY, {"expects_forward": True})]
    )
    def test_a_forward_record_that_need_not_be_there_is_not_looked_for(
        self, session: Session, internet: Internet, policies: PtrPolicies, known: dict[str, Any]
    ) -> None:
        asked = [front.asked.copy() for front in internet.fronts.values()]
        assert warned(session, wanted("www.example.com", policies=policies), **known) == []
        assert [front.asked for front in internet.fronts.values()] == asked
