"""The lines that the library logs; tests can wait for one."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class LogLines(logging.Handler):
    """
    Stores log records.

    A whole test uses one object: while a handler is removed, others may miss a record.
    """

    def __init__(self) -> None:
        super().__init__()
        self._logged = threading.Condition()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Store the line of *record*."""
        with self._logged:
            self._lines.append(record.getMessage())
            self._logged.notify_all()

    def about(self, text: str) -> list[str]:
        """Return the lines that contain *text*."""
        with self._logged:
            return [line for line in self._lines if text in line]

    def wait_for(self, text: str, timeout: float) -> None:
        """Wait until a line that contains *text* is logged."""
        with self._logged:
            assert self._logged.wait_for(lambda: self.about(text), timeout)

    def __enter__(self) -> Self:
        logging.getLogger("jaeger_tracing").addHandler(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        logging.getLogger("jaeger_tracing").removeHandler(self)
