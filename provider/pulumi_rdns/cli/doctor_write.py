"""``rdns doctor --write``: one PTR, set and unset, and what was there before put back."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from pulumi_rdns.cli.doctor_report import report
from pulumi_rdns.cli.doctor_rows import DoctorRow
from pulumi_rdns.cli.doctor_stack import Stack
from pulumi_rdns.cli.held_signals import held_signals
from pulumi_rdns.cli.pasted import read_address
from pulumi_rdns.cli.terminal import Progress
from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.model.terminal_text import escaped
from pulumi_rdns.records.trial import Trial, shown


def write_for_a_moment(options: argparse.Namespace) -> tuple[list[DoctorRow], int]:
    """Do it, after having asked. Return the rows of a report without names and addresses.

    The second value is the exit code where it was interrupted, else 0. Raises InvalidInputError
    where nobody agrees or the arguments are wrong, and RdnsError before anything was written.
    """
    hostname, address = _read_arguments(options)
    stack = Stack(options.stack)
    backend = stack.session.backends.get(stack.only_instance(options.backend))
    progress = Progress()
    try:
        trial = Trial(backend, address, hostname, stack.session.aliases, progress)
        confirmed = stack.session.source_of(backend).look(hostname, address).confirmed
    finally:
        progress.clear()
    _say(_announcement(trial, confirmed))
    if not options.yes:
        _ask()
    failure = None
    with held_signals("what was there before is put back first, which may take a while") as signals:
        try:
            trial.run(lambda: signals.came)
        except RdnsError as error:
            failure = error
            _say(f"what was there before could NOT be put back: {error}\n{by_hand(trial)}")
        except BaseException:
            _say(f"this is a bug; if it was not put back, {by_hand(trial)}")
            raise
        finally:
            with suppress(OSError):
                progress.clear()
        if failure is None and trial.is_uncertain:
            _say(
                f"a write that was not answered may still take effect; if it does, {by_hand(trial)}"
            )
    rows = report(trial, is_confirmed=confirmed, failure=failure)
    return rows, signals.exit_code if signals.came else 0


def _read_arguments(options: argparse.Namespace) -> tuple[DnsName, Address]:
    if options.subject is not None:
        raise InvalidInputError("--write takes a hostname and an address, and nothing else")
    hostname, address = options.write
    found: list[Finding] = []
    try:
        name = parse_hostname(hostname)
    except InvalidInputError as error:
        found += error.findings
    try:
        target = read_address(address.strip()) or parse_address(address)
    except InvalidInputError as error:
        found += error.findings
    if found:
        raise InvalidInputError([Finding("--write", one.reason) for one in found])
    return name, target


def _announcement(trial: Trial, confirmed: bool | None) -> str:
    location = trial.location
    kept = "" if location.zone is None else f", in the zone {location.zone} as {location.owner}"
    lines = [
        f"at {location.backend.name}{kept}, {trial.address} has {shown(trial.before)}",
        f"its PTR will be set to {trial.hostname}, then unset (none, or the vendor's default), "
        "then put back to what it is now",
        f"if this process is killed before it has put that back, {by_hand(trial)}",
    ]
    if location.zone is not None and trial.before.values:
        lines.append("a record's comment and tags are not put back")
    if confirmed is False:
        lines.append(f"{trial.hostname} does not resolve to {trial.address}")
    return "\n".join(lines)


def _ask() -> None:
    """Ask for a yes. Raises InvalidInputError for anything else, and without a terminal."""
    if not sys.stdin.isatty():
        raise InvalidInputError(
            "there is no terminal to ask on: pass --yes to agree. Nothing was done"
        )
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InvalidInputError("nothing was done")


def by_hand(trial: Trial) -> str:
    """Return what was there before, and how a person puts it back."""
    location, before = trial.location, trial.before
    if location.zone is None:
        panel = f"in the panel of the vendor (backend {location.backend.name})"
        if not before.values or before.is_default:
            return f"reset the PTR of {trial.address} {panel}"
        return f"set the PTR of {trial.address} to {before.values[0]} {panel}"
    if not before.values:
        return f"delete the PTR record of {location.owner} in the zone {location.zone}"
    ttl = "" if before.ttl is None else f" {before.ttl}"
    lines = "; ".join(f"{location.owner}.{ttl} IN PTR {value}." for value in before.values)
    return f"make these the only PTR records of the name in the zone {location.zone}: {lines}"


def _say(text: str) -> None:
    """Tell whoever runs this; that nobody reads it any more stops nothing."""
    with suppress(OSError):
        for line in text.split("\n"):
            print(f"rdns: {escaped(line)}", file=sys.stderr, flush=True)
