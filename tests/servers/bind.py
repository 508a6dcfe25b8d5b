"""BIND, as an authoritative server and as a recursive resolver."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.servers.dynamic import FULL, NARROW
from tests.servers.process import DnsServer

_OPTIONS = """
options {{
  directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key";
  lock-file none; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }};
  empty-zones-enable no; notify no; dnssec-validation no; check-names primary ignore;
  {options}
}};
controls {{ }};
"""
_ZONE = 'zone "{name}" {{ type primary; file "{file}"; {options} }};\n'


class Bind(DnsServer):
    """named, authoritative only."""

    program = "named"
    package = "bind9"
    #: statements inside ``options`` and inside each ``zone``
    options = "recursion no;"
    zone_options = ""

    def configure(self) -> None:
        parts = [
            _OPTIONS.format(
                folder=self.folder, port=self.port, address=self.address, options=self.options
            )
        ]
        for number, (name, text) in enumerate(self.zones.items()):
            file = self.folder / f"{number}.zone"
            self.write_zone(file, text)
            parts.append(_ZONE.format(name=name, file=file, options=self.zone_options))
        (self.folder / "named.conf").write_text("".join(parts) + self.more())

    def write_zone(self, file: Path, text: str) -> None:
        file.write_text(text)

    def more(self) -> str:
        """Give further statements of the configuration."""
        return ""

    def command(self) -> list[str]:
        return ["named", "-g", "-n", "1", "-c", str(self.folder / "named.conf")]

    def reload(self) -> None:
        self.signal(signal.SIGHUP)


class DynamicBind(Bind):
    """named whose zones are changed by updates; they stay as they are when it starts again."""

    zone_options = (
        f"update-policy {{ grant {FULL.name} zonesub ANY; grant {NARROW.name} zonesub PTR; }};"
        " allow-transfer { any; };"
    )

    def write_zone(self, file: Path, text: str) -> None:
        if not file.exists():
            file.write_text(text)

    def more(self) -> str:
        return FULL.clause() + NARROW.clause()


class BindResolver(Bind):
    """named as a recursive resolver that knows one root server."""

    options = "recursion yes; allow-recursion { any; }; servfail-ttl 0;"

    def __init__(self, folder: Path, *, root: str) -> None:
        super().__init__(folder, {})
        self._root = root

    def more(self) -> str:
        hints = self.folder / "root.hints"
        hints.write_text(f". 3600000 NS root.\nroot. 3600000 A {self._root}\n")
        return f'zone "." {{ type hint; file "{hints}"; }};\n'
