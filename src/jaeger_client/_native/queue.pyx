# cython: language_level=3, binding=False, auto_pickle=False
# cython: embedsignature=True, embedsignature.format=clinic
"""
The queue, compiled: the twin of `reporter/queue.py`, which is the reference.

The guarantees are the same, with a simpler argument. Between two statements in C that
run no Python code, neither another thread nor a signal handler runs. So `put` compares
first and then appends: a span that must be refused is never in the queue, none has to
be removed again, and the capacity is never exceeded. A queue that was closed and then
cleared stays empty, because no `put` is between its comparison and its append.

Python code runs at these places only, and everything that was read before is read again
after them:

- `notice_fork`, before the comparison: in a forked child it empties this queue first;
- `refused`, when the span is refused already;
- `wake`, when the span is in the queue and the threshold is set;
- `extend` of `move`, which takes one span at a time from an iterator in C. Removing a
  span and returning it is one step, so a signal handler that raises finds each span in
  the queue or in the list.
- finalizers of spans, when `after_fork_in_child` frees them: after the new list is set.

The queue is a list, of which the first `_removed` items are removed already and are
`None`. No other code has that list, but the garbage collector shows it to debuggers and
empties it when the queue is garbage, so its length is read before each access. For the
same reason the collector must not clear the fields (`no_gc_clear`): a finalizer may
still call `put`. The cycles in which a queue is part are broken elsewhere, such as in
the `__dict__` of the reporter.
"""

cimport cython
from cpython.list cimport (
    PyList_Append,
    PyList_GET_ITEM,
    PyList_GET_SIZE,
    PyList_SET_ITEM,
)
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from jaeger_client._internal.fork import notice_fork

cdef extern from "Python.h":
    int PyList_SetSlice(list, Py_ssize_t, Py_ssize_t, PyObject *) except -1
    Py_ssize_t PY_SSIZE_T_MAX


@cython.final
@cython.no_gc_clear
cdef class SpanQueue:
    """
    A bounded queue that refuses spans beyond its capacity, and wakes a worker.

    `put` may be called on any thread and in signal handlers, `close` and `clear` on any
    thread, the other methods on one thread at a time.
    """

    def __cinit__(self):
        self._spans = []

    def __init__(self, Py_ssize_t capacity, *, Py_ssize_t batch_size, wake, refused):
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
        self.after_fork_in_child()

    def after_fork_in_child(self):
        """Become empty: the parent sends the queued spans."""
        of_parent = self._spans
        self._spans = []
        self._removed = 0
        self._set_wake_at(1)
        # Only now, because freeing the spans may run their finalizers.
        del of_parent

    cdef void _set_wake_at(self, Py_ssize_t count) noexcept:
        self._wake_at = count
        # Below this length `add` is done after the append: one comparison on the hot
        # path replaces those with capacity, threshold and closed state.
        self._max_unchecked = 0 if self._closed else min(self._capacity, count - 1)

    cdef Py_ssize_t _count(self) noexcept:
        return max(0, PyList_GET_SIZE(self._spans) - self._removed)

    def put(self, span):
        """Append *span* or refuse it; return whether it was accepted."""
        return self.add(span)

    cdef bint add(self, object span) except -1:
        if PyList_GET_SIZE(self._spans) - self._removed < self._max_unchecked:
            PyList_Append(self._spans, span)
            return True
        return self._add_checked(span)

    cdef bint _add_checked(self, object span) except -1:
        """Append *span* and wake the worker if necessary, or refuse the span."""
        cdef Py_ssize_t count
        notice_fork()
        if self._closed or self._count() >= self._capacity:
            self._refused(self._closed)
            return False
        PyList_Append(self._spans, span)
        count = self._count()
        if count >= self._wake_at:
            self._wake_for_batch(count)
        return True

    cdef int _wake_for_batch(self, Py_ssize_t count) except -1:
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

    def move(self, Py_ssize_t count, extend):
        """
        Remove up to *count* of the oldest spans and pass them to *extend* of a list.

        A signal handler that raises cannot lose a span that is in neither the queue nor
        the list.
        """
        cdef _OldestSpans oldest = _OldestSpans.__new__(_OldestSpans)
        oldest._queue = self
        oldest._left = count
        extend(oldest)

    def clear(self, extend):
        """
        Remove all spans and pass them to *extend* of a list.

        If the queue is closed, it stays empty.
        """
        self.move(PY_SSIZE_T_MAX, extend)

    cdef object _pop_oldest(self):
        """Remove and return the oldest span; there must be one."""
        cdef Py_ssize_t place = self._removed
        span = <object>PyList_GET_ITEM(self._spans, place)
        # SET_ITEM takes over a reference to None and leaves us that of the list.
        Py_INCREF(None)
        PyList_SET_ITEM(self._spans, place, None)
        Py_DECREF(span)
        self._removed = place + 1
        return span

    cdef int _compact(self) except -1:
        """Delete the removed items if they are at least half of the list."""
        cdef Py_ssize_t removed = self._removed
        # Deleting moves the others, in proportion to their number, so it is done only
        # when at most as many are moved as were removed.
        if 0 < removed and PyList_GET_SIZE(self._spans) <= 2 * removed:
            PyList_SetSlice(self._spans, 0, removed, NULL)
            self._removed = 0

    def wake_at_batch(self, Py_ssize_t batch_size):
        """Wake the worker only for each *batch_size* spans: an interval has begun."""
        self._batch_size = batch_size
        self._set_wake_at(batch_size)

    def wake_at_first(self):
        """Wake the worker for the next span, which begins an interval."""
        self._set_wake_at(1)

    def close(self):
        """Refuse every span from now on."""
        self._closed = True
        self._max_unchecked = 0

    def __len__(self):
        return self._count()

    def __repr__(self):
        state = "closed" if self._closed else "open"
        return f"<SpanQueue {state}, {self._count()} of {self._capacity}>"

    @classmethod
    def __class_getitem__(cls, item):
        # For type checkers the class is generic.
        return cls


@cython.final
cdef class _OldestSpans:
    """Removes and returns the oldest spans of a queue, up to a number of them."""

    cdef SpanQueue _queue
    cdef Py_ssize_t _left

    def __iter__(self):
        return self

    def __next__(self):
        cdef SpanQueue queue = self._queue
        if queue is None:
            raise StopIteration
        if self._left <= 0 or queue._count() == 0:
            queue._compact()
            raise StopIteration
        self._left -= 1
        return queue._pop_oldest()


cdef class SpanReceiver:
    """The field of a reporter that C code reads, see `parts.pxi`."""

    @property
    def _queue(self):
        if self.queue is None:
            raise AttributeError("_queue")
        return self.queue

    @_queue.setter
    def _queue(self, queue):
        self.queue = queue

    @_queue.deleter
    def _queue(self):
        self.queue = None
