# Part of spans.pyx: the parts of a tracer, called in C while they are as we made them.
#
# A sampler or reporter may be of any class, and its methods may be patched, in the class
# or in the instance. The functions below do what the method would, for objects of our
# classes whose method is the original one; for all others they return `None` or false,
# and the caller calls the method.
#
# That saves 0.06 us of a call in Python for the sampler, 0.02 for the reporter. What a
# sampler returns is copied until its `__dict__` changes, as the attributes of a tracer.

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


cdef adopt_parts():
    """Import the classes whose objects are used without calling their methods."""
    global metrics_class, const_original, probabilistic_original
    from jaeger_client.metrics.instruments import TracerMetrics as metrics_class
    from jaeger_client.sampler.basic import ConstSampler, ProbabilisticSampler
    const_original = original_of(ConstSampler, (IS_SAMPLED,))
    probabilistic_original = original_of(ProbabilisticSampler, (IS_SAMPLED,))


def adopt_reporter(cls):
    """Make *cls* the class of reporters with a queue; `SpanReceiver` is its first base."""
    global receiver_original
    replace_methods(cls, SpanReceiver, cls)
    receiver_original = original_of(cls, (REPORT_SPAN,))


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


cdef object decide(StarterCore self, uint64_t trace_id_low):
    """What the sampler's `is_sampled` returns, if it is one of ours; or `None`."""
    cdef PyObject *attributes
    if self.sampler_original is None or not is_exactly(
        self.sampler, <Original>self.sampler_original
    ):
        return None
    attributes = attributes_of(self.sampler)
    if (
        attributes != <PyObject *>self.sampler_attributes
        or dict_version_of(attributes) != self.sampler_version
    ):
        copy_decision(self)
    if self.boundary is None or is_less(trace_id_low, self.boundary):
        return self.decision
    return self.decision_above


cdef int copy_decision(StarterCore self) except -1:
    """Copy from a sampler of ours what it returns; `None` if it may be anything."""
    cdef dict attributes
    self.sampler_original = self.sampler_attributes = None
    self.decision = self.boundary = self.decision_above = None
    if not has_versions(Py_TYPE(self.sampler)):
        return 0
    if is_exactly(self.sampler, const_original):
        self.sampler_original = const_original
    elif is_exactly(self.sampler, probabilistic_original):
        self.sampler_original = probabilistic_original
    else:
        return 0
    attributes = self.sampler.__dict__
    watch(attributes)
    self.sampler_version = dict_version_of(<PyObject *>attributes)
    self.sampler_attributes = attributes
    if IS_SAMPLED in attributes:
        return 0
    if self.sampler_original is const_original:
        self.decision = attributes.get(RESULT)
    elif PyLong_CheckExact(attributes.get(BOUNDARY)):
        self.boundary = attributes[BOUNDARY]
        self.decision = attributes.get(YES)
        self.decision_above = attributes.get(NO)
    return 0


cdef bint enqueue(StarterCore self, object span) except -1:
    """Put *span* into the queue of the tracer's reporter, if it is one of ours."""
    cdef object reporter = self.reporter
    cdef PyTypeObject *cls = Py_TYPE(reporter)
    cdef object queue
    if not (
        receiver_original is not None
        and PyType_IsSubtype(cls, <PyTypeObject *>SpanReceiver)
        and receiver_original.matches(cls, &self.receiver_version)
    ):
        return False
    if own_attribute(reporter, REPORT_SPAN) != NULL:
        return False
    queue = (<SpanReceiver>reporter).queue
    if type(queue) is not SpanQueue:
        return False
    (<SpanQueue>queue).add(span)
    return True
