"""Knot DNS, with zones that are changed by updates."""

from __future__ import annotations

import signal

from tests.servers.dynamic import FULL, NARROW
from tests.servers.process import DnsServer

_HEAD = """
server:
    rundir: "{folder}"
    listen: "{address}@{port}"
database:
    storage: "{folder}"
log:
  - target: stderr
    any: info
{modules}
key:
{keys}
acl:
  - id: full
    key: {full}
    action: [update, transfer]
  - id: narrow
    key: {narrow}
    action: update
    update-type: [PTR]
  - id: all
    address: 127.0.0.0/8
    action: transfer
zone:
"""
_KEY = """\
  - id: {name}
    algorithm: {algorithm}
    secret: {secret}
"""
_ZONE = """\
  - domain: "{name}"
    file: "{file}"
    acl: [full, narrow, all]
    zonefile-sync: -1
{options}
"""


class Knot(DnsServer):
    """knotd. What updates changed is in its journal and survives a restart."""

    program = "knotd"
    package = "knot"
    #: sections of modules, and what each zone says of them
    modules = ""
    zone_options = ""

    def configure(self) -> None:
        parts = [
            _HEAD.format(
                folder=self.folder,
                address=self.address,
                port=self.port,
                modules=self.modules,
                keys="".join(_KEY.format(**vars(key)) for key in (FULL, NARROW)),
                full=FULL.name,
                narrow=NARROW.name,
            )
        ]
        for number, (name, text) in enumerate(self.zones.items()):
            file = self.folder / f"{number}.zone"
            file.write_text(text)
            parts.append(_ZONE.format(name=name, file=file, options=self.zone_options))
        (self.folder / "knot.conf").write_text("".join(parts))

    def command(self) -> list[str]:
        return ["knotd", "-c", str(self.folder / "knot.conf")]

    def reload(self) -> None:
        self.signal(signal.SIGHUP)
