"""A server that has the key of a stack's secrets, as Vault does, in the place of a passphrase.

To make the key of a passphrase takes each command of the Pulumi CLI 0.2 s (a million rounds of
PBKDF2). API: https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: the provider of a stack's secrets, as `pulumi stack init` takes it
PROVIDER = "hashivault://tests"


class _Handler(BaseHTTPRequestHandler):
    """Encrypts nothing: what is kept from view is the test's own."""

    def do_PUT(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "/encrypt/" in self.path:
            data = {"ciphertext": f"vault:v1:{asked['plaintext']}"}
        else:
            data = {"plaintext": asked["ciphertext"].removeprefix("vault:v1:")}
        content = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def key_server() -> Iterator[dict[str, str]]:
    """Run the server; gives the variables by which the CLI finds it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="key server")
        thread.start()
        try:
            yield {
                "VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}",
                "VAULT_SERVER_TOKEN": "no-real-token",
            }
        finally:
            server.shutdown()
            thread.join()
