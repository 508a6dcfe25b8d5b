"""How long `rdns check` takes beside `dig -f`, against BIND on this machine.

    python -m benchmarks.check

Both ask one server for the same records; `dig` asks one question after the other, and judges
nothing. The second server is as far away as one in another city: that is what side by side is for.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path

from tests.fakes.dns import Answer, FakeDns, Question, relay_to
from tests.servers.bind import Bind
from tests.servers.process import zone_text

HOSTS = 1000
#: seconds that a question and its answer travel
DISTANCE = 0.02


def main() -> None:
    if not Bind.available() or shutil.which("dig") is None:
        sys.exit("needs named and dig (Debian packages bind9 and bind9-dnsutils)")
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, ", end="")
    print(f"Python {platform.python_version()}, {_version_of('dig', '-v')}")
    network = ["192.0.2.0/24"]
    hostnames = [f"h{number}.example.com" for number in range(HOSTS)]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        near = stack.enter_context(Bind(Path(folder), _zones()))
        far = stack.enter_context(FakeDns(_delayed(relay_to(near.address, near.port))))
        print(f"\nthe start of `rdns` alone: {_seconds(_rdns('--version')):.2f} s\n")
        print(f"{'':24}{'rows':>6}{'rdns':>9}{'dig -f':>9}{'ratio':>8}")
        for where, place in (("", near), (f", {DISTANCE * 1000:.0f} ms away", far)):
            _compare(f"a /24{where}", network, list(_questions_about_network()), place, folder)
            questions = list(_questions_about_hosts(hostnames))
            _compare(f"{HOSTS} hosts{where}", hostnames, questions, place, folder)


def _compare(
    title: str, names: Sequence[str], questions: Sequence[str], place: Bind | FakeDns, folder: str
) -> None:
    batch = Path(folder) / "questions"
    batch.write_text("\n".join([*questions, ""]))
    server = f"{place.address}:{place.port}"
    ours = _seconds(_rdns("check", *names, "--nameserver", server, "--json"))
    dig = ["dig", f"@{place.address}", "-p", str(place.port), "+short", "-f", str(batch)]
    theirs = _seconds(dig)
    rows = 254 if names[0].endswith("/24") else len(names)
    print(f"{title:24}{rows:>6}{ours:>7.2f} s{theirs:>7.2f} s{theirs / ours:>7.1f}x")


def _rdns(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pulumi_rdns.cli", *arguments]


def _seconds(command: Sequence[str]) -> float:
    """Time the command; one that does not find everything confirmed would be no benchmark."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _zones() -> dict[str, str]:
    """A /24 and 1,000 hosts in four more, all of them right."""
    return {
        "example.com": zone_text(
            "@ NS ns\nns A 127.0.0.1\n$GENERATE 1-254 n$ A 192.0.2.$\n"
            + "\n".join(f"h{number} A {_address(number)}" for number in range(HOSTS))
        ),
        "2.0.192.in-addr.arpa": zone_text(
            "@ NS ns.example.com.\n$GENERATE 1-254 $ PTR n$.example.com."
        ),
        "18.198.in-addr.arpa": zone_text(
            "@ NS ns.example.com.\n"
            + "\n".join(
                f"{_reverse(_address(number))}. PTR h{number}.example.com."
                for number in range(HOSTS)
            )
        ),
    }


def _address(number: int) -> str:
    return f"198.18.{number // 250}.{number % 250 + 1}"


def _reverse(address: str) -> str:
    return ip_address(address).reverse_pointer


def _questions_about_network() -> Iterator[str]:
    for address in ip_network("192.0.2.0/24").hosts():
        yield f"{_reverse(str(address))} PTR"
        yield f"n{str(address).rpartition('.')[2]}.example.com A"


def _questions_about_hosts(hostnames: Sequence[str]) -> Iterator[str]:
    for number, hostname in enumerate(hostnames):
        yield f"{hostname} A"
        yield f"{hostname} AAAA"
        yield f"{_reverse(_address(number))} PTR"


def _delayed(answer: Answer) -> Answer:
    def late(question: Question) -> list[bytes]:
        time.sleep(DISTANCE)
        return list(answer(question))

    return late


def _version_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()[0]


if __name__ == "__main__":
    main()
