# Part of writers.pyx: spans as OTLP; `encoding.otlp_writer` is the reference.
#
# The reference also writes the spans that have a tag `otel.status_…` or
# `http.status_message`, or more than 128 tags.
#
# **Keys** must not repeat in OTLP; the last of several tags with the same key counts, at
# the position of the first. So the tags of a span are collected before they are written.
#
# **Sizes.** A message is preceded by its size. That of an attribute is computed first. For
# spans and events one or two bytes are reserved, and the message is moved if its size
# takes more.

from cpython.object cimport PyObject, PyObject_Hash
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, strlen

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

# By number of enum SpanKind.
cdef const char *KINDS[6]
KINDS[:] = [b"", b"internal", b"server", b"client", b"producer", b"consumer"]


cdef struct Tags:
    # Tags without those that a later one replaces. The references are borrowed.
    int count
    Py_hash_t hashes[MAX_TAGS]  # of the keys
    PyObject *keys[MAX_TAGS]
    PyObject *values[MAX_TAGS]


cdef struct Status:
    # What the tags of a span specify about its status.
    bint is_server
    bint has_failed  # error=True
    int64_t http_status


@cython.final
cdef class OtlpWriter(Writer):
    """Writes spans as the functions of `encoding.otlp_writer`."""

    cdef int put_span(
        self, Buffer *out, SpanCore span, Parts *parts, Py_ssize_t max_size
    ) except -1:
        """Append a span as a field."""
        cdef Status status = [False, False, 0]
        cdef Tags tags
        cdef Py_ssize_t start = out.size + 3
        cdef int index
        cdef unsigned char *to
        if not put_span_head(out, span.operation_name, parts):
            return 0
        tags.count = 0
        for index in range(3):
            if not collect_tags(&tags, &parts.tags[index]):
                return 0
        for index in range(tags.count):
            if not put_span_tag(
                out, <object>tags.keys[index], <object>tags.values[index], &status
            ):
                return 0
        if parts.ids.flags & DEBUG_FLAG:
            put_attribute(out, ATTRIBUTE, "jaeger.debug", True)
        if not put_events(out, &parts.logs, max_size):
            return 0
        if span.dropped_tags or span.dropped_logs:
            to = reserve(out, 12)
            to[0] = DROPPED_ATTRIBUTES
            to = put_varint(to + 1, span.dropped_tags)
            to[0] = DROPPED_EVENTS
            written(out, put_varint(to + 1, span.dropped_logs))
        # By the rules of `encoding.otlp_writer`.
        if status.has_failed or status.http_status >= (
            SERVER_ERROR if status.is_server else CLIENT_ERROR
        ):
            to = reserve(out, 4)
            to[0], to[1], to[2], to[3] = STATUS, 2, STATUS_CODE, ERROR
            written(out, to + 4)
        return close_message(out, start, 2)


cdef int close_message(Buffer *out, Py_ssize_t start, int reserved) except -1:
    """
    Write the size of what follows *start*, for which *reserved* bytes precede it.

    The message is moved if its size takes more or fewer bytes.
    """
    cdef Py_ssize_t size = out.size - start
    cdef int needed = varint_size(size)
    cdef unsigned char *message = reserve(out, needed) - size
    if needed != reserved:
        memmove(message - reserved + needed, message, size)
        out.size += needed - reserved
    put_varint(message - reserved, size)
    return 1


# The functions that follow return 0 for what is not plain.


cdef int put_span_head(Buffer *out, object name, const Parts *parts) except -1:
    """Write the header of a span, with two bytes for its size, and fields 1 to 8."""
    cdef Py_ssize_t size = utf8_size(name)
    cdef unsigned char *to
    if size < 0:
        return 0
    to = reserve(out, 3 + 18 + 10 + 10 + 11 + size + 9 + 9)
    to[0], to[3], to[4] = SPAN, TRACE_ID, 16
    to = put_big_endian(to + 5, parts.ids.trace_id_high, 8)
    to = put_big_endian(to, parts.ids.trace_id_low, 8)
    to[0], to[1] = SPAN_ID, 8
    to = put_big_endian(to + 2, parts.ids.span_id, 8)
    if parts.ids.parent_id:
        to[0], to[1] = PARENT_ID, 8
        to = put_big_endian(to + 2, parts.ids.parent_id, 8)
    to[0] = NAME
    to = put_utf8(put_varint(to + 1, size), name, size)
    to[0] = START
    to = put_little_endian(to + 1, <uint64_t>(parts.start_us * 1000))
    to[0] = END
    to = put_little_endian(
        to + 1, <uint64_t>((parts.start_us + parts.duration_us) * 1000)
    )
    written(out, to)
    return 1


# ---- Tags


cdef inline bint collect_tags(Tags *tags, Items *items) noexcept:
    """Add *items*; the value of a key that is there already is replaced."""
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_hash_t key_hash
    cdef int index, earlier = tags.count
    while items.count:
        if not next_tag(items, &key, &value):
            return False
        if items.shape == LIST:  # which, unlike a dict, may have a key twice
            earlier = tags.count
        key_hash = PyObject_Hash(<object>key)
        for index in range(earlier):
            if tags.hashes[index] == key_hash and <str>tags.keys[index] == <str>key:
                break
        else:
            if tags.count == MAX_TAGS:
                return False
            index = tags.count
            tags.count += 1
            tags.hashes[index], tags.keys[index] = key_hash, key
        tags.values[index] = value
    return True


cdef inline bint is_text(object text, const char *ascii) noexcept:
    """Whether an exact `str` is *ascii*."""
    cdef Py_ssize_t size = strlen(ascii)
    return (
        PyUnicode_GET_LENGTH(text) == size
        and PyUnicode_IS_ASCII(text)
        and memcmp(PyUnicode_DATA(text), ascii, size) == 0
    )


cdef int put_span_tag(Buffer *out, object key, object value, Status *status) except -1:
    """Write a tag, whose key is an exact `str`."""
    if is_text(key, b"span.kind"):
        if put_kind(out, value, status):
            return 1
    elif is_text(key, b"error"):
        if value is True:
            status.has_failed = True
            return 1
    elif is_text(key, b"http.status_code"):
        if not read_http_status(value, status):
            return 0
    elif (
        is_text(key, b"http.status_message")
        or is_text(key, b"otel.status_code")
        or is_text(key, b"otel.status_description")
    ):
        return 0
    return put_attribute(out, ATTRIBUTE, key, value)


cdef int put_kind(Buffer *out, object kind, Status *status) except -1:
    """Write field 6; return 0 if *kind* is none of the five."""
    cdef unsigned char number
    cdef unsigned char *to
    if not PyUnicode_CheckExact(kind):
        return 0
    for number in range(1, 6):
        if is_text(kind, KINDS[number]):
            status.is_server = number == SERVER
            to = reserve(out, 2)
            to[0], to[1] = KIND, number
            written(out, to + 2)
            return 1
    return 0


cdef bint read_http_status(object value, Status *status) noexcept:
    """Store the number of `http.status_code`: an int, or a text of three digits."""
    cdef int index
    cdef uint32_t digit
    if not PyUnicode_CheckExact(value) or PyUnicode_GET_LENGTH(value) != 3:
        return read_number(value, &status.http_status)
    for index in range(3):
        digit = PyUnicode_READ(PyUnicode_KIND(value), PyUnicode_DATA(value), index) - c'0'
        if digit > 9:
            return False
        status.http_status = status.http_status * 10 + digit
    return True


# ---- Logs


cdef int put_events(Buffer *out, Items *logs, Py_ssize_t max_size) except -1:
    """Write field 11 for each of *logs*."""
    cdef Py_ssize_t start = out.size
    cdef int64_t time
    cdef Items fields
    while logs.count:
        if not next_log(logs, &time, &fields) or not put_event(out, time, &fields):
            return 0
        if out.size - start > max_size:
            return 0
    return 1


cdef int put_event(Buffer *out, int64_t time_us, Items *items) except -1:
    cdef Tags fields
    cdef Py_ssize_t start = out.size + 2
    cdef int index
    cdef unsigned char *to = reserve(out, 11)
    to[0], to[2] = EVENT, EVENT_TIME  # the byte between them is for the size
    written(out, put_little_endian(to + 3, <uint64_t>(time_us * 1000)))
    fields.count = 0
    if not collect_tags(&fields, items):
        return 0
    for index in range(fields.count):
        if not put_field(out, <object>fields.keys[index], <object>fields.values[index]):
            return 0
    return close_message(out, start, 1)


cdef int put_field(Buffer *out, object key, object value) except -1:
    """Write a field of a log, whose key is an exact `str`."""
    cdef Py_ssize_t size
    cdef unsigned char *to
    if not is_text(key, b"event") or not PyUnicode_CheckExact(value):
        return put_attribute(out, EVENT_ATTRIBUTE, key, value)
    size = utf8_size(value)
    if size < 0:
        return 0
    to = reserve(out, 11 + size)
    to[0] = EVENT_NAME
    written(out, put_utf8(put_varint(to + 1, size), value, size))
    return 1


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
        to = put_little_endian(to + 1, read.bits)
    written(out, to)
    return 1
