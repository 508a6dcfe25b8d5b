"""From a name in the stack's configuration to a backend that works."""

from __future__ import annotations

import hashlib
import importlib
import json
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from pulumi_rdns.backends.base import Backend, Settings
from pulumi_rdns.errors import ConfigError, Finding
from pulumi_rdns.model.structs import read_struct


class BackendType(NamedTuple):
    """Where the class of a backend is, and what is known of it without importing it."""

    #: ``module:class``
    path: str
    #: whether it overrides `Backend.finish_pending`
    finishes_pending: bool = False

    def load(self) -> type[Backend]:
        """Import the class."""
        module, _, name = self.path.partition(":")
        return cast(type[Backend], getattr(importlib.import_module(module), name))


#: the value of ``type`` in a stack's configuration -> the backend, imported only when it is used
BACKENDS: dict[str, BackendType] = {
    "aws": BackendType("pulumi_rdns.backends.aws:AwsBackend"),
    "cloudflare": BackendType("pulumi_rdns.backends.cloudflare:CloudflareBackend"),
    "hetzner": BackendType("pulumi_rdns.backends.hetzner:HetznerBackend"),
    "hostinger": BackendType("pulumi_rdns.backends.hostinger:HostingerBackend"),
    "linode": BackendType("pulumi_rdns.backends.linode:LinodeBackend"),
    "memory": BackendType("pulumi_rdns.backends.memory:MemoryBackend"),
    "octodns": BackendType("pulumi_rdns.backends.octodns:OctoDnsBackend"),
    "ovh": BackendType("pulumi_rdns.backends.ovh:OvhBackend"),
    "powerdns": BackendType("pulumi_rdns.backends.powerdns:PowerDnsBackend"),
    "rfc2136": BackendType("pulumi_rdns.backends.rfc2136:Rfc2136Backend"),
    "zonefile": BackendType("pulumi_rdns.backends.zonefile:ZoneFileBackend", finishes_pending=True),
}


class Backends:
    """The backend instances of one stack: made when first used, one object per name."""

    def __init__(
        self, configured: Mapping[str, object], root: Path, environ: Mapping[str, str]
    ) -> None:
        """Take the value of ``rdns:backends``; ``root`` is the folder with Pulumi.yaml."""
        self._configured = configured
        self._root = root
        self._environ = environ
        self._made: dict[str, Backend] = {}
        self._identities: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Backend:
        """Return the instance of this name. Raises ConfigError, which lists all that is missing."""
        with self._lock:
            if name not in self._made:
                kind = self.type_of(name)
                self._made[name] = kind(name, self._settings(name, kind), self._root)
            return self._made[name]

    def identity(self, name: str) -> str:
        """Return the place that an instance writes to; its own name where it cannot be made.

        It is a digest: an identity may show what is secret.
        """
        if name not in self._identities:
            try:
                identity = self.get(name).identity
            except ConfigError:
                identity = name
            digest = hashlib.blake2b(identity.encode(), digest_size=12)
            self._identities[name] = digest.hexdigest()
        return self._identities[name]

    def at(self, identity: str) -> list[Backend]:
        """Return the configured instances that write to a place, by what `identity` gives."""
        return [self.get(name) for name in self._configured if self.identity(name) == identity]

    def may_finish_pending(self, name: str) -> bool:
        """Whether an instance may have to finish what an earlier run left; imports nothing."""
        try:
            return BACKENDS[self._kind(name)].finishes_pending
        except ConfigError:
            return False  # check says what is wrong with it

    def type_of(self, name: str) -> type[Backend]:
        """Return the class of an instance without making it: no setting but ``type`` is read."""
        return BACKENDS[self._kind(name)].load()

    def _kind(self, name: str) -> str:
        raw = self._raw(name)
        kind = raw.get("type", name)
        if not isinstance(kind, str) or kind not in BACKENDS:
            known = ", ".join(sorted(BACKENDS))
            if "type" not in raw:
                there = ", ".join(sorted(self._configured)) or "none"
                raise ConfigError(
                    f"backend {name!r}: not configured under rdns:backends (there: {there}) and "
                    f"not a type of backend itself ({known})"
                )
            raise ConfigError(
                f"rdns:backends.{name}.type: {kind!r} is not a type of backend; known are {known}"
            )
        return kind

    def _raw(self, name: str) -> Mapping[str, object]:
        raw = self._configured.get(name) or {}
        if not isinstance(raw, Mapping):
            raise ConfigError(f"rdns:backends.{name}: must be a map of settings")
        return raw

    def settings_of(self, name: str) -> list[SettingOrigin]:
        """Return where each setting of an instance comes from, in the order of its fields.

        What is unknown or has no value is not an error here. Raises ConfigError for the type alone.
        """
        kind = self.type_of(name)
        given = self._given(name, kind)
        return [
            _origin(field, kind, given.get(field.encode_name))
            for field in msgspec.structs.fields(kind.settings_type)
        ]

    def _settings(self, name: str, kind: type[Backend]) -> Settings:
        values = {key: one.value for key, one in self._given(name, kind).items()}
        settings, findings = read_struct(kind.settings_type, values, f"rdns:backends.{name}")
        if settings is None:
            raise ConfigError("\n".join(_sentence(finding, kind) for finding in findings))
        return settings

    def _given(self, name: str, kind: type[Backend]) -> dict[str, _Given]:
        """Collect what the stack and the environment say, by the setting."""
        given = {key: _Given(value) for key, value in self._raw(name).items() if key != "type"}
        for field in msgspec.structs.fields(kind.settings_type):
            key = field.encode_name
            override, known = override_variable(name, key), kind.environment.get(key, "")
            if (text := self._environ.get(override)) is not None:
                given[key] = _Given(_from_text(text), override)
            elif key not in given and (text := self._environ.get(known)):
                given[key] = _Given(_from_text(text), known)
        return given


class _Given(NamedTuple):
    value: object
    #: the environment variable that it was read from, or nothing
    variable: str = ""


class SettingOrigin(NamedTuple):
    """A setting of an instance, and where its value comes from."""

    #: in camelCase, as the stack's configuration has it
    key: str
    #: None where there is none, and for what is nobody else's business: `Backend.unshown`
    value: object
    #: whether its value is one of `Backend.unshown`
    is_hidden: bool
    #: whether the stack or the environment says it; else it is the default
    is_given: bool
    #: the environment variable that it was read from, or nothing
    variable: str


def _origin(
    field: msgspec.structs.FieldInfo, kind: type[Backend], given: _Given | None
) -> SettingOrigin:
    key = field.encode_name
    is_hidden = key in kind.secrets | kind.unshown
    if given is None or given.value is None:
        value = None if is_hidden or field.default is msgspec.NODEFAULT else field.default
        return SettingOrigin(key, value, is_hidden, is_given=False, variable="")
    return SettingOrigin(
        key, None if is_hidden else given.value, is_hidden, is_given=True, variable=given.variable
    )


def types_in(environ: Mapping[str, str]) -> list[str]:
    """Return the types of backend of which the environment has settings, sorted.

    Their classes are imported for that.
    """
    return [name for name, kind in sorted(BACKENDS.items()) if _is_in(environ, name, kind.load())]


def _is_in(environ: Mapping[str, str], name: str, kind: type[Backend]) -> bool:
    keys = [field.encode_name for field in msgspec.structs.fields(kind.settings_type)]
    variables = [override_variable(name, key) for key in keys]
    return any(environ.get(variable) for variable in [*variables, *kind.environment.values()])


def override_variable(instance: str, key: str) -> str:
    """Return the name of the environment variable that beats the stack's configuration.

    >>> override_variable("hostinger", "apiToken")
    'RDNS_HOSTINGER_APITOKEN'
    """
    letters = [letter if letter.isalnum() else "_" for letter in f"RDNS_{instance}_{key}"]
    return "".join(letters).upper()


def _from_text(text: str) -> object:
    """Read a list or a map out of an environment variable where it is written as JSON."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _sentence(finding: Finding, kind: type[Backend]) -> str:
    if finding.reason != "is missing":
        return f"{finding.property}: {finding.reason}"
    return how_to_set(finding.property, kind.secrets, kind.environment)


def how_to_set(setting: str, secrets: Collection[str], environment: Mapping[str, str]) -> str:
    """Return the sentence about a setting (``rdns:backends.<instance>.<key>``) that is missing.

    ``secrets`` and ``environment`` are those of the backend.
    """
    key = setting.rpartition(".")[2]
    secret = "--secret " if key in secrets else ""
    variable = environment.get(key)
    or_variable = f" (or set {variable})" if variable else ""
    command = f"pulumi config set --path {secret}'{setting}' VALUE"
    return f"{setting}: is missing; set it with: {command}{or_variable}"
