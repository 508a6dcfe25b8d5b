"""What MiniStack is more lenient about than Route 53, and how Route 53 writes names."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

from .account import RefusedError

NAMESPACE = "{https://route53.amazonaws.com/doc/2013-04-01/}"
CHANGES = re.compile(r"POST /2013-04-01/hostedzone/(\w+)/rrset/?")
_NAME = re.compile(r"(?<=<Name>)[^<]*(?=</Name>)")
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")


def escaped(text: str) -> str:
    r"""Return a name as Route 53 answers it.

    >>> print(escaped("*.0/25.Example.com."))
    \052.0\05725.example.com.
    """
    return re.sub(r"[^a-z0-9_.\\-]", lambda found: f"\\{ord(found[0]):03o}", text.lower())


def plain(text: str) -> str:
    """Return a name as MiniStack keeps it: only a dot or a backslash in a label is escaped."""
    return _OCTAL.sub(_character, text).lower()


def _character(found: re.Match[str]) -> str:
    character = chr(int(found[1], 8))
    return found[0] if character in ".\\" else character


def names(xml: str, change: Callable[[str], str]) -> str:
    """Change all names of a document."""
    return _NAME.sub(lambda found: change(found[0]), xml)


def check(xml: str, zone: str, aliases: set[str]) -> None:
    """Raise RefusedError for a batch that Route 53 would refuse and MiniStack takes.

    ``aliases`` are the names at which there is a CNAME record.
    """
    reasons = []
    values: list[str] = []
    leaving, coming = set(), []
    for change in fromstring(xml).iter(f"{NAMESPACE}Change"):
        name, kind = _text(change, "Name"), _text(change, "Type")
        values += [one.text or "" for one in change.iter(f"{NAMESPACE}Value")]
        if _text(change, "Action") == "DELETE":
            leaving.add((name, kind))
        else:
            coming.append((name, kind))
        if name != zone and not name.endswith(f".{zone}"):
            reasons.append(f"RRSet with DNS name {name} is not permitted in zone {zone}")
    if len(values) > 1000:
        raise RefusedError("InvalidChangeBatch", "Number of records limit of 1000 exceeded")
    if sum(map(len, values)) > 32000:
        raise RefusedError("InvalidChangeBatch", "Number of characters limit of 32000 exceeded")
    beside = {name for name, kind in coming if kind != "CNAME" and (name, "CNAME") not in leaving}
    for name in sorted(beside & aliases):
        reasons.append(
            f"RRSet with DNS name {name} is not permitted because a conflicting RRSet of type "
            "CNAME with the same DNS name already exists in zone"
        )
    if reasons:
        raise RefusedError("InvalidChangeBatch", f"[{', '.join(reasons)}]")


def _text(change: Element, name: str) -> str:
    found = change.find(f".//{NAMESPACE}{name}")
    assert found is not None, name
    assert found.text, name
    return found.text
