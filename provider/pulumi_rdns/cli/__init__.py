"""The command ``rdns``: looks at reverse DNS and changes nothing."""

from pulumi_rdns.cli.command import main

__all__ = ["main"]
