"""A report that keeps what it is told."""

from __future__ import annotations


class Heard:
    """Keeps the messages of an operation."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.told: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def progress(self, text: str) -> None:
        self.told.append(text)
