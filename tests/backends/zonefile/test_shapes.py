"""Zone files as other people write them: after an edit, the serial and one record differ.

BIND's own compiler reads each file before and after.
"""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest

from .tools import REVERSE, Zones, change, name, need_bind

SOA_VALUES = "ns1.example.net. hostmaster.example.net."
#: how a zone begins: what comes before its records
HEADS = {
    "debian": (
        ";\n; BIND reverse data file for local loopback interface\n;\n$TTL\t604800\n"
        f"@\tIN\tSOA\t{SOA_VALUES} (\n\t\t\t      1\t\t; Serial\n\t\t\t 604800\t\t; Refresh\n"
        "\t\t\t  86400\t\t; Retry\n\t\t\t2419200\t\t; Expire\n\t\t\t 604800 )\t; Negative\n;\n"
        "@\tIN\tNS\tns1.example.net.\n"
    ),
    "red hat": (
        f"$TTL 1D\n@\tIN SOA\t{SOA_VALUES} (\n\t\t\t\t\t0\t; serial\n\t\t\t\t\t1D\t; refresh\n"
        "\t\t\t\t\t1H\t; retry\n\t\t\t\t\t1W\t; expire\n\t\t\t\t\t3H )\t; minimum\n"
        "\tNS\tns1.example.net.\n"
    ),
    "dated, absolute": (
        f"$ORIGIN .\n$TTL 3600\t; 1 hour\n{REVERSE}\tIN SOA\t{SOA_VALUES} (\n"
        "\t\t\t\t2019013107 ; serial\n\t\t\t\t28800 ; refresh (8 hours)\n\t\t\t\t7200 ; retry\n"
        f"\t\t\t\t604800 ; expire\n\t\t\t\t86400 ; minimum\n\t\t\t\t)\n\t\t\tNS\tns1.example.net.\n"
        f"$ORIGIN {REVERSE}.\n"
    ),
    "one line": f"$ORIGIN {REVERSE}.\n@ 3600 SOA {SOA_VALUES} 7 7200 900 960 300\n@ 3600 NS n.x.\n",
    "no ttl at all": (
        f"@ IN SOA {SOA_VALUES} ( 2024123199 3h 15m 1w 1d )\n@ IN NS ns1.example.net.\n"
    ),
    "owner spelled out": (
        f"$TTL 2h30m\n{REVERSE.upper()}. IN SOA {SOA_VALUES} 4294967295 1 1 1 1\n"
        f"{REVERSE}. IN NS ns1.example.net.\n"
    ),
    "parentheses everywhere": (
        f'$TTL 60\n@ ( IN\nSOA {SOA_VALUES} ) (\n  100 ; (a serial)\n  1h\n\n  5m ; "quoted\n 1w\n'
        "300 ; )\n)\n ( NS\n ns1.example.net. )\n"
    ),
    "two levels": (
        f"$TTL 1h\n$ORIGIN 0.192.in-addr.arpa.\n2 IN SOA {SOA_VALUES} 10 1h 5m 1w 5m\n2 NS n.x.\n"
        "$ORIGIN 2\n"
    ),
    "class first, then ttl": (
        f"$TTL 5\n@ IN 600 SOA {SOA_VALUES} ( 1 2 3 4 5 )\n@ in 600 ns ns1.example.net.\n"
        "@ IN 600 NS ns2.example.net.\n"
    ),
    "late ttl": (f"@ 300 IN SOA {SOA_VALUES} ( 42 2 3 4 5 )\n@ NS ns1.example.net.\n$TTL 1w\n"),
}
#: what stands among the records; `10` points to old.example.net in each
BODIES = {
    "tabs": "1\tIN\tPTR\trouter.example.net.\n10\tIN\tPTR\told.example.net.\n11\tIN\tPTR\tx.y.\n",
    "ttl on each": "1 300 IN PTR a.x.\n10 300 IN PTR old.example.net.\n11 600 IN PTR b.x.\n",
    "class before ttl": "1 IN 300 PTR a.x.\n10 IN 300 PTR old.example.net.\n",
    "lower case": "1 in ptr a.x.\n10 ptr OLD.Example.NET.\n",
    "absolute owners": f"1.{REVERSE}. PTR a.x.\n10.{REVERSE}. PTR old.example.net.\n",
    "blank owners": '10 PTR old.example.net.\n\tTXT "of ten"\n   HINFO PC Linux\n9 A 192.0.2.9\n',
    "several types": "9 PTR n.x.\n\n10 TXT a\n10 PTR old.example.net.\n10 A 192.0.2.10\n",
    "generate": "$GENERATE 20-90 $ PTR dhcp-$.pool.x.\n10 PTR old.example.net.\n2 PTR b.x.\n",
    "generate over it": "$GENERATE 9-11 $ IN PTR old.example.net.\n12 PTR b.x.\n",
    "generate with form": "10 PTR old.example.net.\n$GENERATE 20-30/5 ${1} 1h PTR h${0,3,d}.x.\n",
    "classless": "0/26 NS ns.x.\n$GENERATE 64-70 $ CNAME $.64/26\n10 PTR old.example.net.\n",
    "sub-origin": "10 PTR old.example.net.\n$ORIGIN 64-127\n65 PTR a.x.\n66 PTR b.x.\n",
    "commented out": ';9 PTR no.x.\n10 PTR old.example.net. ;was older.x.\n; 11 IN PTR ( "\n',
    "aligned": "1           IN      PTR     a.x.\n10          IN      PTR     old.example.net.\n",
    "parentheses": "10 ( PTR ; the host\n old.example.net. ) ; of ten\n11 PTR (a.x.)\n",
    "decimal escapes": "\\049\\048 PTR old.example.net.\n11 PTR a\\.b.x.\n",
    "services": "b._dns-sd._udp PTR @\n10 PTR old.example.net.\n*.9 PTR w.x.\n",
    "encodings": '; caf\xc3\xa9 \xe9\n10 PTR old.example.net.\n11 TXT "\xfc"\n',
    "types of BIND": "9 MG .\n10 PTR old.example.net.\n11 SINK 8 0 2 l4ik\n12 TYPE731 \\# 1 ff\n",
    "keys": "@ DNSKEY 256 3 13 AwEAAQ==\n10 PTR old.example.net.\n10 KEY 512 255 1 AAAA\n",
    "include": "$INCLUDE shared.inc\n10 PTR old.example.net.\n$INCLUDE shared.inc more\n",
    "ttl changes": "$TTL 1h\n10 PTR old.example.net.\n$TTL 30\n11 PTR a.x.\n12 1d PTR b.x.\n",
    "two pointers": "10 PTR old.example.net.\n11 PTR a.x.\n11 PTR b.x.\n11 PTR a.x.\n",
    "blank lines": " \n\t\n;\n10 PTR old.example.net.\n\n\n\t; end\n",
}
NEWLINES = ["\n", "\r\n"]
SHAPES = list(itertools.product(HEADS, BODIES))


def compiled(path: Path) -> dict[str, list[str]]:
    """The zone as BIND compiles it: the serial, and the other records."""
    options = ["-q", "-s", "full", "-i", "none", "-k", "ignore", "-w", str(path.parent)]
    program = need_bind().replace("checkzone", "compilezone")
    result = subprocess.run(
        [program, *options, "-o", "-", REVERSE, path.name],
        capture_output=True,
        check=True,
        timeout=30,
    )
    lines = [" ".join(line.split()) for line in result.stdout.decode("latin-1").splitlines()]
    soa = next(line for line in lines if " IN SOA " in line)
    rest = sorted(line for line in lines if line and " IN SOA " not in line)
    words = soa.split()
    return {"serial": [words[6]], "soa": words[:6] + words[7:], "records": rest}


def test_there_are_two_hundred_shapes() -> None:
    assert len(SHAPES) >= 200


@pytest.mark.parametrize(("head", "body"), SHAPES)
def test_after_an_edit_the_serial_and_one_record_differ(zones: Zones, head: str, body: str) -> None:
    at = SHAPES.index((head, body))
    text = (HEADS[head] + BODIES[body]).replace("\n", NEWLINES[at // 7 % 2])
    if at % 5 == 0 and not text.splitlines()[-1].startswith("$"):
        text = text.rstrip("\r\n")  # BIND wants a line ending behind a directive
    zones.write("shared.inc", "101 3600 PTR shared.x.\n")
    path = zones.write("named.rev", text)
    before = compiled(path)

    owner, old, new = [
        (f"10.{REVERSE}", ["old.example.net"], ["new.example.net"]),
        (f"10.{REVERSE}", ["old.example.net"], []),
        (f"199.{REVERSE}", [], ["new.example.net"]),
    ][at % 3]
    ttls = [line.split(" ")[1] for line in before["records"] if line.startswith(f"{owner}. ")]
    ttl = int(ttls[0]) if ttls else 4242
    backend = zones.backend(zones={REVERSE: "named.rev"})
    backend.apply(name(REVERSE), [change(owner, "PTR", old, new, ttl)])

    after = compiled(path)
    assert after["soa"] == before["soa"]
    assert after["serial"] != before["serial"]
    gone = {f"{owner}. {ttl} IN PTR {host}.".lower() for host in old}
    come = {f"{owner}. {ttl} IN PTR {host}.".lower() for host in new}
    records = [{line.lower() for line in each["records"]} for each in (before, after)]
    assert gone <= records[0]
    assert records[1] == records[0] - gone | come
    # Lines of the record, of the range that makes it, and of the serial may differ.
    touched = ("10", "\\049", "GENERATE 9", before["serial"][0])
    untouched = [line for line in text.splitlines() if not any(one in line for one in touched)]
    there = iter(zones.text("named.rev").splitlines())
    assert all(line in there for line in untouched)
