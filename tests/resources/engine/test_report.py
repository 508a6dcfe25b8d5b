"""Messages reach the engine at the address that the host is started with, under the resource."""

from __future__ import annotations

from tests.resources.engine.conftest import Engine, Host


def test_warnings_and_progress_are_under_the_resource(host: Host, engine: Engine) -> None:
    host.create("say")
    # No terminal: the seconds that go by are no reason for another line.
    assert engine.told() == [r"a warning\x9b", "waiting, 1 s", "done"]
    assert engine.severity(r"a warning\x9b") == "WARNING"
    assert not engine.is_ephemeral(r"a warning\x9b")
    assert engine.severity("waiting, 1 s") == "INFO"
    assert engine.is_ephemeral("waiting, 1 s")
    assert engine.severity("done") == "INFO"
    assert not engine.is_ephemeral("done")


def test_log_records_are_under_the_resource_also_from_the_threads_of_a_call(
    engine: Engine,
) -> None:
    with Host(engine.address, {"RDNS_LOG": "debug"}) as host:
        host.create("log")
    first, second = engine.told()
    assert first.endswith(" DEBUG pulumi_rdns.probe: from the call itself")
    assert second.endswith(" DEBUG pulumi_rdns.probe: from a pool")
    assert engine.severity(first) == "INFO"
    assert not engine.is_ephemeral(first)


def test_without_rdns_log_no_record_is_sent(host: Host, engine: Engine) -> None:
    host.create("log")
    assert engine.messages == []
    assert host.end() == ""


def test_what_no_engine_takes_is_printed(engine: Engine) -> None:
    engine.stop()
    with Host(engine.address, {}) as host:
        host.create("say")
        assert host.end() == "a warning\\x9b\nwaiting, 1 s\ndone\n"
