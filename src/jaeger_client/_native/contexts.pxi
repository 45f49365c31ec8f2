# Part of spans.pyx: span contexts.


cdef class ContextCore:
    """The fields of `SpanContext`."""

    def __getstate__(self):
        return state_of(self, context_fields)


cdef ContextCore context_probe = ContextCore.__new__(ContextCore)
cdef char *context_start = <char *><PyObject *>context_probe
cdef list context_probe_objects = [object() for _ in range(3)]
context_probe.odd = {}
(
    context_probe.baggage,
    context_probe.debug_id,
    context_probe.trace_state,
) = context_probe_objects

cdef dict context_fields = fields_of(context_probe, context_probe.odd, [
    ("trace_id", TRACE_ID, <char *>&context_probe.trace_id_high - context_start),
    ("span_id", ID, <char *>&context_probe.span_id - context_start),
    ("parent_id", PARENT_ID, <char *>&context_probe.parent_id - context_start),
    ("baggage", OBJECT, context_probe_objects[0]),
    ("debug_id", OBJECT, context_probe_objects[1]),
    ("trace_state", OBJECT, context_probe_objects[2]),
    ("flags", NUMBER, <char *>&context_probe.flags - context_start),
    ("has_random_trace_id", TRUTH, <char *>&context_probe.has_random_trace_id - context_start),
    ("sampling_undecided", TRUTH, <char *>&context_probe.sampling_undecided - context_start),
])

cdef type context_class = None
cdef Original context_original = None


def adopt_context(cls):
    """Make *cls* the class of all contexts; it has `ContextCore` as its first base."""
    global context_class, context_original
    context_class = cls
    context_original = original_of(cls, (*context_fields, "__new__"))


cdef bint is_plain_context(object context) noexcept:
    return (
        <PyObject *>Py_TYPE(context) == <PyObject *>context_class
        and (<ContextCore>context).odd is None
        and context_original.is_unchanged()
    )


cdef ContextCore new_context():
    # Not the class itself, which would call its __init__.
    # Checked, because the application may have replaced `__new__`.
    return <ContextCore?>(<PyTypeObject *>context_class).tp_new(
        context_class, <PyObject *>NO_ARGUMENTS, NULL
    )
