"""PowerDNS with a SQLite database: changed by updates, and over its HTTP API."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

from tests.servers.dynamic import FULL
from tests.servers.process import DnsServer, free_port

SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
API_KEY = "no-real-api-key"

#: options and zones -> the database that has them, as it was before its first server started
_DATABASES: dict[tuple[object, ...], bytes] = {}

_CONFIG = """
launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite3
# What a test writes need not survive a power cut.
gsqlite3-pragma-synchronous=0
local-address={address}
local-port={port}
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
security-poll-suffix=
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
webserver=yes
webserver-address={address}
webserver-port={api_port}
api=yes
api-key={api_key}
"""


class PowerDns(DnsServer):
    """pdns_server. The database survives a restart."""

    program = "pdns_server"
    package = "pdns-backend-sqlite3"
    #: further lines of the configuration
    options = ""

    def __init__(self, folder: Path, zones: dict[str, str]) -> None:
        super().__init__(folder, zones)
        self.api_port = free_port(self.address)

    @property
    def api_url(self) -> str:
        return f"http://{self.address}:{self.api_port}"

    @classmethod
    def available(cls) -> bool:
        return super().available() and SCHEMA.exists()

    def configure(self) -> None:
        text = _CONFIG.format(
            folder=self.folder,
            address=self.address,
            port=self.port,
            api_port=self.api_port,
            api_key=API_KEY,
        )
        (self.folder / "pdns.conf").write_text(text + self.options)
        if self.database.exists():
            return
        # To make it takes a second, most of it for the processes of pdnsutil.
        key = (self.options, *self.zones.items())
        if key in _DATABASES:
            self.database.write_bytes(_DATABASES[key])
            return
        self._create_database()
        _DATABASES[key] = self.database.read_bytes()

    def _create_database(self) -> None:
        with sqlite3.connect(self.database) as connection:
            connection.executescript(SCHEMA.read_text())
        connection.close()
        self._util("import-tsig-key", FULL.name, FULL.algorithm, FULL.secret)
        for number, (name, records) in enumerate(self.zones.items()):
            file = self.folder / f"{number}.zone"
            file.write_text(records)
            self._util("load-zone", name, str(file))
            self._util("set-meta", name, "TSIG-ALLOW-DNSUPDATE", FULL.name)
            self._util("set-meta", name, "TSIG-ALLOW-AXFR", FULL.name)

    @property
    def database(self) -> Path:
        return self.folder / "pdns.sqlite3"

    def command(self) -> list[str]:
        return ["pdns_server", f"--config-dir={self.folder}"]

    def reload(self) -> None:
        for number, (name, records) in enumerate(self.zones.items()):
            file = self.folder / f"{number}.zone"
            file.write_text(records)
            self._util("load-zone", name, str(file))

    def create_secondary(self, zone: str, primary: str) -> None:
        """Add a zone that is copied from elsewhere."""
        self._util("create-slave-zone", zone, primary)

    def _util(self, *arguments: str) -> None:
        command = ["pdnsutil", f"--config-dir={self.folder}", *arguments]
        subprocess.run(command, check=True, capture_output=True)
