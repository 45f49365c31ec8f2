# Part of spans.pyx: spans.

cdef double MAX_OFFSET = 1e100
"""In seconds; the microseconds of larger ones may be infinite."""


cdef class SpanCore:
    """The fields and properties of `Span`; its methods are below."""

    @property
    def context(self):
        """Ids, flags and baggage to propagate; `set_baggage_item` replaces it."""
        cdef ContextCore context
        if not has_plain_fields(self) or not context_original.is_unchanged():
            return python_context.__get__(self)
        if self.stored_context is None:
            context = new_context()
            context.trace_id_high = self.trace_id_high
            context.trace_id_low = self.trace_id_low
            context.span_id = self.span_id
            context.parent_id = self.parent_id
            context.baggage = self.baggage
            context.has_random_trace_id = self.has_random_trace_id
            context.flags = self.own_flags
            # No Python code between the next lines: all threads get the same context.
            if self.stored_context is None:
                self.stored_context = context
                self.own_flags = 0
        return self.stored_context

    @context.setter
    def context(self, context):
        python_context.__set__(self, context)

    @context.deleter
    def context(self):
        python_context.__delete__(self)

    @property
    def flags(self):
        """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
        cdef int flags = flags_of(self)
        return python_flags.__get__(self) if flags < 0 else flags

    @flags.setter
    def flags(self, flags):
        python_flags.__set__(self, flags)

    @flags.deleter
    def flags(self):
        python_flags.__delete__(self)


cdef object is_sampled(SpanCore span, PyObject **_):
    cdef int flags = flags_of(span)
    return DECLINED if flags < 0 else bool(flags & SAMPLED)


cdef object set_tag(SpanCore span, PyObject **values):
    cdef int flags = flags_of(span)
    cdef object key = <object>values[0], value = <object>values[1], owner = span.owner
    if flags < 0 or type(key) is not str or is_priority(key):
        return DECLINED
    if flags & SAMPLED and not (
        is_plain_owner(owner)
        and is_immutable(value, (<StarterCore>owner).max_tag_value_length)
        and add_tag(span, <StarterCore>owner, (key, value))
    ):
        return DECLINED
    return span


cdef object log_kv(SpanCore span, PyObject **values):
    cdef int flags = flags_of(span)
    cdef object fields = <object>values[0], owner = span.owner
    if flags < 0:
        return DECLINED
    if flags & SAMPLED and not (
        values[1] == <PyObject *>None
        and type(fields) is dict
        and is_timed(span)
        and is_plain_owner(owner)
        and add_log(span, <StarterCore>owner, <dict>fields)
    ):
        return DECLINED
    return span


cdef object finish(SpanCore span, PyObject **values):
    if values[0] == <PyObject *>None and finish_now(span):
        return None
    return DECLINED


cdef dict span_fields = fields_of(SpanCore, [
    ("trace_id", TRACE_ID), ("span_id", ID), ("parent_id", PARENT_ID),
    ("start_time", SECONDS), ("end_time", SECONDS), ("clock_offset", SECONDS),
    ("_tracer", OBJECT), ("operation_name", OBJECT), ("references", OBJECT),
    ("baggage", OBJECT), ("stored_context", OBJECT), ("first_tags", TAGS),
    ("decision_tags", OBJECT), ("more_tags", OBJECT), ("log_items", LOGS),
    ("odd", OBJECT), ("own_flags", NUMBER), ("dropped_tags", NUMBER),
    ("dropped_logs", NUMBER), ("finished", TRUTH), ("has_random_trace_id", TRUTH),
    ("shares_span_id", TRUTH),
])

cdef Py_ssize_t FIRST_OBJECT = (<Field>span_fields["_tracer"]).offset
cdef enum:
    OBJECT_COUNT = 10

cdef type span_class = None
cdef SpanCore blank_span = None
cdef Original span_original = None
cdef Original finish_original = None
cdef str FINISH = "finish"
cdef object python_context, python_flags
cdef dict NO_BAGGAGE, NO_TAGS
cdef list NO_MORE_TAGS = [], NO_LOGS  # not None, which `tag_items` may be
cdef Py_ssize_t MAX_LOG_FIELDS

cdef tuple USED_OF_SPAN = (
    "__new__", "context", "flags", "ids", "tag_items", "_grow_tags", "_grow_logs"
)
"""What C code and encoders in C do themselves instead of calling it."""


def adopt_span(cls):
    """Make *cls* the class of all spans; it has `SpanCore` as its first base."""
    global span_class, blank_span, span_original, finish_original, python_context, python_flags
    global NO_BAGGAGE, NO_TAGS, NO_MORE_TAGS, NO_LOGS, MAX_LOG_FIELDS
    from jaeger_client._internal.span_records import (
        MANY as many, MAX_LOG_FIELDS, NO_LOGS, NO_MORE_TAGS, NO_TAGS
    )
    from jaeger_client.span_context import NO_BAGGAGE, SpanIdentity
    if many != MANY:
        raise ValueError(many)
    python_context, python_flags = SpanIdentity.context, SpanIdentity.flags
    replace_method(cls, "is_sampled", cls.is_sampled, <void *>is_sampled)
    replace_method(cls, "set_tag", cls.set_tag, <void *>set_tag)
    replace_method(cls, "log_kv", cls.log_kv, <void *>log_kv)
    replace_method(cls, FINISH, cls.finish, <void *>finish)
    span_class = cls
    blank_span = cls.__new__(cls)
    # Not for debuggers, who would find a span that was never started.
    PyObject_GC_UnTrack(<PyObject *>blank_span)
    blank_span.operation_name, blank_span.baggage = "", NO_BAGGAGE
    blank_span.first_tags = blank_span.decision_tags = NO_TAGS
    blank_span.more_tags, blank_span.log_items = NO_MORE_TAGS, NO_LOGS
    span_original = original_of(cls, (*span_fields, *USED_OF_SPAN))
    finish_original = original_of(cls, (FINISH,))


cdef SpanCore new_span():
    """
    Return a span with the objects of `blank_span`; all ids and flags are 0.

    `tp_new` stores None in each field, which is replaced then. That changes the reference
    count of None 18 times, one after the other, and takes 20 ns.
    """
    cdef SpanCore span = PyType_GenericAlloc(<PyTypeObject *>span_class, 0)
    cdef PyObject **place = <PyObject **>(<char *><PyObject *>span + FIRST_OBJECT)
    cdef PyObject **value = <PyObject **>(<char *><PyObject *>blank_span + FIRST_OBJECT)
    cdef int index
    for index in range(OBJECT_COUNT):
        Py_INCREF(<object>value[index])
        place[index] = value[index]
    span.clock_offset = span.end_time = NAN
    return span


cdef bint has_plain_fields(object span) noexcept:
    return (
        <PyObject *>Py_TYPE(span) == <PyObject *>span_class
        and (<SpanCore>span).odd is None
        and span_original.is_unchanged()
    )


cdef object no_more_tags():
    return NO_MORE_TAGS


cdef bint read_ids(SpanCore span, Ids *ids) noexcept:
    if span.stored_context is None:
        ids.trace_id_high, ids.trace_id_low = span.trace_id_high, span.trace_id_low
        ids.span_id, ids.parent_id = span.span_id, span.parent_id
        ids.flags = span.own_flags
        return True
    if not is_plain_context(span.stored_context):
        return False
    ids_of(<ContextCore>span.stored_context, ids)
    return True


cdef void ids_of(ContextCore context, Ids *ids) noexcept:
    ids.trace_id_high, ids.trace_id_low = context.trace_id_high, context.trace_id_low
    ids.span_id, ids.parent_id = context.span_id, context.parent_id
    ids.flags = context.flags


cdef int flags_of(SpanCore span) noexcept:
    """The flags of *span*; -1 if Python code must read them."""
    if not has_plain_fields(span):
        return -1
    if span.stored_context is None:
        return <int>span.own_flags
    if is_plain_context(span.stored_context):
        return <int>(<ContextCore>span.stored_context).flags
    return -1


cdef bint finish_now(SpanCore span) except -1:
    """Finish *span*; return false if Python code must do that."""
    cdef object owner
    cdef int flags = flags_of(span)
    if flags >= 0 and not flags & SAMPLED:
        return True
    if flags < 0 or span.finished or not is_timed(span):
        return False
    # No Python code since the test: if several threads finish the span, only one
    # reports it.
    span.finished = True
    span.end_time = span.clock_offset + steady_time()
    if span.end_time == span.start_time:
        # A double has steps of 0.24 us here. A span that has not ended after its start
        # is shown as an error.
        span.end_time = nextafter(span.start_time, INFINITY)
    owner = span.owner
    if is_plain_owner(owner) and (<StarterCore>owner).reports_itself:
        report(<StarterCore>owner, span)
    else:
        owner.report_span(span)
    return True


cdef int finish_span(object span) except -1:
    if not (
        has_plain_fields(span)
        and finish_original.is_unchanged()
        and not has_own(span, FINISH)
        and finish_now(<SpanCore>span)
    ):
        span.finish()
    return 0


cdef inline bint is_timed(SpanCore span) except -1:
    """Whether the time of *span* is read from the steady clock, and is plausible."""
    # False for NaN, and for times that are no number of microseconds.
    return fabs(span.clock_offset) < MAX_OFFSET and is_clock_unpatched()


cdef bint add_tag(SpanCore span, StarterCore tracer, tuple pair) except -1:
    """Append a tag, if the list of tags is or becomes a plain one."""
    cdef list tags
    cdef object first
    if span.more_tags is not NO_MORE_TAGS:
        return append_to(span.more_tags, pair)
    # As in `_grow_tags`, but each tag in a tuple counts twice.
    first = span.first_tags
    if (
        type(first) is not dict and type(first) is not tuple
    ) or tracer.max_tags_per_span - len(first) <= MANY:
        return False
    tags = [pair]
    # No Python code between the two lines, as in `_grow_tags`.
    if span.more_tags is not NO_MORE_TAGS:
        return False
    span.more_tags = tags
    return True


cdef bint add_log(SpanCore span, StarterCore tracer, dict fields) except -1:
    """Append a log of the current time, if its values and the list of logs are plain."""
    cdef Py_ssize_t max_length = tracer.max_tag_value_length
    cdef object log
    if len(fields) > MAX_LOG_FIELDS:
        return False
    if span.log_items is not NO_LOGS:
        fields = PyDict_Copy(fields)
        if not are_stored_unchanged(fields, max_length):
            return False
        # Created before the list is read, which another thread may replace meanwhile.
        log = (current_us(span), fields.items())
        return append_to((<object>span).log_items, log)
    if tracer.max_logs_per_span <= MANY:
        return False
    log = flat_log(fields, max_length, current_us(span))
    # As in `add_tag`.
    if log is None or span.log_items is not NO_LOGS:
        return False
    span.log_items = log
    return True


cdef inline object current_us(SpanCore span):
    return PyLong_FromDouble((span.clock_offset + steady_time()) * 1000000)


cdef inline bint append_to(object items, tuple item) except -1:
    if type(items) is not list or PyList_GET_SIZE(items) >= MANY:
        return False
    PyList_Append(items, item)
    return True
