"""The addresses that an account has, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_rdns.backends.base import AddressBackend, Backend, OwnedAddress
from pulumi_rdns.errors import ConfigError, InvalidInputError

#: owners that an error lists
MAX_CANDIDATES = 10


def addresses_of(backend: Backend, owner: str | None = None) -> list[OwnedAddress]:
    """List the addresses of one owner, or all that the backend knows: IPv4 first, sorted.

    ``owner`` is an owner's id, or its hostname in any case. Raises InvalidInputError, with the
    candidates, where there is no such owner or more than one; ConfigError where the backend has no
    list of addresses.
    """
    if not isinstance(backend, AddressBackend):
        raise ConfigError(
            f"backend {backend.name!r} keeps zones and has no list of addresses; name the backend "
            "of a hosting company"
        )
    found = sorted(backend.addresses(), key=lambda one: (one.address.version, int(one.address)))
    if owner is None:
        return found
    wanted = _only_owner(backend.name, found, owner)
    return [one for one in found if one.owner_id == wanted]


def _only_owner(backend: str, found: Iterable[OwnedAddress], owner: str) -> str:
    names = {one.owner_id: one.owner_name for one in found}
    ids = [id_ for id_, name in names.items() if owner == id_ or _folded(owner) == _folded(name)]
    if len(ids) == 1:
        return ids[0]
    if ids:
        shown = _listed({id_: names[id_] for id_ in ids})
        reason = f"{owner!r} is more than one owner at backend {backend}: {shown}; give the id"
    elif names:
        reason = f"backend {backend} has no owner {owner!r}; it has {_listed(names)}"
    else:
        reason = f"backend {backend} has no owner {owner!r}; it has no address at all"
    raise InvalidInputError(reason, "owner")


def _folded(name: str) -> str:
    return name.rstrip(".").casefold()


def _listed(names: dict[str, str]) -> str:
    shown = sorted(f"{name} (id {id_})" for id_, name in names.items())
    more = len(shown) - MAX_CANDIDATES
    return ", ".join(shown[:MAX_CANDIDATES]) + (f" and {more} more" if more > 0 else "")
