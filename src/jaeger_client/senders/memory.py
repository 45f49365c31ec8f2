"""The shipped fake: a sender that keeps what it is given."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from jaeger_client._internal.closing import Closable
from jaeger_client.errors import PayloadTooLargeError, SendError

DEFAULT_CAPACITY: Final = 1_000
"""Payloads that are kept; older ones make room."""


class MemorySender(Closable):
    """
    Keeps the last *capacity* payloads in memory, for tests.

    May be read and told to fail from any thread, while another one sends.
    """

    rejected_spans: int = 0
    """Spans the backend said it did not keep; no answer tells it here."""

    def __init__(
        self,
        *,
        max_payload: int = 65_000,
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        self.max_payload = max_payload
        """Most bytes of one payload; tests may change it at any time."""
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
        """A copy of what was sent and is kept, the oldest first."""
        with self._arrived:
            return list(self._payloads)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def send(self, payload: bytes) -> None:
        """
        Keep *payload*.

        Raises:
            PayloadTooLargeError: If it is longer than `max_payload`.
            SendError: If the sender was told to fail, or is closed.
        """
        with self._arrived:
            self._raise_planned_error()
            self._check_size(payload)
            self._payloads.append(payload)
            self._sent += 1
            self._arrived.notify_all()

    def fail_next(self, *errors: SendError) -> None:
        """Raise *errors* from the next sends, one each, then send again."""
        with self._arrived:
            self._next_errors.extend(errors)

    def fail_always(self, error: SendError | None) -> None:
        """Raise *error* from every send until called with None."""
        with self._arrived:
            self._lasting_error = error

    def wait_for(self, count: int, timeout: float = 5.0) -> bool:
        """Wait until *count* payloads were sent; return whether they were."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._sent >= count, timeout)

    def clear(self) -> None:
        """Forget what was sent."""
        with self._arrived:
            self._payloads.clear()
            self._sent = 0

    def after_fork_in_child(self) -> None:
        """Begin empty, so that a child shows only what it sent itself."""
        # A new one: the old one's lock may be held by a thread not copied.
        self._arrived = threading.Condition()
        self.clear()

    def close(self) -> None:
        """Refuse what comes later; what was sent stays. Idempotent."""
        self._is_closed = True

    def _raise_planned_error(self) -> None:
        if self._is_closed:
            msg = "the memory sender is closed"
            raise SendError(msg)
        error = self._lasting_error
        if self._next_errors:
            error = self._next_errors.popleft()
        if error is not None:
            raise error

    def _check_size(self, payload: bytes) -> None:
        if len(payload) > self.max_payload:
            msg = f"memory takes {self.max_payload} bytes, got {len(payload)}"
            raise PayloadTooLargeError(msg, limit=self.max_payload)
