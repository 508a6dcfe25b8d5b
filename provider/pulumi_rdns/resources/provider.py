"""What the dynamic providers of all record types share in the host process."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pulumi
from pulumi.dynamic import CheckFailure, ConfigureRequest, ResourceProvider

from pulumi_rdns.backends.base import AddressBackend
from pulumi_rdns.errors import ConfigError, Finding
from pulumi_rdns.model.settings import NAMESPACE, StackSettings, read_settings
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.engine.calls import old_inputs
from pulumi_rdns.resources.engine.errors import plain_errors
from pulumi_rdns.resources.engine.host import prepare_host
from pulumi_rdns.resources.fields import PTR_FIELDS, known

_lock = threading.Lock()
_config: dict[str, Any] = {}
_session: Session | None = None


class RecordProvider(ResourceProvider):
    """Takes the configuration. Holds nothing itself: its pickled form stands in every state."""

    @plain_errors
    def configure(self, req: ConfigureRequest) -> None:
        global _config, _session
        prepare_host()
        keys = [field.encode_name for field in msgspec.structs.fields(StackSettings)]
        found = {f"{NAMESPACE}:{key}": req.config.get(f"{NAMESPACE}:{key}") for key in keys}
        config = {key: value for key, value in found.items() if value is not None}
        with _lock:
            if config != _config:
                _config, _session = config, None


def session() -> Session:
    """Give the session that all resources of this process share. Raises ConfigError."""
    global _session
    with _lock:
        if _session is None:
            _session = Session(read_settings(_config), project_root(), os.environ)
        return _session


def project_root() -> Path:
    """Find the folder with Pulumi.yaml, which relative paths start from."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return folder
    return here


def check_backend(inputs: Mapping[str, Any]) -> list[Finding]:
    """Find what is wrong with the backend that a resource names. No I/O."""
    name = _known_backend(inputs)
    if name is None:
        return []
    try:
        session().backends.get(name)
    except ConfigError as error:
        return [Finding("backend", line) for line in str(error).splitlines()]
    return []


def check_zone_options(inputs: Mapping[str, Any]) -> list[Finding]:
    """Find zone options on a backend that has no zones for PTR records."""
    name = _known_backend(inputs)
    if name is None or not issubclass(session().backends.type_of(name), AddressBackend):
        return []
    reason = f"backend {name!r} sets the PTR of an address and has no such option; leave it out"
    return [Finding(key, reason) for key in ("zone", "ttl") if key in inputs]


def _known_backend(inputs: Mapping[str, Any]) -> str | None:
    """Give the backend's name; None where it is unknown in a preview, or no name at all."""
    return known({"backend": PTR_FIELDS["backend"]}, inputs).get("backend")


def failures(findings: list[Finding]) -> list[CheckFailure]:
    """Turn findings into what the engine shows with the name of the property."""
    return [CheckFailure(finding.property, finding.reason) for finding in findings]


def zone_changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Tell whether the program names another zone than before; naming none is no opinion.

    The output says where the record was written, which through an alias is another zone.
    """
    if news.get("zone") is None:
        return False
    given = (old_inputs() or {}).get("zone")
    return changed("zone", olds if given is None else {"zone": given}, news)


def changed(key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Compare one property; what is unknown in a preview counts as changed."""
    new = news.get(key)
    return bool(pulumi.contains_unknowns(new)) or olds.get(key) != new
