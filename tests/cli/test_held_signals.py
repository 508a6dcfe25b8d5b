"""Signals are held back while they must not end the process."""

from __future__ import annotations

import os
import signal

import pytest

from pulumi_rdns.cli.held_signals import held_signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_signal_decides_the_exit_code(
    number: signal.Signals, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with held_signals("please wait") as held:
        assert not held.came
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGINT)
        assert held.came
    assert held.exit_code == code
    assert capfd.readouterr().err == "\nrdns: please wait\n" * 2
    after = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_signals("please wait") as held:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not held.came
    finally:
        signal.signal(signal.SIGHUP, before)


def test_that_nobody_reads_the_message_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def gone(_: int, text: bytes) -> int:
        written.append(text)
        raise OSError(5, "Input/output error")

    with held_signals("please wait") as held:
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", gone)
            os.kill(os.getpid(), signal.SIGTERM)
        assert held.came
    assert written
