"""What the arguments of the command mean. All that is wrong with them is found at once."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pulumi_rdns.cli.pasted import read_address, refuse_other_things
from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.endpoints import Endpoint, parse_endpoint, parse_resolver
from pulumi_rdns.model.names import DnsName, parse_hostname

#: addresses that one command looks at
MAX_ADDRESSES = 65536

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """Hostnames and addresses to check, each with the argument that it comes from, and domains."""

    hosts: tuple[tuple[DnsName | Address, str], ...]
    domains: tuple[DnsName, ...]
    nameservers: tuple[Endpoint, ...]
    resolvers: tuple[Endpoint, ...]
    #: seconds
    wait: float


def read_wanted(
    names: Sequence[str],
    *,
    mx: Sequence[str] = (),
    nameservers: Sequence[str] = (),
    resolvers: Sequence[str] = (),
    wait: str = "0",
) -> Wanted:
    """Read the arguments of ``rdns check``. Raises InvalidInputError with a finding per mistake."""
    findings: list[Finding] = []

    def each(texts: Sequence[str], parse: Callable[[str], T], option: str) -> Iterator[T]:
        for text in texts:
            try:
                yield parse(text)
            except InvalidInputError as error:
                findings.extend(Finding(option, finding.reason) for finding in error.findings)

    hosts = {host: text for found in each(names, _read_hosts, "") for host, text in found.items()}
    wanted = Wanted(
        tuple(hosts.items()),
        tuple(dict.fromkeys(each(mx, _read_domain, "--mx"))),
        tuple(each(nameservers, parse_endpoint, "--nameserver")),
        tuple(each(resolvers, parse_resolver, "--resolver")),
        next(each([wait], _read_seconds, "--wait"), 0.0),
    )
    if len(hosts) > MAX_ADDRESSES:
        findings.append(Finding("", _too_many(f"these are {len(hosts)} addresses")))
    if findings:
        raise InvalidInputError(findings)
    return wanted


def _read_hosts(text: str) -> dict[DnsName | Address, str]:
    given = text.strip()
    if not given:
        raise InvalidInputError("an argument is empty; give hostnames, addresses or networks")
    refuse_other_things(given)
    if "/" in given:
        return dict.fromkeys(_read_network(given), text)
    return {read_address(given) or parse_hostname(given): text}


def _read_domain(text: str) -> DnsName:
    refuse_other_things(text.strip())
    return parse_hostname(text)


def _read_network(text: str) -> list[Address]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        reason = f"{text!r} is not a network; write it as in 192.0.2.0/24 or 2001:db8::/120"
        raise InvalidInputError(reason) from None
    if str(network) != ipaddress.ip_interface(text).with_prefixlen:
        reason = f"{text!r} is an address inside a network; the network is {network}"
        raise InvalidInputError(reason)
    if network.is_multicast:
        raise InvalidInputError(f"{text!r} has multicast addresses, which no host has as its own")
    if network.num_addresses > MAX_ADDRESSES:
        raise InvalidInputError(_too_many(f"{text!r} has {network.num_addresses} addresses"))
    return [getattr(host, "ipv4_mapped", None) or host for host in network.hosts()]


def _too_many(what: str) -> str:
    return f"{what}; one command looks at {MAX_ADDRESSES} at most: name smaller networks"


def read_timeout(text: str) -> float:
    """Read how many seconds a command may take: more than none. Raises InvalidInputError."""
    try:
        seconds = _read_seconds(text)
    except InvalidInputError as error:
        raise InvalidInputError(str(error), "--timeout") from None
    if not seconds:
        raise InvalidInputError("0 seconds are not enough", "--timeout")
    return seconds


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InvalidInputError(f"{text!r} is not a number of seconds")
    return seconds
