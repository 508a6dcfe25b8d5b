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
DEMOS = ("demo-hostinger", "demo-bind")
VERBS = (*OPERATIONS, "env", "check", "test", "servers", "wheel", "clean", "bench", *DEMOS)


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code; what went wrong is said in a sentence, without a traceback."""
    try:
        options, more = _parse(arguments)
        if options.fast:
            os.environ.update(environment.FAST)
        return _run(options.verb, options.stack, more)
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
    return parser.parse_args(arguments[:mark]), list(arguments[mark + 1 :])


def _run(verb: str, name: str, more: Sequence[str]) -> int:
    match verb:
        case "env":
            print(environment.as_shell(stack.prepare(name)))
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
        case "demo-hostinger" | "demo-bind":
            demo.start(verb.removeprefix("demo-"))
        case "clean":
            checks.clean()
        case operation:
            return stack.operate(operation, name, more)
    return 0
