"""The addresses of an account, for a program: nobody has to paste what the vendor's panel shows."""

from __future__ import annotations

import pulumi

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.errors import InvalidInputError, RdnsError
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.records.addresses import addresses_of
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.program import current


def get_addresses(*, backend: str | None = None, owner: str | None = None) -> list[str]:
    """Look up the addresses of one owner, or all of the account: IPv4 first, sorted, RFC 5952.

    The backend is asked at once, in previews too, so the result is plain text that names
    resources.

    :param backend: name of a backend instance that knows addresses; default ``rdns:backend``.
    :param owner: hostname or id of a VM, as `rdns addresses` shows it; all of them where absent.
    :raises InvalidInputError: there is no such owner, or several; the candidates are named. Or an
        argument is an Output.
    :raises ConfigError: the backend keeps zones and has no list of addresses.
    :raises BackendError: the backend cannot be asked.
    """
    program = current()
    try:
        name = _literal("backend", program.defaults.backend(backend))
        wanted = None if owner is None else _literal("owner", owner)
        with reporting_to(_ProgramReport()):
            found = addresses_of(program.defaults.session.backends.get(name), wanted)
    except RdnsError as error:
        raise as_run_error(error) from None
    return [str(one.address) for one in found]


def _literal(argument: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, pulumi.Output):
        reason = "is a computed value; addresses are looked up before any resource is created"
    else:
        reason = f"must be text, not {type(value).__name__}"
    raise InvalidInputError(f"get_addresses: {reason}", argument)


class _ProgramReport(Report):
    """Shows on the stack itself what a look-up waits for: there is no resource yet."""

    def warning(self, text: str) -> None:
        pulumi.log.warn(escaped_lines(text))

    def progress(self, text: str, clock: str = "") -> None:
        pulumi.log.info(escaped_lines(text + clock), ephemeral=True)
