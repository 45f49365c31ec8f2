# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False, embedsignature=False
"""
Spans as OTLP, compiled; `encoding.otlp_writer` is the reference.

`span_reader.pxd` describes how spans are read, which of them are left to the reference,
and why no memory is read that was freed. The reference also writes the spans that have
a tag `otel.status_…`, or more than 128 tags.

Each span is read once and written into the caller's bytearray. Nothing is cached: no
tag value outlives the call.

**Keys** must not repeat in OTLP; the last of several tags with the same key counts, at
the position of the first. So the tags of a span are collected before they are written,
by a hash table on the stack.

**Sizes.** A message is preceded by its size. That of an attribute is computed first. For
spans and events one or two bytes are reserved, and the message is moved if its size
takes more.
"""

cimport cython
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject, PyObject_Hash
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport UINT32_MAX, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memset, strlen

from jaeger_client._native.buffer cimport (
    Buffer,
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    PyUnicode_IS_ASCII,
    PyUnicode_KIND,
    close_message,
    put_big_endian,
    put_fixed64,
    put_utf8,
    put_varint,
    reserve,
    utf8_size,
    varint_size,
    written,
)
from jaeger_client._native.span_reader cimport (
    BINARY,
    NUMBER,
    REAL,
    TEXT,
    TRUTH,
    Items,
    Log,
    Parts,
    Value,
    next_item,
    next_log,
    put_data,
    put_references,
    read_number,
    read_value,
    write_each,
)

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
    DROPPED_ATTRIBUTES = 0x50  # Span: 10 dropped_attributes_count
    EVENT = 0x5A  # Span: 11 events
    DROPPED_EVENTS = 0x60  # Span: 12 dropped_events_count
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
    DOUBLE = 0x21  # AnyValue: 4 double_value
    BYTES = 0x3A  # AnyValue: 7 bytes_value

cdef enum:
    SERVER = 2  # of enum SpanKind
    ERROR = 2  # of enum StatusCode
    CLIENT_ERROR = 400
    SERVER_ERROR = 500
    DEBUG_FLAG = 2

    MAX_TAGS = 128  # more are written by the reference
    SLOTS = 256  # a power of two above MAX_TAGS


# By number of enum SpanKind.
cdef const char *KINDS[6]
KINDS[:] = [b"", b"internal", b"server", b"client", b"producer", b"consumer"]


cdef struct Tags:
    # Tags without those that a later one replaces. The references are borrowed.
    int count
    PyObject *keys[MAX_TAGS]
    PyObject *values[MAX_TAGS]
    # The keys as a hash table with open addressing: 1 + index of a key; 0 is empty.
    uint8_t slots[SLOTS]


cdef struct Status:
    # What the tags of a span specify about its status.
    bint is_server
    bint has_failed  # error=True
    int64_t http_status
    PyObject *http_message  # http.status_message, an exact str; NULL if there is none


@cython.final
cdef class OtlpWriter:
    """Writes spans as the functions of `encoding.otlp_writer`."""

    cdef object reference

    def __init__(self, reference):
        """*reference* is the writer in Python."""
        self.reference = reference

    def write_spans(
        self, bytearray out not None, list ends not None, spans, Py_ssize_t max_size
    ):
        """See `encoding.packing.SpanWriter`."""
        write_each(self, put_span, self.reference, out, ends, spans, max_size)


# The functions that follow return 0 for what is not plain.


cdef int put_span(
    object writer, Buffer *out, Parts *parts, Py_ssize_t max_size
) except -1:
    """Append a span as a field."""
    cdef Tags tags
    cdef Status status = [False, False, 0, NULL]
    cdef object message = None
    cdef Py_ssize_t start
    cdef int index
    cdef unsigned char *to
    to = reserve(out, 3)
    to[0] = SPAN
    written(out, to + 3)  # the last two are for the size
    start = out.size
    put_ids(out, parts)
    if not put_text(out, NAME, <object>parts.name):
        return 0
    put_times(out, parts)
    begin_tags(&tags)
    for index in range(3):
        if not add_tags(&tags, &parts.tags[index]):
            return 0
    for index in range(tags.count):
        if not put_tag(out, <object>tags.keys[index], <object>tags.values[index], &status):
            return 0
    if parts.ids.flags & DEBUG_FLAG:
        put_attribute(out, ATTRIBUTE, "jaeger.debug", True)
    if status.http_message is not NULL:
        message = <object>status.http_message  # owned, while other threads run
    if parts.logs.count and not put_logs(out, &parts.logs, max_size):
        return 0
    if parts.dropped_tags or parts.dropped_logs:
        put_count(out, DROPPED_ATTRIBUTES, parts.dropped_tags)
        put_count(out, DROPPED_EVENTS, parts.dropped_logs)
    put_references(out, parts)
    put_status(out, &status, message)
    return close_message(out, start, 2)


cdef int put_ids(Buffer *out, Parts *parts) except -1:
    """Write fields 1, 2 and 4."""
    cdef unsigned char *to = reserve(out, 38)
    to[0], to[1] = TRACE_ID, 16
    to = put_big_endian(to + 2, parts.ids.trace_id_high, 8)
    to = put_big_endian(to, parts.ids.trace_id_low, 8)
    to[0], to[1] = SPAN_ID, 8
    to = put_big_endian(to + 2, parts.ids.span_id, 8)
    if parts.ids.parent_id:
        to[0], to[1] = PARENT_ID, 8
        to = put_big_endian(to + 2, parts.ids.parent_id, 8)
    written(out, to)
    return 1


cdef int put_text(Buffer *out, unsigned char tag, object text) except -1:
    """Write a string field."""
    cdef Py_ssize_t size = utf8_size(text)
    cdef unsigned char *to
    if size < 0:
        return 0
    to = reserve(out, size + 11)
    to[0] = tag
    written(out, put_utf8(put_varint(to + 1, size), text, size))
    return 1


cdef int put_times(Buffer *out, Parts *parts) except -1:
    """Write fields 7 and 8."""
    cdef unsigned char *to = reserve(out, 18)
    to[0] = START
    to = put_fixed64(to + 1, <uint64_t>(parts.start_us * 1000))
    to[0] = END
    to = put_fixed64(to + 1, <uint64_t>((parts.start_us + parts.duration_us) * 1000))
    written(out, to)
    return 1


cdef int put_count(Buffer *out, unsigned char tag, int64_t count) except -1:
    """Write a uint32."""
    cdef unsigned char *to = reserve(out, 11)
    to[0] = tag
    written(out, put_varint(to + 1, max(0, min(count, <int64_t>UINT32_MAX))))
    return 1


# ---- Tags


cdef inline void begin_tags(Tags *tags) noexcept:
    tags.count = 0
    memset(tags.slots, 0, SLOTS)


cdef inline bint add_tags(Tags *tags, Items *items) noexcept:
    cdef PyObject *key
    cdef PyObject *value
    cdef int found
    while (found := next_item(items, &key, &value)) > 0:
        if not add_tag(tags, key, value):
            return False
    return found == 0


cdef inline bint add_tag(Tags *tags, PyObject *key, PyObject *value) noexcept:
    """Add a tag, or replace the value of the one with this key, an exact `str`."""
    cdef Py_ssize_t slot = PyObject_Hash(<object>key) & (SLOTS - 1)
    cdef int index
    while tags.slots[slot]:
        index = tags.slots[slot] - 1
        if are_equal(<object>tags.keys[index], <object>key):
            tags.values[index] = value
            return True
        slot = (slot + 1) & (SLOTS - 1)
    if tags.count == MAX_TAGS:
        return False
    tags.keys[tags.count], tags.values[tags.count] = key, value
    tags.count += 1
    tags.slots[slot] = <uint8_t>tags.count
    return True


cdef bint are_equal(object text, object other) noexcept:
    """Whether two exact `str` are equal; equal ones have the same representation."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    return (
        length == PyUnicode_GET_LENGTH(other)
        and kind == PyUnicode_KIND(other)
        and memcmp(PyUnicode_DATA(text), PyUnicode_DATA(other), length * kind) == 0
    )


cdef inline bint is_text(object text, const char *ascii, Py_ssize_t size) noexcept:
    """Whether an exact `str` consists of the *size* characters *ascii*."""
    return (
        PyUnicode_GET_LENGTH(text) == size
        and PyUnicode_IS_ASCII(text)
        and memcmp(PyUnicode_DATA(text), ascii, size) == 0
    )


cdef int put_tag(Buffer *out, object key, object value, Status *status) except -1:
    """Write a tag, whose key is an exact `str`."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(key)
    # The keys of special tags have these lengths.
    if length == 9:
        if is_text(key, "span.kind", 9) and put_kind(out, value, status):
            return 1
    elif length == 5:
        if value is True and is_text(key, "error", 5):
            status.has_failed = True
            return 1
    elif length == 16:
        if is_text(key, "otel.status_code", 16):
            return 0
        if is_text(key, "http.status_code", 16) and not read_http_status(value, status):
            return 0
    elif length == 19:
        if is_text(key, "http.status_message", 19) and PyUnicode_CheckExact(value):
            status.http_message = <PyObject *>value
    elif length == 23 and is_text(key, "otel.status_description", 23):
        return 0
    return put_attribute(out, ATTRIBUTE, key, value)


cdef int put_kind(Buffer *out, object kind, Status *status) except -1:
    """Write field 6; return 0 if *kind* is none of the five."""
    cdef unsigned char number
    cdef unsigned char *to
    if not PyUnicode_CheckExact(kind):
        return 0
    for number in range(1, 6):
        if is_text(kind, KINDS[number], strlen(KINDS[number])):
            status.is_server = number == SERVER
            to = reserve(out, 2)
            to[0], to[1] = KIND, number
            written(out, to + 2)
            return 1
    return 0


cdef bint read_http_status(object value, Status *status) noexcept:
    """Store the number of `http.status_code`."""
    cdef Py_ssize_t index
    cdef const unsigned char *digits
    if not PyUnicode_CheckExact(value):
        # A bool is less than 400; other types are no number.
        return read_number(value, &status.http_status) or not PyLong_CheckExact(value)
    # As most instrumentations write it: a few digits.
    if not PyUnicode_IS_ASCII(value) or not 0 < PyUnicode_GET_LENGTH(value) <= 9:
        return False
    digits = <const unsigned char *>PyUnicode_DATA(value)
    for index in range(PyUnicode_GET_LENGTH(value)):
        if not c'0' <= digits[index] <= c'9':
            return False
        status.http_status = status.http_status * 10 + (digits[index] - c'0')
    return True


cdef int put_status(Buffer *out, Status *status, object message) except -1:
    """Write field 15, by the rules of `encoding.otlp_writer`."""
    cdef Py_ssize_t start
    cdef unsigned char *to
    if not status.has_failed and status.http_status < (
        SERVER_ERROR if status.is_server else CLIENT_ERROR
    ):
        return 1
    to = reserve(out, 2)
    to[0] = STATUS
    written(out, to + 2)
    start = out.size
    if message:
        put_text(out, STATUS_MESSAGE, message)
    to = reserve(out, 2)
    to[0], to[1] = STATUS_CODE, ERROR
    written(out, to + 2)
    return close_message(out, start, 1)


# ---- Logs


cdef int put_logs(Buffer *out, Items *logs, Py_ssize_t max_size) except -1:
    """Write field 11 for each of *logs*."""
    cdef object owned = <object>logs.source
    cdef Log log
    cdef int found
    max_size += out.size
    while (found := next_log(logs, &log, out, max_size)) > 0:
        if not put_log(out, &log):
            return 0
    return found == 0


cdef int put_log(Buffer *out, Log *log) except -1:
    cdef Tags fields
    cdef Py_ssize_t start
    cdef int index
    cdef unsigned char *to
    begin_tags(&fields)
    if not add_tags(&fields, &log.fields):
        return 0
    to = reserve(out, 11)
    to[0], to[2] = EVENT, EVENT_TIME
    start = out.size + 2
    written(out, put_fixed64(to + 3, <uint64_t>(log.time_us * 1000)))
    for index in range(fields.count):
        if not put_field(out, <object>fields.keys[index], <object>fields.values[index]):
            return 0
    return close_message(out, start, 1)


cdef int put_field(Buffer *out, object key, object value) except -1:
    """Write a field of a log, whose key is an exact `str`."""
    if PyUnicode_CheckExact(value) and is_text(key, "event", 5):
        return put_text(out, EVENT_NAME, value)
    return put_attribute(out, EVENT_ATTRIBUTE, key, value)


cdef int put_attribute(
    Buffer *out, unsigned char tag, object key, object value
) except -1:
    """Write an attribute, whose key is an exact `str`."""
    cdef Value read
    cdef Py_ssize_t key_size = utf8_size(key)
    cdef Py_ssize_t any_size, size
    cdef unsigned char *to
    if not read_value(value, &read) or key_size < 0:
        return 0
    if read.kind == TEXT or read.kind == BINARY:
        any_size = 1 + varint_size(read.size) + read.size
    elif read.kind == NUMBER:
        any_size = 1 + varint_size(read.bits)
    else:
        any_size = 9 if read.kind == REAL else 2
    size = 2 + varint_size(key_size) + key_size + varint_size(any_size) + any_size
    to = reserve(out, size + 11)
    to[0] = tag
    to = put_varint(to + 1, size)
    to[0] = KEY
    to = put_utf8(put_varint(to + 1, key_size), key, key_size)
    to[0] = VALUE
    to = put_varint(to + 1, any_size)
    if read.kind == TEXT or read.kind == BINARY:
        to[0] = STRING if read.kind == TEXT else BYTES
        to = put_data(put_varint(to + 1, read.size), value, &read)
    elif read.kind == NUMBER:
        to[0] = INT
        to = put_varint(to + 1, read.bits)
    elif read.kind == TRUTH:
        to[0], to[1] = BOOL, <unsigned char>read.bits
        to += 2
    else:
        to[0] = DOUBLE
        to = put_fixed64(to + 1, read.bits)
    written(out, to)
    return 1
