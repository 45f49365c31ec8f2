# Part of spans.pyx: tracers, and how they start spans.
#
# The attributes of a tracer are in its `__dict__`, as those of a Python class are. The
# ones that each span needs are copied to C fields when the dict has changed: up to 3.11,
# a dict has a version number that tells; from 3.12 on, a function that is called for
# changes of the dicts of tracers increases a number.


cdef class StarterCore:
    """The fields of `SpanStarter`; its methods are below."""

    def __getstate__(self):
        slots = slots_of(self)
        return (self.__dict__, slots) if slots else self.__dict__


cdef object start_span(StarterCore self, PyObject **values):
    if is_plain_starter(self) and span_original.is_unchanged():
        return start(self, values)
    return DECLINED


cdef object start_active_span(StarterCore self, PyObject **values):
    if is_plain_starter(self) and self.starts_itself and span_original.is_unchanged():
        span = start(self, values)
        return self._scope_manager.activate(span, <object>values[FINISH_ON_CLOSE])
    return DECLINED


cdef object report_span(StarterCore self, PyObject **values):
    if not is_plain_starter(self):
        return DECLINED
    report(self, <object>values[0])


cdef tuple COPIED_ATTRIBUTES = (
    "sampler", "reporter", "metrics", "random", "max_trace_id_bits", "one_span_per_rpc",
    "max_tag_value_length", "max_tags_per_span", "max_logs_per_span", "clock",
    "_active_scope", "_process_mark",
)

cdef Original starter_original = None
cdef str START_SPAN = "start_span"
cdef object python_start_span, start_method, report_method
cdef object with_context, as_dict, to_text
cdef type DECISION_TAGS = None
cdef object reporter_failed, sampler_failed

cdef enum:
    # The parameters of `start_span` and `start_active_span`.
    OPERATION_NAME, CHILD_OF, REFERENCES, INITIAL_TAGS, START_TIME, IGNORE_ACTIVE_SPAN
    FINISH_ON_CLOSE


def adopt_starter(cls):
    """Make *cls* the base of all tracers; it has `StarterCore` as its first base."""
    global starter_original, start_method, report_method
    global python_start_span, with_context, as_dict, to_text
    global DECISION_TAGS, reporter_failed, sampler_failed
    from jaeger_client._internal.arguments import as_dict, with_context
    from jaeger_client._internal.span_records import to_text
    from jaeger_client._internal.span_starter import (
        _REPORTER_FAILED as reporter_failed, _SAMPLER_FAILED as sampler_failed
    )
    from jaeger_client.sampler.base import DecisionTags as DECISION_TAGS
    python_start_span = cls.start_span
    replace_method(cls, START_SPAN, python_start_span, <void *>start_span)
    replace_method(
        cls, "start_active_span", cls.start_active_span, <void *>start_active_span
    )
    replace_method(cls, REPORT_SPAN, cls.report_span, <void *>report_span)
    start_method, report_method = cls.start_span, cls.report_span
    starter_original = original_of(cls, (*COPIED_ATTRIBUTES, "_call_sampler"))
    adopt_random()
    adopt_parts()


cdef inline bint is_plain_starter(StarterCore self) noexcept:
    """Whether no attribute of the tracer is unusual; its copies in C are valid then."""
    return (
        self.plain_version != 0
        and version_of(Py_TYPE(self)) == self.plain_version
        and is_copied(self, self.copied, self.copied_version)
    ) or copy_attributes(self)


cdef bint has_method(StarterCore self, str name, object method) except -1:
    """Whether *method* is what `self.name` would call."""
    cdef PyObject *found = _PyType_Lookup(Py_TYPE(self), name)
    return found == <PyObject *>method and not has_own(self, name)


cdef bint copy_attributes(StarterCore self) noexcept:
    """Copy attributes to the fields in C; return whether all are usual."""
    cdef PyObject *attributes = attributes_of(self)
    cdef PyTypeObject *cls = Py_TYPE(self)
    cdef unsigned int class_version
    cdef uint64_t dict_version
    cdef dict copied
    self.plain_version = 0
    if (
        attributes == NULL
        or starter_original is None
        or not starter_original.check(cls, &class_version)
    ):
        return False
    copied = <dict>attributes
    try:
        watch(copied)
        # Read before the attributes: a change meanwhile makes the copies invalid.
        dict_version = dict_version_of(attributes)
        (
            self.sampler, self.reporter, self.metrics, self.random,
            self.max_trace_id_bits, self.one_span_per_rpc, max_tag_value_length,
            max_tags_per_span, max_logs_per_span, self.clock, reader, self.process_mark,
        ) = [copied[name] for name in COPIED_ATTRIBUTES]
        variable = getattr(reader, "__self__", None)
        is_get = PyContextVar_CheckExact(variable) and reader == variable.get
        self.active_scope = variable if is_get else reader
        self.max_tag_value_length = limit_of(max_tag_value_length)
        self.max_tags_per_span = limit_of(max_tags_per_span)
        self.max_logs_per_span = limit_of(max_logs_per_span)
        self.starts_itself = has_method(self, START_SPAN, start_method)
        self.reports_itself = has_method(self, REPORT_SPAN, report_method)
        self.has_noop_metrics = type(self.metrics) is metrics_class and self.metrics.is_noop
        copy_decisions(self)
    except Exception:
        # An attribute was deleted, or not assigned yet.
        return False
    # No Python code from here on: a finalizer never uses a part of the copies.
    self.copied, self.copied_version = copied, dict_version
    self.plain_version = class_version
    return True


cdef inline bint counts_nothing(StarterCore self) except -1:
    """Whether the metrics of a plain tracer do nothing."""
    return self.has_noop_metrics or self.metrics.is_noop


cdef inline bint is_plain_owner(object owner) noexcept:
    """Whether the owner of a span is a tracer, and `is_plain_starter` is true of it."""
    # Not isinstance(), which believes the `__class__` of a mock.
    return (
        PyObject_TypeCheck(owner, <PyTypeObject *>StarterCore)
        and is_plain_starter(<StarterCore>owner)
    )


cdef object start(StarterCore self, PyObject **values):
    """What `start_span` of a plain tracer does."""
    cdef object name = <object>values[OPERATION_NAME], parent = <object>values[CHILD_OF]
    cdef object references = <object>values[REFERENCES]
    cdef object tags = <object>values[INITIAL_TAGS]
    cdef object start_time = <object>values[START_TIME]
    cdef object decision = None
    cdef SpanCore span
    cdef int flags
    try:
        if not is_marked(self.process_mark):
            start_time = self._notice_fork(start_time)
        if parent is None and not <object>values[IGNORE_ACTIVE_SPAN]:
            scope = (
                get_value(self.active_scope) if PyContextVar_CheckExact(self.active_scope)
                else self.active_scope()
            )
            if scope is not None:
                parent = scope.span
        if references is not None:
            references = with_context(references)
            if parent is None and references:
                parent = references[0].referenced_context
        if tags is not None and type(tags) is not dict:
            tags = as_dict(tags)
        if type(name) is not str:
            name = "" if name is None else to_text(name)

        span = new_span()
        span.operation_name = name
        span.owner = self
        if references is not None:
            span.references = references
        if parent is None:
            decision = begin(self, span)
        elif not join(self, span, parent):
            # Any other kind of parent, or state of it.
            return python_start_span(
                self, name, parent, references, tags, start_time, True
            )
        if span.odd is None and span.stored_context is None:
            flags = span.own_flags
        else:
            flags = (<object>span).flags
        if tags is not None and PyDict_GET_SIZE(tags):
            flags = set_first_tags(self, span, <dict>tags, flags)
        if decision is not None and flags:
            if type(decision) is DECISION_TAGS:
                span.decision_tags = decision
            else:
                self._apply_decision(span, decision)
        if start_time is None and is_clock_unpatched():
            set_start_time(span, flags)
        else:
            self._set_start_time(span, start_time, flags)
        if not counts_nothing(self):
            self._count_start(span, tags)
        return span
    except Exception as error:
        return self._failed_span(error)


cdef object begin(StarterCore self, SpanCore span):
    """Make *span* a root; return the tags of the sampler's decision, or `None`."""
    cdef object bits = self.max_trace_id_bits
    cdef tuple decision = None
    span.has_random_trace_id = True
    if owns_ids(self) and (bits is ID_BITS or bits is TRACE_ID_BITS):
        span.trace_id_high = random_bits() if bits is TRACE_ID_BITS else 0
        # One random number serves as both ids, as in the Go and Java clients.
        span.trace_id_low = span.span_id = random_bits() or 1
    else:
        trace_id = self.random.getrandbits(bits) or 1
        (<object>span).trace_id = trace_id
        (<object>span).span_id = trace_id & MAX_SPAN_ID or 1
    if span.odd is None:
        decision = decide(self, span.trace_id_low)
    if decision is None:
        return call_sampler(self, span)
    if decision[0] is not True:
        return None
    span.own_flags = SAMPLED
    return decision[1]


cdef object call_sampler(StarterCore self, SpanCore span):
    """What `_call_sampler` does; a frame in Python would take 0.03 us more."""
    try:
        sampled, tags = self.sampler.is_sampled(
            (<object>span).trace_id, span.operation_name
        )
        if sampled:
            span.own_flags = SAMPLED
            return tags
    except Exception as error:
        sampler_failed.warn(self.sampler, error)


cdef bint join(StarterCore self, SpanCore span, object parent) except -1:
    """Make *span* a child of *parent*; return false if Python code must do that."""
    cdef SpanCore above
    cdef ContextCore context
    cdef Ids ids
    cdef object state = None
    cdef object baggage
    if self.one_span_per_rpc is not False:
        return False
    if has_plain_fields(parent):
        above = <SpanCore>parent
        span.clock_offset = above.clock_offset
        span.has_random_trace_id = above.has_random_trace_id
        baggage = above.baggage
        if not read_ids(above, &ids):
            return False
        parent = above.stored_context
    elif not is_plain_context(parent):
        return False
    if parent is not None:
        context = <ContextCore>parent
        ids_of(context, &ids)
        span.has_random_trace_id = context.has_random_trace_id
        baggage, state = context.baggage, context.trace_state
        if not ids.flags and context.sampling_undecided:
            return False
    if type(baggage) is not dict or not ids.span_id or not (
        ids.trace_id_high or ids.trace_id_low
    ):
        return False
    span.trace_id_high, span.trace_id_low = ids.trace_id_high, ids.trace_id_low
    span.parent_id = ids.span_id
    # Formats other than Jaeger's may set the debug flag alone.
    span.own_flags = ids.flags | SAMPLED if ids.flags & DEBUG else ids.flags
    if owns_ids(self):
        span.span_id = random_bits() or 1
    else:
        (<object>span).span_id = self.random.getrandbits(ID_BITS) or 1
    if PyDict_GET_SIZE(baggage):
        span.baggage = PyDict_Copy(<dict>baggage)
    if state is not None:
        (<object>span).context.trace_state = state
    return True


cdef int set_first_tags(
    StarterCore self, SpanCore span, dict tags, int flags
) except -1:
    """Store the initial tags of a span with *flags*; return its flags then."""
    cdef object flat = None
    if not flags & SAMPLED:
        if SAMPLING_PRIORITY not in tags:
            return flags
    elif PyDict_GET_SIZE(tags) <= self.max_tags_per_span:
        flat = flat_tags(tags, self.max_tag_value_length)
    if flat is None:
        return self._set_first_tags(span, tags, flags)
    span.first_tags = flat
    return flags


cdef int report(StarterCore self, object span) except -1:
    if not counts_nothing(self):
        self._count(self.metrics.spans_finished)
    try:
        if not enqueue(self, span):
            self.reporter.report_span(span)
    except Exception as error:
        reporter_failed.warn(self.reporter, error)
    return 0


cdef int set_start_time(SpanCore span, int flags) except -1:
    """Set the start time of a span with *flags* to the current time."""
    if not flags:
        span.start_time = wall_time()
        span.clock_offset = NAN
    elif not isnan(span.clock_offset):
        # Spans of a trace share a clock offset: a step of the wall clock does not shift
        # them against each other, and one call fewer is needed.
        span.start_time = span.clock_offset + steady_time()
    elif are_clocks_direct():
        span.start_time = root_start(&span.clock_offset)
    else:
        span.start_time = wall_time()
        span.clock_offset = span.start_time - steady_time()
    return 0
