# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False, embedsignature=False
"""
Spans in the Thrift compact and binary protocols, compiled.

The formats are described in `encoding.jaeger_compact` and `encoding.jaeger_binary`,
whose writers are the reference. `span_reader.pxd` describes how spans are read, which
of them are left to the reference, and why no memory is read that was freed.

Each span is read once and written into the caller's bytearray. No object is created for
a tag, and nothing is cached: no tag value outlives the call.

**Bounds.** Bytes are written through a pointer only within the number that was
reserved just before; the numbers are sums of the maxima of the parts that follow.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from jaeger_client._native.buffer cimport (
    Buffer,
    put_big_endian,
    put_fixed64,
    put_utf8,
    put_varint,
    reserve,
    utf8_size,
    written,
)
from jaeger_client._native.span_reader cimport (
    BINARY,
    NUMBER,
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
    read_value,
    write_each,
)

cdef enum:
    # Ids of the fields that are lists of structs.
    SPAN_TAGS = 10
    SPAN_LOGS = 11
    LOG_FIELDS = 2

# As in `packing.dropped_items`.
cdef str DROPPED_TAGS = "otel.dropped_attributes_count"
cdef str DROPPED_LOGS = "otel.dropped_events_count"


cdef int put_thrift(
    object writer, Buffer *out, Parts *parts, Py_ssize_t max_size
) except -1:
    return (<ThriftWriter>writer).put_span(out, parts, max_size)


cdef class ThriftWriter:
    """The part that both protocols share, as `encoding.jaeger_thrift.ThriftWriter`."""

    cdef object reference

    def __init__(self, reference):
        """*reference* is the writer in Python."""
        self.reference = reference

    def write_spans(
        self, bytearray out not None, list ends not None, spans, Py_ssize_t max_size
    ):
        """See `encoding.packing.SpanWriter`."""
        write_each(self, put_thrift, self.reference, out, ends, spans, max_size)

    # The functions that follow return 0 for what is not plain.

    cdef int put_span(self, Buffer *out, Parts *parts, Py_ssize_t max_size) except -1:
        cdef Py_ssize_t count = parts.tags[0].count + parts.tags[1].count
        cdef int index
        count += parts.tags[2].count
        count += (parts.dropped_tags != 0) + (parts.dropped_logs != 0)
        if not self.put_head(out, parts):
            return 0
        self.put_list(out, SPAN_TAGS, count)
        for index in range(3):
            if not self.put_tags(out, &parts.tags[index]):
                return 0
        if parts.dropped_tags:
            self.put_tag(out, DROPPED_TAGS, parts.dropped_tags)
        if parts.dropped_logs:
            self.put_tag(out, DROPPED_LOGS, parts.dropped_logs)
        if parts.logs.count and not self.put_logs(out, &parts.logs, max_size):
            return 0
        return self.put_stop(out)

    cdef int put_logs(self, Buffer *out, Items *logs, Py_ssize_t max_size) except -1:
        cdef object owned = <object>logs.source
        cdef Log log
        cdef int found
        self.put_list(out, SPAN_LOGS, logs.count)
        max_size += out.size
        while (found := next_log(logs, &log, out, max_size)) > 0:
            self.put_log_time(out, log.time_us)
            self.put_list(out, LOG_FIELDS, log.fields.count)
            if not self.put_tags(out, &log.fields):
                return 0
            self.put_stop(out)
        return found == 0

    cdef int put_tags(self, Buffer *out, Items *items) except -1:
        cdef PyObject *key
        cdef PyObject *value
        cdef int found
        while (found := next_item(items, &key, &value)) > 0:
            if not self.put_tag(out, <object>key, <object>value):
                return 0
        return found == 0

    cdef int put_stop(self, Buffer *out) except -1:
        reserve(out, 1)[0] = 0
        out.size += 1
        return 1

    cdef int put_head(self, Buffer *out, const Parts *parts) except -1:
        """Write fields 1 to 9 of a span."""
        raise NotImplementedError

    cdef int put_list(self, Buffer *out, int field, Py_ssize_t count) except -1:
        """Write the header of *field*, a list of *count* structs, and of that list."""
        raise NotImplementedError

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        """Write field 1 of a log."""
        raise NotImplementedError

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        """Write a whole tag, whose key is an exact `str`."""
        raise NotImplementedError


# ---- The compact protocol


cdef inline unsigned char *put_zigzag(unsigned char *to, uint64_t number) noexcept:
    """Write the i64 that has the bits of *number*, in up to ten bytes."""
    return put_varint(to, (number << 1) ^ (0 - (number >> 63)))


cdef inline unsigned char *put_id(unsigned char *to, uint64_t number) noexcept:
    """Write a field of type i64, whose id follows that of the previous; 11 bytes."""
    to[0] = 0x16
    return put_zigzag(to + 1, number)


@cython.final
cdef class CompactWriter(ThriftWriter):
    """Writes the compact protocol, see `encoding.jaeger_compact`."""

    cdef int put_head(self, Buffer *out, const Parts *parts) except -1:
        cdef object name = <object>parts.name
        cdef Py_ssize_t size = utf8_size(name)
        cdef bint has_references
        cdef unsigned char *to
        if size < 0:
            return 0
        to = reserve(out, 4 * 11 + 11 + size)
        to = put_id(to, parts.ids.trace_id_low)
        to = put_id(to, parts.ids.trace_id_high)
        to = put_id(to, parts.ids.span_id)
        to = put_id(to, parts.ids.parent_id)
        to[0] = 0x18
        written(out, put_utf8(put_varint(to + 1, size), name, size))
        has_references = put_references(out, parts)
        to = reserve(out, 3 * 11)
        to[0] = 0x15 if has_references else 0x25  # field 7 after 6, or after 5
        to = put_zigzag(to + 1, <uint64_t><int64_t><int32_t>parts.ids.flags)
        to = put_id(to, <uint64_t>parts.start_us)
        written(out, put_id(to, <uint64_t>parts.duration_us))
        return 1

    cdef int put_list(self, Buffer *out, int field, Py_ssize_t count) except -1:
        cdef unsigned char *to = reserve(out, 12)
        to[0] = 0x19
        if count < 15:
            to[1] = <unsigned char>(count << 4 | 12)
            to += 2
        else:
            to[1] = 0xFC
            to = put_varint(to + 2, count)
        written(out, to)
        return 1

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        written(out, put_id(reserve(out, 11), <uint64_t>time))
        return 1

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        cdef Value read
        cdef Py_ssize_t size = utf8_size(key)
        cdef unsigned char *to
        if not read_value(value, &read) or size < 0:
            return 0
        to = reserve(out, 11 + size + 2 + 11 + read.size + 1)
        to[0] = 0x18
        to = put_utf8(put_varint(to + 1, size), key, size)
        to[0], to[1] = 0x15, <unsigned char>(read.kind << 1)
        to += 2
        if read.kind == TEXT or read.kind == BINARY:
            to[0] = 0x18 if read.kind == TEXT else 0x58
            to = put_data(put_varint(to + 1, read.size), value, &read)
        elif read.kind == NUMBER:
            to[0] = 0x46
            to = put_zigzag(to + 1, read.bits)
        elif read.kind == TRUTH:
            to[0] = 0x31 if read.bits else 0x32
            to += 1
        else:
            to[0] = 0x27
            to = put_fixed64(to + 1, read.bits)
        to[0] = 0
        written(out, to + 1)
        return 1


# ---- The binary protocol


cdef inline unsigned char *put_header(
    unsigned char *to, unsigned char kind, unsigned char field
) noexcept:
    """Write the header of a field, 3 bytes."""
    to[0], to[1], to[2] = kind, 0, field
    return to + 3


cdef inline unsigned char *put_i64(
    unsigned char *to, unsigned char field, uint64_t number
) noexcept:
    """Write a field, 11 bytes."""
    return put_big_endian(put_header(to, 0x0A, field), number, 8)


cdef inline unsigned char *put_i32(
    unsigned char *to, unsigned char field, uint32_t number
) noexcept:
    """Write a field, 7 bytes."""
    return put_big_endian(put_header(to, 0x08, field), number, 4)


cdef inline unsigned char *put_size(
    unsigned char *to, unsigned char field, Py_ssize_t size
) noexcept:
    """Write the header and the size of a text, 7 bytes."""
    return put_big_endian(put_header(to, 0x0B, field), <uint64_t>size, 4)


@cython.final
cdef class BinaryWriter(ThriftWriter):
    """Writes the binary protocol, see `encoding.jaeger_binary`."""

    cdef int put_head(self, Buffer *out, const Parts *parts) except -1:
        cdef object name = <object>parts.name
        cdef Py_ssize_t size = utf8_size(name)
        cdef unsigned char *to
        if size < 0:
            return 0
        to = reserve(out, 4 * 11 + 7 + size)
        to = put_i64(to, 1, parts.ids.trace_id_low)
        to = put_i64(to, 2, parts.ids.trace_id_high)
        to = put_i64(to, 3, parts.ids.span_id)
        to = put_i64(to, 4, parts.ids.parent_id)
        written(out, put_utf8(put_size(to, 5, size), name, size))
        put_references(out, parts)
        to = put_i32(reserve(out, 7 + 2 * 11), 7, parts.ids.flags)
        to = put_i64(to, 8, <uint64_t>parts.start_us)
        written(out, put_i64(to, 9, <uint64_t>parts.duration_us))
        return 1

    cdef int put_list(self, Buffer *out, int field, Py_ssize_t count) except -1:
        cdef unsigned char *to = reserve(out, 8)
        to = put_header(to, 0x0F, <unsigned char>field)
        to[0] = 0x0C
        written(out, put_big_endian(to + 1, <uint64_t>count, 4))
        return 1

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        written(out, put_i64(reserve(out, 11), 1, <uint64_t>time))
        return 1

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        cdef Value read
        cdef Py_ssize_t size = utf8_size(key)
        cdef unsigned char *to
        if not read_value(value, &read) or size < 0:
            return 0
        to = reserve(out, 7 + size + 7 + 11 + read.size + 1)
        to = put_utf8(put_size(to, 1, size), key, size)
        to = put_i32(to, 2, <uint32_t>read.kind)
        if read.kind == TEXT:
            to = put_data(put_size(to, 3, read.size), value, &read)
        elif read.kind == BINARY:
            to = put_data(put_size(to, 7, read.size), value, &read)
        elif read.kind == NUMBER:
            to = put_i64(to, 6, read.bits)
        elif read.kind == TRUTH:
            to = put_header(to, 0x02, 5)
            to[0] = <unsigned char>read.bits
            to += 1
        else:
            to = put_big_endian(put_header(to, 0x04, 4), read.bits, 8)
        to[0] = 0
        written(out, to + 1)
        return 1
