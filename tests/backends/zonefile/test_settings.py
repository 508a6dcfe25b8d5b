"""Which file has which zone: the settings beat the SOA record, and that beats the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.backends.zonefile import ZoneFileBackend
from pulumi_rdns.errors import ConfigError, RejectedError, ZoneNotFoundError

from .tools import ELEVEN, REVERSE, SAMPLE, TEN, Zones, accepted_by_bind, change, name, serial_of

A, B = "a.example.com", "b.example.com"
SETTING = "rdns:backends.zones.zones"
CLASSLESS = f"0/26.{REVERSE}"


def set_eleven(zones: Zones, zone: str = REVERSE, /, **settings: object) -> None:
    zones.backend(**settings).apply(name(zone), [change(f"11.{zone}", "PTR", [], [B])])


def found(zones: Zones, owner: str = TEN, /, **settings: object) -> str:
    return zones.backend(**settings).find_zone(name(owner)).to_text(omit_final_dot=True)


@pytest.mark.parametrize(
    "file",
    ["db.192", "example.com.rev", f"{REVERSE}.db", "named.rev", "rev.001", "sub/db.192", ".hidden"],
)
def test_a_zone_that_is_named_is_in_the_file_that_is_named_whatever_its_name(
    zones: Zones, file: str
) -> None:
    (zones.folder / "sub").mkdir()
    path = zones.write(file, SAMPLE)
    zones.write("example.com.zone", "@ 300 SOA ns h 1 2 3 4 5\n")
    settings = {"zones": {REVERSE: file}}
    assert found(zones, **settings) == REVERSE
    set_eleven(zones, **settings)
    assert zones.text(file) == SAMPLE.replace("7  ", "8  ") + f"11\t3600\tIN\tPTR\t{B}.\n"
    assert accepted_by_bind(path, REVERSE)
    assert found(zones, "x.example.com", **settings) == "example.com"


def test_an_absolute_path_is_taken_as_it_is(zones: Zones, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(SAMPLE)
    set_eleven(zones, zones={REVERSE.upper() + ".": str(tmp_path / "elsewhere")})
    assert f"{B}." in (tmp_path / "elsewhere").read_text()


def test_a_classless_zone_is_named_with_its_slash(zones: Zones) -> None:
    zones.write("customer.db", SAMPLE)
    set_eleven(zones, CLASSLESS, zones={CLASSLESS: "customer.db"})
    assert f"{B}." in zones.text("customer.db")


@pytest.mark.parametrize("file", ["0%2F26", "0%2f26", "0_26"])
def test_the_slash_of_a_classless_zone_is_read_out_of_a_file_name(zones: Zones, file: str) -> None:
    zones.write(f"{file}.{REVERSE}.zone", SAMPLE)
    assert found(zones, f"10.{CLASSLESS}") == CLASSLESS


def test_the_setting_beats_what_another_file_says(sample: Zones) -> None:
    sample.write("mine", SAMPLE)
    sample.write("office.zone", f"$ORIGIN {REVERSE}.\n{SAMPLE}")
    set_eleven(sample, zones={REVERSE: "mine"})
    assert serial_of(sample.text("mine")) == 8
    assert sample.text("db.192.0.2") == SAMPLE


def test_a_file_that_is_named_for_one_zone_is_guessed_for_no_other(sample: Zones) -> None:
    with pytest.raises(ZoneNotFoundError):
        found(sample, zones={"113.0.203.in-addr.arpa": "db.192.0.2"})


def test_a_file_that_is_named_and_not_there_is_an_error_of_its_zone_alone(sample: Zones) -> None:
    settings = {"zones": {"113.0.203.in-addr.arpa": "gone"}}
    with pytest.raises(RejectedError, match=r"the file of the zone, \S*/zones/gone, is not there"):
        found(sample, "1.113.0.203.in-addr.arpa", **settings)
    assert found(sample, **settings) == REVERSE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10 60 PTR a.example.com.\n", "mine has no SOA record"),
        (f"$ORIGIN example.com.\n{SAMPLE}", r"line 4 of mine has the SOA record of example\.com"),
        (SAMPLE.replace("@", "www"), rf"the SOA record of www\.{REVERSE}"),
    ],
)
def test_a_file_that_is_not_of_the_zone_that_it_is_named_for_is_an_error(
    zones: Zones, text: str, reason: str
) -> None:
    zones.write("mine", text)
    with pytest.raises(RejectedError, match=reason):
        found(zones, zones={REVERSE: "mine"})


def test_a_file_of_several_zones_is_never_edited(zones: Zones) -> None:
    zones.write("db.empty", SAMPLE)
    other = "113.0.203.in-addr.arpa"
    with pytest.raises(
        RejectedError, match=rf"db\.empty is the file of several zones \({REVERSE}, {other}\)"
    ):
        set_eleven(zones, zones={REVERSE: "db.empty", other: "db.empty"})
    assert zones.text("db.empty") == SAMPLE


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"a..b": "x"}, r"rdns:backends\.zones\.zones: 'a\.\.b' has an empty label"),
        ({"example.com": ""}, r"rdns:backends\.zones\.zones: the zone example\.com needs one file"),
        ({"example.com": "x", "Example.com.": "y"}, "example.com needs one file"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    zones: Zones, setting: dict[str, str], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        zones.backend(zones=setting)


def test_the_setting_can_come_from_the_environment(zones: Zones) -> None:
    zones.write("mine", SAMPLE)
    environment = {"RDNS_ZONEFILE_ZONES": f'{{"{REVERSE}": "mine"}}'}
    backends = Backends({"zonefile": {"directory": "zones"}}, zones.folder.parent, environment)
    backend = backends.get("zonefile")
    assert isinstance(backend, ZoneFileBackend)
    assert backend.find_zone(name(TEN)) == name(REVERSE)


def test_an_owner_of_too_few_labels_refuses_the_guess(zones: Zones) -> None:
    zones.write("db.192", SAMPLE)
    for call in (lambda: found(zones), lambda: set_eleven(zones, "192.in-addr.arpa")):
        with pytest.raises(
            RejectedError,
            match=r"db\.192, line 8: 10\.192\.in-addr\.arpa has too few labels for an address, so "
            rf"the zone cannot be 192\.in-addr\.arpa, .*; name it in {SETTING} \(zone: file\)",
        ):
            call()
    assert zones.text("db.192") == SAMPLE


@pytest.mark.parametrize(
    ("file", "line", "reason"),
    [
        ("db.192", "10 CNAME 10.0-26.2.0", "too few labels"),
        ("db.192.0", "10 PTR a.example.com.", "too few labels"),
        ("db.192", "$GENERATE 20-30 $ PTR h$.example.com.", "too few labels"),
        ("db.192.0.2", "10.2 PTR a.example.com.", "too many labels"),
        ("db.192.0.2", "1.10 A 192.0.2.1", "too many labels"),
        ("8.b.d.0.1.0.0.2.ip6.arpa.zone", "1.0 PTR a.example.com.", "too few labels"),
        ("db.office", "$ORIGIN 2.0.192.in-addr.arpa.\n10 PTR a.example.com.", "in another zone"),
        ("db.192.0.2", "10.3.0.192.in-addr.arpa. PTR a.example.com.", "in another zone"),
    ],
)
def test_an_owner_that_speaks_against_the_guess_refuses_it(
    zones: Zones, file: str, line: str, reason: str
) -> None:
    zones.write(file, f"{SAMPLE.rpartition('10 ')[0]}{line}\n")
    with pytest.raises(ZoneNotFoundError, match=rf"not readable: .*{reason}.*{SETTING}"):
        found(zones, "x.example.net")


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("db.192", ""),
        ("db.192", "@ PTR net.example.com.\n2.0 NS ns.example.com.\n10.2.0 PTR a.example.com."),
        ("db.192.0.2", "_services._dns-sd._udp PTR a.example.com.\n* PTR b.example.com."),
        ("db.192.0.2", "0/26 NS ns.example.com.\n1 CNAME 1.0/26\n1.0/26 PTR a.example.com."),
        ("db.192.0.2", "other.example. A 192.0.2.1\n10 PTR a.example.com."),
        ("db.10", "1.2.3 PTR a.example.com."),
    ],
)
def test_owners_that_fit_leave_the_guess(zones: Zones, file: str, lines: str) -> None:
    path = zones.write(file, f"{SAMPLE.rpartition('10 ')[0]}{lines}\n")
    apex = ".".join([*reversed(file.split(".")[1:]), "in-addr.arpa"])
    missing = 4 - file.count(".")
    owner = "9." * missing + apex
    zones.backend().apply(name(apex), [change(owner, "PTR", [], [B])])
    assert accepted_by_bind(path, apex)


def test_relative_names_are_relative_to_the_zone_of_an_absolute_soa_record(zones: Zones) -> None:
    file = f"db.{REVERSE}.rev"
    text = (
        f"$TTL 3600\n{REVERSE}. IN SOA ns h 7 2 3 4 5\n{REVERSE}. IN NS ns.example.com.\n"
        "10 IN PTR old.example.com.\n"
    )
    path = zones.write(file, text)
    assert zones.values(TEN) == ["old.example.com."]
    zones.set(TEN, ["old.example.com"], [B])
    zones.set(ELEVEN, [], [A])
    assert zones.text(file) == text.replace("old.example.com", B).replace(" 7 ", " 9 ") + (
        f"11\t3600\tIN\tPTR\t{A}.\n"
    )
    assert accepted_by_bind(path, REVERSE)


@pytest.mark.parametrize(
    ("file", "line"), [(f"db.{REVERSE}.rev", "@"), (f"{REVERSE}.bak.zone", "@"), ("db.com", "www")]
)
def test_a_relative_soa_record_in_a_file_whose_name_tells_no_zone_is_refused(
    zones: Zones, file: str, line: str
) -> None:
    zones.write(file, SAMPLE.replace("@", line))
    with pytest.raises(
        ZoneNotFoundError, match=rf"line 3: the owner of the SOA record is relative.*{SETTING}"
    ):
        found(zones)


def test_a_zone_that_the_folder_delegates_away_can_be_named_too(zones: Zones) -> None:
    zones.write("db.192.0", "$TTL 60\n@ SOA ns h 1 2 3 4 5\n2 NS ns.example.com.\n")
    with pytest.raises(ZoneNotFoundError, match=rf"delegated to .*\(with {SETTING}\)"):
        found(zones)


CONF = f"""\
// the office's server
options {{ directory "/var/cache/bind"; listen-on {{ 127.0.0.1; }}; }};
/* views; zone "x" {{ */
include "more.conf";
zone "{REVERSE}" IN {{ type master; file "db.192"; allow-update {{ none; }}; }}; # ours
zone "." {{ type hint; file "db.root"; }};
zone "chaos" CH {{ type master; file "chaos"; }};
"""
MORE = f"""\
view "inside" {{
    match-clients {{ any; }};
    zone "113.0.203.in-addr.arpa" {{ file "db.203"; type primary; }};
    zone "{CLASSLESS}" {{ type slave; file "db.example.org"; }};
    zone "example.com" {{ type primary; file "one"; }};
}};
view "outside" {{ zone "example.com" {{ type primary; file "two"; }}; }};
"""


@pytest.fixture
def configured(zones: Zones, tmp_path: Path) -> Zones:
    (tmp_path / "named.conf").write_text(CONF)
    (tmp_path / "more.conf").write_text(MORE)
    for file in ("db.192", "db.203", "db.example.org", "one", "two", "chaos"):
        zones.write(file, SAMPLE)
    return zones


def test_the_zone_statements_of_a_named_conf_name_files(configured: Zones) -> None:
    set_eleven(configured, namedConf="named.conf")
    set_eleven(configured, "113.0.203.in-addr.arpa", namedConf="named.conf")
    for file in ("db.192", "db.203"):
        assert serial_of(configured.text(file)) == 8
        assert f"{B}." in configured.text(file)


def test_a_secondary_of_a_named_conf_is_not_written(configured: Zones) -> None:
    with pytest.raises(RejectedError, match=r"named\.conf has the zone as type slave"):
        set_eleven(configured, CLASSLESS, namedConf="named.conf")
    listed = configured.backend(namedConf="named.conf").list_zones()
    assert [one.obstacle for one in listed if one.name == name(CLASSLESS)]
    with pytest.raises(ZoneNotFoundError):
        found(configured, "x.example.org", namedConf="named.conf")


def test_a_zone_of_two_views_is_refused_until_it_is_named(configured: Zones) -> None:
    with pytest.raises(RejectedError, match=r"named\.conf has the zone twice .*one and \S*two"):
        found(configured, "x.example.com", namedConf="named.conf")
    settings = {"namedConf": "named.conf", "zones": {"example.com": "two"}}
    assert found(configured, "x.example.com", **settings) == "example.com"


def test_a_change_of_a_named_conf_is_seen(configured: Zones, tmp_path: Path) -> None:
    backend = configured.backend(namedConf="named.conf")
    with pytest.raises(ZoneNotFoundError):
        backend.find_zone(name("10.100.51.198.in-addr.arpa"))
    (tmp_path / "more.conf").write_text(
        'zone "100.51.198.in-addr.arpa" { type primary; file "chaos"; };'
    )
    assert backend.find_zone(name("10.100.51.198.in-addr.arpa"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('zone "x" {', r"line 1: '\{' and '\}' do not match"),
        ("};\n", r"line 1: '\{' and '\}' do not match"),
        ('\nzone "x', "line 2: a quoted string without its end"),
        ('include "named.conf";', "include one another"),
        ('zone "a..b" { type primary; file "x"; };', 'zone "a..b" is not a valid name'),
    ],
)
def test_a_named_conf_that_cannot_be_read_is_an_error(
    sample: Zones, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "named.conf").write_text(text)
    with pytest.raises(RejectedError, match=rf"named\.conf.*{reason}"):
        found(sample, namedConf="named.conf")


def test_a_named_conf_that_is_not_there_is_an_error(sample: Zones) -> None:
    with pytest.raises(RejectedError, match=r"cannot read \S*named\.conf: No such file"):
        found(sample, namedConf="named.conf")
