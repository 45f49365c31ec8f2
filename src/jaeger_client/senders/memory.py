"""A sender that stores payloads in memory, for tests."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import AbstractContextManager
from typing import Final

from jaeger_client.errors import PayloadTooLargeError, SendError

DEFAULT_CAPACITY: Final = 1_000
"""Number of payloads that are stored; older ones are dropped."""


class MemorySender(AbstractContextManager["MemorySender"]):
    """
    Stores the last *capacity* payloads, for tests.

    Thread-safe: a test may read payloads and make sends fail while another thread
    sends.
    """

    rejected_spans: int = 0
    """Always 0, because no backend rejects spans."""

    def __init__(
        self,
        *,
        max_payload: int = 65_000,
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        self.max_payload = max_payload
        """Maximum size of a payload in bytes; tests may change it at any time."""
        self._is_closed = False
        self._arrived = threading.Condition()
        self._payloads: deque[bytes] = deque(maxlen=capacity)
        self._sent = 0
        self._next_errors: deque[SendError] = deque()
        self._lasting_error: SendError | None = None

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"<MemorySender {state}, {self._sent} payloads>"

    @property
    def payloads(self) -> list[bytes]:
        """A copy of the stored payloads, the oldest first."""
        with self._arrived:
            return list(self._payloads)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def send(self, payload: bytes) -> None:
        """
        Store *payload*.

        Raises:
            PayloadTooLargeError: If it is longer than `max_payload`.
            SendError: If the sender was made to fail, or is closed.
        """
        with self._arrived:
            self._check(payload)
            self._payloads.append(payload)
            self._sent += 1
            self._arrived.notify_all()

    def fail_next(self, *errors: SendError) -> None:
        """Make the next sends fail, each with one of *errors*."""
        with self._arrived:
            self._next_errors.extend(errors)

    def fail_always(self, error: SendError | None) -> None:
        """Make every send fail with *error*, until called with None."""
        with self._arrived:
            self._lasting_error = error

    def wait_for(self, count: int, timeout: float = 5.0) -> bool:
        """Wait *timeout* seconds for *count* payloads; return whether all were sent."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._sent >= count, timeout)

    def clear(self) -> None:
        """Drop the stored payloads."""
        with self._arrived:
            self._payloads.clear()
            self._sent = 0

    def after_fork_in_child(self) -> None:
        """Drop the stored payloads, which are the parent's."""
        # A new lock: a thread of the parent may hold the old one for ever here.
        self._arrived = threading.Condition()
        self.clear()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuse later payloads; the stored ones stay. Idempotent."""
        self._is_closed = True

    def _check(self, payload: bytes) -> None:
        if self._is_closed:
            msg = "the memory sender is closed"
            raise SendError(msg)
        error = self._lasting_error
        if self._next_errors:
            error = self._next_errors.popleft()
        if error is not None:
            raise error
        if len(payload) > self.max_payload:
            msg = f"memory accepts {self.max_payload} bytes, got {len(payload)}"
            raise PayloadTooLargeError(msg, limit=self.max_payload)
