"""What a trial has shown, for others to read: without names, addresses and secrets. Pure."""

from __future__ import annotations

import platform
import re
from dataclasses import replace

from pulumi_rdns.backends.changes import NOTHING
from pulumi_rdns.cli.doctor_rows import DoctorRow, Result
from pulumi_rdns.cli.release import release
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.names import PLAIN_HOSTNAME
from pulumi_rdns.records.trial import Trial, shown

_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)"
_IPV6 = r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,15}(?![\w:])"
_ADDRESS = re.compile(f"{_IPV4}|{_IPV6}", re.IGNORECASE)
_NAME = re.compile(rf"(?<![\w.-]){PLAIN_HOSTNAME}(?![\w-])", re.IGNORECASE)
_FORWARD = {True: "it does", False: "it does not", None: "that is not known"}


def report(
    trial: Trial, *, is_confirmed: bool | None, failure: RdnsError | None
) -> list[DoctorRow]:
    """Return a row for each step, and for each question of the backend's that was settled.

    ``is_confirmed`` is whether the hostname resolves to the address, ``failure`` why what was there
    before could not be put back.
    """
    backend = trial.location.backend
    kind = type(backend).__module__.split(".")[2]
    kept = "an attribute of the address" if trial.location.zone is None else "a record in a zone"

    def row(check: str, result: Result, detail: str, subject: str = "") -> DoctorRow:
        return DoctorRow(backend.name, check, subject, result, redacted(trial, detail))

    running = f"pulumi-rdns {release()}, Python {platform.python_version()}"
    rows = [
        replace(row("backend", Result.INFO, ""), detail=f"type {kind}; {running}"),
        row("before", Result.INFO, f"IPv{trial.address.version}, {kept}: {shown(trial.before)}"),
        row("forward", Result.INFO, f"does HOSTNAME resolve to ADDRESS? {_FORWARD[is_confirmed]}"),
    ]
    for name, step in trial.steps.items():
        if step.error is None:
            said = f"in {step.seconds:.1f} s; then there was {shown(step.live or NOTHING)}"
            rows.append(row(name, Result.OK, said))
        else:
            rows.append(row(name, Result.FAILED, f"after {step.seconds:.1f} s: {step.error}"))
    if failure is None:
        rows.append(row("put back", Result.OK, "what was there before is back"))
    else:
        rows.append(row("put back", Result.FAILED, str(failure)))
    observed = trial.observed(is_confirmed=is_confirmed)
    for point in backend.undocumented:
        answer = redacted(trial, point.answer(observed))
        said = f"settled: {answer}" if answer else "not settled"
        asked = row("undocumented", Result.INFO, "", point.id)
        rows.append(replace(asked, detail=f"{point.question} {said}"))
    return rows


def redacted(trial: Trial, text: str) -> str:
    """Return a text with words in the place of names and addresses."""
    known = {trial.hostname: "HOSTNAME", **dict.fromkeys(trial.before.values, "BEFORE")}
    text = _ADDRESS.sub("ADDRESS", text)
    return _NAME.sub(lambda found: known.get(found[0].lower(), "NAME"), text)
