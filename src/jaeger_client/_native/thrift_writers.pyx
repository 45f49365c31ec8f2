# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False, embedsignature=False
"""
Spans in the Thrift compact and binary protocols, compiled.

The formats are described in `encoding.jaeger_compact` and `encoding.jaeger_binary`.
Their writers are the reference: for any span those here write the same bytes, or raise
where they do. Which exception is raised does not matter: the caller then encodes a
plain copy of the span.

**Strategy.** Each span is read once and written into one buffer of C memory, which is
appended to the caller's bytearray at the end and freed. No object is created for a tag,
and nothing is cached: no tag value outlives the call.

**Safety.** Code of the application can run only where

- an attribute of a span or context is read, unless the C fields of a `Span` are;
- a list, a pair, a time or a number is used that is not of an exact built-in type;
- an exception is created, after which nothing of the span is read;
- a list, a tuple or an iterator is created, in which Python 3.10 and 3.11 may collect
  garbage, and so run finalizers.

Local variables reference all objects that are used after that. Writing a tag whose key
and value have the exact types does none of it: until the next tag is read, nothing can
change. A list is read up to the size that it had when its header was written; if it has
become shorter, `IndexError` is raised. The iterator of a dict raises if its size has
changed.

Signal handlers and other threads run only where Python code does, or where the GIL is
released: after at most 64 spans, which take 50 us, and within a span after each 256
logs, whose list is copied before.

**Bounds.** Bytes are written through a pointer only within the number that was
reserved just before; the numbers are sums of the maxima of the parts that follow.
"""

cimport cython
from cpython.bytearray cimport (
    PyByteArray_AS_STRING,
    PyByteArray_GET_SIZE,
    PyByteArray_Resize,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_CheckExact, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_CheckExact, PyList_GET_SIZE, PyList_GetSlice
from cpython.long cimport (
    PyLong_AsLongLongAndOverflow,
    PyLong_AsUnsignedLongLongMask,
    PyLong_CheckExact,
)
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport isfinite, isnan
from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jaeger_client._native.buffer cimport (
    Buffer,
    let_others_run,
    put_fixed64,
    put_utf8,
    put_varint,
    reserve,
    utf8_size,
    written,
)
from jaeger_client._native.spans cimport (
    Ids,
    SpanCore,
    has_plain_fields,
    no_more_tags,
    read_ids,
)

from jaeger_client.encoding.packing import (
    LogsTooLargeError,
    dropped_items,
    times_us,
    usable_references,
)
from jaeger_client.encoding.plain import (
    NotIntegerError,
    NotTextError,
    non_finite_text,
)

cdef extern from *:
    """
    #define JAEGER_IS_DICT_ITEMS(object) Py_IS_TYPE(object, &PyDictItems_Type)
    """
    bint is_dict_items "JAEGER_IS_DICT_ITEMS"(object value) noexcept

cdef enum:
    # Ids of the fields that are lists of structs.
    SPAN_REFERENCES = 6
    SPAN_TAGS = 10
    SPAN_LOGS = 11
    LOG_FIELDS = 2

    # `vType` of a tag.
    STRING = 0
    DOUBLE = 1
    BOOL = 2
    LONG = 3
    BINARY = 4

    # Numbers of spans and logs during which the GIL is held.
    SPAN_BLOCK = 64
    LOG_BLOCK = 256


# Computed here, because writing a tag must not run Python code.
cdef str NAN_TEXT = non_finite_text(float("nan"))
cdef str INFINITY_TEXT = non_finite_text(float("inf"))
cdef str NEGATIVE_TEXT = non_finite_text(float("-inf"))


cdef struct Head:
    # The numbers of fields 1 to 9 of a span; times in microseconds.
    Ids ids
    int64_t start
    int64_t duration


# ---- Reading


cdef Py_ssize_t size_of(object text) except -1:
    """Return the size in UTF-8 of *text*, or raise if it is not an exact `str`."""
    cdef Py_ssize_t size
    if not PyUnicode_CheckExact(text):
        raise NotTextError(text)
    size = utf8_size(text)
    if size < 0:
        raise ValueError("UTF-8 cannot encode this text")
    return size


cdef uint64_t low_64(object number) except? 1:
    """Return the lowest 64 bits of *number*, or raise if it is not an exact `int`."""
    if not PyLong_CheckExact(number):
        raise NotIntegerError(number)
    return PyLong_AsUnsignedLongLongMask(number)


cdef uint64_t high_64(object number) except? 1:
    """Return bits 64 to 127 of *number*, which is an exact `int`."""
    cdef int overflow = 0
    cdef int64_t small = PyLong_AsLongLongAndOverflow(number, &overflow)
    if not overflow:
        return 0 if small >= 0 else ~<uint64_t>0
    return PyLong_AsUnsignedLongLongMask(number >> 64)


cdef int64_t clamped(object number) except? 1:
    """Return the i64 nearest to *number*, or raise if it is not an exact `int`."""
    cdef int overflow = 0
    cdef int64_t small
    if not PyLong_CheckExact(number):
        raise NotIntegerError(number)
    small = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow:
        return INT64_MAX if overflow > 0 else INT64_MIN
    return small


cdef int64_t microseconds(double seconds) except? 1:
    """Return *seconds* as whole microseconds, clamped to 64 bits."""
    cdef double number = seconds * 1e6
    if not isfinite(number):
        raise OverflowError("a time is not a finite number")
    if number >= 9223372036854775808.0:
        return INT64_MAX
    if number < -9223372036854775808.0:
        return INT64_MIN
    return <int64_t>number


cdef int read_times(Head *head, double start, double end) except -1:
    """As `packing.times_us`, for a span with an end."""
    head.start = microseconds(start)
    head.duration = microseconds(end - start)
    if head.duration <= 0:
        head.duration = end >= start
    return 0


cdef object countable(object items):
    """Return *items* if they are of a type that `put_tags` reads, else a list."""
    if PyList_CheckExact(items) or is_dict_items(items) or PyTuple_CheckExact(items):
        return items
    return list(items)


cdef object items_of(object tags):
    """Return the items of a mapping, as `countable` does; a dict itself."""
    return tags if PyDict_CheckExact(tags) else countable(tags.items())


cdef inline Py_ssize_t count_of(object items) except -1:
    if PyList_CheckExact(items):
        return PyList_GET_SIZE(items)
    if PyTuple_CheckExact(items):
        return PyTuple_GET_SIZE(items)
    return len(items)


@cython.boundscheck(True)
cdef inline object item_at(list items, Py_ssize_t index):
    """Return an item, or raise if the list has become shorter."""
    return items[index]


# ---- Writing


cdef int append(bytearray out, const Buffer *buffer, Py_ssize_t size) except -1:
    """Append the first *size* bytes of *buffer*."""
    cdef Py_ssize_t before = PyByteArray_GET_SIZE(out)
    if size:
        PyByteArray_Resize(out, before + size)
        memcpy(PyByteArray_AS_STRING(out) + before, buffer.data, size)
    return 0


cdef inline unsigned char *put_zigzag(unsigned char *to, uint64_t number) noexcept:
    """Write the i64 that has the bits of *number*, in up to ten bytes."""
    return put_varint(to, (number << 1) ^ (0 - (number >> 63)))


cdef inline unsigned char *put_id(unsigned char *to, uint64_t number) noexcept:
    """Write a field of type i64, whose id follows that of the previous; 11 bytes."""
    to[0] = 0x16
    return put_zigzag(to + 1, number)


cdef inline unsigned char *put_big_endian(
    unsigned char *to, uint64_t number, int size
) noexcept:
    cdef int index
    for index in range(size):
        to[index] = <unsigned char>(number >> 8 * (size - 1 - index))
    return to + size


cdef inline unsigned char *put_header(
    unsigned char *to, unsigned char kind, unsigned char field
) noexcept:
    """Write the header of a field in the binary protocol, 3 bytes."""
    to[0], to[1], to[2] = kind, 0, field
    return to + 3


cdef inline unsigned char *put_i64(
    unsigned char *to, unsigned char field, uint64_t number
) noexcept:
    """Write a field in the binary protocol, 11 bytes."""
    return put_big_endian(put_header(to, 0x0A, field), number, 8)


cdef inline unsigned char *put_i32(
    unsigned char *to, unsigned char field, uint32_t number
) noexcept:
    """Write a field in the binary protocol, 7 bytes."""
    return put_big_endian(put_header(to, 0x08, field), number, 4)


cdef inline unsigned char *put_size(
    unsigned char *to, unsigned char field, Py_ssize_t size
) noexcept:
    """Write header and size of a text in the binary protocol, 7 bytes."""
    return put_big_endian(put_header(to, 0x0B, field), <uint64_t>size, 4)


cdef class ThriftWriter:
    """The part that both protocols share, as `encoding.jaeger_thrift.ThriftWriter`."""

    def write_spans(
        self,
        bytearray out not None,
        list ends not None,
        spans,
        Py_ssize_t max_size,
    ):
        """
        Append *spans* to *out*, and after each the length of *out* to *ends*.

        See `encoding.jaeger_thrift.SpanWriter`.
        """
        cdef Buffer buffer = [NULL, 0, 0]
        cdef Py_ssize_t before = PyByteArray_GET_SIZE(out)
        cdef Py_ssize_t whole = 0
        cdef list own_ends = []
        try:
            reserve(&buffer, 16_384)
            for span in spans:
                if PyList_GET_SIZE(own_ends) % SPAN_BLOCK == SPAN_BLOCK - 1:
                    let_others_run()
                self.write_span(&buffer, span, max_size)
                whole = buffer.size
                own_ends.append(before + whole)
                if before + whole > max_size:
                    break
        finally:
            # Whole spans are delivered after an exception, too; *out* first, because
            # the caller relies on its being as long as the last end.
            try:
                append(out, &buffer, whole)
                ends += own_ends
            finally:
                PyMem_Free(buffer.data)

    def write_log(self, bytearray out not None, log):
        """Append *log* to *out*."""
        cdef Buffer buffer = [NULL, 0, 0]
        try:
            self.put_log(&buffer, log)
            append(out, &buffer, buffer.size)
        finally:
            PyMem_Free(buffer.data)

    cdef int write_span(
        self, Buffer *out, object span, Py_ssize_t max_size
    ) except -1:
        cdef Head head
        cdef object context, trace_id, parent_id, start, end, tags
        cdef tuple extra = ()
        cdef Py_ssize_t count
        if has_plain_fields(span) and read_ids(<SpanCore>span, &head.ids):
            return self.write_core(out, <SpanCore>span, &head, max_size)
        context = span.ids
        trace_id, parent_id = context.trace_id, context.parent_id
        head.ids.trace_id_low = low_64(trace_id)
        head.ids.trace_id_high = high_64(trace_id)
        head.ids.span_id = low_64(context.span_id)
        head.ids.parent_id = 0 if parent_id is None else low_64(parent_id or 0)
        head.ids.flags = <uint32_t>low_64(context.flags)
        start, end = span.start_time, span.end_time
        if PyFloat_CheckExact(start) and PyFloat_CheckExact(end):
            read_times(&head, PyFloat_AS_DOUBLE(start), PyFloat_AS_DOUBLE(end))
        else:
            head.start, head.duration = times_us(start, end)
        self.put_head(out, &head, span.operation_name, span.references)
        tags = countable(span.tag_items)
        if span.dropped_tags or span.dropped_logs:
            extra = tuple(dropped_items(span))
        count = count_of(tags)
        self.put_list(out, SPAN_TAGS, count + len(extra))
        self.put_tags(out, tags, count)
        self.put_tags(out, extra, len(extra))
        return self.put_logs(out, span.log_items, max_size)

    cdef int write_core(
        self, Buffer *out, SpanCore span, Head *head, Py_ssize_t max_size
    ) except -1:
        """Write a span whose C fields are valid; its ids are in *head*."""
        # Read at once, before Python code can run.
        cdef object name = span.operation_name
        cdef object first = span.first_tags
        cdef object decision = span.decision_tags
        cdef object more = span.more_tags
        cdef object logs = span.log_items
        cdef object references = span.references
        cdef tuple extra = ()
        cdef Py_ssize_t counts[4]
        if isnan(span.end_time):  # not finished
            head.start, head.duration = microseconds(span.start_time), 1
        else:
            read_times(head, span.start_time, span.end_time)
        if span.dropped_tags or span.dropped_logs:
            extra = tuple(dropped_items(span))
        self.put_head(out, head, name, references)
        # As in the property `tag_items`.
        first, decision = items_of(first), items_of(decision)
        more = () if more is no_more_tags() else countable(more)
        counts[:] = [count_of(first), count_of(decision), count_of(more), len(extra)]
        self.put_list(out, SPAN_TAGS, counts[0] + counts[1] + counts[2] + counts[3])
        self.put_tags(out, first, counts[0])
        self.put_tags(out, decision, counts[1])
        self.put_tags(out, more, counts[2])
        self.put_tags(out, extra, counts[3])
        return self.put_logs(out, logs, max_size)

    cdef int put_logs(self, Buffer *out, object logs, Py_ssize_t max_size) except -1:
        """Write field 11 of a span, if there are logs, and the end of the span."""
        cdef Py_ssize_t index, count, end
        cdef list items = <list>logs if PyList_CheckExact(logs) else list(logs)
        count = PyList_GET_SIZE(items)
        if count:
            if count > LOG_BLOCK:
                items = PyList_GetSlice(items, 0, count)
            self.put_list(out, SPAN_LOGS, count)
            end = out.size + max_size
            for index in range(count):
                self.put_log(out, item_at(items, index))
                if out.size > end:
                    raise LogsTooLargeError
                if index % LOG_BLOCK == LOG_BLOCK - 1:
                    let_others_run()
        return self.put_stop(out)

    cdef int put_log(self, Buffer *out, object log) except -1:
        cdef object timestamp, items
        cdef Py_ssize_t count
        timestamp, items = log
        items = countable(items)
        count = count_of(items)
        self.put_log_time(out, clamped(timestamp))
        self.put_list(out, LOG_FIELDS, count)
        self.put_tags(out, items, count)
        return self.put_stop(out)

    cdef int put_tags(self, Buffer *out, object items, Py_ssize_t count) except -1:
        """Write the first *count* of *items*, which `countable` or `items_of` returned."""
        cdef Py_ssize_t index = 0
        cdef object item
        cdef PyObject *key
        cdef PyObject *value
        if PyDict_CheckExact(items):
            # The references are borrowed. They are valid until `put_tag` returns, which
            # runs Python code only to raise; nothing can change the dict before.
            while PyDict_Next(items, &index, &key, &value):
                self.put_tag(out, <object>key, <object>value)
                count -= 1
        elif PyList_CheckExact(items):
            while count:
                self.put_item(out, item_at(<list>items, index))
                index, count = index + 1, count - 1
        else:
            for item in items:
                self.put_item(out, item)
                item = None  # so that the iterator of a dict can use the tuple again
                count -= 1
        if count:
            raise RuntimeError("the number of tags has changed")
        return 0

    cdef inline int put_item(self, Buffer *out, object item) except -1:
        cdef object key, value
        key, value = item
        return self.put_tag(out, key, value)

    cdef inline int put_stop(self, Buffer *out) except -1:
        reserve(out, 1)[0] = 0
        out.size += 1
        return 0

    cdef int put_head(
        self, Buffer *out, const Head *head, object name, object references
    ) except -1:
        """Write fields 1 to 9 of a span."""
        raise NotImplementedError

    cdef int put_list(self, Buffer *out, int field, Py_ssize_t count) except -1:
        """Write the header of *field*, a list of *count* structs, and of that list."""
        raise NotImplementedError

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        """Write field 1 of a log."""
        raise NotImplementedError

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        """
        Write a whole tag.

        Raises for a key that is not an exact `str`, a value that is not exactly of one
        of the types of `model.TagValue`, an integer that does not fit in an i64, and
        text that UTF-8 cannot encode.
        """
        raise NotImplementedError


cdef int64_t as_i64(object number) except? 1:
    cdef int overflow = 0
    cdef int64_t small = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow:
        raise OverflowError("needs 64 signed bits")
    return small


cdef str text_of(double number):
    """Return the text that is sent for *number*, which is not finite."""
    if isnan(number):
        return NAN_TEXT
    return INFINITY_TEXT if number > 0 else NEGATIVE_TEXT


cdef uint64_t bits_of(double number) noexcept:
    cdef uint64_t bits
    memcpy(&bits, &number, 8)
    return bits


@cython.final
cdef class CompactWriter(ThriftWriter):
    """Writes the compact protocol, see `encoding.jaeger_compact`."""

    cdef int put_head(
        self, Buffer *out, const Head *head, object name, object references
    ) except -1:
        cdef Py_ssize_t size = size_of(name)
        cdef bint has_references
        cdef unsigned char *to = reserve(out, 4 * 11 + 11 + size)
        to = put_id(to, head.ids.trace_id_low)
        to = put_id(to, head.ids.trace_id_high)
        to = put_id(to, head.ids.span_id)
        to = put_id(to, head.ids.parent_id)
        to[0] = 0x18
        written(out, put_utf8(put_varint(to + 1, size), name, size))
        has_references = references is not None and self.put_references(out, references)
        to = reserve(out, 3 * 11)
        to[0] = 0x15 if has_references else 0x25  # field 7 after 6, or after 5
        to = put_zigzag(to + 1, <uint64_t><int64_t><int32_t>head.ids.flags)
        to = put_id(to, <uint64_t>head.start)
        written(out, put_id(to, <uint64_t>head.duration))
        return 0

    cdef bint put_references(self, Buffer *out, object references) except -1:
        """Write field 6 of a span if there is a usable reference; return whether."""
        cdef unsigned char *to
        cdef list usable = list(usable_references(references)) if references else []
        cdef uint64_t low, high, span_id
        if not usable:
            return False
        self.put_list(out, SPAN_REFERENCES, PyList_GET_SIZE(usable))
        for follows, trace, span in usable:
            low, high, span_id = low_64(trace), high_64(trace), low_64(span)
            to = reserve(out, 3 + 3 * 11)
            to[0], to[1] = 0x15, 2 if follows else 0
            to = put_id(put_id(put_id(to + 2, low), high), span_id)
            to[0] = 0
            written(out, to + 1)
        return True

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
        return 0

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        written(out, put_id(reserve(out, 11), <uint64_t>time))
        return 0

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        cdef unsigned char *to
        cdef Py_ssize_t size
        cdef int64_t number
        if PyUnicode_CheckExact(value):
            size = size_of(value)
            to = self.begin_tag(out, key, STRING, 0x18, size + 11)
            to = put_utf8(put_varint(to, size), value, size)
        elif PyLong_CheckExact(value):
            number = as_i64(value)
            to = self.begin_tag(out, key, LONG, 0x46, 11)
            to = put_zigzag(to, <uint64_t>number)
        elif value is True or value is False:
            to = self.begin_tag(out, key, BOOL, 0x31 if value is True else 0x32, 1)
        elif PyFloat_CheckExact(value):
            if not isfinite(PyFloat_AS_DOUBLE(value)):
                return self.put_tag(out, key, text_of(PyFloat_AS_DOUBLE(value)))
            to = self.begin_tag(out, key, DOUBLE, 0x27, 9)
            to = put_fixed64(to, bits_of(PyFloat_AS_DOUBLE(value)))
        elif PyBytes_CheckExact(value):
            size = PyBytes_GET_SIZE(value)
            to = put_varint(self.begin_tag(out, key, BINARY, 0x58, size + 11), size)
            memcpy(to, PyBytes_AS_STRING(value), size)
            to += size
        else:
            raise TypeError(f"needs the value of a tag, got {type(value).__name__}")
        to[0] = 0
        written(out, to + 1)
        return 0

    cdef inline unsigned char *begin_tag(
        self,
        Buffer *out,
        object key,
        int kind,
        unsigned char header,
        Py_ssize_t more,
    ) except NULL:
        """Write up to the *header* of the value; reserve *more* bytes behind it."""
        cdef Py_ssize_t size = size_of(key)
        cdef unsigned char *to = reserve(out, 11 + size + 3 + more)
        to[0] = 0x18
        to = put_utf8(put_varint(to + 1, size), key, size)
        to[0], to[1], to[2] = 0x15, <unsigned char>(kind << 1), header
        return to + 3


@cython.final
cdef class BinaryWriter(ThriftWriter):
    """Writes the binary protocol, see `encoding.jaeger_binary`."""

    cdef int put_head(
        self, Buffer *out, const Head *head, object name, object references
    ) except -1:
        cdef Py_ssize_t size = size_of(name)
        cdef unsigned char *to = reserve(out, 4 * 11 + 7 + size)
        to = put_i64(to, 1, head.ids.trace_id_low)
        to = put_i64(to, 2, head.ids.trace_id_high)
        to = put_i64(to, 3, head.ids.span_id)
        to = put_i64(to, 4, head.ids.parent_id)
        written(out, put_utf8(put_size(to, 5, size), name, size))
        if references is not None:
            self.put_references(out, references)
        to = put_i32(reserve(out, 7 + 2 * 11), 7, head.ids.flags)
        to = put_i64(to, 8, <uint64_t>head.start)
        written(out, put_i64(to, 9, <uint64_t>head.duration))
        return 0

    cdef int put_references(self, Buffer *out, object references) except -1:
        """Write field 6 of a span if there is a usable reference."""
        cdef unsigned char *to
        cdef list usable = list(usable_references(references)) if references else []
        cdef uint64_t low, high, span_id
        if not usable:
            return 0
        self.put_list(out, SPAN_REFERENCES, PyList_GET_SIZE(usable))
        for follows, trace, span in usable:
            low, high, span_id = low_64(trace), high_64(trace), low_64(span)
            to = put_i32(reserve(out, 7 + 3 * 11 + 1), 1, 1 if follows else 0)
            to = put_i64(put_i64(put_i64(to, 2, low), 3, high), 4, span_id)
            to[0] = 0
            written(out, to + 1)
        return 0

    cdef int put_list(self, Buffer *out, int field, Py_ssize_t count) except -1:
        cdef unsigned char *to = reserve(out, 8)
        to = put_header(to, 0x0F, <unsigned char>field)
        to[0] = 0x0C
        written(out, put_big_endian(to + 1, <uint64_t>count, 4))
        return 0

    cdef int put_log_time(self, Buffer *out, int64_t time) except -1:
        written(out, put_i64(reserve(out, 11), 1, <uint64_t>time))
        return 0

    cdef int put_tag(self, Buffer *out, object key, object value) except -1:
        cdef unsigned char *to
        cdef Py_ssize_t size
        cdef int64_t number
        if PyUnicode_CheckExact(value):
            size = size_of(value)
            to = put_size(self.begin_tag(out, key, STRING, size + 8), 3, size)
            to = put_utf8(to, value, size)
        elif PyLong_CheckExact(value):
            number = as_i64(value)
            to = self.begin_tag(out, key, LONG, 12)
            to = put_i64(to, 6, <uint64_t>number)
        elif value is True or value is False:
            to = put_header(self.begin_tag(out, key, BOOL, 5), 0x02, 5)
            to[0] = value is True
            to += 1
        elif PyFloat_CheckExact(value):
            if not isfinite(PyFloat_AS_DOUBLE(value)):
                return self.put_tag(out, key, text_of(PyFloat_AS_DOUBLE(value)))
            to = put_header(self.begin_tag(out, key, DOUBLE, 12), 0x04, 4)
            to = put_big_endian(to, bits_of(PyFloat_AS_DOUBLE(value)), 8)
        elif PyBytes_CheckExact(value):
            size = PyBytes_GET_SIZE(value)
            to = put_size(self.begin_tag(out, key, BINARY, size + 8), 7, size)
            memcpy(to, PyBytes_AS_STRING(value), size)
            to += size
        else:
            raise TypeError(f"needs the value of a tag, got {type(value).__name__}")
        to[0] = 0
        written(out, to + 1)
        return 0

    cdef inline unsigned char *begin_tag(
        self, Buffer *out, object key, int kind, Py_ssize_t more
    ) except NULL:
        """Write up to `vType`; reserve *more* bytes behind it."""
        cdef Py_ssize_t size = size_of(key)
        cdef unsigned char *to = reserve(out, 7 + size + 7 + more)
        to = put_utf8(put_size(to, 1, size), key, size)
        return put_i32(to, 2, <uint32_t>kind)
