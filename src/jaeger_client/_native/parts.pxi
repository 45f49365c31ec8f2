# Part of spans.pyx: the parts of a tracer, called in C while they are as we made them.
#
# A sampler or reporter may be of any class, and its methods may be patched, in the class
# or in the instance. The functions below do what the method would, for objects of our
# classes whose method is the original one; for all others they return `None` or false,
# and the caller calls the method.

from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport uint64_t

from jaeger_client._native.queue cimport SpanQueue, SpanReceiver

cdef extern from *:
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1

cdef str IS_SAMPLED = "is_sampled"
cdef str REPORT_SPAN = "report_span"
cdef str RESULT = "_result"
cdef str BOUNDARY = "boundary"
cdef str YES = "_yes"
cdef str NO = "_no"

cdef type metrics_class = None
cdef Original const_original = None
cdef Original probabilistic_original = None
cdef Original receiver_original = None


def adopt_parts(const_sampler, probabilistic_sampler, metrics):
    """Pass the classes whose objects are used without calling their methods."""
    global metrics_class, const_original, probabilistic_original, receiver_original
    metrics_class = metrics
    const_original = original_of(const_sampler, (IS_SAMPLED,))
    probabilistic_original = original_of(probabilistic_sampler, (IS_SAMPLED,))
    receiver_original = original_of(SpanReceiver, (REPORT_SPAN,))


cdef inline bint is_exactly(object instance, Original original) noexcept:
    return (
        <PyObject *>Py_TYPE(instance) == <PyObject *>original.owner
        and original.is_unchanged()
    )


cdef bint is_less(uint64_t number, object boundary) except -1:
    """Whether *number* is less than an exact int."""
    cdef int overflow
    cdef long long limit = PyLong_AsLongLongAndOverflow(boundary, &overflow)
    if overflow:
        return number < boundary
    return limit > 0 and number < <uint64_t>limit


cdef object decide(object sampler, uint64_t trace_id_low):
    """The decision of one of our samplers as it would return it, or `None`."""
    cdef PyObject *found
    cdef bint is_sampled
    if is_exactly(sampler, const_original):
        found = own_attribute(sampler, RESULT)
    elif is_exactly(sampler, probabilistic_original):
        found = own_attribute(sampler, BOUNDARY)
        if found == NULL or not PyLong_CheckExact(<object>found):
            return None
        is_sampled = is_less(trace_id_low, <object>found)
        found = own_attribute(sampler, YES if is_sampled else NO)
    else:
        return None
    if found == NULL or own_attribute(sampler, IS_SAMPLED) != NULL:
        return None
    return <object>found


cdef bint enqueue(StarterCore self, object span) except -1:
    """Put *span* into the queue of the tracer's reporter, if it is one of ours."""
    cdef object reporter = self.reporter
    cdef PyTypeObject *cls = Py_TYPE(reporter)
    cdef object queue
    if not (
        PyType_IsSubtype(cls, <PyTypeObject *>SpanReceiver)
        and receiver_original.matches(cls, &self.receiver_version)
    ):
        return False
    if own_attribute(reporter, REPORT_SPAN) != NULL:
        return False
    queue = (<SpanReceiver>reporter)._queue
    if type(queue) is not SpanQueue:
        return False
    (<SpanQueue>queue).add(span)
    return True


cdef inline bint counts_nothing(StarterCore self) except -1:
    """Whether `is_noop` of the tracer's metrics, which is constant in our class."""
    if self.metrics is not self.checked_metrics:
        if type(self.metrics) is not metrics_class:
            return self.metrics.is_noop
        self.has_noop_metrics = self.metrics.is_noop
        self.checked_metrics = self.metrics
    return self.has_noop_metrics
