"""What is said where an address cannot be written, or would not be served."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from pulumi_rdns.backends.base import ZoneBackend
from pulumi_rdns.errors import ConflictError, RejectedError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import ForwardSpec
from pulumi_rdns.records.forward_refusals import (
    alias_in_the_way,
    also_has,
    conflict,
    refuse_fixed,
    warn_of_mask,
)
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name

SPEC = ForwardSpec(
    backend="files", hostname=name("mail.example.com"), address=parse_address("192.0.2.10")
)
ZONE = name("example.com")


def test_addresses_of_somebody_else_are_named_in_order_with_what_to_do() -> None:
    error = conflict(SPEC, {"192.0.2.9", "192.0.2.8"})
    assert isinstance(error, ConflictError)
    assert str(error).startswith(
        "files: set the A record of mail.example.com: it already has 192.0.2.8, 192.0.2.9, which "
        "was not written by this stack. Nothing was changed."
    )
    assert also_has(SPEC, ["192.0.2.9", "192.0.2.8"]) == (
        "mail.example.com also has 192.0.2.8, 192.0.2.9, which this program does not declare; it "
        "stays"
    )


def test_a_cname_is_named_with_its_target() -> None:
    error = alias_in_the_way(SPEC, name("www.example.com"))
    assert "it is a CNAME to www.example.com, beside which no other record can stand" in str(error)


def test_an_address_of_an_included_file_is_refused_and_others_are_not(
    session: Session, folder: Path
) -> None:
    (folder / "hosts.inc").write_text("mail A 192.0.2.10\n")
    zone = folder / "example.com.zone"
    zone.write_text(zone.read_text() + "$INCLUDE hosts.inc\n")
    backend = cast(ZoneBackend, session.backends.get("files"))
    with pytest.raises(RejectedError, match=r"192\.0\.2\.10 is there already, in the included"):
        refuse_fixed(backend, ZONE, SPEC)
    other = parse_address("192.0.2.11")
    refuse_fixed(backend, ZONE, ForwardSpec(backend="files", hostname=SPEC.hostname, address=other))


def test_a_record_that_the_dns_answers_with_is_no_warning(session: Session, heard: Heard) -> None:
    backend = cast(ZoneBackend, session.backends.get("files"))
    warn_of_mask(backend, ZONE, SPEC.hostname, SPEC.address, heard)
    assert heard.warnings == []
