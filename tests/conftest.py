"""What holds for every test."""

from __future__ import annotations

import signal

import pytest

# Modules of helpers whose assertions shall say what they compared, as those of tests do.
pytest.register_assert_rewrite(
    "tests.backends.contract", "tests.e2e.harness", "tests.e2e.nothing_is_lost"
)

# Who is started in the background ignores Ctrl-C, and so does everything it starts: the tests that
# press it would wait for ever, and each command of the Pulumi CLI takes five seconds more.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
