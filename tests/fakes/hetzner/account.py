"""The state behind the simulator, and what each call of the API does to it."""

from __future__ import annotations

import ipaddress
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.history import History

from . import shapes
from .refusal import RefusedError
from .scenario import FloatingIp, Scenario
from .zone import Key, Zone, check_ttl, invalid

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: PTRs that one IPv6 network can have
_MOST_PTRS = 100


@dataclass
class Ip:
    """A primary IP, a floating IP, or an address of a load balancer; the PTRs in its network."""

    id: int
    name: str
    text: str
    #: the server or the load balancer that has it
    holder: int | None = None
    ptrs: dict[_Address, History[str | None]] = field(default_factory=dict)

    @property
    def network(self) -> _Network:
        """All of its addresses."""
        return ipaddress.ip_network(self.text)

    @property
    def default(self) -> str | None:
        """The name that the vendor gives it."""
        if ":" in self.text:
            return None
        octets = ".".join(reversed(self.text.split(".")))
        return f"static.{octets}.clients.your-server.de"

    def ptr(self, address: _Address) -> History[str | None]:
        """Return the PTR of an address of its own."""
        return self.ptrs.setdefault(address, History(self.default))


@dataclass
class Action:
    """Something that was begun, and what has become of it."""

    id: int
    command: str
    resources: list[tuple[str, int]]
    ends: float
    effect: Callable[[float], None]
    result: str
    #: is called when it has ended, well or not
    done: Callable[[], object]
    is_over: bool = False


class Account:
    """A project. Whoever calls the API's part holds the guard."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self.now = now
        self.guard = threading.RLock()
        self._ids = itertools.count(9001)
        self.servers = {one.id: one.name for one in scenario.servers}
        self.balancers = {one.id: one.name for one in scenario.load_balancers}
        self.primary_ips: dict[int, Ip] = {}
        self.floating_ips: dict[int, Ip] = {}
        self.balancer_ips: list[Ip] = []
        for server in scenario.servers:
            for text in filter(None, (server.ipv4, server.ipv6)):
                ip = Ip(next(self._ids), f"primary-{text}", text, server.id)
                self.primary_ips[ip.id] = ip
        for one in scenario.primary_ips:
            self.primary_ips[one.id] = Ip(one.id, one.name, one.ip)
        for floating in scenario.floating_ips:
            self.add(floating)
        for balancer in scenario.load_balancers:
            for text in filter(None, (balancer.ipv4, balancer.ipv6)):
                self.balancer_ips.append(Ip(balancer.id, balancer.name, text, balancer.id))
        named = {**scenario.zones, **{name: [] for name in scenario.secondaries}}
        self.zones: dict[str, Zone] = {}
        for name, sets in named.items():
            primaries = scenario.secondaries.get(name)
            self.zones[name] = Zone(next(self._ids), name, scenario.zone_ttl, sets, primaries)
        self.actions: dict[int, Action] = {}

    # What a test or the vendor's panel does and sees

    def ptr(self, address: str) -> str | None:
        """Tell the PTR as it really is."""
        with self.guard:
            self.settle()
            return self._ip(address).ptr(ipaddress.ip_address(address)).now

    def set_ptr(self, address: str, hostname: str | None) -> None:
        """Change the PTR by hand, at once; None sets it back to the default."""
        with self.guard:
            ip = self._ip(address)
            ip.ptr(ipaddress.ip_address(address)).put(self.now(), hostname or ip.default)

    def records(self, zone: str, name: str, kind: str) -> tuple[int, list[str]] | None:
        """Tell TTL and values of an RRset as it really is; None where there is none."""
        with self.guard:
            self.settle()
            content = self.zones[zone].at((name, kind))
            if content is None:
                return None
            return content[0] or self.zones[zone].ttl, sorted(content[1])

    def set_records(
        self, zone: str, name: str, kind: str, values: list[str], ttl: int | None = None
    ) -> None:
        """Change an RRset by hand, at once; no values take it away."""
        with self.guard:
            self.zones[zone].put((name, kind), self.now(), (ttl, dict.fromkeys(values)))

    def add(self, one: FloatingIp) -> None:
        """Create a floating IP."""
        with self.guard:
            self.floating_ips[one.id] = Ip(one.id, one.name, one.ip, one.server)

    def remove(self, kind: str, id_: int) -> None:
        """Delete a server, with its primary IPs, a primary or a floating IP, or a load balancer."""
        with self.guard:
            if kind == "servers":
                del self.servers[id_]
                gone = [ip.id for ip in self.primary_ips.values() if ip.holder == id_]
                for ip in gone:
                    del self.primary_ips[ip]
            elif kind == "load_balancers":
                del self.balancers[id_]
                self.balancer_ips = [ip for ip in self.balancer_ips if ip.id != id_]
            else:
                del getattr(self, kind)[id_]

    def settle(self) -> None:
        """End the actions whose time has come."""
        for action in self.actions.values():
            if not action.is_over and self.now() >= action.ends:
                action.is_over = True
                if action.result == "success":
                    action.effect(action.ends)
                action.done()

    # The API

    def list_of(self, kind: str, ip: str | None) -> list[dict[str, Any]]:
        """GET /{kind}"""
        ids: dict[str, dict[int, Any]] = {
            "servers": self.servers,
            "load_balancers": self.balancers,
            "primary_ips": self.primary_ips,
            "floating_ips": self.floating_ips,
        }
        wanted = ids[kind]
        if kind == "primary_ips" and ip is not None:
            wanted = {id_: one for id_, one in wanted.items() if self._matches(one, ip)}
        return [self.get(kind, id_) for id_ in wanted]

    def get(self, kind: str, id_: int) -> dict[str, Any]:
        """GET /{kind}/{id}"""
        ips = list(self._ips(kind, id_))
        if kind == "primary_ips":
            return shapes.primary_ip(self._shown(ips[0]), ips[0].holder)
        if kind == "floating_ips":
            return shapes.floating_ip(self._shown(ips[0]), ips[0].holder)
        four = next((ip for ip in ips if ip.network.version == 4), None)
        six = next((ip for ip in ips if ip.network.version == 6), None)
        if kind == "load_balancers":
            sides = [self._balancer_side(four), self._balancer_side(six)]
            return shapes.load_balancer(id_, self.balancers[id_], *sides)
        floating = [ip.id for ip in self.floating_ips.values() if ip.holder == id_]
        sides_ = [self._server_side(four), self._server_side(six)]
        return shapes.server(id_, self.servers[id_], sides_[0], sides_[1], floating)

    def change_ptr(self, kind: str, id_: int, body: Any) -> dict[str, Any]:
        """POST /{kind}/{id}/actions/change_dns_ptr"""
        ips = list(self._ips(kind, id_))
        address, hostname = ipaddress.ip_address(body["ip"]), body["dns_ptr"]
        ip = next((ip for ip in ips if address in ip.network), None)
        if ip is None:
            raise RefusedError(403, "IP does not belong to the resource", ("forbidden", None))
        if hostname is None and kind.endswith("_ips") and not self.scenario.null_for_ips:
            raise invalid("dns_ptr", "dns_ptr must be a string")
        if hostname is not None and ("." not in hostname or hostname.endswith(".")):
            raise invalid("dns_ptr", "dns_ptr is not a valid FQDN")
        ptr = ip.ptr(address)
        if hostname and len([one for one in ip.ptrs.values() if one.now]) >= _MOST_PTRS:
            raise RefusedError(422, "too many entries", ("resource_limit_exceeded", None))
        return self._begin(
            "change_dns_ptr",
            [(kind.removesuffix("s"), id_)],
            lambda moment: ptr.put(moment, ip.default if hostname is None else hostname),
        )

    def get_action(self, id_: int) -> dict[str, Any]:
        """GET /actions/{id}"""
        action = self.actions.get(id_)
        if action is None:
            raise RefusedError(404, "action not found", ("not_found", None))
        status = action.result if action.is_over else "running"
        return shapes.action(action.id, action.command, status, action.resources)

    def list_zones(self) -> list[dict[str, Any]]:
        """GET /zones"""
        return [
            shapes.zone(zone.id, zone.name, zone.ttl, zone.count(), zone.primaries)
            for zone in self.zones.values()
        ]

    def zone(self, id_or_name: str) -> Zone:
        """Find a zone whose records can be asked for."""
        zones = self.zones.values()
        found = next((one for one in zones if id_or_name in (one.name, str(one.id))), None)
        if found is None:
            raise RefusedError(404, "zone not found", ("not_found", None))
        if found.primaries is not None:
            raise RefusedError(422, "zone is in secondary mode", ("incorrect_zone_mode", None))
        return found

    def list_sets(
        self, id_or_name: str, name: str | None, kinds: list[str]
    ) -> list[dict[str, Any]]:
        """GET /zones/{id_or_name}/rrsets"""
        zone = self.zone(id_or_name)
        shown = zone.shown(self.now() - self.scenario.zone_lag, self.scenario.top)
        return [
            one
            for one in shown
            if name in (None, one["name"], "@" if one["name"] == zone.name else None)
            and (not kinds or one["type"] in kinds)
        ]

    def get_set(self, id_or_name: str, name: str, kind: str) -> dict[str, Any]:
        """GET /zones/{id_or_name}/rrsets/{name}/{type}"""
        found = self.list_sets(id_or_name, name, [kind])
        if not found:
            raise RefusedError(404, "rrset not found", ("not_found", None))
        return found[0]

    def create_set(self, id_or_name: str, body: Any) -> dict[str, Any]:
        """POST /zones/{id_or_name}/rrsets"""
        zone = self.zone(id_or_name)
        key: Key = (body["name"], body["type"])
        zone.check_new(key, beside_cname=self.scenario.beside_cname)
        check_ttl(body.get("ttl"))
        content = body.get("ttl"), zone.values(key[1], body.get("records"))
        self._refuse_busy([("zone", zone.id)])
        zone.pending.add(key)

        if self.scenario.shows_pending:
            zone.put(key, self.now(), content)
        action = self._begin(
            "create_rrset",
            [("zone", zone.id)],
            lambda moment: zone.put(key, moment, content),
            lambda: zone.pending.discard(key),
        )
        return {"rrset": zone.one(key, content), "action": action}

    def change_set(self, path: Sequence[str], what: str, body: Any) -> dict[str, Any]:
        """POST /zones/{id_or_name}/rrsets/{name}/{type}/actions/{what}, and DELETE of the RRset"""
        id_or_name, name, kind = path
        zone, key = self.zone(id_or_name), (name, kind)
        now = zone.at(key)
        if now is None and what == "add_records":
            zone.check_new(key, beside_cname=self.scenario.beside_cname)
            now = (body.get("ttl"), {})
        if now is None:
            raise RefusedError(404, "rrset not found", ("not_found", None))
        if key in zone.protected:
            raise RefusedError(423, "rrset is protected", ("protected", None))
        ttl = now[0]
        if what == "change_ttl":
            ttl = body["ttl"]
            check_ttl(ttl)
            values: dict[str, str | None] = {}
        elif what == "delete":
            values = {}
        else:
            values = zone.values(kind, body.get("records"))
        absent = set(values) - set(now[1])
        if what == "remove_records" and absent and not self.scenario.removes_absent:
            raise invalid("records", f"{sorted(absent)[0]} is not in the RRSet")
        if what == "add_records" and set(values) & set(now[1]):
            raise invalid("records", "a value is already in the RRSet")

        def effect(moment: float) -> None:
            old_ttl, old = zone.at(key) or (ttl, {})
            kept = {value: comment for value, comment in old.items() if value not in values}
            contents: dict[str, Any] = {
                "change_ttl": (ttl, old),
                "set_records": (old_ttl, values),
                "add_records": (old_ttl, {**old, **values}),
                "remove_records": (old_ttl, kept),
                "delete": None,
            }
            zone.put(key, moment, contents[what])

        return {"action": self._begin(what, [("zone", zone.id)], effect)}

    def _begin(
        self,
        command: str,
        resources: list[tuple[str, int]],
        effect: Callable[[float], None],
        done: Callable[[], object] = lambda: None,
    ) -> dict[str, Any]:
        self._refuse_busy(resources)
        ends = self.now() + self.scenario.action_delay
        result = self.scenario.action_result
        action = Action(next(self._ids), command, resources, ends, effect, result, done)
        self.actions[action.id] = action
        self.settle()
        return self.get_action(action.id)

    def _refuse_busy(self, resources: list[tuple[str, int]]) -> None:
        running = [one for one in self.actions.values() if not one.is_over]
        if self.scenario.acting_locks and any(one.resources == resources for one in running):
            raise RefusedError(423, "an action is already running", ("locked", None))

    def _ips(self, kind: str, id_: int) -> Iterator[Ip]:
        """Return the addresses of something. Raises RefusedError where there is no such thing."""
        if kind in ("primary_ips", "floating_ips"):
            ips = [ip for ip in getattr(self, kind).values() if ip.id == id_]
            is_there = bool(ips)
        elif kind == "servers":
            ips = [ip for ip in self.primary_ips.values() if ip.holder == id_]
            is_there = id_ in self.servers
        else:
            ips = [ip for ip in self.balancer_ips if ip.id == id_]
            is_there = id_ in self.balancers
        if not is_there:
            raise RefusedError(404, f"{kind} {id_} not found", ("not_found", None))
        return iter(ips)

    def _ip(self, address: str) -> Ip:
        wanted = ipaddress.ip_address(address)
        ips = [*self.primary_ips.values(), *self.floating_ips.values(), *self.balancer_ips]
        return next(ip for ip in ips if wanted in ip.network)

    def _matches(self, ip: Ip, text: str) -> bool:
        if self.scenario.filter_finds_networks:
            return ipaddress.ip_address(text) in ip.network
        return text == ip.text

    def _shown(self, ip: Ip) -> dict[str, Any]:
        is_long = self.scenario.network_length
        text = ip.text if is_long else ip.text.removesuffix("/64")
        return shapes.ip_address(ip.id, ip.name, text, self._ptrs(ip))

    def _ptrs(self, ip: Ip) -> list[dict[str, str]]:
        if ip.default is not None:
            ip.ptr(ip.network[0])
        moment = self.now() - self.scenario.ptr_lag
        found = {address: ptr.at(moment) for address, ptr in ip.ptrs.items()}
        return [
            {"ip": self._spelled(address), "dns_ptr": self._hostname(hostname)}
            for address, hostname in found.items()
            if hostname
        ]

    def _spelled(self, address: _Address) -> str:
        spelling = self.scenario.spelling
        text = address.exploded if spelling == "long" else str(address)
        return text.upper() if spelling == "upper" else text

    def _hostname(self, hostname: str) -> str:
        return f"{hostname}." if self.scenario.final_dot else hostname

    def _server_side(self, ip: Ip | None) -> dict[str, Any] | None:
        if ip is None:
            return None
        ptrs = self._ptrs(ip)
        ptr = ptrs if ip.default is None else ptrs[0]["dns_ptr"]
        return {"id": ip.id, "ip": ip.text, "blocked": False, "dns_ptr": ptr}

    def _balancer_side(self, ip: Ip | None) -> dict[str, Any]:
        if ip is None:
            return {"ip": None, "dns_ptr": None}
        ptrs = self._ptrs(ip)
        return {"ip": ip.text, "dns_ptr": ptrs[0]["dns_ptr"] if ptrs else None}
