# Part of spans.pyx: the parts of a tracer, called in C while they are as we made them.
#
# A sampler or reporter may be of any class, and its methods may be patched, in the class
# or in the instance. The functions below do what the method would, for objects of our
# classes whose method is the original one; for all others they return `None` or false,
# and the caller calls the method.
#
# That saves 0.06 us of a call in Python for the sampler, 0.02 for the reporter. What a
# sampler returns is copied until its `__dict__` changes, as the attributes of a tracer.

cdef str IS_SAMPLED = "is_sampled"
cdef str REPORT_SPAN = "report_span"

cdef type metrics_class = None
cdef Original const_original = None
cdef Original probabilistic_original = None
cdef Original receiver_original = None


cdef adopt_parts():
    """Import the classes whose objects are used without calling their methods."""
    global metrics_class, const_original, probabilistic_original
    from jaeger_client.metrics.instruments import TracerMetrics as metrics_class
    from jaeger_client.sampler.basic import ConstSampler, ProbabilisticSampler
    const_original = original_of(ConstSampler, (IS_SAMPLED, "_result"))
    probabilistic_original = original_of(
        ProbabilisticSampler, (IS_SAMPLED, "boundary", "_yes", "_no")
    )


def adopt_reporter(cls):
    """Make *cls* the class of reporters with a queue; `SpanReceiver` is its first base."""
    global receiver_original
    receiver_original = original_of(cls, (REPORT_SPAN,))


cdef inline bint is_decision(object value) noexcept:
    return (
        type(value) is tuple
        and PyTuple_GET_SIZE(value) == 2
        and type((<tuple>value)[0]) is bool
    )


cdef inline tuple decide(StarterCore self, uint64_t trace_id_low):
    """What the sampler's `is_sampled` returns; `None` if it must be called."""
    if self.sampler_original is None or not is_exactly(
        self.sampler, <Original>self.sampler_original
    ):
        return None
    if not is_copied(self.sampler, self.sampler_attributes, self.sampler_version):
        copy_decisions(self)
        if self.sampler_original is None:
            return None
    return self.below if trace_id_low < self.boundary else self.above


cdef int copy_decisions(StarterCore self) except -1:
    """Copy what the sampler returns, if it is one of ours and unchanged."""
    cdef Original original = const_original
    cdef dict attributes
    # Not freed before the return: a finalizer could start a span meanwhile.
    cdef tuple before = (self.sampler_attributes, self.below, self.above)
    self.sampler_original = None
    if not is_exactly(self.sampler, original):
        original = probabilistic_original
    if not (is_exactly(self.sampler, original) and has_versions(Py_TYPE(self.sampler))):
        return 0
    attributes = self.sampler.__dict__
    watch(attributes)
    self.sampler_version = dict_version_of(<PyObject *>attributes)
    self.sampler_attributes = attributes
    if original is const_original:
        below = above = attributes.get("_result")
        boundary = 0
    else:
        below, above = attributes.get("_yes"), attributes.get("_no")
        boundary = attributes.get("boundary")
    if (
        is_decision(below)
        and is_decision(above)
        and type(boundary) is int
        and IS_SAMPLED not in attributes
    ):
        self.below, self.above = below, below if boundary > MAX_SPAN_ID else above
        self.boundary = min(max(boundary, 0), MAX_SPAN_ID)
        self.sampler_original = original
    return 0


cdef bint enqueue(StarterCore self, object span) except -1:
    """Put *span* into the queue of the tracer's reporter, if it is one of ours."""
    cdef object reporter = self.reporter
    cdef PyTypeObject *cls = Py_TYPE(reporter)
    cdef object queue
    if not (
        receiver_original is not None
        and PyObject_TypeCheck(reporter, <PyTypeObject *>SpanReceiver)
        and receiver_original.matches(cls, &self.receiver_version)
    ):
        return False
    if has_own(reporter, REPORT_SPAN):
        return False
    queue = (<SpanReceiver>reporter).queue
    if type(queue) is not SpanQueue:
        return False
    (<SpanQueue>queue).add(span)
    return True
