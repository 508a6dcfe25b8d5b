"""What the tests of ``rdns doctor`` share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pulumi_rdns.backends.base import OwnedAddress
from tests.servers.process import zone_text

from .conftest import Ran

NOBODY = "127.0.0.1:9"
REVERSE = "2.0.192.in-addr.arpa"
TOKEN = "a-token-that-nobody-sees"


def rows(ran: Ran, check: str) -> list[tuple[str, str, str]]:
    """Return subject, result and detail of the rows of one check."""
    found = [row for row in ran.rows if row["check"] == check]
    return [(row["subject"], row["result"], row["detail"]) for row in found]


MEMORY = {"rdns:backends": {"memory": {"zones": [REVERSE, "example.com"]}}}


def failing(error: Exception) -> object:
    def fail(self: object, *_: object) -> Sequence[OwnedAddress]:
        raise error

    return fail


def zone_file(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.zone").write_text(zone_text("\n".join(lines)))
