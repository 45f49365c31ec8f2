"""
The queue between the application's threads and the background worker.

Strategy: a bounded deque without a lock. Appending, popping and taking the length of
a deque are atomic in CPython: each is one call into C that runs no Python code and
does not release the interpreter lock. `put` appends first and looks at the length and
the state of the queue afterwards. If the queue is full or closed, `put` then removes
the newest span and counts it. That order is what makes the accounting exact: a span is
in the deque before `put` learns whether the queue is closed, so the thread that closes
it either finds the span, or `put` finds the queue closed. A span is refused or counted
only by the call that popped it, so no span is counted twice.

`put` calls *wake* not for each span, but for the first one in an empty queue, which
starts the flush interval, and when a batch is full. Both are marks on the length of the
deque. Every write of a mark by `put` is followed by a wake-up, after which the worker
writes the marks itself; so where two threads write them at the same time, the last
write that counts is the worker's.

While the worker is sending, the limit is doubled, so that a burst of twice the capacity
is kept: the worker gets the interpreter half of the time at best, and has to import an
encoder first.

Guarantees, whatever the interleaving of threads, signal handlers and forks:

- `put` never blocks and takes no lock. It raises only what a signal handler raises;
  then the span that was being put may be lost, but no later span is affected.
- A full or closed queue refuses the newest span, counts it and reports the loss.
- Once the queue was closed and then emptied by `clear`, every span has been taken,
  cleared or counted as lost. Threads may exceed the capacity by one span each, for the
  moment until they have removed it.
"""

from __future__ import annotations

import sys
from collections import deque
from contextlib import suppress
from itertools import repeat, starmap
from typing import TYPE_CHECKING, Generic, TypeVar

from jaeger_client._internal.fork import notice_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jaeger_client.model import SpanLosses

SpanT = TypeVar("SpanT")


class SpanQueue(Generic[SpanT]):
    """A bounded queue that refuses, counts and wakes. Safe from any thread."""

    __slots__ = (
        "_calm",
        "_capacity",
        "_closed",
        "_is_final",
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
        refused: Callable[[bool], None] = lambda closed: None,  # noqa: ARG005 - no listener
    ) -> None:
        self._capacity = capacity
        self._losses = losses
        self._wake = wake
        self._refused = refused
        """Called for each refused span; the argument is whether the queue is closed."""
        self.batch_size = batch_size
        """Number of spans at which *wake* is called before the interval ends."""
        self._closed = False
        self._is_final = False
        """Whether the closed queue was cleared: what comes now is refused at once."""
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Become empty: the parent sends what is queued."""
        # A new one, so that an interrupted `put` notices that it used the parent's.
        self._spans: deque[SpanT] = deque()
        self._room = self._capacity
        self._set_wake_at(1)

    def _set_wake_at(self, count: int) -> None:
        self._wake_at = count
        # Up to this length of the deque, `put` has nothing to do but append.
        self._calm = min(self._room, count - 1)
        # After the write, because close() may have run just before it. Spans that
        # other threads put in between found the wrong mark.
        if self._closed:
            self._calm = 0
            if self._is_final:
                self._refuse_all()

    def put(self, span: SpanT) -> bool:
        """Append *span* or refuse it; return whether it was accepted."""
        spans = self._spans
        spans.append(span)
        if len(spans) <= self._calm:
            return True
        return self._check_marks(span, spans)

    def _check_marks(self, span: SpanT, spans: deque[SpanT]) -> bool:
        """Do what is due after *span* was appended; return whether it was accepted."""
        notice_fork()
        if spans is not self._spans:  # The process was forked meanwhile.
            return self.put(span)
        count = len(spans)
        if self._closed or count > self._room:
            return not self._refuse_newest()
        if count >= self._wake_at:
            self._wake_for_batch(count)
        return True

    def _wake_for_batch(self, count: int) -> None:
        try:
            # Before the call, so that the next spans do not wake the worker again. If
            # it takes no spans, it is woken for each further batch.
            self._set_wake_at(count + self.batch_size)
            self._wake()
        except BaseException:
            # A signal handler raised, perhaps before the worker was woken.
            self._set_wake_at(1)
            raise

    def _refuse_newest(self) -> bool:
        """
        Remove the newest span and count it; return False if there was none left.

        Under concurrency it may be another thread's, put later; as many are removed as
        are refused. If there is none, the worker has taken the span that was appended.
        """
        closed = self._closed
        try:
            self._spans.pop()
        except IndexError:
            return False
        (self._losses.add_closed if closed else self._losses.add_queue_full)(1)
        self._refused(closed)
        return True

    def _refuse_all(self) -> None:
        while self._refuse_newest():
            pass

    def begin_turn(self) -> None:
        """Double the limit: the worker is sending."""
        self._set_room(2 * self._capacity)

    def end_turn(self) -> None:
        """Restore the limit; spans above it are kept."""
        self._set_room(self._capacity)

    def _set_room(self, room: int) -> None:
        self._room = room
        self._set_wake_at(self._wake_at)

    def take(self, most: int) -> list[SpanT]:
        """Remove and return up to *most* of the oldest spans; one thread at a time."""
        taken: list[SpanT] = []
        self.move(most, taken.extend)
        return taken

    def move(self, most: int, extend: Callable[[Iterable[SpanT]], object]) -> None:
        """
        Remove up to *most* of the oldest spans and append them by *extend* of a list.

        That is a single call into C, so no signal handler finds a span in neither.
        One thread at a time.
        """
        # The length may not be relied on: a `put` may be removing what it refuses.
        with suppress(IndexError):
            extend(starmap(self._spans.popleft, repeat((), most)))

    def clear(self) -> int:
        """
        Discard all spans and return their number, for the caller to count.

        If the queue is closed, spans that are still being put are refused from now on.
        """
        self._is_final = self._closed
        return len(self.take(sys.maxsize))

    def wake_at_batch(self) -> None:
        """Do not call *wake* before a batch is full: the interval is running."""
        self._set_wake_at(self.batch_size)

    def wake_at_first(self) -> None:
        """Call *wake* for the next span: no interval is running."""
        self._set_wake_at(1)

    def close(self) -> None:
        """Refuse every span from now on."""
        self._closed = True
        self._calm = 0

    def __len__(self) -> int:
        return len(self._spans)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<SpanQueue {state}, {len(self)} of {self._capacity}>"
