# Part of spans.pyx: limits, and values that are stored unchanged.


cdef Py_ssize_t limit_of(object number) except? -1:
    """Return a limit that is a usual number, or -1."""
    return number if type(number) is int and 0 <= number < 1 << 31 else -1


cdef inline Py_ssize_t max_length_of(object owner) noexcept:
    """The `max_tag_value_length` of the owner of a span, or -1."""
    return (<StarterCore>owner).max_tag_value_length if is_plain_owner(owner) else -1


cdef inline bint is_immutable(object value, Py_ssize_t max_length) noexcept:
    """Whether *value* is stored as it is, see `to_tag_value`."""
    kind = <PyObject *>Py_TYPE(value)
    if kind == <PyObject *>str:
        return PyUnicode_GET_LENGTH(value) <= max_length
    return kind == <PyObject *>int or kind == <PyObject *>bool or kind == <PyObject *>float


cdef bint are_stored_unchanged(dict values, Py_ssize_t max_length) noexcept:
    """Whether `to_tag_values` would return an equal dict."""
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_ssize_t position = 0
    while PyDict_Next(values, &position, &key, &value):
        if not is_immutable(<object>value, max_length):
            return False
    return True


cdef inline bint may_have_many_tags(SpanCore span) except -1:
    """Whether a plain list of `MANY` tags respects the limit, as in `_grow_tags`."""
    cdef object first = span.first_tags
    # In a tuple, each tag counts twice: then Python code may find that it does.
    return (
        is_plain_owner(span.owner)
        and (type(first) is dict or type(first) is tuple)
        and (<StarterCore>span.owner).max_tags_per_span - len(first) > MANY
    )
