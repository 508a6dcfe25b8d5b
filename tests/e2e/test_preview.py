"""What a preview shows is what `up` does, through the real CLI: nothing else happens then."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.dynamic import zones
from tests.servers.process import zone_text

from .conftest import MakeProject
from .harness import Project, Result, declare, forward, ptr
from .many_records import config, many
from .served_worlds import BindWorld
from .worlds import World, ZoneFileWorld

STRANGER = "printer.example.org"
STRICT = {"rdns:previewChecks": "strict"}


def told(result: Result, *severities: str) -> dict[str, list[str]]:
    """Give what ``preview --json`` tells, by the resource that it stands at; "" for the stack."""
    found: dict[str, list[str]] = {}
    for one in result.json().get("diagnostics", []):
        if one["severity"] in severities:
            name = one.get("urn", "").split("::", 3)[-1]
            name = "" if name == "probe-dev" else name
            text = one["message"].strip().removeprefix(f"{one['severity']}: ")
            found.setdefault(name, []).append(text)
    return found


def hosts(world: World, count: int, prefix: str = "h") -> dict[str, str]:
    """Give as many records as there are addresses, and more of the same network."""
    network = world.addresses[0].rpartition(".")[0]
    return {f"{network}.{at + 10}": f"{prefix}{at}.example.com" for at in range(count)}


class Previews:
    """The same on each kind of server."""

    @pytest.fixture
    def project(self, make_project: MakeProject, world: World) -> Project:
        return make_project(config(world) | {"rdns:forwardCheck": "skip"})

    def test_adoption_is_told_of_each_of_a_few_records(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        world.set_ptr(x, ["www.example.com"])
        world.set_forward("www.example.com", "A", [x])
        project.program(
            ptr("www", x, "www.example.com"),
            ptr("new", y, "new.example.com"),
            forward("address", "www.example.com", x),
        )
        assert told(project.preview("--json"), "info", "warning") == {
            "www": [f"will adopt {x} \u2192 www.example.com"],
            "address": [f"will adopt www.example.com \u2192 {x}"],
        }
        project.up()
        assert project.resources()["www"].outputs["adopted"] is True
        # They are in the state now, and nothing more is said.
        assert told(project.preview("--json"), "info", "warning") == {}

    def test_adoption_of_many_records_is_told_once(self, project: Project, world: World) -> None:
        records = hosts(world, 30)
        for address, hostname in records.items():
            world.set_ptr(address, [hostname])
        project.program(*(ptr(f"r{key}", key, name) for key, name in records.items()))
        ((where, (text,)),) = told(project.preview("--json"), "info", "warning").items()
        assert where == ""
        assert text.startswith("will adopt 30 records: ")
        assert text.endswith(" and 27 more")

    def test_a_set_is_counted_with_its_conflicts_and_what_is_adopted(
        self, project: Project, world: World
    ) -> None:
        records = hosts(world, 6)
        first, second, third, *rest = records
        world.set_ptr(first, [records[first]])
        world.set_ptr(second, [STRANGER])
        project.program(many("hosts", records))
        assert told(project.preview("--json"), "info", "warning") == {
            "hosts": [f"6 records: +4, 1 adopted, 1 conflict: {second} points to {STRANGER}"]
        }
        world.set_ptr(second, [])
        project.up()
        changed = {key: records[key] for key in (first, second, third)}
        project.program(many("hosts", changed | {third: "other.example.com"}))
        assert told(project.preview("--json"), "info", "warning") == {
            "hosts": [f"3 records: ~1 -{len(rest)}"]
        }
        assert world.ptr(rest[0]) == [records[rest[0]]]

    def test_a_set_that_leaves_the_program_is_told_of_with_its_count(
        self, project: Project, world: World
    ) -> None:
        records = hosts(world, 12)
        kept, single, *_ = records
        world.set_ptr(kept, [records[kept]])
        project.program(many("hosts", records))
        project.up()
        project.program(ptr("single", single, records[single]))
        (texts,) = told(project.preview("--json"), "warning").values()
        assert (
            texts[0] == "PtrRecordSet 'hosts' is no longer in the program: 12 records: -10, 1 kept"
        )
        assert texts[1].startswith("10 of 12 records of PtrRecordSet 'hosts' would be deleted")
        assert "rdns:maxDeletePercent" in texts[1]

    def test_what_is_in_the_way_of_a_forward_record_is_told(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        world.set_forward("held.example.com", "A", [y])
        project.program(
            forward("held", "held.example.com", x),
            forward("away", "www.example.net", x),
            declare(
                "ForwardConfirmedHost", "host", hostname="held.example.com", addresses=[x]
            ).replace(x, world.addresses[2]),
        )
        found = told(project.preview("--json"), "warning")
        assert found.keys() == {"held", "away", f"host-{world.addresses[2]}"}
        assert f"it already has {y}, which was not written by this stack" in found["held"][0]
        assert "www.example.net" in found["away"][0]
        (also,) = found[f"host-{world.addresses[2]}"]
        assert also.startswith(
            f"held.example.com also has {y}, which this program does not declare"
        )

    def test_strict_makes_the_preview_fail_for_what_will_fail(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        world.set_ptr(x, [STRANGER])
        project.configure({**config(world), "rdns:forwardCheck": "skip", **STRICT})
        project.program(ptr("held", x, "h.example.com"))
        preview = project.preview(fails=True)
        assert (
            f"it already points to {STRANGER}, which was not written by this stack" in preview.text
        )
        assert "rdns:previewChecks is strict" in preview.text
        assert "Traceback" not in preview.text
        assert world.ptr(x) == [STRANGER]
        (error,) = project.up(fails=True).errors
        # In the words of `up`.
        assert error.partition(": ")[2] in preview.text
        world.set_ptr(x, [])
        project.program(ptr("held", x, "h.example.com"), ptr("other", y, "o.example.com"))
        project.preview()
        project.up()
        project.preview("--expect-no-changes")

    def test_a_server_that_does_not_answer_is_one_warning_and_red_under_strict(
        self, project: Project, world: World
    ) -> None:
        records = hosts(world, 12)
        project.program(
            *(ptr(f"r{key}", key, name) for key, name in records.items()),
            many("hosts", {key.replace(".2.", ".2.1"): "x.example.com" for key in world.addresses}),
        )
        with world.offline():
            began = time.monotonic()
            found = told(project.preview("--json"), "warning")
            assert time.monotonic() - began < 30
            project.configure({**config(world), "rdns:forwardCheck": "skip", **STRICT})
            assert "rdns:previewChecks is strict" in project.preview(fails=True).text
        texts = [text for each in found.values() for text in each]
        (cause,) = [text for text in texts if "record" in text]
        assert f"{world.instance}: " in cause or "not looked at" in cause
        project.preview()


class TestZoneFile(Previews):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("main", tmp_path / "project")

    def test_a_zone_that_is_not_there_is_one_warning(
        self, project: Project, world: ZoneFileWorld
    ) -> None:
        project.program(
            *(ptr(f"r{at}", f"203.0.113.{at}", f"h{at}.example.com") for at in range(9)),
        )
        ((where, (text,)),) = told(project.preview("--json"), "warning").items()
        assert where == ""
        assert "9 records cannot be set: 203.0.113.0 to 203.0.113.8" in text


class TestBind(Previews):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[BindWorld]:
        with BindWorld.running("main", tmp_path) as world:
            yield world

    def test_a_key_that_is_refused_is_one_warning(self, project: Project, world: BindWorld) -> None:
        settings = {**world.settings(), "keySecret": "bm90IHRoZSBrZXk="}
        project.configure({**config(world), "rdns:backends": {"main": settings}})
        records = hosts(world, 9)
        project.program(*(ptr(f"r{key}", key, name) for key, name in records.items()))
        ((where, (text,)),) = told(project.preview("--json"), "warning").items()
        assert where == ""
        assert "9 records cannot be set" in text
        assert "bm90" not in text

    def test_one_transfer_answers_for_many_records(
        self, project: Project, world: BindWorld
    ) -> None:
        records = hosts(world, 100)
        project.program(*(ptr(f"r{key}", key, name) for key, name in records.items()))
        text = project.preview(environ={"RDNS_LOG": "debug"}).text
        asked = set(re.findall(r"QUERY \w+ \S+ at", text))
        assert len(asked) == 2, asked
        assert "QUERY AXFR 2.0.192.in-addr.arpa at" in asked


class TestLarge:
    """Ten thousand records as one set, of a BIND that has others too."""

    NETWORK = "0.10.in-addr.arpa"

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[BindWorld]:
        lines = "".join(f"{at}.0 PTR {STRANGER}.\n" for at in range(5))
        served: Mapping[str, str] = {
            **zones(),
            self.NETWORK: zone_text(f"@ NS ns1.example.com.\n{lines}"),
        }
        with BindWorld.running("main", tmp_path, dict(served)) as world:
            yield world

    def test_it_is_counted_guarded_and_refused_in_one_preview(
        self, make_project: MakeProject, world: BindWorld
    ) -> None:
        project = make_project(config(world))
        records = (
            'records = {{f"10.0.{{n >> 8}}.{{n & 255}}": f"h{{n}}.example.com" '
            "for n in range({first}, {last})}}\nrdns.PtrRecordSet('hosts', records=records)\n"
        )
        project.program(records.format(first=0, last=10000))
        (text,) = told(project.preview("--json"), "warning")["hosts"]
        assert text == (
            "10,000 records: +9,995, 5 conflicts: "
            f"10.0.0.0 points to {STRANGER}; 10.0.0.1 points to {STRANGER}; "
            f"10.0.0.2 points to {STRANGER}; and 2 more"
        )
        project.program(records.format(first=5, last=10000))
        project.up()
        project.program(records.format(first=5, last=5000))
        project.configure({**config(world), **STRICT})
        preview = project.preview(fails=True).text
        assert "4,995 records: -5,000" in preview
        assert (
            "5,000 of 9,995 records of the set would be deleted, which is more than 30 %" in preview
        )
        project.configure({**config(world), **STRICT, "rdns:maxDeletePercent": 100})
        assert "4,995 records: -5,000" in project.preview().text
