"""A change that the server says it made, and does not show: what the user reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.batch import PtrChange, full_change
from pulumi_rdns.backends.changes import verb
from pulumi_rdns.backends.rfc2136 import backend as backends
from pulumi_rdns.backends.rfc2136 import batches
from pulumi_rdns.backends.rfc2136.causes import why_unmet
from pulumi_rdns.errors import UnavailableError
from tests.backends.rfc2136.tools import ZONE, backend_at, backend_of, fresh_name, ptr
from tests.servers.dynamic import REVERSE, started, transfer
from tests.servers.powerdns import PowerDns
from tests.servers.process import DnsServer
from tests.servers.proxy import CuttingProxy, proxied

NAME = f"251.{REVERSE}"
BEHIND = "`server` is a secondary that is behind its primary"
LIKELY = {
    "pdns_server": "most likely its policy script (lua-dnsupdate-policy-script) does not allow the "
    f"change, or else {BEHIND}, or its database a replica (NOERROR)",
    "knotd": f"most likely {BEHIND}, to which it forwards updates, or else another server answers "
    "the queries (a load balancer, an anycast address) (NOERROR)",
    "named": f"most likely {BEHIND} (allow-update-forwarding), or else another view answers the "
    "queries, or another server (a load balancer) (NOERROR)",
}


class StrictPowerDns(PowerDns):
    """PowerDNS whose policy script says no to each change."""

    def configure(self) -> None:
        script = self.folder / "policy.lua"
        script.write_text("function updatepolicy(input) return false end\n")
        self.options = f"lua-dnsupdate-policy-script={script}\n"
        super().configure()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backends, batches):
        monkeypatch.setattr(module, "_PAUSES", (0.0, 0.01))


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[DnsServer]:
    server = started(StrictPowerDns, tmp_path)
    yield server
    server.stop()


def test_a_policy_script_that_says_no_is_named_first(strict: DnsServer) -> None:
    backend = backend_of(strict)
    name, removed = fresh_name(), dns.name.from_text(NAME)
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"corp: write PTR of {name.to_text(True)}: the server answered NOERROR, and still does not "
        f"show the change; {LIKELY[strict.program]}"
    )
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [ptr(removed, "mixed.case.example.com.", None)])
    removal = (
        f"corp: remove PTR of {NAME}: the server answered NOERROR, and still has the record; "
        f"{LIKELY[strict.program]}"
    )
    assert str(caught.value) == removal
    change = PtrChange(NAME, ("mixed.case.example.com",), (), 300)
    (outcome,) = backend.apply_ptrs(ZONE, [change], lambda _: None)
    assert str(outcome.error) == removal
    assert (removed.to_text(), "PTR") in transfer(strict, REVERSE)


def skipped(proxy: CuttingProxy) -> str:
    """Let the relay say for the server that all is well, and return the error."""
    proxy.feigned_updates = 1000
    with pytest.raises(UnavailableError) as caught:
        backend_at(f"127.0.0.1:{proxy.port}", key=None).apply(
            ZONE, [ptr(fresh_name(), None, "mail.example.com.")]
        )
    return str(caught.value)


def test_the_likeliest_cause_depends_on_the_server(server: DnsServer) -> None:
    with proxied((server.address, server.port)) as proxy:
        assert skipped(proxy).endswith(f"the change; {LIKELY[server.program]}")


def test_of_a_server_that_does_not_say_what_it_is_all_causes_are_named(
    bind: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_rdns.backends.rfc2136.client.Client.version", lambda *_: "")
    with proxied((bind.address, bind.port)) as proxy:
        assert skipped(proxy).endswith(
            f"the change; most likely {BEHIND}, or else a policy of the server leaves the change "
            "out, or else another server answers the queries (a load balancer, an anycast "
            "address) (NOERROR)"
        )


def test_what_was_attempted_is_named_as_it_is(bind: DnsServer) -> None:
    """Each by itself: a message of both is split to find the one that is to blame."""
    new = PtrChange(fresh_name().to_text(True), (), ("mail.example.com",), 300)
    gone = PtrChange(NAME, ("mixed.case.example.com",), (), 300)
    outcomes = backend_of(bind, key=None).apply_ptrs(ZONE, [new, gone], lambda _: None)
    said = [str(outcome.error).partition(": the server refused it")[0] for outcome in outcomes]
    assert said == [f"corp: {done} PTR of {REVERSE}" for done in ("write", "remove")]
    assert verb([full_change(ZONE, one) for one in (new, gone)]) == "change"


def test_a_zone_that_contradicts_what_is_shown_is_a_secondary_or_computed() -> None:
    assert why_unmet("BIND", "YXRRSET") == (
        "the server answered YXRRSET: its zone does not contain what it shows; most likely "
        f"{BEHIND}, or else another server answers the queries (a load balancer, an anycast "
        "address)"
    )
    assert "a LUA or ALIAS record at this name" in why_unmet("PowerDNS", "NXRRSET")
