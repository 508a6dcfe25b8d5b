"""The verbs of the Makefile."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tools import checks, demo, environment, servers, stack
from tools.progress import SetupError
from tools.project import DEV

OPERATIONS = ("up", "preview", "refresh", "destroy")
DEMOS = ("demo", "demo-hostinger", "demo-bind")
VERBS = (*OPERATIONS, "env", "check", "test", "servers", "wheel", "clean", "bench", *DEMOS)


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code; what went wrong is said in a sentence, without a traceback."""
    try:
        options, more = _parse(arguments)
        if options.fast:
            os.environ.update(environment.FAST)
        return _run(options, more)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and what stands behind `--`: arguments for pulumi or pytest."""
    mark = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="python3 -m tools", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--stack", default=DEV)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--host", default="")
    return parser.parse_args(arguments[:mark]), list(arguments[mark + 1 :])


def _run(options: argparse.Namespace, more: Sequence[str]) -> int:
    match options.verb:
        case "env":
            print(environment.as_shell(stack.prepare(options.stack)))
        case "check":
            return checks.check()
        case "test":
            return checks.test(more)
        case "servers":
            servers.ensure(asked=True)
        case "wheel":
            return checks.wheel()
        case "bench":
            demo.benchmarks(more)
        case "demo":
            demo.host(options.host, sdks=True)
        case "demo-hostinger":
            demo.host("hostinger", sdks=False)
        case "demo-bind":
            demo.bind()
        case "clean":
            checks.clean()
        case operation:
            return stack.operate(operation, options.stack, more)
    return 0
