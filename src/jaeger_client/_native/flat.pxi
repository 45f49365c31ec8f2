# Part of spans.pyx: tags as C code stores them.
#
# The tags that are passed to `start_span` are stored in a tuple: key, value, key, value.
# It takes 88 bytes where a copy of the dict takes 200, in one block instead of two, and
# those bytes go from the processor that runs the application to the one that runs the
# worker, and back when they are freed. The attribute `first_tags` is a dict nevertheless:
# when it is first read, a dict replaces the tuple.

from cpython.dict cimport PyDict_Next
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport (
    PyTuple_CheckExact,
    PyTuple_GET_ITEM,
    PyTuple_GET_SIZE,
    PyTuple_New,
    PyTuple_SET_ITEM,
)

cdef extern from *:
    void PyObject_GC_UnTrack(PyObject *container) noexcept


cdef object flat_tags(dict tags, Py_ssize_t max_length):
    """Return *tags* as a tuple, if all are stored unchanged, else `None`."""
    # Created first, because that may run a finalizer, which may change the dict.
    cdef tuple flat = PyTuple_New(2 * len(tags))
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_ssize_t position = 0, index = 0
    # Its items cannot be part of a cycle.
    PyObject_GC_UnTrack(<PyObject *>flat)
    while PyDict_Next(tags, &position, &key, &value):
        if (
            index >= PyTuple_GET_SIZE(flat)
            or not PyUnicode_CheckExact(<object>key)
            or not is_immutable(<object>value, max_length)
            or is_priority(<object>key)
        ):
            return None
        Py_INCREF(<object>key)
        PyTuple_SET_ITEM(flat, index, <object>key)
        Py_INCREF(<object>value)
        PyTuple_SET_ITEM(flat, index + 1, <object>value)
        index += 2
    return flat if index == PyTuple_GET_SIZE(flat) else None


cdef inline bint is_priority(str key) noexcept:
    return PyUnicode_GET_LENGTH(key) == PRIORITY_LENGTH and key == SAMPLING_PRIORITY


cdef Py_ssize_t PRIORITY_LENGTH = len(SAMPLING_PRIORITY)


cdef int unpack_tags(PyObject **place) except -1:
    """Replace a tuple that was stored by C code by a dict."""
    cdef object flat = <object>place[0]
    cdef dict tags
    cdef Py_ssize_t index
    if not PyTuple_CheckExact(flat):
        return 0
    tags = {}
    for index in range(0, PyTuple_GET_SIZE(flat), 2):
        tags[<object>PyTuple_GET_ITEM(flat, index)] = <object>PyTuple_GET_ITEM(flat, index + 1)
    # No Python code between the two lines: all threads get the same dict.
    if place[0] == <PyObject *>flat:
        replace(place, tags)
    return 0
