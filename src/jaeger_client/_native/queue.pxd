# cython: language_level=3
"""The layout of the queue in compiled code; see `queue.pyx`."""


cdef class SpanQueue:
    cdef list _spans
    cdef Py_ssize_t _removed
    cdef Py_ssize_t _capacity
    cdef Py_ssize_t _batch_size
    cdef Py_ssize_t _wake_at
    cdef Py_ssize_t _max_unchecked
    cdef bint _closed
    cdef object _wake
    cdef object _refused

    cdef bint add(self, object span) except -1
    """What `put` does."""
    cdef bint _add_checked(self, object span) except -1
    cdef int _wake_for_batch(self, Py_ssize_t count) except -1
    cdef void _set_wake_at(self, Py_ssize_t count) noexcept
    cdef Py_ssize_t _count(self) noexcept
    cdef object _pop_oldest(self)
    cdef int _compact(self) except -1


cdef class SpanReceiver:
    cdef object queue               # the attribute `_queue`; None if it has none
