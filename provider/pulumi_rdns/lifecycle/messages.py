"""What a call says while it runs: to whom, and without the values that the user keeps secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError
from pulumi_rdns.logs import hidden_in_logs
from pulumi_rdns.model.addresses import parse_address, reverse_name
from pulumi_rdns.properties.schema import SECRET_INPUTS, Properties, Schema

#: takes secret values out of a sentence
Hide: TypeAlias = Callable[[str], str]

_HIDDEN = "[secret]"
#: names that spell an address, as a regular expression
_REVERSE = r"[\w./-]+\.(?:in-addr|ip6)\.arpa"
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
                failed.args = (hide(str(failed)),)
            raise


def hidden(
    findings: list[Finding], schema: Schema[Any, Any], properties: Properties
) -> list[Finding]:
    """Take secret values out of findings.

    A finding about a secret names its property in the reason alone: beside the property the engine
    shows the value.
    """
    hide = hiding(schema, properties)
    if hide is None:
        return findings
    secret = set(properties[SECRET_INPUTS])
    return [
        Finding("", f"{one.property}: {hide(one.reason)}")
        if one.property in secret
        else Finding(one.property, hide(one.reason))
        for one in findings
    ]


def hiding(schema: Schema[Any, Any], *properties: Properties) -> Hide | None:
    """Return what takes secret values out of a sentence; None where nothing is secret."""
    secrets = [schema.secret_values(props) for props in properties]
    if not any(secrets):
        return None
    words = {word for secret in secrets for value in secret.values() for word in _words(value)}
    words.update(name for word in [*words] for name in _reverse_names(word))
    longest_first = [_pattern(word) for word in sorted(words, key=len, reverse=True)]
    keys = {key for secret in secrets for key in secret}
    if keys & {"address", "records", "network"}:
        longest_first.insert(0, _REVERSE)
    pattern = re.compile("|".join(longest_first), re.IGNORECASE)
    return lambda sentence: pattern.sub(_HIDDEN, sentence)


def _pattern(word: str) -> str:
    """Return the regular expression of a word, or of what a fill makes of it."""
    return "[0-9a-f.-]+".join(map(re.escape, _FIELD.split(word)))


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

    def progress(self, text: str, clock: str = "") -> None:
        self._call.report.progress(self._hide(text), clock)

    def pause(self, seconds: float) -> bool:
        return self._call.pause(seconds)
