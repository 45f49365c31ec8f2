"""
The queue between the application's threads and the one that sends.

Strategy: a bounded deque without a lock, whose append and popleft are one step
to the interpreter. Nobody is woken for a span: `put` calls *wake* only when the
first span comes into an empty queue (so that the flush interval begins) and
when a batch is full.

The thread that sends gets the interpreter for half of the time at best, and at
first has an encoder to import, so under a burst the queue fills faster than it
can encode. During its turns as many spans again may wait: a burst of twice the
capacity is lost by nobody.

Guarantees: `put` never blocks and never raises; a full or closed queue refuses
the newest span, counts it and says so.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from jaeger_client.fork import notice_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaeger_client.model import SpanLosses

SpanT = TypeVar("SpanT")


class SpanQueue(Generic[SpanT]):
    """A bounded queue that refuses, counts and wakes. Safe from any thread."""

    __slots__ = (
        "_calm",
        "_capacity",
        "_closed",
        "_lock",
        "_losses",
        "_refused",
        "_room",
        "_spans",
        "_wake",
        "_wake_at",
        "batch_size",
    )

    def __init__(
        self,
        capacity: int,
        *,
        losses: SpanLosses,
        batch_size: int,
        wake: Callable[[], None],
        refused: Callable[[bool], None] = lambda closed: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self._capacity = capacity
        self._losses = losses
        self._wake = wake
        self._refused = refused
        """Told of each span that is refused, and whether for being closed."""
        self.batch_size = batch_size
        """Spans at which *wake* is called without waiting for the interval."""
        self._closed = False
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Become empty: what is queued is the parent's to send."""
        self._lock = threading.Lock()
        self._spans: deque[SpanT] = deque()
        self._room = 0 if self._closed else self._capacity
        self._set_wake_at(1)

    def _set_wake_at(self, count: int) -> None:
        self._wake_at = count
        # Of as many spans that wait already, the next one changes nothing.
        self._calm = min(self._room, count - 1)
        if self._closed:  # by another thread, between the reading and the writing
            self._calm = 0

    def put(self, span: SpanT) -> bool:
        """Append *span* or refuse it; return whether it was taken."""
        spans = self._spans
        if len(spans) < self._calm:
            spans.append(span)
            return True
        return self._put_at_mark(span)

    def _put_at_mark(self, span: SpanT) -> bool:
        # Before the span is queued among those that are the parent's to send.
        notice_fork()
        spans = self._spans
        if len(spans) >= self._room:
            self._refuse()
            return False
        spans.append(span)
        if len(spans) >= self._wake_at:
            # Before the call, so that the next spans do not call it as well;
            # should nobody take spans, another batch brings another call.
            self._set_wake_at(len(spans) + self.batch_size)
            self._wake()
        return True

    def _refuse(self) -> None:
        closed = self._closed
        with self._lock:
            if closed:
                self._losses.closed += 1
            else:
                self._losses.queue_full += 1
        self._refused(closed)

    def begin_turn(self) -> None:
        """Let twice as many spans wait: the thread that sends is at work."""
        self._set_room(2 * self._capacity)

    def end_turn(self) -> None:
        """Let as many spans wait as before the turn; more that do are kept."""
        self._set_room(self._capacity)

    def _set_room(self, room: int) -> None:
        self._room = room
        if self._closed:  # by another thread, just before
            self._room = 0
        self._set_wake_at(self._wake_at)

    def take(self, most: int) -> list[SpanT]:
        """Remove and return up to *most* of the oldest spans; one thread at a time."""
        popleft = self._spans.popleft
        # Only one thread takes, so there are at least this many.
        return [popleft() for _ in range(min(most, len(self._spans)))]

    def clear(self) -> int:
        """Throw away all spans; return how many; not while another thread takes."""
        count = len(self._spans)
        self._spans.clear()
        return count

    def wake_at_batch(self) -> None:
        """Stay silent until a batch is full: the interval is running."""
        self._set_wake_at(self.batch_size)

    def wake_at_first(self) -> None:
        """Call *wake* for the next span: nobody waits for the interval."""
        self._set_wake_at(1)

    def close(self) -> None:
        """Refuse every span from now on."""
        self._closed = True
        self._room = self._calm = 0

    def __len__(self) -> int:
        return len(self._spans)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<SpanQueue {state}, {len(self)} of {self._capacity}>"
