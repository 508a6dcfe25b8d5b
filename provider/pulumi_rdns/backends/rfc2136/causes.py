"""Why a server says that it made a change, and does not show it: the likeliest cause first. Pure.

What a server is, it says when it is asked for its version; one that does not is any.
"""

from __future__ import annotations

import re

_BEHIND = "`server` is a secondary that is behind its primary"
_OTHER = "another server answers the queries (a load balancer, an anycast address)"
_SKIPPED = {
    "PowerDNS": (
        "its policy script (lua-dnsupdate-policy-script) does not allow the change",
        f"{_BEHIND}, or its database a replica",
    ),
    "Knot": (f"{_BEHIND}, to which it forwards updates", _OTHER),
    "BIND": (
        f"{_BEHIND} (allow-update-forwarding)",
        "another view answers the queries, or another server (a load balancer)",
    ),
}
_SKIPPED_BY_ANY = (_BEHIND, "a policy of the server leaves the change out", _OTHER)
_LUA = "a LUA or ALIAS record at this name is part of the answer; remove it at the server"


def server_kind(version: str) -> str:
    """Return which server it is by its version; empty for any other.

    >>> server_kind("9.18.49-1~deb12u3-Debian"), server_kind("Knot DNS 3.2.6"), server_kind("no")
    ('BIND', 'Knot', '')
    """
    if re.match(r"(BIND )?9\.\d", version):
        return "BIND"
    return next((kind for kind in ("PowerDNS", "Knot") if version.startswith(kind)), "")


def why_skipped(kind: str, *, is_removal: bool) -> str:
    """Return the reason where NOERROR did nothing."""
    fact = "still has the record" if is_removal else "still does not show the change"
    return (
        f"the server answered NOERROR, and {fact}; {_likely(_SKIPPED.get(kind, _SKIPPED_BY_ANY))}"
    )


def why_unmet(kind: str, answered: str = "") -> str:
    """Return the reason where the server shows what was expected, and says that it has it not."""
    causes = (_LUA, _BEHIND) if kind == "PowerDNS" else (_BEHIND, _OTHER)
    code = f"answered {answered}: its" if answered else "says that its"
    return f"the server {code} zone does not contain what it shows; {_likely(causes)}"


def _likely(causes: tuple[str, ...]) -> str:
    first, *others = causes
    return f"most likely {first}{''.join(f', or else {one}' for one in others)}"
