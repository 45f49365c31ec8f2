# Part of spans.pyx: tags and logs as C code stores them.
#
# The tags that are passed to `start_span` are stored in one tuple: key, value, key,
# value. It takes 88 bytes where a copy of the dict takes 230, in one block instead of
# two: these bytes go from the processor that runs the application to the one that runs
# the worker, and back when they are freed. The first log of a span is stored in the same
# way after its time; that takes one object in place of five.
#
# Only C code sees the tuples. When one of the attributes `first_tags` and `log_items` is
# first read, a dict or a list replaces the tuple.


cdef Py_ssize_t PRIORITY_LENGTH = len(SAMPLING_PRIORITY)


cdef object flat_tags(dict tags, Py_ssize_t max_length):
    """Return *tags* as a tuple, if all are stored unchanged, else `None`."""
    # Created first, because that may run a finalizer, which may change the dict.
    cdef tuple flat = PyTuple_New(2 * len(tags))
    return flat if fill(flat, 0, tags, max_length) else None


cdef object flat_log(dict fields, Py_ssize_t max_length, object time_us):
    """Return a log as a tuple, if all of *fields* are stored unchanged, else `None`."""
    cdef tuple flat = PyTuple_New(1 + 2 * len(fields))
    Py_INCREF(time_us)
    PyTuple_SET_ITEM(flat, 0, time_us)
    return flat if fill(flat, 1, fields, max_length) else None


cdef bint fill(tuple flat, Py_ssize_t index, dict values, Py_ssize_t max_length) noexcept:
    """Store *values* from *index* on; return false for any that has to be converted."""
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_ssize_t position = 0
    # Its items cannot be part of a cycle.
    PyObject_GC_UnTrack(<PyObject *>flat)
    while PyDict_Next(values, &position, &key, &value):
        if (
            index >= PyTuple_GET_SIZE(flat)
            or type(<object>key) is not str
            or not is_immutable(<object>value, max_length)
            or is_priority(<object>key)
        ):
            return False
        Py_INCREF(<object>key)
        PyTuple_SET_ITEM(flat, index, <object>key)
        Py_INCREF(<object>value)
        PyTuple_SET_ITEM(flat, index + 1, <object>value)
        index += 2
    return index == PyTuple_GET_SIZE(flat)


cdef inline bint is_priority(str key) noexcept:
    return PyUnicode_GET_LENGTH(key) == PRIORITY_LENGTH and key == SAMPLING_PRIORITY


cdef int unpack(PyObject **place, Kind kind) except -1:
    """Replace a tuple that C code has stored at *place* by what the attribute is."""
    cdef object flat = <object>place[0]
    cdef object values
    if type(flat) is not tuple:
        return 0
    if kind == TAGS:
        values = dict_of(flat, 0)
    else:
        values = [(flat[0], dict_of(flat, 1).items())]
    # No Python code between the two lines: all threads get the same object.
    if place[0] == <PyObject *>flat:
        replace(place, values)
    return 0


cdef dict dict_of(tuple flat, Py_ssize_t index):
    """Return the pairs from *index* on as a dict."""
    cdef dict values = {}
    while index < PyTuple_GET_SIZE(flat):
        values[flat[index]] = flat[index + 1]
        index += 2
    return values


cdef Py_ssize_t limit_of(object number) except? -1:
    """Return a limit that is a usual number, or -1."""
    return number if type(number) is int and 0 <= number < 1 << 31 else -1


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
