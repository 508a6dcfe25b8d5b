"""MiniStack, an emulator of AWS that nobody here wrote: Route 53 on a port of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.servers.process import START, ServerDiedError, free_port

#: what signs the requests; MiniStack takes any
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "no-real-access-key", "no-real-secret-access-key"


class MiniStack:
    """The emulator as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """Return what lets boto3 find Route 53 here, and nothing elsewhere."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """Return a client of Route 53, for a test to look with."""
        import boto3

        return boto3.client(
            "route53",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "SERVICES": "route53"}
        command = [sys.executable, "-m", "ministack"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **settings},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 3 * START  # it imports all of its services
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerDiedError((self.folder / "log").read_text(errors="replace")[-4000:])
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        url = f"{self.url}/_ministack/health"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
        return False
