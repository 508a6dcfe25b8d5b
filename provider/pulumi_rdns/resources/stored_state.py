"""The state of the stack, read while the engine works on it.

The engine hands a provider the old outputs of a resource that it compares or deletes, and nothing
else has them: a create never sees them. So the CLI is asked, as a user would ask it.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.lifecycle.stored_state import (
    has_several_providers,
    stored_holdings,
    stored_records,
)
from pulumi_rdns.pulumi_cli import export_state
from pulumi_rdns.records.holdings import StoredHoldings, StoredRecord
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.engine import run

_log = logging.getLogger(__name__)

#: what the organization is called where a file or bucket keeps the state
_NO_ORGANIZATION = "organization"
#: seconds
_TIMEOUT = 30.0


def read_records(
    session: Session, organization: str | None, project: str, stack: str
) -> list[StoredRecord] | None:
    """Return the records of the state; None where nobody can say."""
    deployment = _read(organization, project, stack)
    if deployment is None or has_several_providers(deployment):
        return None
    return [*stored_records(session, deployment)]


def read_holdings(
    session: Session, organization: str | None, project: str, stack: str
) -> StoredHoldings:
    """Return each resource of the state, and what it has written; nothing where nobody can say."""
    deployment = _read(organization, project, stack)
    if deployment is None:
        return StoredHoldings()
    found = stored_holdings(session, deployment)
    # Where the engine writes the state at the end alone, it lacks the providers of this run.
    is_written_late = os.environ.get("PULUMI_SKIP_CHECKPOINTS", "") in ("1", "true")
    return found._replace(is_whole=found.is_whole and not is_written_late)


def _read(organization: str | None, project: str, stack: str) -> dict[str, Any] | None:
    if organization is None:
        return None
    # A stack of another organization may have the same name.
    name = stack if organization == _NO_ORGANIZATION else f"{organization}/{project}/{stack}"
    try:
        return export_state(name, program=run.cli_program(), timeout=_TIMEOUT)
    except ConfigError as error:
        _log.info("what earlier runs have written is not known: %s", error)
        return None


def read_records_to_count(
    session: Session, organization: str | None, project: str, stack: str
) -> list[StoredRecord] | None:
    """Return the records of the state where no more than their number depends on it.

    A program without a resource of this package does not say whose stack it is: then the CLI's
    default organization is asked.
    """
    return read_records(session, organization or _NO_ORGANIZATION, project, stack)
