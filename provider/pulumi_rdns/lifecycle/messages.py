"""What a call says while it runs: to whom, and without the values that the user keeps secret."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError
from pulumi_rdns.logs import hidden_in_logs
from pulumi_rdns.model.addresses import parse_address, reverse_name
from pulumi_rdns.model.fills import Network
from pulumi_rdns.model.terminal_text import HIDDEN
from pulumi_rdns.properties.schema import SECRET_INPUTS, Properties, Schema

#: takes secret values out of a sentence
Hide: TypeAlias = Callable[[str], str]

#: names that spell an address, as a regular expression
_REVERSE = r"[\w./-]+\.(?:in-addr|ip6)\.arpa"
#: what looks like an address or a network
_ADDRESS = re.compile(r"[0-9a-f]*[:.][0-9a-f:.]*(?:/\d+)?", re.IGNORECASE)
#: a value, or a part of one, as the reason of a finding quotes it
_QUOTED = re.compile(r"""(?<!\w)(['"])(?:\\.|(?!\1).)*\1""")
#: fields of a fill
_FIELD = re.compile(r"\{[a-z0-9]*\}")


@contextmanager
def messages_of(call: Call, schema: Schema[Any, Any], *properties: Properties) -> Iterator[Report]:
    """Send the messages of this call, and of the backends that it uses, to its report.

    Neither they nor an error that is raised show a value that is secret in ``properties``.
    """
    hide = hiding(schema, *properties)
    report = _Messages(call, hide)
    with reporting_to(report), hidden_in_logs(hide):
        try:
            yield report
        except (RdnsError, PartlyDoneError) as error:
            if hide is not None:
                failed = error.error if isinstance(error, PartlyDoneError) else error
                failed.args = error.args = (hide(str(failed)),)
            raise


def hidden(
    findings: list[Finding], schema: Schema[Any, Any], properties: Properties
) -> list[Finding]:
    """Take secret values out of findings.

    A finding about a secret names its property in the reason alone: beside the property the engine
    shows the value.
    """
    hide = hiding(schema, properties)
    if hide is None or not findings:
        return findings
    secret = set(properties[SECRET_INPUTS])
    return [
        Finding("", f"{one.property}: {hide(_without_quotes(one.reason))}")
        if one.property in secret
        else Finding(one.property, hide(one.reason))
        for one in findings
    ]


def _without_quotes(reason: str) -> str:
    """Hide what a reason quotes: escaped or cut short, it is none of the words of the value."""
    return _QUOTED.sub(rf"\1{HIDDEN}\1", reason)


def hiding(schema: Schema[Any, Any], *properties: Properties) -> Hide | None:
    """Return what takes secret values out of a sentence; None where nothing is secret."""
    secrets = [schema.secret_values(props) for props in properties]
    if not any(secrets):
        return None

    # Of thousands of records it takes seconds to make, and most calls say nothing.
    @functools.cache
    def pattern() -> re.Pattern[str]:
        return re.compile("|".join(_patterns(secrets, properties)) or r"(?!)", re.IGNORECASE)

    networks = [network for secret in secrets for network in _networks(secret.get("network"))]

    def hide(sentence: str) -> str:
        shown = pattern().sub(HIDDEN, sentence)
        if not networks:
            return shown
        return _ADDRESS.sub(lambda found: _hidden_address(found[0], networks), shown)

    return hide


def _patterns(secrets: Sequence[Properties], properties: Sequence[Properties]) -> list[str]:
    """Return the regular expressions of all that is secret, the longest words first."""
    values = [value for secret in secrets for value in secret.values()]
    words = {word for value in values for word in _words(value)}
    words.update(name for word in [*words] for name in _reverse_names(word))
    for secret, props in zip(secrets, properties, strict=True):
        if "network" in secret:
            words.update(_words(props.get("fill")))
    patterns = [one for word in sorted(words, key=len, reverse=True) for one in _pattern(word)]
    if {"address", "records", "network"} & {key for secret in secrets for key in secret}:
        patterns.insert(0, _REVERSE)
    return patterns + [rf"(?<![\w.]){text}(?![\w.])" for value in values for text in _number(value)]


def _pattern(word: str) -> Iterator[str]:
    """Return the regular expression of a word, and that of what a fill makes of it."""
    yield re.escape(word)
    if _FIELD.search(word):
        yield "[0-9a-f.-]+".join(map(re.escape, _FIELD.split(word)))


def _number(value: Any) -> Iterator[str]:
    """Return how a sentence writes a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield re.escape(str(value))
        if math.isfinite(value) and value == int(value):
            yield str(int(value))


def _networks(value: Any) -> Iterator[Network]:
    with contextlib.suppress(ValueError):
        if isinstance(value, str):
            yield ipaddress.ip_network(value.strip(), strict=False)


def _hidden_address(text: str, networks: Sequence[Network]) -> str:
    """Hide an address or a network that is in one of those; punctuation may follow it."""
    for end in range(len(text), max(0, len(text) - 3), -1):
        try:
            found = ipaddress.ip_network(text[:end])
        except ValueError:
            continue
        is_inside = any(
            found.version == network.version and found.subnet_of(network)  # type: ignore[arg-type]
            for network in networks
        )
        return HIDDEN + text[end:] if is_inside else text
    return text


def _words(value: Any) -> Iterator[str]:
    """Return the words of a value, in the spelling that it has and in the canonical one."""
    if isinstance(value, str):
        for word in value.replace(",", " ").split():
            if len(word) > 1:
                yield word
                yield word.rstrip(".")
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)


def _reverse_names(text: str) -> Iterator[str]:
    try:
        address = parse_address(text)
    except InvalidInputError:
        return
    yield str(address)
    yield reverse_name(address)


class _Messages(Report):
    """Hands messages on without the secret values in them; pauses as long as the call goes on."""

    def __init__(self, call: Call, hide: Hide | None) -> None:
        self._call = call
        self._hide = hide or str

    def warning(self, text: str) -> None:
        self._call.report.warning(self._hide(text))

    def info(self, text: str) -> None:
        self._call.report.info(self._hide(text))

    def progress(self, text: str, clock: str = "") -> None:
        self._call.report.progress(self._hide(text), clock)

    def pause(self, seconds: float) -> bool:
        return self._call.pause(seconds)
