# Part of spans.pyx: limits, and values that are stored unchanged.

from cpython.dict cimport PyDict_Next
from cpython.object cimport PyObject

cdef extern from *:
    Py_ssize_t PyUnicode_GET_LENGTH(object o) noexcept
    Py_ssize_t PyLong_AsSsize_t(object o) except? -1
    Py_ssize_t PY_SSIZE_T_MAX


cdef Py_ssize_t limit_of(object number) noexcept:
    """Return a limit that is a usual number, or -1."""
    if not PyLong_CheckExact(number):
        return -1
    try:
        return PyLong_AsSsize_t(number)
    except OverflowError:
        return -1


cdef inline Py_ssize_t max_length_of(object owner) noexcept:
    """The `max_tag_value_length` of the owner of a span, or -1."""
    return (<StarterCore>owner).max_tag_value_length if is_plain_owner(owner) else -1


cdef inline bint is_immutable(object value, Py_ssize_t max_length) noexcept:
    """Whether *value* is stored as it is, see `to_tag_value`."""
    kind = <PyObject *>Py_TYPE(value)
    if kind == <PyObject *>str:
        return PyUnicode_GET_LENGTH(value) <= max_length
    return kind == <PyObject *>int or kind == <PyObject *>bool or kind == <PyObject *>float


cdef inline bint is_stored_unchanged(object value, object owner) noexcept:
    return is_immutable(value, 0) or (
        PyUnicode_CheckExact(value) and is_immutable(value, max_length_of(owner))
    )


cdef bint are_stored_unchanged(dict values, Py_ssize_t max_length) noexcept:
    """Whether `to_tag_values` would return an equal dict."""
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_ssize_t position = 0
    while PyDict_Next(values, &position, &key, &value):
        if not is_immutable(<object>value, max_length):
            return False
    return True


cdef inline Py_ssize_t count_first_tags(SpanCore span) noexcept:
    if PyTuple_CheckExact(span.first_tags):
        return PyTuple_GET_SIZE(span.first_tags) // 2
    return len(<dict>span.first_tags) if type(span.first_tags) is dict else PY_SSIZE_T_MAX


cdef inline bint may_have_many_tags(SpanCore span, object owner) noexcept:
    """Whether a plain list of `MANY` tags respects the limit, as in `_grow_tags`."""
    return is_plain_owner(owner) and (
        (<StarterCore>owner).max_tags_per_span - count_first_tags(span) > MANY
    )


cdef inline bint may_have_many_logs(object owner) noexcept:
    """Whether a plain list of `MANY` logs respects the limit, as in `_grow_logs`."""
    return is_plain_owner(owner) and (<StarterCore>owner).max_logs_per_span > MANY
