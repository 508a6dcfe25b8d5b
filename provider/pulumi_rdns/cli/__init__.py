"""The command ``rdns``: looks at reverse DNS. Only `rdns doctor --write` writes."""

from pulumi_rdns.cli.command import main

__all__ = ["main"]
