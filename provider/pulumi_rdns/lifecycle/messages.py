"""What a call says while it runs: to whom, and without the values that the user keeps secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError
from pulumi_rdns.model.addresses import parse_address, reverse_name
from pulumi_rdns.properties.schema import SECRET_INPUTS, Properties, Schema

#: takes secret values out of a sentence
Hide: TypeAlias = Callable[[str], str]

_HIDDEN = "[secret]"
#: names that spell an address
_REVERSE = re.compile(r"[\w./-]+\.(?:in-addr|ip6)\.arpa", re.IGNORECASE)


@contextmanager
def messages_of(call: Call, schema: Schema[Any, Any], *properties: Properties) -> Iterator[Report]:
    """Send the messages of this call, and of the backends that it uses, to its report.

    Neither they nor an error that is raised show a value that is secret in ``properties``.
    """
    hide = hiding(schema, *properties)
    report = _Messages(call, hide)
    with reporting_to(report):
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
    """Take secret values out of findings."""
    hide = hiding(schema, properties)
    if hide is None:
        return findings
    return [Finding(finding.property, hide(finding.reason)) for finding in findings]


def hiding(schema: Schema[Any, Any], *properties: Properties) -> Hide | None:
    """Return what takes secret values out of a sentence; None where nothing is secret."""
    secret = [(props, set(props.get(SECRET_INPUTS) or ())) for props in properties]
    if not any(keys for _, keys in secret):
        return None
    texts: set[str] = set()
    spells_addresses = False
    for props, keys in secret:
        for key in keys | schema.secret_outputs(props):
            texts.update(_texts(props.get(key)))
        spells_addresses = spells_addresses or bool(keys & {"address", "records", "network"})
    texts.update(reverse for text in [*texts] for reverse in _reverse_names(text))
    longest_first = sorted(texts, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)

    def hide(sentence: str) -> str:
        shown = pattern.sub(_HIDDEN, sentence)
        return _REVERSE.sub(_HIDDEN, shown) if spells_addresses else shown

    return hide


def _texts(value: Any) -> Iterator[str]:
    """Return the words of a value, in the spelling that it has and in the canonical one."""
    if isinstance(value, str):
        for word in value.replace(",", " ").split():
            if len(word) > 1:
                yield word
                yield word.rstrip(".")
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


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
