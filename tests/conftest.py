"""What holds for every test."""

from __future__ import annotations

import signal

# Who is started in the background ignores Ctrl-C, and so does everything it starts: the tests that
# press it would wait for ever, and each command of the Pulumi CLI takes five seconds more.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
