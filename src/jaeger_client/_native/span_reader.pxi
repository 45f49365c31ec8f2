# Part of writers.pyx: how spans are read.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Check, PyDict_CheckExact, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport isfinite, isnan
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from jaeger_client._native.spans cimport (
    Ids,
    SpanCore,
    has_plain_fields,
    no_more_tags,
    read_ids,
)

cdef extern from *:
    """
    /* Whether an object is exactly the items of a dict, and that dict. The struct is
       that of a view, whose definition is public until 3.12 only; it is the same in 3.10
       to 3.14. In later versions, which may change it, such items are not plain. */
    typedef struct { PyObject_HEAD PyObject *dict; } jaeger_view;
    #define JAEGER_IS_DICT_ITEMS(object) \\
        (PY_VERSION_HEX < 0x030F0000 && Py_IS_TYPE(object, &PyDictItems_Type))
    #define JAEGER_DICT_OF(view) (((jaeger_view *)(view))->dict)

    /* A list, or of a subclass that is iterated as a list, so that its items are those
       in memory. */
    #define JAEGER_IS_LIST(object) \\
        (PyList_Check(object) && Py_TYPE(object)->tp_iter == PyList_Type.tp_iter)
    """
    bint is_list "JAEGER_IS_LIST"(object value) noexcept
    bint is_dict_items "JAEGER_IS_DICT_ITEMS"(object value) noexcept
    PyObject *dict_of "JAEGER_DICT_OF"(object view) noexcept

cdef extern from "Python.h":
    Py_ssize_t PyDict_GET_SIZE(PyObject *items) noexcept

cdef enum:
    # The GIL is held while a piece is written, of so many spans or bytes, and of a span
    # with so many logs.
    PIECE_SPANS = 64
    PIECE_BYTES = 32_768
    MAX_LOGS = 4096


cdef enum Shape:
    LIST  # of pairs
    DICT
    FLAT  # a tuple of keys and values in turn, see flat.pxi


cdef struct Items:
    # Pairs that are still to be read.
    Shape shape
    PyObject *source  # not valid if there are no pairs
    Py_ssize_t index
    Py_ssize_t count


cdef struct Parts:
    # A span without its name and numbers of dropped items. The references are borrowed.
    Ids ids
    int64_t start_us
    int64_t duration_us
    Items tags[3]
    Items logs        # a list, or the tuple of one log, see flat.pxi


cdef enum ValueKind:
    # Of a value: its `vType` in jaeger.thrift.
    TEXT = 0
    REAL = 1
    TRUTH = 2
    NUMBER = 3
    BINARY = 4


cdef struct Value:
    # The value of a tag.
    ValueKind kind
    Py_ssize_t size   # number of bytes of a text, in UTF-8, or of bytes; else 0
    uint64_t bits     # of a number, as an int64 or a double; of a truth value 0 or 1


cdef class Writer:
    """The base of the writers."""

    cdef object reference

    def __init__(self, reference):
        """*reference* is the writer in Python."""
        self.reference = reference

    def write_spans(
        self, bytearray out not None, list ends not None, spans, Py_ssize_t max_size
    ):
        """See `encoding.packing.SpanWriter`."""
        cdef Buffer buffer = [<PyObject *>out, PyByteArray_GET_SIZE(<PyObject *>out)]
        cdef Py_ssize_t whole = buffer.size
        cdef Py_ssize_t piece = buffer.size, count = 0
        cdef SpanCore core
        cdef Parts parts
        try:
            for span in spans:
                # Drops references, before any are borrowed.
                core = None
                core = read_span(span, &parts)
                if core is None or not self.put_span(&buffer, core, &parts, max_size):
                    PyByteArray_Resize(buffer.out, whole)
                    self.reference.write_span(out, span, max_size)
                    buffer.size = PyByteArray_GET_SIZE(buffer.out)
                whole = buffer.size
                ends.append(whole)
                if whole > max_size:
                    break
                count += 1
                if count == PIECE_SPANS or whole - piece >= PIECE_BYTES:
                    let_others_run()
                    piece, count = whole, 0
        finally:
            # Whole spans are delivered after an exception, too.
            PyByteArray_Resize(buffer.out, whole)

    cdef int put_span(
        self, Buffer *out, SpanCore span, Parts *parts, Py_ssize_t max_size
    ) except -1:
        """Append a span; return 0 if it is not plain, or its logs exceed *max_size*."""
        raise NotImplementedError


cdef SpanCore read_span(object span, Parts *parts):
    """Store the parts of a plain span and return what owns them, otherwise `None`."""
    cdef SpanCore core
    if has_plain_fields(span) and read_ids(<SpanCore>span, &parts.ids):
        core = <SpanCore>span
    else:
        try:
            core = copy_of(span)
        except Exception:
            return None  # the reference raises, too
        if core.odd is not None:
            return None
        read_ids(core, &parts.ids)
    # No Python code runs from here on.
    if (
        core.references is None
        and PyUnicode_CheckExact(core.operation_name)
        and read_times(parts, core.start_time, core.end_time)
        and read_tags(parts, core)
        and read_logs(&parts.logs, core.log_items)
    ):
        return core
    return None


cdef SpanCore copy_of(object span):
    """
    Return the attributes of *span* as C fields, or raise as they do.

    Those that do not fit their fields are in `odd`.
    """
    cdef SpanCore core = SpanCore.__new__(SpanCore)
    cdef object copy = core, ids = span.ids
    copy.trace_id, copy.span_id = ids.trace_id, ids.span_id
    copy.parent_id, copy.own_flags = ids.parent_id or None, ids.flags
    copy.operation_name, copy.references = span.operation_name, span.references or None
    copy.start_time, copy.end_time = span.start_time, span.end_time
    copy.more_tags, copy.log_items = span.tag_items, span.log_items
    copy.dropped_tags, copy.dropped_logs = span.dropped_tags, span.dropped_logs
    copy.first_tags = copy.decision_tags = {}
    return core


cdef inline bint read_times(Parts *parts, double start, double end) noexcept:
    """Store the times, which are in seconds, as `packing.start_us` and `duration_us` do."""
    # The nanoseconds of 9e9 fit in an int64. The end of an unfinished span is NaN.
    if not (0 <= start <= 9e9 and (isnan(end) or 0 <= end <= 9e9)):
        return False
    parts.start_us, parts.duration_us = <int64_t>(start * 1e6), 1
    if not isnan(end):
        parts.duration_us = <int64_t>((end - start) * 1e6)
        if parts.duration_us <= 0:
            parts.duration_us = end >= start
    return True


# ---- Tags and logs


cdef inline bint read_tags(Parts *parts, SpanCore span) noexcept:
    """Begin to read the tags."""
    if PyTuple_CheckExact(span.first_tags):
        read_flat(&parts.tags[0], <PyObject *>span.first_tags, 0)
    elif PyDict_CheckExact(span.first_tags):
        read_dict(&parts.tags[0], <PyObject *>span.first_tags)
    else:
        return False
    if not PyDict_Check(span.decision_tags):  # a `DecisionTags`
        return False
    read_dict(&parts.tags[1], <PyObject *>span.decision_tags)
    parts.tags[2].count = 0
    return span.more_tags is no_more_tags() or read_items(
        &parts.tags[2], span.more_tags
    )


cdef inline bint read_logs(Items *logs, object source) noexcept:
    """Begin to read the logs; the tuple of one log counts as a pair."""
    if not PyTuple_CheckExact(source):
        return read_items(logs, source) and logs.count <= MAX_LOGS
    logs.shape, logs.source, logs.count = FLAT, <PyObject *>source, 1
    return True


cdef inline bint read_items(Items *items, object source) noexcept:
    """Begin to read a list of pairs, or the items of a dict."""
    if is_dict_items(source):
        read_dict(items, dict_of(source))
        return True
    if not is_list(source):
        return False
    items.shape, items.source, items.index = LIST, <PyObject *>source, 0
    items.count = PyList_GET_SIZE(source)
    return True


cdef inline void read_flat(Items *items, PyObject *source, Py_ssize_t start) noexcept:
    items.shape, items.source, items.index = FLAT, source, start
    items.count = (PyTuple_GET_SIZE(<object>source) - start) // 2


cdef inline void read_dict(Items *items, PyObject *source) noexcept:
    items.shape, items.source, items.index = DICT, source, 0
    items.count = PyDict_GET_SIZE(source)


cdef inline bint next_tag(Items *items, PyObject **key, PyObject **value) noexcept:
    """Store the next of *items*; return false if it is not plain."""
    items.count -= 1
    if items.shape == FLAT:
        key[0] = PyTuple_GET_ITEM(<object>items.source, items.index)
        value[0] = PyTuple_GET_ITEM(<object>items.source, items.index + 1)
        items.index += 2
        return True
    if items.shape == DICT:
        PyDict_Next(<object>items.source, &items.index, key, value)
    elif not next_pair(items, key, value):
        return False
    return PyUnicode_CheckExact(<object>key[0])


cdef inline bint next_log(Items *logs, int64_t *time_us, Items *fields) noexcept:
    """Store the next of *logs*; return false if it is not plain."""
    cdef PyObject *time
    cdef PyObject *source
    logs.count -= 1
    if logs.shape == FLAT:
        time = PyTuple_GET_ITEM(<object>logs.source, 0)
        read_flat(fields, logs.source, 1)
    elif not next_pair(logs, &time, &source) or not read_items(fields, <object>source):
        return False
    return (
        read_number(<object>time, time_us)
        and 0 <= time_us[0] <= <int64_t>9_000_000 * 1_000_000_000  # as in `read_times`
    )


cdef inline bint next_pair(Items *items, PyObject **first, PyObject **second) noexcept:
    """Store both objects of the next pair of a list."""
    cdef PyObject *pair = PyList_GET_ITEM(<object>items.source, items.index)
    items.index += 1
    if not PyTuple_CheckExact(<object>pair) or PyTuple_GET_SIZE(<object>pair) != 2:
        return False
    first[0] = PyTuple_GET_ITEM(<object>pair, 0)
    second[0] = PyTuple_GET_ITEM(<object>pair, 1)
    return True


cdef inline bint read_number(object number, int64_t *stored) noexcept:
    """Store an exact `int` of 64 signed bits."""
    cdef int overflow = 0
    if not PyLong_CheckExact(number):
        return False
    stored[0] = PyLong_AsLongLongAndOverflow(number, &overflow)
    return not overflow


cdef inline bint read_value(object value, Value *stored) noexcept:
    """Store the value of a tag, which is valid as long as *value* is."""
    cdef double real
    stored.size, stored.bits = 0, 0
    if PyUnicode_CheckExact(value):
        stored.kind, stored.size = TEXT, utf8_size(value)
        return stored.size >= 0
    if PyLong_CheckExact(value):
        stored.kind = NUMBER
        return read_number(value, <int64_t *>&stored.bits)
    if value is True or value is False:
        stored.kind, stored.bits = TRUTH, value is True
        return True
    if PyFloat_CheckExact(value):
        real = PyFloat_AS_DOUBLE(value)
        stored.kind = REAL
        memcpy(&stored.bits, &real, 8)
        return isfinite(real)
    if PyBytes_CheckExact(value):
        stored.kind, stored.size = BINARY, PyBytes_GET_SIZE(value)
        return True
    return False


cdef inline unsigned char *put_data(
    unsigned char *to, object value, const Value *read
) noexcept:
    """Write the bytes of a text, in UTF-8, or of bytes."""
    if read.kind == TEXT:
        return put_utf8(to, value, read.size)
    memcpy(to, PyBytes_AS_STRING(value), read.size)
    return to + read.size
