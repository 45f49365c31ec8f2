# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False, embedsignature=False
"""
Spans as OTLP, compiled; `jaeger_client.encoding.otlp_writer` is the reference.

Each span is read once and written into one buffer of C memory, which is appended to the
caller's bytearray at the end. Nothing is cached: no tag value outlives the call.

**Plain parts are written in C, all others by the reference.** A part of a span (its
ids, name, times, tags, each log) is *plain* if its objects have exactly the types that
`SpanData` documents. A function that writes a part returns 0 if it finds an object
that is not, and the part is written by the function of `encoding.otlp_writer`. So both
write the same bytes for any object, or raise the same exceptions. What few spans have
is always left to the reference: links, and the tags `otel.status_…`.

**Sizes.** A message is preceded by its size. That of an attribute is computed first. For
spans and events one or two bytes are reserved, and the message is moved if its size
takes more.

**Safety.** What is documented as plain can be read without running code of the
application: exact lists, tuples, dicts, `str`, `int`, `float`, `bytes` and `bool`. So
nothing changes while a plain part is written, and borrowed references into it are
valid. The exception is the creation of an iterator or a tuple, in which Python 3.10 and
3.11 may collect garbage, and so run finalizers. Every object is therefore referenced by
a local variable or by an immutable object that one references, except where a comment
states why not. Lists are indexed up to their present size.

The GIL is held while up to 64 spans, or 256 logs of one, are written, which takes about
50 us; see `let_others_run`.
"""

cimport cython
from cpython.bytearray cimport (
    PyByteArray_AS_STRING,
    PyByteArray_GET_SIZE,
    PyByteArray_Resize,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Check, PyDict_CheckExact, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject, PyObject_Hash
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport isfinite, isnan
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from jaeger_client._native.buffer cimport (
    Buffer,
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    PyUnicode_IS_ASCII,
    PyUnicode_KIND,
    close_message,
    int_to_bytes,
    let_others_run,
    put_big_endian,
    put_bytes,
    put_fixed64,
    put_utf8,
    put_varint,
    reserve,
    utf8_size,
    varint_size,
    written,
)

from jaeger_client._native.spans cimport (
    Ids,
    SpanCore,
    has_plain_fields,
    no_more_tags,
    read_ids,
)

from jaeger_client.encoding import otlp_writer as reference
from jaeger_client.encoding.otlp_attributes import write_text
from jaeger_client.encoding.packing import LogsTooLargeError

cdef extern from *:
    """
    #define JAEGER_IS_DICT_ITEMS(object) Py_IS_TYPE(object, &PyDictItems_Type)
    """
    bint is_dict_items "JAEGER_IS_DICT_ITEMS"(object value) noexcept

# Tags of fields, see `encoding.otlp_writer` and `encoding.otlp_attributes`.
cdef enum:
    SPAN = 0x12  # ScopeSpans: 2 spans
    TRACE_ID = 0x0A  # Span: 1 trace_id
    SPAN_ID = 0x12  # Span: 2 span_id
    PARENT_ID = 0x22  # Span: 4 parent_span_id
    NAME = 0x2A  # Span: 5 name
    KIND = 0x30  # Span: 6 kind
    START = 0x39  # Span: 7 start_time_unix_nano
    END = 0x41  # Span: 8 end_time_unix_nano
    ATTRIBUTE = 0x4A  # Span: 9 attributes
    EVENT = 0x5A  # Span: 11 events
    STATUS = 0x7A  # Span: 15 status
    EVENT_TIME = 0x09  # Event: 1 time_unix_nano
    EVENT_NAME = 0x12  # Event: 2 name
    EVENT_ATTRIBUTE = 0x1A  # Event: 3 attributes
    STATUS_MESSAGE = 0x12  # Status: 2 message
    STATUS_CODE = 0x18  # Status: 3 code
    KEY = 0x0A  # KeyValue: 1 key
    VALUE = 0x12  # KeyValue: 2 value
    STRING = 0x0A  # AnyValue: 1 string_value
    BOOL = 0x10  # AnyValue: 2 bool_value
    INT = 0x18  # AnyValue: 3 int_value
    FLOAT = 0x21  # AnyValue: 4 double_value
    BYTES = 0x3A  # AnyValue: 7 bytes_value

cdef enum:
    ERROR = 2  # of enum StatusCode
    CLIENT_ERROR = 400
    SERVER_ERROR = 500
    DEBUG_FLAG = 2

    MAX_PLAIN_TAGS = 32  # more are written through a dict
    SPAN_BLOCK = 64  # spans during which the GIL is held
    LOG_BLOCK = 256  # the same of logs
    SLOTS = 64  # a power of two above MAX_PLAIN_TAGS

# Times up to which nanoseconds fit in an int64.
cdef double MAX_PLAIN_TIME = 9e9
cdef int64_t MAX_PLAIN_US = 9_000_000_000_000_000


@cython.final
cdef class _Status:
    """What the tags of the span that is being written say about its status."""

    cdef bint is_server
    cdef bint has_failed  # error=True
    cdef int64_t http_status
    cdef object http_message  # http.status_message; None if it is not text

    cdef void clear(self) noexcept:
        self.is_server = self.has_failed = False
        self.http_status = 0
        self.http_message = None


def write_spans(bytearray out not None, list ends not None, spans, Py_ssize_t max_size):
    """
    Append *spans* to *out*, and after each the length of *out* to *ends*.

    Stops after the first span that makes *out* longer than *max_size*. May raise
    anything if a span is not plain; *out* then ends with the span before it.
    """
    cdef Buffer buffer = [NULL, 0, 0]
    cdef Py_ssize_t before
    cdef Py_ssize_t whole = 0
    cdef list own_ends = []
    cdef _Status status = _Status()
    before = PyByteArray_GET_SIZE(out)
    try:
        reserve(&buffer, 16_384)
        for span in spans:
            if PyList_GET_SIZE(own_ends) % SPAN_BLOCK == SPAN_BLOCK - 1:
                let_others_run()
            _write_span(&buffer, span, max_size, status)
            whole = buffer.size
            own_ends.append(before + whole)
            if before + whole > max_size:
                break
    finally:
        # Whole spans are delivered after an exception, too.
        try:
            _append(out, buffer.data, whole)
            ends += own_ends
        finally:
            PyMem_Free(buffer.data)


def write_log(bytearray out not None, log):
    """Append *log* to *out* as an event, field 11 of a span."""
    cdef Buffer buffer = [NULL, 0, 0]
    try:
        _write_log(&buffer, log)
        _append(out, buffer.data, buffer.size)
    finally:
        PyMem_Free(buffer.data)


cdef int _append(bytearray out, const unsigned char *data, Py_ssize_t size) except -1:
    cdef Py_ssize_t before = PyByteArray_GET_SIZE(out)
    if size:
        PyByteArray_Resize(out, before + size)
        memcpy(PyByteArray_AS_STRING(out) + before, data, size)
    return 0


cdef int _by_reference(Buffer *buffer, object write, tuple arguments) except -1:
    """Append what *write*, a function of the reference, writes; or raise as it does."""
    cdef bytearray part = bytearray()
    write(part, *arguments)
    return put_bytes(buffer, PyByteArray_AS_STRING(part), PyByteArray_GET_SIZE(part))


cdef int _write_span(
    Buffer *buffer, object span, Py_ssize_t max_size, _Status status
) except -1:
    """Append *span* as a field."""
    cdef Ids ids
    cdef Py_ssize_t start
    cdef unsigned char *to = reserve(buffer, 3)
    to[0] = SPAN
    written(buffer, to + 3)  # the last two are for the size
    start = buffer.size
    if has_plain_fields(span) and read_ids(<SpanCore>span, &ids):
        _write_own_span(buffer, <SpanCore>span, &ids, max_size, status)
    else:
        _write_any_span(buffer, span, max_size, status)
    return close_message(buffer, start, 2)


cdef int _write_own_span(
    Buffer *buffer, SpanCore span, Ids *ids, Py_ssize_t max_size, _Status status
) except -1:
    """Write a span of this client by its C fields."""
    # All are read before Python code can run. Then they might be no longer valid.
    cdef object name = span.operation_name
    cdef object first = span.first_tags
    cdef object decision = span.decision_tags
    cdef object more = span.more_tags
    cdef object logs = span.log_items
    cdef object references = span.references
    cdef double start_time = span.start_time
    cdef double end_time = span.end_time
    cdef bint has_dropped = span.dropped_tags or span.dropped_logs
    cdef object tags
    _put_ids(buffer, ids)
    _write_name(buffer, name)
    if not _put_times(buffer, start_time, end_time):
        end = None if isnan(end_time) else end_time
        _by_reference(buffer, reference.write_times, (start_time, end))
    tags = None
    if not _write_own_tags(buffer, first, decision, more, status):
        tags = _write_tags(buffer, span.tag_items, status)
    return _write_rest(
        buffer,
        span,
        (ids.flags & DEBUG_FLAG) != 0,
        logs,
        has_dropped,
        references,
        tags,
        max_size,
        status,
    )


cdef int _write_any_span(
    Buffer *buffer, object span, Py_ssize_t max_size, _Status status
) except -1:
    """Write any span by its attributes."""
    cdef object context = span.ids
    cdef object tags
    _write_ids(buffer, context)
    _write_name(buffer, span.operation_name)
    _write_times(buffer, span.start_time, span.end_time)
    tags = _write_tags(buffer, span.tag_items, status)
    return _write_rest(
        buffer,
        span,
        bool(context.flags & DEBUG_FLAG),
        span.log_items,
        bool(span.dropped_tags or span.dropped_logs),
        span.references,
        tags,
        max_size,
        status,
    )


cdef int _write_rest(
    Buffer *buffer,
    object span,
    bint is_debug,
    object logs,
    bint has_dropped,
    object references,
    dict tags,
    Py_ssize_t max_size,
    _Status status,
) except -1:
    """Write what follows the tags; *status* describes them if *tags* is `None`."""
    if is_debug:
        _put_attribute(buffer, ATTRIBUTE, "jaeger.debug", True)
    _write_logs(buffer, logs, max_size)
    if has_dropped:
        _by_reference(buffer, reference.write_dropped, (span,))
    if references is not None and references:
        _by_reference(buffer, reference.write_links, (span.ids, references))
    if tags is None:
        return _write_status(buffer, status)
    return _by_reference(buffer, reference.write_status, (tags,))


cdef int _put_ids(Buffer *buffer, Ids *ids) except -1:
    """Write fields 1, 2 and 4."""
    cdef unsigned char *to = reserve(buffer, 38)
    to[0], to[1] = TRACE_ID, 16
    to = put_big_endian(put_big_endian(to + 2, ids.trace_id_high), ids.trace_id_low)
    to[0], to[1] = SPAN_ID, 8
    to = put_big_endian(to + 2, ids.span_id)
    if ids.parent_id:
        to[0], to[1] = PARENT_ID, 8
        to = put_big_endian(to + 2, ids.parent_id)
    written(buffer, to)
    return 0


cdef int _write_ids(Buffer *buffer, object context) except -1:
    """Write fields 1, 2 and 4 by the attributes of *context*."""
    cdef object trace_id = context.trace_id
    cdef object span_id = context.span_id
    cdef object parent_id
    cdef unsigned char *to = reserve(buffer, 28)
    to[0], to[1], to[18], to[19] = TRACE_ID, 16, SPAN_ID, 8
    if (
        PyLong_CheckExact(trace_id)
        and PyLong_CheckExact(span_id)
        and int_to_bytes(trace_id, to + 2, 16)
        and int_to_bytes(span_id, to + 20, 8)
    ):
        written(buffer, to + 28)
    else:
        _by_reference(buffer, reference.write_ids, (trace_id, span_id))
    parent_id = context.parent_id
    if parent_id is None or not parent_id:
        return 0
    to = reserve(buffer, 10)
    to[0], to[1] = PARENT_ID, 8
    if PyLong_CheckExact(parent_id) and int_to_bytes(parent_id, to + 2, 8):
        written(buffer, to + 10)
    else:
        _by_reference(buffer, reference.write_parent_id, (parent_id,))
    return 0


cdef int _write_name(Buffer *buffer, object name) except -1:
    """Write field 5."""
    if not (PyUnicode_CheckExact(name) and _put_text(buffer, NAME, name)):
        _by_reference(buffer, write_text, (reference.NAME, name))
    return 0


cdef int _put_text(Buffer *buffer, unsigned char tag, object text) except -1:
    """Write a string field; return 0 if UTF-8 cannot encode *text*, an exact `str`."""
    cdef Py_ssize_t size = utf8_size(text)
    cdef unsigned char *to
    if size < 0:
        return 0
    to = reserve(buffer, size + 11)
    to[0] = tag
    written(buffer, put_utf8(put_varint(to + 1, size), text, size))
    return 1


cdef int _write_times(Buffer *buffer, object start, object end) except -1:
    """Write fields 7 and 8."""
    if (
        PyFloat_CheckExact(start)
        and PyFloat_CheckExact(end)
        and _put_times(buffer, PyFloat_AS_DOUBLE(start), PyFloat_AS_DOUBLE(end))
    ):
        return 0
    return _by_reference(buffer, reference.write_times, (start, end))


cdef int _put_times(Buffer *buffer, double start, double end) except -1:
    """Write fields 7 and 8; return 0 if nanoseconds might not fit in an int64."""
    cdef int64_t start_us, duration_us
    cdef unsigned char *to
    # False for NaN, too.
    if not (0 <= start <= MAX_PLAIN_TIME and 0 <= end <= MAX_PLAIN_TIME):
        return 0
    start_us = <int64_t>(start * 1e6)
    duration_us = <int64_t>((end - start) * 1000000.0)
    if duration_us <= 0:
        duration_us = end >= start  # see packing.duration_us
    to = reserve(buffer, 18)
    to[0] = START
    to = put_fixed64(to + 1, <uint64_t>(start_us * 1000))
    to[0] = END
    to = put_fixed64(to + 1, <uint64_t>((start_us + duration_us) * 1000))
    written(buffer, to)
    return 1


cdef int _write_own_tags(
    Buffer *buffer, object first, object decision, object more, _Status status
) except -1:
    """
    Write the tags of a span of this client: field 9, and field 6.

    Returns 0 if they must be read by `tag_items`.
    """
    cdef Keys keys
    cdef Py_ssize_t start = buffer.size
    status.clear()
    clear_keys(&keys)
    # decision is a `DecisionTags`, which is a dict.
    if (
        PyDict_CheckExact(first)
        and PyDict_Check(decision)
        and _write_dict(buffer, first, &keys, status)
        and _write_dict(buffer, decision, &keys, status)
        and (
            more is no_more_tags()
            or PyList_CheckExact(more) and _write_pairs(buffer, more, &keys, status)
        )
    ):
        return 1
    buffer.size = start
    return 0


cdef object _write_tags(Buffer *buffer, object items, _Status status):
    """
    Write field 9 for the tags *items*, and field 6.

    Returns `None`, and what the tags say about the status in *status*; or a dict of the
    tags, if the reference must determine it.
    """
    cdef Py_ssize_t start = buffer.size
    cdef Keys keys
    cdef dict tags
    status.clear()
    clear_keys(&keys)
    if _write_pairs(buffer, items, &keys, status):
        return None
    buffer.size = start
    # A copy, as in the reference: the last of several tags with the same key counts.
    tags = dict(items)
    for key, value in tags.items():
        if not (PyUnicode_CheckExact(key) and _put_tag(buffer, key, value, status)):
            _by_reference(buffer, reference.write_tag, (key, value))
    return tags


cdef int _write_pairs(
    Buffer *buffer, object pairs, Keys *keys, _Status status
) except -1:
    """
    Write tags of a span, or fields of a log if *status* is `None`.

    Returns 0 if they are not plain, or if a key occurs twice.
    """
    cdef Py_ssize_t index = 0
    cdef object pair
    if is_dict_items(pairs):
        # Its dict has each key once. The iterator creates tuples, so finalizers may
        # run: *pair* references key and value.
        for pair in pairs:
            if not _put_tuple(buffer, pair, NULL, status):
                return 0
            pair = None  # so that the iterator can use the tuple again
        return 1
    if not PyList_CheckExact(pairs):
        return 0
    while index < PyList_GET_SIZE(pairs):
        if not _put_tuple(
            buffer, <object>PyList_GET_ITEM(pairs, index), keys, status
        ):
            return 0
        index += 1
    return 1


cdef int _write_dict(
    Buffer *buffer, object items, Keys *keys, _Status status
) except -1:
    """Write tags of a span; return 0 if one is not plain or has an earlier key."""
    cdef Py_ssize_t index = 0
    cdef PyObject *key
    cdef PyObject *value
    while PyDict_Next(items, &index, &key, &value):
        if not _put_pair(buffer, <object>key, <object>value, keys, status):
            return 0
    return 1


cdef inline int _put_tuple(
    Buffer *buffer, object pair, Keys *keys, _Status status
) except -1:
    if not PyTuple_CheckExact(pair) or PyTuple_GET_SIZE(pair) != 2:
        return 0
    return _put_pair(
        buffer,
        <object>PyTuple_GET_ITEM(pair, 0),
        <object>PyTuple_GET_ITEM(pair, 1),
        keys,
        status,
    )


cdef inline int _put_pair(
    Buffer *buffer, object key, object value, Keys *keys, _Status status
) except -1:
    if not PyUnicode_CheckExact(key) or (keys is not NULL and not add_key(keys, key)):
        return 0
    if status is None:
        return _put_field(buffer, key, value)
    return _put_tag(buffer, key, value, status)


cdef struct Keys:
    # The keys so far, to find one that occurs twice: a hash table with open addressing.
    # The references are borrowed: what is read without running Python code stays.
    int count
    uint8_t slots[SLOTS]  # 1 + index in keys; 0 is empty
    PyObject *keys[MAX_PLAIN_TAGS]


cdef inline void clear_keys(Keys *keys) noexcept:
    keys.count = 0
    memset(keys.slots, 0, SLOTS)


cdef inline bint add_key(Keys *keys, object key) noexcept:
    """Add an exact `str`; return 0 if it was added before or there is no space."""
    cdef Py_ssize_t slot = PyObject_Hash(key) & (SLOTS - 1)
    if keys.count == MAX_PLAIN_TAGS:
        return False
    while keys.slots[slot]:
        if _are_equal(<object>keys.keys[keys.slots[slot] - 1], key):
            return False
        slot = (slot + 1) & (SLOTS - 1)
    keys.keys[keys.count] = <PyObject *>key
    keys.count += 1
    keys.slots[slot] = <uint8_t>keys.count
    return True


cdef bint _are_equal(object text, object other) noexcept:
    """Whether two exact `str` are equal; equal ones have the same representation."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    return (
        length == PyUnicode_GET_LENGTH(other)
        and kind == PyUnicode_KIND(other)
        and memcmp(PyUnicode_DATA(text), PyUnicode_DATA(other), length * kind) == 0
    )


cdef inline bint _is(object text, const char *ascii, Py_ssize_t size) noexcept:
    """Whether an exact `str` consists of the *size* characters *ascii*."""
    return (
        PyUnicode_GET_LENGTH(text) == size
        and PyUnicode_IS_ASCII(text)
        and memcmp(PyUnicode_DATA(text), ascii, size) == 0
    )


cdef int _put_tag(
    Buffer *buffer, object key, object value, _Status status
) except -1:
    """Write a tag, whose key is an exact `str`; return 0 if it is not plain."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(key)
    cdef bint is_text = PyUnicode_CheckExact(value)
    # The keys of special tags have these lengths.
    if length == 9:
        if is_text and _is(key, "span.kind", 9) and _put_kind(buffer, value, status):
            return 1
    elif length == 5:
        if value is True and _is(key, "error", 5):
            status.has_failed = True
            return 1
    elif length == 16:
        if _is(key, "otel.status_code", 16):
            return 0
        if _is(key, "http.status_code", 16) and not _read_http_status(value, status):
            return 0
    elif length == 19:
        if _is(key, "http.status_message", 19):
            status.http_message = value if is_text else None
            if _is_non_finite(value):
                return 0
    elif length == 23 and _is(key, "otel.status_description", 23):
        return 0
    return _put_attribute(buffer, ATTRIBUTE, key, value)


cdef bint _is_non_finite(object value) noexcept:
    return PyFloat_CheckExact(value) and not isfinite(PyFloat_AS_DOUBLE(value))


cdef int _put_kind(Buffer *buffer, object kind, _Status status) except -1:
    """Write field 6; return 0 if *kind*, an exact `str`, is none of the five."""
    cdef unsigned char number
    cdef unsigned char *to
    if _is(kind, "internal", 8):
        number = 1
    elif _is(kind, "server", 6):
        number = 2
        status.is_server = True
    elif _is(kind, "client", 6):
        number = 3
    elif _is(kind, "producer", 8):
        number = 4
    elif _is(kind, "consumer", 8):
        number = 5
    else:
        return 0
    to = reserve(buffer, 2)
    to[0], to[1] = KIND, number
    written(buffer, to + 2)
    return 1


cdef bint _read_http_status(object value, _Status status) noexcept:
    """Store the number of `http.status_code`; return 0 if the reference must do it."""
    cdef int overflow = 0
    cdef Py_ssize_t index
    cdef const unsigned char *digits
    if PyLong_CheckExact(value):
        status.http_status = PyLong_AsLongLongAndOverflow(value, &overflow)
        return not overflow
    if not PyUnicode_CheckExact(value):
        return True  # a bool is less than 400, other types are no number
    # As most instrumentations write it: a few digits.
    if not PyUnicode_IS_ASCII(value) or not 0 < PyUnicode_GET_LENGTH(value) <= 9:
        return False
    digits = <const unsigned char *>PyUnicode_DATA(value)
    status.http_status = 0  # an earlier tag of this key may have set it
    for index in range(PyUnicode_GET_LENGTH(value)):
        if not c'0' <= digits[index] <= c'9':
            return False
        status.http_status = status.http_status * 10 + (digits[index] - c'0')
    return True


cdef int _write_status(Buffer *buffer, _Status status) except -1:
    """Write field 15, by the rules of `encoding.otlp_writer`."""
    cdef Py_ssize_t start
    cdef unsigned char *to
    if not status.has_failed and status.http_status < (
        SERVER_ERROR if status.is_server else CLIENT_ERROR
    ):
        return 0
    to = reserve(buffer, 2)
    to[0] = STATUS
    written(buffer, to + 2)
    start = buffer.size
    if status.http_message:
        _put_text(buffer, STATUS_MESSAGE, status.http_message)
    to = reserve(buffer, 2)
    to[0], to[1] = STATUS_CODE, ERROR
    written(buffer, to + 2)
    return close_message(buffer, start, 1)


cdef int _write_logs(Buffer *buffer, object logs, Py_ssize_t max_size) except -1:
    """Write field 11 for each of *logs*."""
    cdef Py_ssize_t max_length = buffer.size + max_size
    cdef Py_ssize_t count = 0
    cdef object log
    if not PyList_CheckExact(logs):
        logs = [*logs] if logs else []
    for log in logs:
        _write_log(buffer, log)
        if buffer.size > max_length:
            raise LogsTooLargeError
        count += 1
        if count % LOG_BLOCK == 0:
            let_others_run()
    return 0


cdef int _write_log(Buffer *buffer, object log) except -1:
    cdef Py_ssize_t start = buffer.size
    if (
        PyTuple_CheckExact(log)
        and PyTuple_GET_SIZE(log) == 2
        and _write_plain_log(
            buffer,
            <object>PyTuple_GET_ITEM(log, 0),
            <object>PyTuple_GET_ITEM(log, 1),
        )
    ):
        return 0
    buffer.size = start
    return _by_reference(buffer, reference.write_log, (log,))


cdef int _write_plain_log(Buffer *buffer, object timestamp, object fields) except -1:
    cdef Keys keys
    cdef int overflow = 0
    cdef int64_t time_us
    cdef Py_ssize_t start
    cdef unsigned char *to
    if not PyLong_CheckExact(timestamp):
        return 0
    time_us = PyLong_AsLongLongAndOverflow(timestamp, &overflow)
    if overflow or not 0 <= time_us <= MAX_PLAIN_US:
        return 0
    to = reserve(buffer, 11)
    to[0], to[2] = EVENT, EVENT_TIME
    start = buffer.size + 2
    written(buffer, put_fixed64(to + 3, <uint64_t>(time_us * 1000)))
    clear_keys(&keys)
    if not _write_pairs(buffer, fields, &keys, None):
        return 0
    close_message(buffer, start, 1)
    return 1


cdef int _put_field(Buffer *buffer, object key, object value) except -1:
    """Write a field of a log, whose key is an exact `str`; return 0 if it is not plain."""
    if _is(key, "event", 5):
        if PyUnicode_CheckExact(value):
            return _put_text(buffer, EVENT_NAME, value)
        if _is_non_finite(value):
            return 0
    return _put_attribute(buffer, EVENT_ATTRIBUTE, key, value)


cdef int _put_attribute(
    Buffer *buffer, unsigned char tag, object key, object value
) except -1:
    """Write an attribute, whose key is an exact `str`; return 0 if it is not plain."""
    cdef Py_ssize_t key_size = utf8_size(key)
    cdef Py_ssize_t size = 0  # of a text or bytes
    cdef Py_ssize_t any_size, total
    cdef int64_t number = 0
    cdef int overflow = 0
    cdef double real = 0
    cdef uint64_t bits = 0
    cdef unsigned char *to
    if PyUnicode_CheckExact(value):
        size = utf8_size(value)
        any_size = 1 + varint_size(size) + size
    elif PyLong_CheckExact(value):
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        any_size = 1 + varint_size(<uint64_t>number)
    elif value is True or value is False:
        any_size = 2
    elif PyFloat_CheckExact(value):
        real = PyFloat_AS_DOUBLE(value)
        if not isfinite(real):
            value = "NaN" if real != real else "Infinity" if real > 0 else "-Infinity"
            return _put_attribute(buffer, tag, key, value)
        any_size = 9
    elif PyBytes_CheckExact(value):
        size = PyBytes_GET_SIZE(value)
        any_size = 1 + varint_size(size) + size
    else:
        return 0
    if key_size < 0 or size < 0 or overflow:
        return 0
    total = 2 + varint_size(key_size) + key_size + varint_size(any_size) + any_size
    to = reserve(buffer, total + 11)
    to[0] = tag
    to = put_varint(to + 1, total)
    to[0] = KEY
    to = put_utf8(put_varint(to + 1, key_size), key, key_size)
    to[0] = VALUE
    to = put_varint(to + 1, any_size)
    if PyUnicode_CheckExact(value):
        to[0] = STRING
        to = put_utf8(put_varint(to + 1, size), value, size)
    elif PyLong_CheckExact(value):
        to[0] = INT
        to = put_varint(to + 1, <uint64_t>number)
    elif PyFloat_CheckExact(value):
        to[0] = FLOAT
        memcpy(&bits, &real, 8)
        to = put_fixed64(to + 1, bits)
    elif PyBytes_CheckExact(value):
        to[0] = BYTES
        to = put_varint(to + 1, size)
        memcpy(to, PyBytes_AS_STRING(value), size)
        to += size
    else:
        to[0], to[1] = BOOL, value is True
        to += 2
    written(buffer, to)
    return 1
