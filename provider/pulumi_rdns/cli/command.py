"""The arguments of ``rdns``, its messages and its exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from pulumi_rdns.cli.addresses import run_addresses
from pulumi_rdns.cli.check import run_check
from pulumi_rdns.cli.doctor import run_doctor
from pulumi_rdns.cli.release import release
from pulumi_rdns.cli.rows import INTERRUPTED, UNCLEAR
from pulumi_rdns.errors import InvalidInputError, RdnsError
from pulumi_rdns.logs import show_logs
from pulumi_rdns.model.terminal_text import escaped

_EXIT_CODES = """exit code: 0 all confirmed, 1 something is wrong, 2 could not tell"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and give its exit code. A mistake is a sentence on standard error."""
    try:
        show_logs()
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        return code
    except RdnsError as error:
        if os.environ.get("RDNS_DEBUG") == "1":
            raise
        for line in _sentences(error):
            print(f"rdns: {escaped(line)}", file=sys.stderr)
        return UNCLEAR
    except KeyboardInterrupt:
        return INTERRUPTED


def _sentences(error: RdnsError) -> list[str]:
    if isinstance(error, InvalidInputError):
        return [f"{name}: {why}" if name else why for name, why in error.findings]
    return str(error).split("\n")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidInputError(f"{message} (see `{self.prog} --help`)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="rdns", description="Reverse DNS, looked at from outside.")
    parser.add_argument("--version", action="version", version=f"rdns {release()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_check(commands)
    _add_addresses(commands)
    _add_doctor(commands)
    return parser


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    check = commands.add_parser(
        "check",
        help="are addresses and hostnames forward-confirmed?",
        description="Look whether PTR and address records agree, at the authoritative servers.",
        epilog=_EXIT_CODES,
    )
    add = check.add_argument
    add("names", nargs="*", metavar="HOSTNAME|ADDRESS|NETWORK")
    add("--mx", action="append", default=[], metavar="DOMAIN", help="all its mail exchangers")
    add(
        "--stack",
        nargs="?",
        const="",
        metavar="NAME",
        help="every PtrRecord of this stack, or of the selected one",
    )
    add("--json", action="store_true", help="a list of rows, for machines")
    add("--wait", default="0", metavar="SECONDS", help="ask again until all are confirmed")
    add(
        "--nameserver",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="ask this server instead of the authoritative ones; may be repeated",
    )
    add(
        "--resolver",
        action="append",
        default=[],
        metavar="ADDRESS[:PORT]",
        help="find nameservers through this resolver; may be repeated",
    )
    check.set_defaults(run=run_check)


def _add_addresses(commands: argparse._SubParsersAction[_Parser]) -> None:
    addresses = commands.add_parser(
        "addresses",
        help="which addresses does a backend know, whose, with which PTR?",
        description="List every address of an account.",
        epilog="Settings come from the stack's configuration in the folder of a Pulumi project, "
        "else from the environment.",
    )
    add = addresses.add_argument
    add("--backend", metavar="INSTANCE", help="default: rdns:backend of the stack")
    add("--owner", metavar="NAME_OR_ID", help="only the addresses of this machine")
    add("--stack", metavar="NAME", help="the stack whose settings count; default: the selected one")
    add("--json", action="store_true", help="a list of rows, for machines")
    addresses.set_defaults(run=run_addresses)


def _add_doctor(commands: argparse._SubParsersAction[_Parser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="what is set up, and does it work?",
        description="Look at every backend instance: settings, rights, addresses, zones and their "
        "delegation. Nothing is written but with --write.",
        epilog="exit code: 0 all works, 1 something does not, 2 an argument or a setting is wrong",
    )
    add = doctor.add_argument
    add("subject", nargs="?", metavar="ADDRESS|ZONE", help="only what concerns this")
    add("--backend", metavar="INSTANCE", help="only this instance; default: all of them")
    add("--stack", metavar="NAME", help="the stack whose settings count; default: the selected one")
    add(
        "--write",
        nargs=2,
        metavar=("HOSTNAME", "ADDRESS"),
        help="set this PTR, unset it, and put back what was there before",
    )
    add("--yes", action="store_true", help="with --write: do not ask")
    add("--timeout", default="60", metavar="SECONDS", help="default: 60")
    add("--json", action="store_true", help="a list of rows, for machines")
    doctor.set_defaults(run=run_doctor)
