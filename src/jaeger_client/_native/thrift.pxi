# Part of writers.pyx: spans in the Thrift compact and binary protocols.
#
# The formats are described in `encoding.jaeger_compact` and `encoding.jaeger_binary`,
# whose writers are the reference. They have the same fields in the same order, so there
# is one function for each struct; *compact* is the protocol. It is a constant in the
# writers at the end of this file, for each of which the C compiler makes its own code.

from libc.stdint cimport int32_t, int64_t, uint64_t

cdef enum:
    # Types of fields: that of the compact protocol << 4, and that of the binary one.
    THRIFT_I32 = 0x58
    THRIFT_I64 = 0x6A
    THRIFT_DOUBLE = 0x74
    THRIFT_TEXT = 0x8B
    THRIFT_LIST = 0x9F
    THRIFT_STRUCT = 0xCC
    # In the compact protocol the type of a boolean is its value.
    THRIFT_TRUE = 0x12
    THRIFT_FALSE = 0x22

    MAX_FIELD = 11  # bytes of a header and a number, or the size of a text or list


cdef inline unsigned char *put_header(
    unsigned char *to, bint compact, int kind, int field, int step
) noexcept:
    """Write the header of *field*, whose id is *step* more than that of the previous."""
    if compact:
        to[0] = <unsigned char>(step << 4 | kind >> 4)
        return to + 1
    to[0], to[1], to[2] = <unsigned char>(kind & 0x0F), 0, <unsigned char>field
    return to + 3


cdef inline unsigned char *put_number(
    unsigned char *to, bint compact, int kind, int field, int step, uint64_t number
) noexcept:
    """Write the i64 or i32 that has the bits of *number*, or the size of a text."""
    to = put_header(to, compact, kind, field, step)
    if not compact:
        # With a constant size each, which the C compiler makes one instruction of.
        if kind == THRIFT_I64:
            return put_big_endian(to, number, 8)
        return put_big_endian(to, number, 4)
    if kind != THRIFT_TEXT:
        number = (number << 1) ^ (0 - (number >> 63))  # its zigzag
    return put_varint(to, number)


cdef inline int put_list(
    Buffer *out, bint compact, int field, Py_ssize_t count
) except -1:
    """Write what precedes the structs of a list."""
    cdef unsigned char *to = reserve(out, MAX_FIELD + 1)
    to = put_header(to, compact, THRIFT_LIST, field, 1)
    if not compact:
        to[0] = THRIFT_STRUCT & 0x0F
        to = put_big_endian(to + 1, count, 4)
    elif count < 15:
        to[0] = <unsigned char>(count << 4 | THRIFT_STRUCT >> 4)
        to += 1
    else:
        to[0] = 0xF0 | THRIFT_STRUCT >> 4
        to = put_varint(to + 1, count)
    written(out, to)
    return 1


cdef inline int put_stop(Buffer *out) except -1:
    """Write the end of a struct."""
    reserve(out, 1)[0] = 0
    out.size += 1
    return 1


# The functions that follow return 0 for what is not plain.


cdef inline int put_thrift(
    Buffer *out, bint compact, SpanCore span, Parts *parts, Py_ssize_t max_size
) except -1:
    """Append a span."""
    cdef Py_ssize_t count = (span.dropped_tags != 0) + (span.dropped_logs != 0)
    cdef int index
    if not put_head(out, compact, span.operation_name, parts):
        return 0
    for index in range(3):
        count += parts.tags[index].count
    put_list(out, compact, 10, count)
    for index in range(3):
        if not put_tags(out, compact, &parts.tags[index]):
            return 0
    # As in `packing.dropped_items`.
    if span.dropped_tags:
        put_tag(out, compact, "otel.dropped_attributes_count", span.dropped_tags)
    if span.dropped_logs:
        put_tag(out, compact, "otel.dropped_events_count", span.dropped_logs)
    if parts.logs.count and not put_logs(out, compact, &parts.logs, max_size):
        return 0
    return put_stop(out)


cdef inline int put_head(
    Buffer *out, bint compact, object name, const Parts *parts
) except -1:
    """Write fields 1 to 9 of a span, without field 6."""
    cdef Py_ssize_t size = utf8_size(name)
    cdef unsigned char *to
    if size < 0:
        return 0
    to = reserve(out, 8 * MAX_FIELD + size)
    to = put_number(to, compact, THRIFT_I64, 1, 1, parts.ids.trace_id_low)
    to = put_number(to, compact, THRIFT_I64, 2, 1, parts.ids.trace_id_high)
    to = put_number(to, compact, THRIFT_I64, 3, 1, parts.ids.span_id)
    to = put_number(to, compact, THRIFT_I64, 4, 1, parts.ids.parent_id)
    to = put_utf8(put_number(to, compact, THRIFT_TEXT, 5, 1, size), name, size)
    to = put_number(to, compact, THRIFT_I32, 7, 2, <uint64_t><int32_t>parts.ids.flags)
    to = put_number(to, compact, THRIFT_I64, 8, 1, <uint64_t>parts.start_us)
    written(out, put_number(to, compact, THRIFT_I64, 9, 1, <uint64_t>parts.duration_us))
    return 1


cdef inline int put_logs(
    Buffer *out, bint compact, Items *logs, Py_ssize_t max_size
) except -1:
    cdef Py_ssize_t start
    cdef int64_t time
    cdef Items fields
    cdef unsigned char *to
    put_list(out, compact, 11, logs.count)
    start = out.size
    while logs.count:
        if not next_log(logs, &time, &fields):
            return 0
        to = reserve(out, MAX_FIELD)
        written(out, put_number(to, compact, THRIFT_I64, 1, 1, <uint64_t>time))
        put_list(out, compact, 2, fields.count)
        if not put_tags(out, compact, &fields):
            return 0
        put_stop(out)
        if out.size - start > max_size:
            return 0
    return 1


cdef inline int put_tags(Buffer *out, bint compact, Items *tags) except -1:
    cdef PyObject *key
    cdef PyObject *value
    while tags.count:
        if not next_tag(tags, &key, &value):
            return 0
        if not put_tag(out, compact, <object>key, <object>value):
            return 0
    return 1


cdef inline int put_tag(Buffer *out, bint compact, object key, object value) except -1:
    """Write a whole tag, whose key is an exact `str`."""
    cdef Value read
    cdef Py_ssize_t size = utf8_size(key)
    cdef unsigned char *to
    if not read_value(value, &read) or size < 0:
        return 0
    to = reserve(out, 3 * MAX_FIELD + size + read.size + 1)
    to = put_utf8(put_number(to, compact, THRIFT_TEXT, 1, 1, size), key, size)
    to = put_number(to, compact, THRIFT_I32, 2, 1, read.kind)
    if read.kind == TEXT:
        to = put_data(put_number(to, compact, THRIFT_TEXT, 3, 1, read.size), value, &read)
    elif read.kind == REAL:
        to = put_header(to, compact, THRIFT_DOUBLE, 4, 2)
        if compact:
            to = put_little_endian(to, read.bits)
        else:
            to = put_big_endian(to, read.bits, 8)
    elif read.kind == TRUTH:
        to = put_header(to, compact, THRIFT_TRUE if read.bits else THRIFT_FALSE, 5, 3)
        if not compact:
            to[0] = <unsigned char>read.bits
            to += 1
    elif read.kind == NUMBER:
        to = put_number(to, compact, THRIFT_I64, 6, 4, read.bits)
    else:
        to = put_data(put_number(to, compact, THRIFT_TEXT, 7, 5, read.size), value, &read)
    to[0] = 0
    written(out, to + 1)
    return 1


@cython.final
cdef class CompactWriter(Writer):
    """Writes the compact protocol."""

    cdef int put_span(
        self, Buffer *out, SpanCore span, Parts *parts, Py_ssize_t max_size
    ) except -1:
        return put_thrift(out, True, span, parts, max_size)


@cython.final
cdef class BinaryWriter(Writer):
    """Writes the binary protocol."""

    cdef int put_span(
        self, Buffer *out, SpanCore span, Parts *parts, Py_ssize_t max_size
    ) except -1:
        return put_thrift(out, False, span, parts, max_size)
