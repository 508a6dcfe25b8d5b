"""The command as a process: exit codes, tables, colour, interruption, bad input."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import pytest

from tests.fakes.dns import Answer, FakeDns, Question, Slowly, silent
from tests.servers.internet import SILENT, Internet

from .conftest import Rdns, run_command

COMMAND = [sys.executable, "-m", "pulumi_rdns.cli"]


def test_a_pipe_gets_aligned_text_without_colour(internet: Internet) -> None:
    ran = run_command("check", "mail.example.com", "192.0.2.202", "--resolver", internet.resolver)
    assert ran.code == 1
    lines = ran.stdout.splitlines()
    assert lines[0] == "ADDRESS       HOSTNAME          VERDICT    DETAIL"
    assert lines[1] == "192.0.2.10    mail.example.com  confirmed"
    assert lines[3].startswith("192.0.2.202   -                 mismatch   it has no PTR record: ")
    assert lines[4] == "2 confirmed, 1 mismatch"
    assert "\x1b" not in ran.stdout + ran.stderr


def on_a_terminal(*arguments: str, **environ: str) -> str:
    """Run the command with a terminal for its output."""
    reader, writer = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **environ}
    with subprocess.Popen([*COMMAND, *arguments], stdout=writer, stderr=writer, env=variables):
        os.close(writer)
        shown = b""
        while chunk := _read(reader):
            shown += chunk
    os.close(reader)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""


def test_a_terminal_gets_colour_and_progress(internet: Internet) -> None:
    shown = on_a_terminal("check", "192.0.2.0/28", "--resolver", internet.resolver)
    assert "\x1b[32mconfirmed\x1b[0m" in shown
    assert "\x1b[31mmismatch" in shown
    assert "of 14 looked up" in shown


def test_a_terminal_sees_what_is_waited_for(internet: Internet) -> None:
    arguments = ["check", "192.0.2.202", "--wait", "1", "--resolver", internet.resolver]
    assert "not yet: 192.0.2.202: it has no PTR record: ns1." in on_a_terminal(*arguments)


def flood(question: Question) -> Iterator[bytes]:
    while True:
        yield question.wire[:2] + b"junk"


def in_another_class(question: Question) -> list[bytes]:
    return [question.reply(f"{question.name} 300 CH A example. 1").to_wire()]


def drips(question: Question) -> list[bytes]:
    reply = question.reply()
    reply.flags |= dns.flags.TC
    return [Slowly(reply.to_wire(), pause=3)]


def many_ptrs(question: Question) -> list[bytes]:
    """Answer with PTR records, to hostnames that nobody answers for."""
    if question.rdtype != "PTR":
        return []
    many = [f"{question.name} 300 IN PTR h{number}.example.com." for number in range(200)]
    reply = question.reply(*(many if question.over_tcp else ()))
    reply.flags |= 0 if question.over_tcp else dns.flags.TC
    return [reply.to_wire(max_size=65535)]


def test_many_ptrs_that_nobody_answers_for_are_unknown_and_end_soon() -> None:
    with FakeDns(many_ptrs) as server:
        place = f"{server.address}:{server.port}"
        started = time.monotonic()
        ran = run_command("check", "192.0.2.10", "--nameserver", place, "--json")
        asked = {question.name for question in server.asked if question.rdtype == "A"}
    assert time.monotonic() - started < 20
    assert (ran.code, [row["verdict"] for row in ran.rows]) == (2, ["unknown"])
    assert 0 < len(asked) <= 50
    assert len(ran.stdout) < 2000


def test_what_was_not_looked_up_is_not_denied() -> None:
    def deny(question: Question) -> list[bytes]:
        if question.rdtype == "PTR":
            return many_ptrs(question)
        return [question.reply(rcode="NXDOMAIN").to_wire()]

    with FakeDns(deny) as server:
        place = f"{server.address}:{server.port}"
        (row,) = run_command("check", "192.0.2.10", "--nameserver", place, "--json").rows
    assert row["verdict"] == "unknown"
    assert "only the first 50 of its PTR records were looked up" in row["detail"]


def too_many(question: Question) -> list[bytes]:
    """Answer with mail exchangers, and with addresses of each, beyond all use; no PTR records."""
    if question.rdtype == "MX":
        many = [f"{question.name} 300 IN MX 1 h{number}.example.com." for number in range(60)]
    elif question.rdtype == "A":
        octets = ((high, low) for high in (0, 1) for low in range(150))
        many = [f"{question.name} 300 IN A 10.0.{high}.{low}" for high, low in octets]
    else:
        return [question.reply(rcode="NXDOMAIN").to_wire()]
    reply = question.reply(*(many if question.over_tcp else ()))
    reply.flags |= 0 if question.over_tcp else dns.flags.TC
    return [reply.to_wire(max_size=65535)]


@pytest.mark.parametrize(
    ("arguments", "rows", "said"),
    [
        (["mail.example.com"], 257, "only the first 256 of its 300 addresses were checked"),
        (["--mx", "example.com"], 51, "only the first 50 of its 60 mail exchangers were checked"),
    ],
)
def test_what_is_beyond_all_use_is_cut_off_with_a_row(
    rdns: Rdns, arguments: list[str], rows: int, said: str
) -> None:
    def of_mx(question: Question) -> list[bytes]:
        if question.rdtype == "A":
            return [question.reply(rcode="NXDOMAIN").to_wire()]
        return too_many(question)

    with FakeDns(of_mx if "--mx" in arguments else too_many) as server:
        place = f"{server.address}:{server.port}"
        ran = rdns("check", *arguments, "--nameserver", place, "--json")
    assert len(ran.rows) == rows
    assert (ran.rows[-1]["verdict"], ran.rows[-1]["detail"]) == ("unknown", said)


@pytest.mark.parametrize("answer", [silent, flood, in_another_class, drips])
@pytest.mark.parametrize("how", ["--nameserver", "--resolver"])
def test_servers_that_behave_badly_are_unknown_and_neither_a_hang_nor_a_traceback(
    answer: Answer, how: str
) -> None:
    with FakeDns(answer) as server:
        place = f"{server.address}:{server.port}"
        names = ["192.0.2.10", "mail.example.com", "--mx", "example.com"]
        ran = run_command("check", *names, how, place, "--json")
    assert {row["verdict"] for row in ran.rows} == {"unknown"}
    assert len(ran.rows) == 3
    assert (ran.code, ran.stderr) == (2, "")


def test_no_color_is_honoured(internet: Internet) -> None:
    shown = on_a_terminal("check", "192.0.2.10", "--resolver", internet.resolver, NO_COLOR="1")
    assert "confirmed" in shown
    assert "\x1b[3" not in shown


def test_json_has_no_colour_and_no_summary(internet: Internet) -> None:
    ran = run_command("check", "192.0.2.10", "--json", "--resolver", internet.resolver)
    assert (ran.code, len(ran.rows), ran.stderr) == (0, 1, "")


def test_one_ctrl_c_ends_it_without_a_traceback(internet: Internet) -> None:
    before = len(internet.fronts[SILENT].asked)
    arguments = ["check", "host.silent.example", "--wait", "60", "--resolver", internet.resolver]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while len(internet.fronts[SILENT].asked) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (stdout, stderr) == ("", "")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    ("asked", "code"), [("192.0.2.10", 0), ("192.0.2.202", 1), ("192.0.2.0/24", 1)]
)
def test_a_reader_that_has_seen_enough_is_no_error_and_changes_no_verdict(
    internet: Internet, asked: str, code: int, form: list[str]
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "check", asked, *form, "--resolver", internet.resolver],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == code


def test_every_mistake_is_named_at_once(rdns: Rdns) -> None:
    ran = rdns(
        *("check", "192.0.2.300", "mail_1.example.com", "10.0.0.0/8", "192.0.2.1/24", "a/b"),
        *("--mx", "a..b", "--wait", "soon", "--nameserver", "[::1", "--resolver", "ns.example.com"),
    )
    assert ran.code == 2
    assert ran.stdout == ""
    assert [line.removeprefix("rdns: ") for line in ran.stderr.splitlines()] == [
        "'192.0.2.300' is not an IPv4 or IPv6 address: each of the four numbers goes from 0 to 255",
        "'mail_1.example.com' has an underscore, which a hostname cannot have (RFC 1123 section "
        "2.1)",
        "'10.0.0.0/8' has 16777216 addresses; one command looks at 65536 at most: name smaller "
        "networks",
        "'192.0.2.1/24' is an address inside a network; the network is 192.0.2.0/24",
        "'a/b' is not a network; write it as in 192.0.2.0/24 or 2001:db8::/120",
        "--mx: 'a..b' has an empty label (two dots in a row)",
        "--nameserver: '[::1' is not an IPv4 or IPv6 address",
        "--resolver: 'ns.example.com' is a name; a resolver is given by its address",
        "--wait: 'soon' is not a number of seconds",
    ]


def test_what_people_paste_is_read_or_refused_with_what_to_give(rdns: Rdns) -> None:
    ran = rdns(
        *("check", "", "https://mail.example.com/", "2.0.192.in-addr.arpa", "224.0.0.0/30"),
        *("--mx", "postmaster@example.com"),
    )
    assert ran.code == 2
    assert [line.removeprefix("rdns: ") for line in ran.stderr.splitlines()] == [
        "an argument is empty; give hostnames, addresses or networks",
        "'https://mail.example.com/' is a URL; give its hostname alone: mail.example.com",
        "'2.0.192.in-addr.arpa' is a reverse zone; give its network: 192.0.2.0/24",
        "'224.0.0.0/30' has multicast addresses, which no host has as its own",
        "--mx: 'postmaster@example.com' is a mail address; give its domain alone: example.com",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["check"], "nothing to check: give hostnames, addresses or networks"),
        (["check", "--fast"], "unrecognized arguments: --fast"),
        (["chek"], "invalid choice: 'chek'"),
        (["check", "192.0.2.10", "--wait"], "argument --wait: expected one argument"),
        (["check", "::/97"], "'::/97' has 2147483648 addresses"),
    ],
)
def test_a_usage_error_is_one_sentence(rdns: Rdns, arguments: list[str], said: str) -> None:
    ran = rdns(*arguments)
    assert ran.code == 2
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
    assert said in ran.stderr


def test_a_message_has_nothing_that_a_terminal_obeys(rdns: Rdns) -> None:
    ran = rdns("check", "--me\x1b[2Jm\u202e")
    assert ran.code == 2
    assert "\x1b" not in ran.stderr
    assert r"me\x1b[2Jm\u202e" in ran.stderr


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("printf '\\377'", "answered something else than a JSON object"),
        ("head -c 200000 /dev/zero | tr '\\0' '['", "answered something else than a JSON object"),
        ("printf 'error: no \\033[2Jstack \\377\\n' >&2; exit 1", "no \\x1b[2Jstack \ufffd"),
    ],
    ids=["not UTF-8", "deep", "an error"],
)
def test_whatever_pulumi_says_is_a_sentence(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, told: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{says}\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    ran = rdns("check", "--stack")
    assert ran.code == 2
    assert ran.stderr == f"rdns: pulumi config --show-secrets --json: {told}\n"


def test_rich_is_imported_only_for_a_table(internet: Internet) -> None:
    script = (
        "import sys; from pulumi_rdns.cli import main; "
        f"main(['check', '192.0.2.10', '--resolver', '{internet.resolver}']); "
        "sys.exit('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0


def test_a_check_changes_nothing_where_it_runs(internet: Internet, tmp_path: Path) -> None:
    run_command("check", "192.0.2.10", "--resolver", internet.resolver, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
