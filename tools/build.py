"""The Pulumi CLI, built from its Go modules: for a machine that cannot download the release.

Two modules of this folder pin what is built. The Python language host comes from an older release
than the CLI: the last one in which it can be had as a module. It works with newer CLIs and SDKs.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools import cache
from tools.progress import CommandError, SetupError, run, say

CLI = Path(__file__).with_name("pulumi-cli")
LANGUAGE_HOST = Path(__file__).with_name("pulumi-language-python")
SDK = "github.com/pulumi/pulumi/sdk/v3"

SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)
"""Files of the SDK's module that belong beside the binaries."""

OLD_GO = r"requires go ?>?= ?\d|invalid go version|unknown directive|toolchain not"
NO_NETWORK = (
    r"dial tcp|no such host|i/o timeout|unreachable|connection refused|proxyconnect"
    r"|TLS handshake|module lookup disabled"
)


def installed(environ: Mapping[str, str]) -> Path | None:
    return cache.programs(_place(environ))


def install(environ: Mapping[str, str]) -> Path:
    """Build it into the user's cache, where it appears when it is complete."""
    with cache.one_at_a_time(environ):
        if installed(environ) is None:
            go = _find_go(environ)
            say("The pulumi CLI is built from source, once: some minutes, and 4 GB of disk.")
            with cache.filled(_place(environ)) as folder:
                _build(go, folder / "bin", environ)
    return _place(environ) / "bin"


def explain(output: str) -> str:
    """What to do about an error of the go command."""
    if re.search(OLD_GO, output):
        return (
            f"this Go is too old to build the pulumi CLI: install Go {_oldest_go()} or newer, "
            "or the pulumi CLI itself."
        )
    if re.search(NO_NETWORK, output):
        return (
            "the Go modules of the pulumi CLI cannot be fetched: connect to the network for the "
            "first run, set GOPROXY to a mirror, or install the pulumi CLI itself."
        )
    if "no space left on device" in output:
        return "the disk is full: building the pulumi CLI takes 4 GB in Go's caches."
    return "the pulumi CLI could not be built. Install it, and run this again."


def _find_go(environ: Mapping[str, str]) -> str:
    go = shutil.which("go", path=environ.get("PATH", ""))
    if go is None:
        raise SetupError(
            "there is no pulumi CLI on this machine, and no Go to build it with: install the "
            f"pulumi CLI, or Go {_oldest_go()} or newer."
        )
    return go


def _build(go: str, folder: Path, environ: Mapping[str, str]) -> None:
    env = {name: value for name, value in environ.items() if name not in ("GOOS", "GOARCH")}
    env |= {"GOBIN": str(folder), "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    try:
        _compile(go, LANGUAGE_HOST, "Python language host", env)
        _compile(go, CLI, "pulumi CLI", env)
        command = [go, "list", "-m", "-f", "{{.Dir}}", SDK]
        sdk = Path(run("looking for the scripts of the SDK", command, env=env, cwd=CLI).strip())
    except CommandError as error:
        raise SetupError(f"{explain(error.output)}\n{error.last_lines()}") from error
    for script in SCRIPTS:
        copy = folder / Path(script).name
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)


def _compile(go: str, module: Path, what: str, env: Mapping[str, str]) -> None:
    packages = run(
        f"fetching the modules of the {what}",
        [go, "list", "-deps", "tool"],
        env=env,
        cwd=module,
        detail=lambda line: line.removeprefix("go: downloading "),
    )
    total = sum(not line.startswith("go: ") for line in packages.splitlines())
    stamp = f"-X {SDK}/go/common/version.Version={_pinned(module)}"
    run(
        f"building the {what}",
        [go, "install", "-v", "-tags=grpcnotrace", f"-ldflags=-s -w {stamp}", "tool"],
        env=env,
        cwd=module,
        detail=_Compiled(total),
    )


class _Compiled:
    """Counts the packages that Go names as it compiles them; it is silent about those it has."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    def __call__(self, line: str) -> str:
        self.done += 1
        return f"{self.done} of {self.total} packages"


def _place(environ: Mapping[str, str]) -> Path:
    pins = b"".join(
        (module / name).read_bytes()
        for module in (CLI, LANGUAGE_HOST)
        for name in ("go.mod", "go.sum")
    )
    digest = hashlib.sha256(pins).hexdigest()[:12]
    return cache.folder(environ) / f"{_pinned(CLI)}-{cache.MACHINE}-{digest}"


def _pinned(module: Path) -> str:
    version = re.search(rf"{SDK} v(\S+)", (module / "go.mod").read_text())
    assert version, f"{module}/go.mod requires {SDK}"
    return version[1]


def _oldest_go() -> str:
    line = re.search(r"^go (\S+)", (CLI / "go.mod").read_text(), re.MULTILINE)
    assert line, f"{CLI}/go.mod says which Go it needs"
    return line[1]
