"""What holds for every test."""

from __future__ import annotations

import signal

import hypothesis
import pytest

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Modules of helpers whose assertions shall say what they compared, as those of tests do.
pytest.register_assert_rewrite(
    "tests.backends.aws.world",
    "tests.backends.batch_contract",
    "tests.backends.contract",
    "tests.e2e.account_life",
    "tests.e2e.aws_world",
    "tests.e2e.forward_direction",
    "tests.e2e.harness",
    "tests.e2e.host_tokens",
    "tests.e2e.in_a_world",
    "tests.e2e.many_records",
    "tests.e2e.moved_resources",
    "tests.e2e.served_worlds",
    "tests.e2e.strangers_records",
    "tests.e2e.what_pulumi_offers",
)

# Who is started in the background ignores Ctrl-C, and so does everything it starts: the tests that
# press it would wait for ever, and each command of the Pulumi CLI takes five seconds more.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
