"""
The queue between the application's threads and the background worker.

A bounded deque without a lock. `put` appends first, then compares the length of the
deque with a mark. If the queue is full or closed, `put` removes the newest span again
and reports the loss. That order makes the accounting exact: a span is in the deque
before `put` reads whether the queue is closed, so the thread that closes it either
finds the span, or `put` finds the queue closed. A span is reported as lost only by the
call that popped it, so none is counted twice.

Guarantees, whatever the interleaving of threads, signal handlers and forks:

- `put` never blocks and takes no lock. It raises only what a signal handler raises;
  then the span that was being put may be lost, but no later span is affected.
- A full or closed queue refuses the newest span and reports the loss.
- Once the queue was closed and then emptied by `clear`, every span has been taken,
  cleared or reported as lost. Threads may exceed the capacity by one span each, for
  the moment until they have removed it.

They rest on these atomic operations of CPython 3.10 to 3.14. `append`, `pop`,
`popleft` and `len` of a deque, and `extend` of a list with an iterator of `starmap`,
are one call into C each that runs no Python code: with the GIL, no thread switch and no
signal handler comes in between. In free-threaded builds `append`, `pop` and `popleft`
hold the lock of the deque, and signal handlers still run between bytecodes only.
Loading and storing an attribute is atomic in both. Everything else may be interrupted
between two bytecodes; `test_queue_interleavings.py` does so at each of them.

*Wake-ups.* `put` calls *wake* not for each span, but for the first one in an empty
queue, which starts the flush interval, and when a batch is full. Both are marks on the
length of the deque. Every write of a mark by `put` is followed by a wake-up, after
which the worker writes the marks itself; so if two threads write them at the same time,
the last write that counts is the worker's.
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
    A bounded queue that refuses what it cannot hold, and wakes a worker.

    `put`, `close` and `clear` may be called from any thread, the other methods by one
    thread at a time.
    """

    __slots__ = (
        "_batch_size",
        "_calm",
        "_capacity",
        "_closed",
        "_is_final",
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
            wake: Called for the first span and for each full batch.
            refused: Called for each refused span with whether the queue is closed.
        """
        self._capacity = capacity
        self._batch_size = batch_size
        self._wake = wake
        self._refused = refused
        self._closed = False
        self._is_final = False
        """Whether the closed queue was cleared: later spans are refused at once."""
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Become empty: the parent sends what is queued."""
        # A new one, so that an interrupted `put` notices that it used the parent's.
        self._spans: deque[SpanT] = deque()
        self._set_wake_at(1)

    def _set_wake_at(self, count: int) -> None:
        self._wake_at = count
        # Up to this length of the deque, `put` has nothing to do but append.
        self._calm = min(self._capacity, count - 1)
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
        if self._closed or count > self._capacity:
            return not self._refuse_newest()
        if count >= self._wake_at:
            self._wake_for_batch(count)
        return True

    def _wake_for_batch(self, count: int) -> None:
        try:
            # Before the call, so that the next spans do not wake the worker again. If
            # it takes no spans, it is woken for each further batch.
            self._set_wake_at(count + self._batch_size)
            self._wake()
        except BaseException:
            # A signal handler raised, perhaps before the worker was woken.
            self._set_wake_at(1)
            raise

    def _refuse_newest(self) -> bool:
        """
        Remove the newest span and report it; return False if there was none left.

        Under concurrency it may be another thread's, put later; as many are removed as
        are refused. If there is none, the worker has taken the span that was appended.
        """
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
        Remove up to *count* of the oldest spans and append them by *extend* of a list.

        That is a single call into C, so no signal handler finds a span in neither.
        """
        # The length may not be relied on: a `put` may be removing what it refuses.
        with suppress(IndexError):
            extend(starmap(self._spans.popleft, repeat((), count)))

    def clear(self, extend: Callable[[Iterable[SpanT]], object]) -> None:
        """
        Remove all spans and append them by *extend* of a list.

        If the queue is closed, spans that are still being put are refused from now on.
        """
        self._is_final = self._closed
        self.move(sys.maxsize, extend)

    def wake_at_batch(self, batch_size: int) -> None:
        """Call *wake* for each *batch_size* spans only: an interval has begun."""
        self._batch_size = batch_size
        self._set_wake_at(batch_size)

    def wake_at_first(self) -> None:
        """Call *wake* for the next span: no interval has begun."""
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
