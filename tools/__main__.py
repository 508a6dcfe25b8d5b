"""`python3 -m tools VERB`: what the Makefile calls. Only this file can be read by an old Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"error: Python 3.11 or newer is needed, and {sys.executable} is {found}. "
        "Install one and name it: make PYTHON=python3.12 …"
    )

from tools.main import main

sys.exit(main(sys.argv[1:]))
