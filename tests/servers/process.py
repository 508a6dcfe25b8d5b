"""A DNS server as a process of its own: started, waited for, stopped."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.query

#: seconds; the slowest server needs a fifth of one
START = 20.0


class ServerDiedError(Exception):
    """The server ended, or never answered; the message holds its log."""


class DnsServer(ABC):
    """One server process that serves zones, given as master file texts (RFC 1035 section 5).

    A subclass says how its configuration is written and how it is started.
    """

    #: the program, and the Debian package that brings it
    program: str
    package: str

    def __init__(
        self,
        folder: Path,
        zones: dict[str, str],
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        self.folder = folder
        self.address = address
        self.port = free_port(address) if port is None else port
        self.zones = dict(zones)
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def available(cls) -> bool:
        return shutil.which(cls.program) is not None

    @abstractmethod
    def configure(self) -> None:
        """Write the configuration and the zone files into the folder."""

    @abstractmethod
    def command(self) -> list[str]:
        """Give the command that runs the server in the foreground."""

    @abstractmethod
    def reload(self) -> None:
        """Make the running server read its zone files again."""

    def probe(self) -> str:
        """Give a name whose SOA is answered once the server is up."""
        return next(iter(self.zones), ".")

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configure()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(), cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.wait_until(lambda: self._replies(self.probe()))
        return self

    def stop(self) -> None:
        """Stop the process. Starting it again is allowed."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def change(self, zone: str, text: str) -> None:
        """Serve another text of the zone; returns when the server does."""
        self.zones[zone] = text
        self.configure()
        self.reload()
        self.wait_until(lambda: self._serial(zone) == _serial_in(text))

    def signal(self, number: int) -> None:
        assert self._process, "not running"
        self._process.send_signal(number)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait for something that the running server is about to do."""
        deadline = time.monotonic() + START
        while not done():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.stop()
                raise ServerDiedError(
                    f"{self.program}: {self.log.read_text(errors='replace')[-4000:]}"
                )
            time.sleep(0.01)

    def _replies(self, zone: str) -> bool:
        return self._ask(zone) is not None

    def _serial(self, zone: str) -> int | None:
        reply = self._ask(zone)
        return reply.answer[0][0].serial if reply and reply.answer else None

    def _ask(self, zone: str) -> dns.message.Message | None:
        query = dns.message.make_query(zone, "SOA", flags=0)
        with contextlib.suppress(dns.exception.DNSException, OSError):
            return dns.query.udp(query, self.address, timeout=0.2, port=self.port)
        return None


def _serial_in(text: str) -> int:
    words = text.split()
    return int(words[words.index("SOA") + 3])


def zone_text(
    records: str, *, serial: int = 1, ttl: int = 300, primary: str = "ns1.example.net."
) -> str:
    """Write a zone file: a TTL, an SOA and the records. Names are relative to the zone.

    ``primary`` is the SOA's MNAME, by which the zones of two servers can be told apart.
    """
    soa = f"@ SOA {primary} hostmaster.example.net. {serial} 3600 600 86400 300"
    lines = [line.strip() for line in records.strip().splitlines()]
    return "\n".join([f"$TTL {ttl}", soa, *lines, ""])


def free_port(address: str = "127.0.0.1") -> int:
    """Find a port that is free for UDP and TCP."""
    family = family_of(address)
    for _ in range(100):
        with socket.socket(family) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            port: int = tcp.getsockname()[1]
            with contextlib.suppress(OSError):
                udp.bind((address, port))
                return port
    raise OSError(f"no free port on {address}")


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
