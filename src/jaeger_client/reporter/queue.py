"""
The queue between the application's threads and the background worker.

A bounded deque without a lock. `put` appends first, then compares the length of the
deque with a threshold. If the queue is full or closed, `put` removes the newest span
again and reports the loss. That order makes the accounting exact: the span is in the
deque before `put` reads whether the queue is closed, so either the thread that closes
the queue finds the span, or `put` finds the queue closed. Only the call that popped a
span reports it as lost, so none is counted twice.

Guarantees, whatever the interleaving of threads, signal handlers and forks:

- `put` never blocks and takes no lock. It raises only what a signal handler raises. In
  that case the span of that call may be lost, but no later span is affected.
- A full or closed queue refuses the newest span and reports the loss.
- After the queue was closed and then emptied by `clear`, every span has been removed
  by the worker, removed by `clear`, or reported as lost.
- The capacity may be exceeded by one span per thread that is inside `put`, until that
  call has removed it.

They rely on single operations that are atomic (see `signal_safe`): `append`, `pop`,
`popleft` and `len` of a deque, `extend` of a list with an iterator of `starmap`, and
loading and storing an attribute. Between these, the code may be interrupted at any
instruction; `test_queue_interleavings.py` does so at each of them. The compiled twin,
`_native/queue.pyx`, is not interrupted there.

*Wake-ups.* `put` does not call *wake* for each span, which would cost more than the
append. It does so for the first span in an empty queue, which starts the flush
interval, and when a batch is full. Both are thresholds on the length of the deque.
After each write of a threshold, `put` wakes the worker, which then writes it again. So
if two threads write it at the same time, the worker's write is the last one.
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

SpanT = TypeVar("SpanT")


class SpanQueue(Generic[SpanT]):
    """
    A bounded queue that refuses spans beyond its capacity, and wakes a worker.

    `put` may be called on any thread and in signal handlers, `close` and `clear` on any
    thread, the other methods on one thread at a time.
    """

    __slots__ = (
        "_batch_size",
        "_capacity",
        "_closed",
        "_is_final",
        "_max_unchecked",
        "_refused",
        "_spans",
        "_wake",
        "_wake_at",
    )

    def __init__(
        self,
        capacity: int,
        *,
        batch_size: int,
        wake: Callable[[], None],
        refused: Callable[[bool], None],
    ) -> None:
        """
        Create an open, empty queue.

        Args:
            capacity: Maximum number of spans held.
            batch_size: Number of spans that make a full batch.
            wake: Called by `put`, for the first span and for each full batch.
            refused: Called for each refused span; its argument is whether the queue is
                closed, and not only full.
        """
        self._capacity = capacity
        self._batch_size = batch_size
        self._wake = wake
        self._refused = refused
        self._closed = False
        self._is_final = False
        """Whether the queue was cleared after it was closed: it must stay empty."""
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Become empty: the parent sends the queued spans."""
        # A new deque, so that a `put` during which the process was forked notices that
        # it appended to the parent's.
        self._spans: deque[SpanT] = deque()
        self._set_wake_at(1)

    def _set_wake_at(self, count: int) -> None:
        self._wake_at = count
        # Up to this length `put` is done after the append: one comparison on the hot
        # path replaces those with capacity, threshold and closed state.
        self._max_unchecked = min(self._capacity, count - 1)
        # Checked after the write, because close() may have run just before it and its 0
        # be overwritten. If the queue was cleared, too, no one would remove the spans
        # that other threads put in between, so they are refused here.
        if self._closed:
            self._max_unchecked = 0
            if self._is_final:
                self._refuse_all()

    def put(self, span: SpanT) -> bool:
        """Append *span* or refuse it; return whether it was accepted."""
        spans = self._spans
        spans.append(span)
        if len(spans) <= self._max_unchecked:
            return True
        return self._check_thresholds(span, spans)

    def _check_thresholds(self, span: SpanT, spans: deque[SpanT]) -> bool:
        """Refuse *span*, or wake the worker, if necessary; return whether it stays."""
        notice_fork()
        # The process was forked during `put`, and this is the child: the span is in the
        # parent's deque, which no one empties here.
        if spans is not self._spans:
            return self.put(span)
        count = len(spans)
        if self._closed or count > self._capacity:
            return not self._refuse_newest()
        if count >= self._wake_at:
            self._wake_for_batch(count)
        return True

    def _wake_for_batch(self, count: int) -> None:
        try:
            # Before the call, so that the next spans do not wake the worker again. If
            # it removes no spans, each further batch wakes it again.
            self._set_wake_at(count + self._batch_size)
            self._wake()
        except BaseException:
            # A signal handler raised, perhaps before the worker was woken, so the next
            # span wakes it. Without this, spans could wait for a full batch.
            self._set_wake_at(1)
            raise

    def _refuse_newest(self) -> bool:
        """
        Remove the newest span and report it; return False if the queue is empty.

        The newest span may be one that another thread has put since. The number is
        still right: each call removes one span for the one that it refuses. If
        the queue is empty, the worker has already removed the span, which is accepted.
        """
        # Read before the pop: only a call may come between the pop and the report.
        closed = self._closed
        try:
            self._spans.pop()
        except IndexError:
            return False
        self._refused(closed)
        return True

    def _refuse_all(self) -> None:
        while self._refuse_newest():
            pass

    def move(self, count: int, extend: Callable[[Iterable[SpanT]], object]) -> None:
        """
        Remove up to *count* of the oldest spans and pass them to *extend* of a list.

        That is a single call into C, so a signal handler that raises cannot lose a span
        that is in neither the queue nor the list.
        """
        # popleft() raises when the deque is empty. The length cannot prevent that: a
        # `put` may remove the span that it refuses after the length was read.
        with suppress(IndexError):
            extend(starmap(self._spans.popleft, repeat((), count)))

    def clear(self, extend: Callable[[Iterable[SpanT]], object]) -> None:
        """
        Remove all spans and pass them to *extend* of a list.

        If the queue is closed, it stays empty: spans of calls of `put` that are still
        running are refused.
        """
        self._is_final = self._closed
        self.move(sys.maxsize, extend)

    def wake_at_batch(self, batch_size: int) -> None:
        """Wake the worker only for each *batch_size* spans: an interval has begun."""
        self._batch_size = batch_size
        self._set_wake_at(batch_size)

    def wake_at_first(self) -> None:
        """Wake the worker for the next span, which begins an interval."""
        self._set_wake_at(1)

    def close(self) -> None:
        """Refuse every span from now on."""
        # In this order: a `put` that compares with 0 must find the queue closed.
        self._closed = True
        self._max_unchecked = 0

    def __len__(self) -> int:
        return len(self._spans)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<SpanQueue {state}, {len(self)} of {self._capacity}>"
