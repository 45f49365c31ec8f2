# Part of spans.pyx: span contexts.


cdef class ContextCore:
    """The fields of `SpanContext`."""


cdef dict context_fields = fields_of(ContextCore, [
    ("trace_id", TRACE_ID), ("span_id", ID), ("parent_id", PARENT_ID),
    ("baggage", OBJECT), ("debug_id", OBJECT), ("trace_state", OBJECT), ("odd", OBJECT),
    ("flags", NUMBER), ("has_random_trace_id", TRUTH), ("sampling_undecided", TRUTH),
])

cdef type context_class = None
cdef Original context_original = None


def adopt_context(cls):
    """Make *cls* the class of all contexts; it has `ContextCore` as its first base."""
    global context_class, context_original
    context_class = cls
    names = (*context_fields, "__init__", "__new__", "has_trace")
    context_original = original_of(cls, names)


cdef bint is_plain_context(object context) noexcept:
    return (
        <PyObject *>Py_TYPE(context) == <PyObject *>context_class
        and (<ContextCore>context).odd is None
        and context_original.is_unchanged()
    )


cdef bint are_contexts_plain() noexcept:
    return context_original is not None and context_original.is_unchanged()


cdef ContextCore new_context():
    # Not the class itself, which would call its __init__.
    # Checked, because the application may have replaced `__new__`.
    return <ContextCore?>(<PyTypeObject *>context_class).tp_new(
        context_class, <PyObject *>NO_ARGUMENTS, NULL
    )
