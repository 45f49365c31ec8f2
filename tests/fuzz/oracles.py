"""Conditions that every input must satisfy, whatever the target."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from jaeger_client.errors import JaegerClientError

MAX_MESSAGE: Final = 4_100
"""Maximum length of the message of an error, as documented in docs/how-it-works.md."""

MAX_LINE: Final = 12_000
"""Maximum length of a line of the log: several values of 1,000 characters each."""

LOGGER: Final = logging.getLogger("jaeger_tracing")


def check_error(error: JaegerClientError) -> None:
    """An error has a message of one line and bounded length."""
    check_line(str(error), MAX_MESSAGE)
    assert str(error), type(error)


def check_line(text: str, limit: int = MAX_LINE) -> None:
    """A text that cannot forge a line of the log, and is not long."""
    assert len(text) <= limit, f"{len(text)} characters: {text[:500]!r}..."
    assert text.isprintable(), f"not printable: {text!r}"


class _Lines(logging.Handler):
    """Stores the lines of the log as an application's handler formats them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def checked_log() -> Generator[list[str]]:
    """Check each line that is logged meanwhile, and keep it from other handlers."""
    handler = _Lines()
    LOGGER.addHandler(handler)
    propagate, LOGGER.propagate = LOGGER.propagate, False
    try:
        yield handler.lines
    finally:
        LOGGER.propagate = propagate
        LOGGER.removeHandler(handler)
    for line in handler.lines:
        check_line(line)
