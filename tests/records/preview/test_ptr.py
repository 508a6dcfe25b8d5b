"""What a preview says of a record that could not be created, and of what its hostname leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, PtrPolicies, PtrSpec
from pulumi_rdns.model.states import PtrState
from pulumi_rdns.records.holdings import UNREADABLE, Holding, Memory
from pulumi_rdns.records.session import Session
from tests.records.conftest import name
from tests.records.preview.looking import session_of, told, warned
from tests.records.ptr_records import put
from tests.resolve.conftest import internet as internet
from tests.servers.internet import Internet

ADDRESS = parse_address("192.0.2.10")
SKIP = PtrPolicies(forward_check=ForwardPolicy.SKIP)
VERIFY = PtrPolicies(forward_check=ForwardPolicy.VERIFY)


def wanted(
    hostname: str = "mail.example.com", backend: str = "memory", policies: PtrPolicies = SKIP
) -> PtrSpec:
    return PtrSpec(backend=backend, address=ADDRESS, hostname=name(hostname), policies=policies)


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
        (one,) = told(session, elsewhere)
        assert (one.resource, one.will_fail) == ("urn::203.0.113.10", True)
        # What the state has of a record that is changed is not known here.
        assert warned(session, elsewhere, is_new=False) == []

    def test_a_zone_that_the_backend_does_not_have(self, session: Session) -> None:
        elsewhere = replace(wanted(backend="files"), address=parse_address("203.0.113.10"))
        (warning,) = warned(session, elsewhere)
        assert "10.113.0.203.in-addr.arpa" in warning

    def test_many_addresses_that_the_account_does_not_have_are_one_cause(
        self, session: Session
    ) -> None:
        addresses = [parse_address(f"203.0.113.{at}") for at in range(10, 19)]
        (one,) = told(session, *(replace(wanted(), address=each) for each in addresses))
        assert one.text == (
            "memory: the account does not have this address, and no reverse zone: none is here; 9 "
            "records cannot be set: 203.0.113.10 to 203.0.113.18"
        )
        assert (one.resource, one.will_fail) == (None, True)

    def test_a_record_that_points_elsewhere(self, session: Session) -> None:
        self.put(session, "some.body.example.net")
        (one,) = told(session, wanted())
        assert one.text.startswith(
            "memory: set the PTR of 192.0.2.10: it already points to some.body.example.net, which "
            "was not written by this stack. Nothing was changed. To take it over, set on_conflict"
        )
        assert one.will_fail

    def test_a_record_of_this_program_is_no_conflict_where_the_state_is_not_known(
        self, session: Session
    ) -> None:
        self.put(session, "www.example.com")
        ours = {"www.example.com"}
        assert warned(session, wanted(), ours=ours, knows=False) == []
        assert "already points to" in warned(session, wanted(), ours=ours)[0]
        assert "already points to" in warned(session, wanted(), knows=False)[0]

    def test_a_record_that_is_right_already_is_adopted(self, session: Session) -> None:
        self.put(session, "mail.example.com")
        (one,) = told(session, wanted())
        assert one.text == "will adopt 192.0.2.10 \u2192 mail.example.com"
        assert (one.is_warning, one.will_fail) == (False, False)

    def test_many_that_are_right_already_are_counted(self, session: Session) -> None:
        specs = [replace(wanted(), address=parse_address(f"192.0.2.{at}")) for at in range(9)]
        for spec in specs:
            put(session, "memory", "mail.example.com", address=spec.address)
        (one,) = told(session, *specs)
        assert one.text == (
            "will adopt 9 records: 192.0.2.0 \u2192 mail.example.com, 192.0.2.1 \u2192 "
            "mail.example.com, 192.0.2.2 \u2192 mail.example.com and 6 more"
        )
        assert one.resource is None

    def test_a_record_that_is_taken_over(self, session: Session) -> None:
        self.put(session, "www.example.com")
        spec = wanted(policies=replace(SKIP, on_conflict=OnConflict.OVERWRITE))
        assert warned(session, spec) == ["will take over 192.0.2.10 from www.example.com"]

    def test_what_this_stack_wrote_is_nobody_elses(self, session: Session) -> None:
        self.put(session, "www.example.com")
        holding = Holding(
            "PTR", session.backends.identity("memory"), {str(ADDRESS): "www.example.com"}
        )
        session.ledger.recall("urn::other", holding, is_current=True)
        assert warned(session, wanted()) == []
        assert warned(session, wanted("www.example.com")) == []

    def test_what_may_be_our_own_secret_is_not_shown(self, session: Session) -> None:
        self.put(session, "secret.example.com")
        identity = session.backends.identity("memory")
        holding = Holding("PTR", identity, {str(ADDRESS): UNREADABLE}, memory=Memory())
        session.ledger.recall("urn::other", holding, is_current=True)
        assert warned(session, wanted()) == []

    def test_a_record_that_was_changed_by_hand_is_in_the_way_of_an_update(
        self, session: Session
    ) -> None:
        self.put(session, "by.hand.example.net")
        old = PtrState(
            backend="memory",
            address=ADDRESS,
            hostnames=(name("www.example.com"),),
            written=name("www.example.com"),
        )
        assert "by.hand.example.net" in warned(session, wanted(), is_new=False, old=old)[0]
        # A refresh has shown it, and the program is to prevail.
        learned = replace(old, hostnames=(name("by.hand.example.net"),))
        assert warned(session, wanted(), is_new=False, old=learned) == []

    def test_a_ttl_of_an_address_of_an_account(self, session: Session) -> None:
        (one,) = told(session, replace(wanted(), ttl=300))
        assert one.text == (
            "ttl: the PTR of 192.0.2.10 is set at its account, without a TTL; leave it out"
        )
        assert one.will_fail

    def test_a_server_that_does_not_answer_is_one_cause(self, session: Session) -> None:
        specs = [
            replace(wanted(backend="away"), address=parse_address(f"192.0.2.{at}"))
            for at in range(10, 13)
        ]
        (one,) = told(session, *specs)
        assert one.text.startswith("away: ")
        assert one.text.endswith("; 3 records were not checked: 192.0.2.10 to 192.0.2.12")
        assert one.will_fail
        assert one.resource is None

    def test_one_record_at_such_a_server_is_told_of_at_its_resource(self, session: Session) -> None:
        (one,) = told(session, wanted(backend="away"))
        assert one.text.startswith("not checked: away: ")
        assert one.resource == "urn::192.0.2.10"

    def test_settings_that_are_wrong_are_left_to_the_check(self, session: Session) -> None:
        assert warned(session, wanted(backend="wrong", policies=VERIFY)) == []


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
        (one,) = told(session, wanted(hostname, policies=VERIFY))
        assert one.text == f"{hostname} does not resolve to 192.0.2.10: {said}"
        assert one.will_fail

    def test_a_policy_that_only_warns_fails_nothing(self, session: Session) -> None:
        warns = PtrPolicies(forward_check=ForwardPolicy.WARN)
        (one,) = told(session, wanted("mail.example.con", policies=warns))
        assert not one.will_fail

    @pytest.mark.parametrize(("policy", "fails"), [("verify", False), ("strict", True)])
    def test_what_is_adopted_fails_for_a_hostname_only_under_strict(
        self, session: Session, policy: str, fails: bool
    ) -> None:
        put(session, "memory", "mail.example.con", address=ADDRESS)
        spec = wanted("mail.example.con", policies=PtrPolicies(forward_check=ForwardPolicy(policy)))
        found = {one.text.partition(" ")[0]: one.will_fail for one in told(session, spec)}
        assert found == {"will": False, "mail.example.con": fails}

    def test_a_hostname_that_could_not_be_checked(self, session: Session) -> None:
        hostname = "host.lame.example"
        (one,) = told(session, wanted(hostname, policies=VERIFY))
        assert one.text.startswith(f"{hostname} could not be checked to resolve to 192.0.2.10: ")
        assert not one.will_fail
        strict = PtrPolicies(forward_check=ForwardPolicy.STRICT)
        (one,) = told(session, wanted(hostname, policies=strict))
        assert one.will_fail

    def test_many_that_could_not_be_checked_are_one_cause(self, session: Session) -> None:
        specs = [
            replace(
                wanted(f"{host}.lame.example", policies=VERIFY),
                address=parse_address(f"192.0.2.{at}"),
            )
            for at, host in enumerate(["host", "mail", "www"])
        ]
        (one,) = told(session, *specs)
        assert one.text.startswith("3 hostnames could not be checked: ns1.example.net answered")
        assert one.text.endswith(": host.lame.example, mail.lame.example, www.lame.example")

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
