# cython: language_level=3
"""
How the compiled writers read spans; a format specifies only how to write the parts.

**Plain spans are written in C, all others by the reference**, the writer of the format
in Python. A span is *plain* if its parts have exactly the types that `SpanData`
documents and usual values: ids and times in their range, finite numbers, text that
UTF-8 can encode, references that are absent or already encoded. A function that finds
anything else returns 0, and what was written of the span is overwritten by the
reference. So both write the same bytes for any object, or raise the same exceptions,
and rare cases exist once.

**Safety.** `read_span` runs all code of the application that reading a plain span needs:
properties of spans that are not of this client, and references. What it stores are
borrowed references, into the span or into the owner that it returns. From there on
nothing runs Python code, drops a reference or creates an object that garbage is
collected for, so nothing can change until the span is written. The one exception is
`next_log`, see there. Exact `str`, `int`, `float` and `bytes` never change.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Check, PyDict_CheckExact, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport isfinite, isnan
from libc.stdint cimport UINT32_MAX, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jaeger_client._native.buffer cimport (
    Buffer,
    PyByteArray_AS_STRING,
    PyByteArray_GET_SIZE,
    big_endian,
    close_buffer,
    int_to_bytes,
    let_others_run,
    put_utf8,
    reserve,
    utf8_size,
)
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

    /* Times of which nanoseconds fit in an int64, in seconds and in microseconds. */
    #define JAEGER_MAX_PLAIN_TIME 9e9
    #define JAEGER_MAX_PLAIN_US INT64_C(9000000000000000)

    /* A list, or of a subclass that is iterated as a list, so that its items are those
       in memory. */
    #define JAEGER_IS_LIST(object) \\
        (PyList_Check(object) && Py_TYPE(object)->tp_iter == PyList_Type.tp_iter)
    """
    const double MAX_PLAIN_TIME "JAEGER_MAX_PLAIN_TIME"
    const int64_t MAX_PLAIN_US "JAEGER_MAX_PLAIN_US"
    bint is_list "JAEGER_IS_LIST"(object value) noexcept
    bint is_dict_items "JAEGER_IS_DICT_ITEMS"(object value) noexcept
    PyObject *dict_of "JAEGER_DICT_OF"(object view) noexcept

cdef extern from "Python.h":
    Py_ssize_t PyDict_GET_SIZE(PyObject *items) noexcept

cdef enum:
    # Numbers of spans and logs during which the GIL is held.
    SPAN_BLOCK = 64
    LOG_BLOCK = 256


cdef struct Items:
    # Pairs that are still to be read.
    PyObject *source  # a list, a tuple or a dict; not valid if there are none
    Py_ssize_t index
    Py_ssize_t count
    bint is_flat      # a tuple of keys and values in turn, see flat.pxi


cdef struct Parts:
    # A span. The references are borrowed.
    Ids ids
    int64_t start_us      # from 0 to MAX_PLAIN_US
    int64_t duration_us
    PyObject *name        # an exact str
    PyObject *references  # as encoded by the reference, a bytearray; NULL: none
    Items tags[3]
    Items logs            # a list or a tuple
    int64_t dropped_tags
    int64_t dropped_logs


cdef struct Log:
    int64_t time_us       # from 0 to MAX_PLAIN_US
    Items fields


cdef enum Kind:
    # Of a value: its `vType` in jaeger.thrift.
    TEXT = 0
    REAL = 1
    TRUTH = 2
    NUMBER = 3
    BINARY = 4


cdef struct Value:
    # The value of a tag.
    Kind kind
    Py_ssize_t size  # number of bytes of a text, in UTF-8, or of bytes; else 0
    uint64_t bits    # of a number, as an int64 or a double; of a truth value 0 or 1


ctypedef int (*PutSpan)(
    object writer, Buffer *out, Parts *parts, Py_ssize_t max_size
) except -1
# Appends a span; returns 0 if it is not plain.


cdef inline int write_each(
    object writer,
    PutSpan put_span,
    object reference,
    bytearray out,
    list ends,
    object spans,
    Py_ssize_t max_size,
) except -1:
    """
    Append *spans* to *out* by *put_span*; see `encoding.packing.SpanWriter`.

    *reference* is the writer in Python, which writes those that are not plain.
    """
    cdef Parts parts
    cdef Buffer buffer = [<PyObject *>out, PyByteArray_GET_SIZE(<PyObject *>out)]
    cdef Py_ssize_t whole = buffer.size
    cdef Py_ssize_t count = 0
    cdef object owner
    try:
        for span in spans:
            owner = read_span(span, reference, &parts)
            if owner is None or not put_span(writer, &buffer, &parts, max_size):
                buffer.size = whole
                close_buffer(&buffer)
                reference.write_span(out, span, max_size)
                buffer.size = PyByteArray_GET_SIZE(buffer.out)
            whole = buffer.size
            ends.append(whole)
            if whole > max_size:
                break
            count += 1
            if count % SPAN_BLOCK == 0:
                let_others_run()
    finally:
        # Whole spans are delivered after an exception, too.
        buffer.size = whole
        close_buffer(&buffer)
    return 0


cdef inline object read_span(object span, object reference, Parts *parts):
    """Store the parts of *span* and return their owner; `None` if it is not plain."""
    cdef bytearray references = None
    if (
        has_plain_fields(span)
        and (<SpanCore>span).references is None
        and read_ids(<SpanCore>span, &parts.ids)
    ):
        return read_own_span(<SpanCore>span, None, parts)
    try:
        if (found := span.references) is not None and found:
            references = bytearray()
            reference.write_references(references, span)
        # Checked again, because that may have run any code.
        if has_plain_fields(span) and read_ids(<SpanCore>span, &parts.ids):
            return read_own_span(<SpanCore>span, references, parts)
        return read_any_span(span, references, parts)
    except Exception:
        return None  # the reference raises, too


cdef inline object read_own_span(SpanCore span, bytearray references, Parts *parts):
    """Store the C fields of *span* except the ids."""
    parts.name = <PyObject *>span.operation_name
    parts.references = NULL if references is None else <PyObject *>references
    parts.dropped_tags, parts.dropped_logs = span.dropped_tags, span.dropped_logs
    parts.tags[2].count = 0
    if (
        PyUnicode_CheckExact(span.operation_name)
        and read_times(parts, span.start_time, span.end_time, isnan(span.end_time))
        and read_first_tags(&parts.tags[0], span.first_tags)
        and PyDict_Check(span.decision_tags)  # a `DecisionTags`
        and (
            span.more_tags is no_more_tags()
            or read_sequence(&parts.tags[2], span.more_tags)
        )
        and read_logs(&parts.logs, span.log_items)
    ):
        read_dict(&parts.tags[1], <PyObject *>span.decision_tags)
        return span if references is None else references
    return None


cdef inline object read_any_span(object span, bytearray references, Parts *parts):
    """Store the attributes of *span*, or raise as they do."""
    cdef uint64_t high = 0, parent_high = 0
    cdef int64_t flags = 0
    ids, name, start, end = span.ids, span.operation_name, span.start_time, span.end_time
    trace_id, span_id, parent_id = ids.trace_id, ids.span_id, ids.parent_id
    all_flags, tags, logs = ids.flags, span.tag_items, span.log_items
    dropped_tags, dropped_logs = span.dropped_tags, span.dropped_logs
    owner = (name, tags, logs, references)
    # No Python code runs from here on.
    parts.name = <PyObject *>name
    parts.references = NULL if references is None else <PyObject *>references
    parts.tags[1].count = parts.tags[2].count = 0
    parts.ids.parent_id = 0
    if (
        PyUnicode_CheckExact(name)
        and PyFloat_CheckExact(start)
        and (end is None or PyFloat_CheckExact(end))
        and read_times(
            parts,
            PyFloat_AS_DOUBLE(start),
            0 if end is None else PyFloat_AS_DOUBLE(end),
            end is None,
        )
        and read_sequence(&parts.logs, logs)
        and read_items(&parts.tags[0], tags)
        and read_id(trace_id, &parts.ids.trace_id_high, &parts.ids.trace_id_low)
        and read_id(span_id, &high, &parts.ids.span_id)
        and (
            parent_id is None or read_id(parent_id, &parent_high, &parts.ids.parent_id)
        )
        and not (high or parent_high)
        and read_number(all_flags, &flags)
        and 0 <= flags <= UINT32_MAX
        and read_number(dropped_tags, &parts.dropped_tags)
        and read_number(dropped_logs, &parts.dropped_logs)
    ):
        parts.ids.flags = <uint32_t>flags
        return owner
    return None


cdef inline bint read_times(
    Parts *parts, double start, double end, bint is_unfinished
) noexcept:
    """Store the times, which are in seconds, as `packing.start_us` and `duration_us` do."""
    # False for NaN, too.
    if not (0 <= start <= MAX_PLAIN_TIME and (is_unfinished or 0 <= end <= MAX_PLAIN_TIME)):
        return False
    parts.start_us, parts.duration_us = <int64_t>(start * 1e6), 1
    if not is_unfinished:
        parts.duration_us = <int64_t>((end - start) * 1e6)
        if parts.duration_us <= 0:
            parts.duration_us = end >= start
    return True


cdef inline bint read_id(object number, uint64_t *high, uint64_t *low) noexcept:
    """Store an exact `int` of up to 128 bits."""
    cdef unsigned char data[16]
    # Fails with an exception, which is created and cleared: nothing more is read then.
    if not PyLong_CheckExact(number) or not int_to_bytes(number, data, 16):
        return False
    high[0], low[0] = big_endian(data), big_endian(data + 8)
    return True


cdef inline bint read_number(object number, int64_t *stored) noexcept:
    """Store an exact `int` of 64 signed bits."""
    cdef int overflow = 0
    if not PyLong_CheckExact(number):
        return False
    stored[0] = PyLong_AsLongLongAndOverflow(number, &overflow)
    return not overflow


cdef inline int put_references(Buffer *out, const Parts *parts) except -1:
    """Append what the reference has encoded; return 1 if there is anything."""
    cdef Py_ssize_t size
    if parts.references is NULL:
        return 0
    size = PyByteArray_GET_SIZE(parts.references)
    memcpy(reserve(out, size), PyByteArray_AS_STRING(parts.references), size)
    out.size += size
    return size > 0


# ---- Tags and logs


cdef inline bint read_items(Items *items, object source) noexcept:
    """Begin to read pairs: tags or the fields of a log."""
    if is_dict_items(source):
        read_dict(items, dict_of(source))
        return True
    return read_sequence(items, source)


cdef inline bint read_first_tags(Items *items, object source) noexcept:
    """Begin to read the C field `first_tags`."""
    if PyTuple_CheckExact(source):
        read_flat(items, <PyObject *>source, 0)
    elif PyDict_CheckExact(source):
        read_dict(items, <PyObject *>source)
    else:
        return False
    return True


cdef inline bint read_logs(Items *logs, object source) noexcept:
    """Begin to read the C field `log_items`."""
    if not PyTuple_CheckExact(source):
        return read_sequence(logs, source)
    logs.source, logs.index, logs.count, logs.is_flat = <PyObject *>source, 0, 1, True
    return True


cdef inline void read_flat(Items *items, PyObject *source, Py_ssize_t start) noexcept:
    items.source, items.index, items.is_flat = source, start, True
    items.count = (PyTuple_GET_SIZE(<object>source) - start) // 2


cdef inline void read_dict(Items *items, PyObject *source) noexcept:
    items.source, items.index, items.is_flat = source, 0, False
    items.count = PyDict_GET_SIZE(source)


cdef inline bint read_sequence(Items *items, object source) noexcept:
    items.source, items.index, items.is_flat = <PyObject *>source, 0, False
    if is_list(source):
        items.count = PyList_GET_SIZE(source)
    elif PyTuple_CheckExact(source):
        items.count = PyTuple_GET_SIZE(source)
    else:
        return False
    return True


cdef inline int next_item(Items *items, PyObject **key, PyObject **value) noexcept:
    """Store the next pair; return 0 if there is none, -1 if it is not plain."""
    cdef PyObject *pair
    if not items.count:
        return 0
    items.count -= 1
    if items.is_flat:
        key[0] = PyTuple_GET_ITEM(<object>items.source, items.index)
        value[0] = PyTuple_GET_ITEM(<object>items.source, items.index + 1)
        items.index += 2
        return 1
    if PyDict_Check(<object>items.source):
        if not PyDict_Next(<object>items.source, &items.index, key, value):
            return -1
    else:
        pair = item_at(items)
        if not PyTuple_CheckExact(<object>pair) or PyTuple_GET_SIZE(<object>pair) != 2:
            return -1
        key[0] = PyTuple_GET_ITEM(<object>pair, 0)
        value[0] = PyTuple_GET_ITEM(<object>pair, 1)
    return 1 if PyUnicode_CheckExact(<object>key[0]) else -1


cdef inline PyObject *item_at(Items *items) noexcept:
    """Return the next item of a list or a tuple."""
    items.index += 1
    if PyTuple_CheckExact(<object>items.source):
        return PyTuple_GET_ITEM(<object>items.source, items.index - 1)
    return PyList_GET_ITEM(<object>items.source, items.index - 1)


cdef inline int next_log(Items *logs, Log *log, const Buffer *out, Py_ssize_t max_size) except -2:
    """
    Store the next log; return 0 if there is none, -1 if it is not plain.

    Raises `LogsTooLargeError` if *out* is larger than *max_size*. Lets other threads
    run after each 256 logs: the caller owns the list, and reads nothing else of the
    span after the first log that it does not own.
    """
    cdef PyObject *item
    if logs.index and out.size > max_size:
        raise_too_large()
    if not logs.count:
        return 0
    if logs.index and logs.index % LOG_BLOCK == 0:
        let_others_run()
        # Not `is_list`, which may have become false meanwhile.
        if not PyTuple_CheckExact(<object>logs.source) and (
            logs.index + logs.count > PyList_GET_SIZE(<object>logs.source)
        ):
            return -1
    logs.count -= 1
    if logs.is_flat:
        read_flat(&log.fields, logs.source, 1)
        item = PyTuple_GET_ITEM(<object>logs.source, 0)
        return 1 if is_time(<object>item, &log.time_us) else -1
    item = item_at(logs)
    if (
        PyTuple_CheckExact(<object>item)
        and PyTuple_GET_SIZE(<object>item) == 2
        and is_time(<object>PyTuple_GET_ITEM(<object>item, 0), &log.time_us)
        and read_items(&log.fields, <object>PyTuple_GET_ITEM(<object>item, 1))
    ):
        return 1
    return -1


cdef inline bint is_time(object number, int64_t *time_us) noexcept:
    return read_number(number, time_us) and 0 <= time_us[0] <= <int64_t>MAX_PLAIN_US


cdef inline int raise_too_large() except -1:
    from jaeger_client.encoding.packing import LogsTooLargeError

    raise LogsTooLargeError


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
