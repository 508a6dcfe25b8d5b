"""What a session makes of the stack's configuration, and when."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import PtrSpec
from pulumi_rdns.records.forward_check import BackendSource
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name
from tests.records.ptr_records import SKIP
from tests.resolve.conftest import internet as internet
from tests.servers.internet import Internet

ADDRESS = parse_address("192.0.2.10")
BACKENDS: dict[str, object] = {
    "memory": {"zones": ["example.com"]},
    "files": {"type": "zonefile", "directory": "zones"},
}


def session_of(root: Path, **settings: object) -> Session:
    given = {f"rdns:{key}": value for key, value in settings.items()}
    return Session(read_settings({"rdns:backends": BACKENDS} | given), root, {})


def wanted(hostname: str) -> PtrSpec:
    """Return a record that is looked for at its servers after the write, and not for long."""
    return PtrSpec(
        backend="memory",
        address=ADDRESS,
        hostname=name(hostname),
        policies=replace(SKIP, ptr_timeout=0.01),
    )


def test_each_setting_that_names_no_server_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        session_of(
            tmp_path,
            nameservers=["192.0.2.53", "not a server"],
            resolvers=["192.0.2.53:70000", "2001:db8::53"],
        )
    first, second = str(caught.value).split("\n")
    assert first.startswith("rdns:nameservers[1]: ")
    assert "not a server" in first
    assert second.startswith("rdns:resolvers[0]: ")
    assert "70000" in second


def test_all_operations_of_a_process_are_the_same(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    assert session.ptr is session.ptr
    assert session.ptr_sets is session.ptr_sets
    assert session.forward is session.forward
    assert session.dns is session.dns


def test_a_session_that_is_not_used_imports_no_operation_and_no_look_up(tmp_path: Path) -> None:
    """Most runs change nothing, and start faster for it."""
    script = """
        import sys
        from pathlib import Path
        from pulumi_rdns.model.settings import read_settings
        from pulumi_rdns.records.session import Session

        session = Session(read_settings({"rdns:resolvers": ["192.0.2.53"]}), Path(), {})
        names = ("records.ptr", "records.ptr_set", "records.forward", "records.ptr_wait", "resolve")
        before = {name for name in names if f"pulumi_rdns.{name}" in sys.modules}
        session.ptr
        print(*before, "then", "pulumi_rdns.records.ptr" in sys.modules)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["then", "True"]


@pytest.mark.parametrize(
    ("chosen", "asked"), [({}, {"files"}), ({"forwardSource": "backend"}, {"files", "memory"})]
)
def test_forward_records_are_looked_for_at_the_backend_where_it_or_the_stack_says_so(
    tmp_path: Path, chosen: dict[str, object], asked: set[str]
) -> None:
    """Zone files are not served while they are written; what a host has is in the DNS."""
    session = session_of(tmp_path, **chosen)
    sources = {key: session.source_of(session.backends.get(key)) for key in ("files", "memory")}
    assert {key for key, one in sources.items() if isinstance(one, BackendSource)} == asked
    assert all(one is session.dns for key, one in sources.items() if key not in asked)


def test_a_stack_may_have_all_forward_records_looked_for_in_the_dns(tmp_path: Path) -> None:
    session = session_of(tmp_path, forwardSource="dns")
    assert session.source_of(session.backends.get("files")) is session.dns


class TestLookUps:
    """What the DNS is asked, in the small Internet."""

    @pytest.fixture
    def session(self, internet: Internet, tmp_path: Path) -> Session:
        return session_of(tmp_path, resolvers=[internet.resolver])

    def test_the_reverse_name_of_an_address_leads_where_its_cname_points(
        self, session: Session
    ) -> None:
        assert session.aliases(ADDRESS) == ("10.0/25.2.0.192.in-addr.arpa",)
        assert session.aliases(parse_address("192.0.2.201")) == ()

    def test_what_is_written_is_looked_for_at_its_servers(
        self, session: Session, heard: Heard
    ) -> None:
        session.ptr.create(wanted("mail.example.com"), heard)
        assert heard.warnings == []
        session.ptr.create(wanted("www.example.com"), heard, "urn::www")
        (warning,) = heard.warnings
        assert "was written, but its servers do not all serve www.example.com" in warning
