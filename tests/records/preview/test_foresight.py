"""One sentence for one cause, and one for many records; nothing secret in any of them."""

from __future__ import annotations

from pulumi_rdns.errors import (
    AuthenticationError,
    InvalidInputError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.ptr_set_messages import Counts


def texts(sight: Foresight) -> list[str]:
    return [one.text for one in sight.told()]


def test_a_cause_of_many_records_is_told_once_with_their_addresses() -> None:
    sight = Foresight()
    for at in range(10, 20):
        error = UnavailableError("ns1", "read the PTR of", f"192.0.2.{at}", "no answer", "timeout")
        sight.trouble(f"urn::{at}", "PTR", f"192.0.2.{at}", error)
    (one,) = sight.told()
    assert one == Told(
        "ns1: no answer (timeout); 10 records were not checked: 192.0.2.10 to 192.0.2.19",
        will_fail=True,
    )


def test_a_cause_of_one_record_is_told_in_its_own_words_at_its_resource() -> None:
    sight = Foresight()
    error = ZoneNotFoundError("ns1", "find the zone of", "mail.example.com", "none is here")
    sight.trouble("urn::mail", "forward", "mail.example.com", error)
    (one,) = sight.told()
    assert one == Told(
        "ns1: find the zone of mail.example.com: none is here", "urn::mail", will_fail=True
    )


def test_causes_are_told_apart_by_instance_kind_and_reason() -> None:
    sight = Foresight()
    for backend, kind, reason in (
        ("ns1", UnavailableError, "no answer"),
        ("ns2", UnavailableError, "no answer"),
        ("ns1", AuthenticationError, "no answer"),
        ("ns1", UnavailableError, "refused"),
    ):
        sight.trouble("urn", "PTR", "192.0.2.1", kind(backend, "read", "192.0.2.1", reason))
    assert len(sight.told()) == 4


def test_addresses_and_hostnames_of_one_cause_stand_beside_each_other() -> None:
    sight = Foresight()
    for kind, subject in (
        ("forward", "www.example.com"),
        ("PTR", "192.0.2.1"),
        ("forward", "mail.example.com"),
    ):
        error = AuthenticationError("ns1", "read", subject, "BADKEY")
        sight.trouble(f"urn::{subject}", kind, subject, error)
    assert texts(sight) == [
        "ns1: BADKEY; 3 records cannot be set: 192.0.2.1, mail.example.com, www.example.com"
    ]


def test_many_hostnames_are_cut_short() -> None:
    sight = Foresight()
    for at in range(30):
        sight.doubt(
            f"urn::{at}", "forward", f"h{at:02}.example.com", "silence", "?", will_fail=False
        )
    (text,) = texts(sight)
    assert text.startswith("30 hostnames could not be checked: silence: h00.example.com, h01.")
    assert text.endswith("h09.example.com and 20 more")


def test_an_error_that_is_no_backends_groups_by_its_words() -> None:
    sight = Foresight()
    for at in range(2):
        sight.trouble(f"urn::{at}", "PTR", f"192.0.2.{at}", InvalidInputError("no", "zone"))
    assert texts(sight) == ["zone: no (2 records: 192.0.2.0 to 192.0.2.1)"]


def test_a_cause_fails_the_update_when_one_of_its_records_does() -> None:
    sight = Foresight()
    for will_fail in (False, True, False):
        sight.doubt("urn", "forward", "a.example.com", "silence", "?", will_fail=will_fail)
    (one,) = sight.told()
    assert (one.will_fail, one.resource) == (True, "urn")


def test_a_set_with_conflicts_is_a_warning_and_one_without_is_none() -> None:
    sight = Foresight()
    sight.count("urn::a", Counts(3, added=3))
    sight.count("urn::b", Counts(3, conflicts={"192.0.2.1": ("x.example.net",)}))
    sight.count("urn::c", Counts(3))
    assert sight.counted("urn::a").added == 3
    assert sight.told() == [
        Told("3 records: +3", "urn::a", is_warning=False),
        Told("3 records: 1 conflict: 192.0.2.1 points to x.example.net", "urn::b", will_fail=True),
    ]


def test_a_mismatch_of_what_is_adopted_fails_nothing_unless_it_is_strict() -> None:
    sight = Foresight()
    sight.adopt("urn::a", "PTR", "192.0.2.1", "a.example.com")
    for resource in ("urn::a", "urn::b"):
        sight.mismatch(resource, "lax", will_fail=True, is_strict=False)
        sight.mismatch(resource, "strict", will_fail=True, is_strict=True)
    found = {(one.resource, one.text): one.will_fail for one in sight.told() if one.is_warning}
    assert found == {
        ("urn::a", "lax"): False,
        ("urn::b", "lax"): True,
        ("urn::a", "strict"): True,
        ("urn::b", "strict"): True,
    }


def test_secret_values_are_in_no_sentence() -> None:
    def hide(resource: str, text: str) -> str:
        return text.replace("192.0.2.1", "[secret]").replace("a.example.com", "[secret]")

    sight = Foresight(hide)
    for resource in ("urn::a", "urn::b"):
        sight.warn(resource, "192.0.2.1 is a.example.com")
        sight.adopt(resource, "PTR", "192.0.2.1", "a.example.com")
        sight.take_over(resource, "PTR", "192.0.2.1", ["a.example.com"])
        sight.mismatch(resource, "a.example.com", will_fail=True, is_strict=False)
        sight.doubt(
            resource, "forward", "a.example.com", "192.0.2.1?", "a.example.com", will_fail=True
        )
        error = UnavailableError("ns1", "read", "192.0.2.1", "a.example.com")
        sight.trouble(resource, "PTR", "192.0.2.1", error)
        sight.count(resource, Counts(1, conflicts={"192.0.2.1": ("a.example.com",)}))
    assert len(sight.told()) == 12
    for text in texts(sight):
        assert "192.0.2.1" not in text
        assert "a.example.com" not in text


def test_what_is_hidden_in_part_is_no_address() -> None:
    sight = Foresight(lambda _resource, text: text.replace("192.0.2.1", "[secret]"))
    for at in (10, 11):
        error = UnavailableError("ns1", "read", f"192.0.2.{at}", "no answer")
        sight.trouble("urn", "PTR", f"192.0.2.{at}", error)
    assert texts(sight) == ["ns1: no answer; 2 records were not checked: [secret]0, [secret]1"]
