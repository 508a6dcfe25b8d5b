"""What a terminal would obey, in a command's output or a file's name, is shown and not obeyed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.errors import BackendError
from tests.backends.heard import Heard

from .tools import ELEVEN, REVERSE, SAMPLE, Zones, change, name


def test_the_output_of_the_reload_command(sample: Zones) -> None:
    script = r"import sys; print('no\x1b[2J', 'server\x07\x9b\u202e'); sys.exit(3)"
    backend = sample.backend(reloadCommand=[sys.executable, "-X", "utf8", "-c", script])
    heard = Heard()
    with reporting_to(heard):
        backend.apply(name(REVERSE), [change(ELEVEN, "PTR", [], ["b.example.com"])])
    (warning,) = heard.warnings
    assert r"no\x1b[2J server\x07\x9b\u202e" in warning
    assert warning.isprintable()


@pytest.mark.parametrize("file", ["db.192.0.2\x1b[2J", "db.192.0.2\n.zone", "a\u202eb\x9b.zone"])
def test_the_name_of_a_file_and_what_is_in_it(tmp_path: Path, file: str) -> None:
    zones = Zones(tmp_path / "zones")
    (zones.folder / file).write_text(SAMPLE.replace("@", f"{REVERSE}.") + "\n9 \x1b[2J\u202e x\n")
    with pytest.raises(BackendError) as caught:
        zones.backend().find_zone(name(ELEVEN))
    assert str(caught.value).isprintable()
    calls: list[Callable[[], object]] = [
        lambda: zones.backend().get_rrset(name(REVERSE), name(ELEVEN), RdataType.PTR),
        lambda: zones.backend().apply(name(REVERSE), [change(ELEVEN, "PTR", [], ["b.example"])]),
    ]
    for call in calls:
        with pytest.raises(BackendError) as caught:
            call()
        assert str(caught.value).isprintable()
