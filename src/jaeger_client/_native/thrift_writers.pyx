# cython: language_level=3
# cython: boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, binding=False, embedsignature=False
"""
Spans in the Thrift compact and binary protocols: the writers of `jaeger_thrift`.

The formats are described in `encoding/jaeger_compact.py` and `jaeger_binary.py`, whose
writers are the reference: for any span these here write the same bytes, or raise as
well; the caller then writes a plain copy.

**Strategy.** Each span is read once and written to a buffer of C that grows by
doubling. After at most 64 spans (a *piece*, see `packing`) the buffer is appended to
the caller's bytearray and freed, so no value of the application outlives the call. No
object is created for a tag, and nothing is cached.

**Safety.** A writer has no state, so Python code that runs in the middle may use it
again. Python code can run only

- where an attribute of the span is read, or an object is used that is not of an exact
  built-in type: the lists of the span are then held by references of their own;
- where an exception is created, after which nothing is read any more.

Writing a tag, once its key and value are of the exact types, runs no Python code,
creates no Python object and so starts no garbage collection. Until it is done, the
local variables hold references to both. Lists that other threads append to are read up
to the size that they had at the beginning; if one has become shorter, `IndexError` is
raised. The iterator of a dict raises if its size has changed.

The functions that write reserve their space before: each `reserve` names the maximum
that the lines after it need.
"""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE, PyList_GetSlice
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_AsUnsignedLongLongMask
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.tuple cimport PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8String
from libc.math cimport isfinite
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jaeger_client.encoding.packing import (
    LogsTooLargeError,
    dropped_items,
    times_us,
    usable_references,
)
from jaeger_client.encoding.plain import NotTextError, non_finite_text

cdef extern from *:
    """
    /* Strings are always "ready" from 3.12 on; before, those of old C code may not be. */
    #if PY_VERSION_HEX < 0x030C0000
    #define jaeger_ready(text) PyUnicode_READY(text)
    #else
    #define jaeger_ready(text) 0
    #endif
    """
    Py_ssize_t PY_SSIZE_T_MAX
    int jaeger_ready(object text) except -1
    bint PyUnicode_IS_ASCII(object text)
    int PyUnicode_KIND(object text)
    void* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    uint32_t PyUnicode_READ(int kind, void* data, Py_ssize_t index) nogil

cdef object DictItems = type({}.items())

cdef size_t FIRST_CAPACITY = 16 * 1024  # a piece of 64 usual spans
cdef Py_ssize_t LOG_BLOCK = 256
"""Number of logs from which on the list of them is copied."""

# The ids of the fields that are lists of structs.
cdef int SPAN_REFERENCES = 6
cdef int SPAN_TAGS = 10
cdef int SPAN_LOGS = 11
cdef int LOG_FIELDS = 2

# `vType` of a tag.
cdef enum:
    STRING = 0
    DOUBLE = 1
    BOOL = 2
    LONG = 3
    BINARY = 4


cdef struct Buffer:
    uint8_t* data
    size_t size
    size_t capacity


cdef struct Text:
    # Text or bytes of a Python object, which the caller holds while this is used.
    void* data
    Py_ssize_t length   # in characters
    int kind            # of `PyUnicode_KIND`; 0 if *data* is to be copied unchanged
    size_t size         # in UTF-8, in bytes


cdef struct Head:
    # The numbers of fields 1 to 9 of a span.
    uint64_t trace_id_low
    uint64_t trace_id_high
    uint64_t span_id
    uint64_t parent_id
    uint32_t flags
    int64_t start
    int64_t duration


# ---- the buffer ----


cdef int grow(Buffer* out, size_t count) except -1:
    cdef size_t capacity = out.capacity if out.capacity else FIRST_CAPACITY
    cdef void* data
    if count > <size_t>PY_SSIZE_T_MAX - out.size:
        raise MemoryError
    while capacity < out.size + count:
        capacity *= 2
    data = PyMem_RawRealloc(out.data, capacity)
    if data is NULL:
        raise MemoryError
    out.data, out.capacity = <uint8_t*>data, capacity
    return 0


cdef inline int reserve(Buffer* out, size_t count) except -1:
    """Make sure that *count* bytes can be written; they may move the buffer."""
    if out.capacity - out.size < count:
        grow(out, count)
    return 0


cdef inline void put_byte(Buffer* out, uint8_t octet) noexcept nogil:
    out.data[out.size] = octet
    out.size += 1


cdef inline void put_bytes(Buffer* out, const void* data, size_t size) noexcept nogil:
    memcpy(out.data + out.size, data, size)
    out.size += size


cdef inline void put_big_endian(Buffer* out, uint64_t number, int size) noexcept nogil:
    while size:
        size -= 1
        put_byte(out, <uint8_t>(number >> 8 * size))


cdef inline void put_varint(Buffer* out, uint64_t number) noexcept nogil:
    """At most ten bytes."""
    cdef uint8_t* place = out.data + out.size
    while number >= 0x80:
        place[0] = <uint8_t>(number | 0x80)
        place += 1
        number >>= 7
    place[0] = <uint8_t>number
    out.size = place + 1 - out.data


cdef inline void put_zigzag(Buffer* out, uint64_t number) noexcept nogil:
    """The i64 with the bits of *number*; at most ten bytes."""
    put_varint(out, (number << 1) ^ (0 - (number >> 63)))


# ---- text ----


cdef int measure(object value, Text* text) except -1:
    """Describe *value*, which must be exactly str, in *text*."""
    cdef Py_ssize_t index
    cdef uint32_t character
    cdef size_t size = 0
    if type(value) is not str:
        raise NotTextError(value)
    jaeger_ready(value)
    text.data = PyUnicode_DATA(value)
    text.length = PyUnicode_GET_LENGTH(value)
    if PyUnicode_IS_ASCII(value):
        text.kind = 0
        text.size = text.length
        return 0
    text.kind = PyUnicode_KIND(value)
    for index in range(text.length):
        character = PyUnicode_READ(text.kind, text.data, index)
        if character < 0x80:
            size += 1
        elif character < 0x800:
            size += 2
        elif character >= 0x10000:
            size += 4
        elif 0xD800 <= character < 0xE000:
            PyUnicode_AsUTF8String(value)  # raises: a lone surrogate
            raise ValueError
        else:
            size += 3
    text.size = size
    return 0


cdef void put_characters(Buffer* out, Text* text) noexcept nogil:
    """The *text*.size bytes of the text in UTF-8."""
    cdef Py_ssize_t index
    cdef uint32_t character
    if text.kind == 0:
        put_bytes(out, text.data, text.size)
        return
    for index in range(text.length):
        character = PyUnicode_READ(text.kind, text.data, index)
        if character < 0x80:
            put_byte(out, <uint8_t>character)
            continue
        if character < 0x800:
            put_byte(out, <uint8_t>(0xC0 | character >> 6))
        else:
            if character < 0x10000:
                put_byte(out, <uint8_t>(0xE0 | character >> 12))
            else:
                put_byte(out, <uint8_t>(0xF0 | character >> 18))
                put_byte(out, <uint8_t>(0x80 | character >> 12 & 0x3F))
            put_byte(out, <uint8_t>(0x80 | character >> 6 & 0x3F))
        put_byte(out, <uint8_t>(0x80 | character & 0x3F))


# ---- numbers ----


cdef int check_int(object number) except -1:
    if type(number) is not int:
        raise TypeError(f"needs a whole number, got {type(number).__name__}")
    return 0


cdef inline uint64_t low_64(object number) except? 0:
    check_int(number)
    return PyLong_AsUnsignedLongLongMask(number)


cdef uint64_t high_64(object number) except? 1:
    """Bits 64 to 127 of *number*, which is exactly int."""
    cdef int overflow = 0
    cdef long long small = PyLong_AsLongLongAndOverflow(number, &overflow)
    if not overflow:
        return 0 if small >= 0 else ~<uint64_t>0
    return PyLong_AsUnsignedLongLongMask(number >> 64)


cdef int64_t clamped(object number) except? -1:
    """The i64 that is nearest to *number*."""
    cdef int overflow = 0
    check_int(number)
    cdef long long small = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow:
        return INT64_MAX if overflow > 0 else INT64_MIN
    return small


cdef int64_t microseconds(double seconds) except? -1:
    """*seconds* as whole microseconds, clamped to 64 bits."""
    seconds *= 1e6
    if not isfinite(seconds):
        raise OverflowError("needs a finite time")
    if seconds >= 9223372036854775808.0:
        return INT64_MAX
    if seconds < -9223372036854775808.0:
        return INT64_MIN
    return <int64_t>seconds


cdef int read_times(double start, double end, Head* head) except -1:
    """As `times_us`, for spans with an end."""
    head.start = microseconds(start)
    head.duration = microseconds(end - start)
    if head.duration <= 0:
        head.duration = 1 if end >= start else 0
    return 0


# ---- spans ----


cdef object countable(object items):
    """*items* themselves if their number is known and they can be read, or a copy."""
    if type(items) is list or type(items) is tuple or type(items) is DictItems:
        return items
    return list(items)


cdef Py_ssize_t count_of(object items) except -1:
    if type(items) is list:
        return PyList_GET_SIZE(items)
    if type(items) is tuple:
        return PyTuple_GET_SIZE(items)
    return len(items)


@cython.boundscheck(True)
cdef inline object item_at(list items, Py_ssize_t index):
    """Raises IndexError if another thread has made the list shorter."""
    return items[index]


cdef class ThriftWriter:
    """The part that both protocols share, as `jaeger_thrift.ThriftWriter`."""

    def write_spans(
        self,
        bytearray out not None,
        list ends not None,
        spans,
        Py_ssize_t max_size,
        Py_ssize_t max_logs_size,
    ):
        """See `jaeger_thrift.SpanWriter`."""
        cdef Buffer buffer = Buffer(NULL, 0, 0)
        cdef Py_ssize_t before = len(out)
        cdef size_t whole = 0
        cdef list new_ends = []
        try:
            for span in spans:
                self.write_span(&buffer, span, max_logs_size)
                whole = buffer.size
                new_ends.append(before + <Py_ssize_t>whole)
                if before + <Py_ssize_t>whole > max_size:
                    break
        finally:
            # Also after an exception: the spans before it are whole. *out* first,
            # because the caller relies on it being as long as the last end.
            try:
                append(out, &buffer, whole)
                ends += new_ends
            finally:
                PyMem_RawFree(buffer.data)

    def write_log(self, bytearray out not None, log):
        """See `jaeger_thrift.SpanWriter`."""
        cdef Buffer buffer = Buffer(NULL, 0, 0)
        try:
            self.put_log(&buffer, log)
            append(out, &buffer, buffer.size)
        finally:
            PyMem_RawFree(buffer.data)

    cdef int write_span(self, Buffer* out, span, Py_ssize_t max_logs_size) except -1:
        cdef Head head
        context = span.ids
        trace_id, parent_id = context.trace_id, context.parent_id
        head.trace_id_low = low_64(trace_id)
        head.trace_id_high = high_64(trace_id)
        head.span_id = low_64(context.span_id)
        head.parent_id = 0 if parent_id is None else low_64(parent_id or 0)
        head.flags = <uint32_t>low_64(context.flags)
        start, end = span.start_time, span.end_time
        if type(start) is float and type(end) is float:
            read_times(start, end, &head)
        else:
            head.start, head.duration = times_us(start, end)
        self.put_head(out, &head, span.operation_name, span.references)
        extra = []
        if span.dropped_tags or span.dropped_logs:
            extra = dropped_items(span)
        tags = countable(span.tag_items)
        cdef Py_ssize_t count = count_of(tags)
        self.put_list(out, SPAN_TAGS, count + PyList_GET_SIZE(extra))
        self.put_tags(out, tags, count)
        self.put_tags(out, extra, PyList_GET_SIZE(extra))
        self.put_logs(out, span.log_items, max_logs_size)
        self.put_stop(out)
        return 0

    cdef int put_logs(self, Buffer* out, logs, Py_ssize_t max_size) except -1:
        """Field 11, if there are logs."""
        cdef list items
        cdef Py_ssize_t index, count
        items = <list>logs if type(logs) is list else list(logs)
        count = PyList_GET_SIZE(items)
        if count == 0:
            return 0
        if count > LOG_BLOCK:
            items = PyList_GetSlice(items, 0, count)
        self.put_list(out, SPAN_LOGS, count)
        cdef size_t end = out.size + <size_t>max_size
        for index in range(count):
            log = item_at(items, index)
            self.put_log(out, log)
            if out.size > end:
                raise LogsTooLargeError
        return 0

    cdef int put_log(self, Buffer* out, log) except -1:
        timestamp, items = log
        fields = countable(items)
        cdef Py_ssize_t count = count_of(fields)
        self.put_log_time(out, clamped(timestamp))
        self.put_list(out, LOG_FIELDS, count)
        self.put_tags(out, fields, count)
        self.put_stop(out)
        return 0

    cdef int put_tags(self, Buffer* out, items, Py_ssize_t count) except -1:
        """The first *count* of *items*, which `countable` has returned."""
        cdef Py_ssize_t index
        cdef list pairs
        if type(items) is list:
            pairs = <list>items
            for index in range(count):
                self.put_item(out, item_at(pairs, index))
            return 0
        for item in items:
            count -= 1
            self.put_item(out, item)
        if count:
            raise RuntimeError("the number of tags has changed")
        return 0

    cdef inline int put_item(self, Buffer* out, item) except -1:
        key, value = item
        return self.put_tag(out, key, value)

    cdef int put_stop(self, Buffer* out) except -1:
        reserve(out, 1)
        put_byte(out, 0)
        return 0

    cdef int put_head(self, Buffer* out, Head* head, name, references) except -1:
        """Fields 1 to 9 of a span."""
        raise NotImplementedError

    cdef int put_list(self, Buffer* out, int field, Py_ssize_t count) except -1:
        """The header of *field*, a list of *count* structs, and of that list."""
        raise NotImplementedError

    cdef int put_log_time(self, Buffer* out, int64_t time) except -1:
        """Field 1 of a log."""
        raise NotImplementedError

    cdef int put_tag(self, Buffer* out, key, value) except -1:
        """
        A whole tag.

        Raises for a key that is not exactly str, a value that is not exactly of one of
        the types of `model.TagValue`, an integer that does not fit in an i64, and text
        that UTF-8 cannot encode.
        """
        raise NotImplementedError


cdef int append(bytearray out, Buffer* buffer, size_t size) except -1:
    """Append the first *size* bytes of *buffer* to *out*."""
    cdef Py_ssize_t before = len(out)
    if size:
        # Raises BufferError if other code holds a view of *out*.
        PyByteArray_Resize(out, before + <Py_ssize_t>size)
        memcpy(PyByteArray_AS_STRING(out) + before, buffer.data, size)
    return 0


cdef int measure_value(object value, Text* text, int* kind, uint64_t* number) except -1:
    """
    Find out how *value* is written: its `vType` is stored in *kind*.

    Text and bytes are described in *text*. Other types are stored in *number*: a
    double by its bits, a bool as 0 or 1, an integer in two's complement.
    """
    cdef int overflow = 0
    cdef double real
    if type(value) is str:
        kind[0] = STRING
        measure(value, text)
    elif type(value) is int:
        kind[0] = LONG
        number[0] = <uint64_t>PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            raise OverflowError("needs 64 signed bits")
    elif type(value) is bool:
        kind[0] = BOOL
        number[0] = value is True
    elif type(value) is float:
        kind[0] = DOUBLE
        real = value
        memcpy(number, &real, sizeof(double))
    elif type(value) is bytes:
        kind[0] = BINARY
        text.data = PyBytes_AS_STRING(value)
        text.kind = 0
        text.size = PyBytes_GET_SIZE(value)
    else:
        raise TypeError(f"needs a value of a tag, got {type(value).__name__}")
    return 0


cdef class CompactWriter(ThriftWriter):
    """Writes the compact protocol, see `jaeger_compact`."""

    cdef int put_head(self, Buffer* out, Head* head, name, references) except -1:
        cdef Text text
        measure(name, &text)
        # Headers and varints of four ids, the header and size of the name.
        reserve(out, 4 * 11 + 11 + text.size)
        self.put_trace_id(out, head.trace_id_low, head.trace_id_high)
        self.put_id(out, head.span_id)
        self.put_id(out, head.parent_id)
        put_byte(out, 0x18)
        put_varint(out, text.size)
        put_characters(out, &text)
        cdef bint has_references = references is not None and self.put_references(
            out, references
        )
        reserve(out, 3 * 11)
        # Field 7 after field 6, or after field 5.
        put_byte(out, 0x15 if has_references else 0x25)
        # As signed number of 32 bits.
        put_zigzag(out, <uint64_t><int64_t><int>head.flags)
        self.put_id(out, <uint64_t>head.start)
        self.put_id(out, <uint64_t>head.duration)
        return 0

    cdef inline void put_id(self, Buffer* out, uint64_t number) noexcept:
        """A field of type i64 (6) after the previous one; at most 11 bytes."""
        put_byte(out, 0x16)
        put_zigzag(out, number)

    cdef inline void put_trace_id(
        self, Buffer* out, uint64_t low, uint64_t high
    ) noexcept:
        self.put_id(out, low)
        self.put_id(out, high)

    cdef bint put_references(self, Buffer* out, references) except -1:
        """Field 6 of a span if there is a usable reference; return whether."""
        cdef list usable = list(usable_references(references)) if references else []
        if not usable:
            return False
        self.put_list(out, SPAN_REFERENCES, len(usable))
        for follows, trace_id, span_id in usable:
            reserve(out, 3 + 3 * 11)
            put_byte(out, 0x15)
            put_byte(out, 2 if follows else 0)
            self.put_trace_id(out, low_64(trace_id), high_64(trace_id))
            self.put_id(out, low_64(span_id))
            put_byte(out, 0)
        return True

    cdef int put_list(self, Buffer* out, int field, Py_ssize_t count) except -1:
        reserve(out, 12)
        put_byte(out, 0x19)
        if count < 15:
            put_byte(out, <uint8_t>(count << 4 | 12))
        else:
            put_byte(out, 0xFC)
            put_varint(out, count)
        return 0

    cdef int put_log_time(self, Buffer* out, int64_t time) except -1:
        reserve(out, 11)
        self.put_id(out, <uint64_t>time)
        return 0

    cdef int put_tag(self, Buffer* out, key, value) except -1:
        cdef Text name, text
        cdef int kind
        cdef uint64_t number = 0
        text.size = 0
        if type(value) is float and not isfinite(<double>value):
            value = non_finite_text(value)
        measure(key, &name)
        measure_value(value, &text, &kind, &number)
        # Header and size of the key; type; header and value of ten bytes; stop.
        reserve(out, 11 + name.size + 2 + 11 + text.size + 1)
        put_byte(out, 0x18)
        put_varint(out, name.size)
        put_characters(out, &name)
        put_byte(out, 0x15)
        put_byte(out, <uint8_t>(kind << 1))
        if kind == STRING or kind == BINARY:
            put_byte(out, 0x18 if kind == STRING else 0x58)
            put_varint(out, text.size)
            put_characters(out, &text)
        elif kind == LONG:
            put_byte(out, 0x46)
            put_zigzag(out, number)
        elif kind == BOOL:
            put_byte(out, 0x31 if number else 0x32)
        else:
            put_byte(out, 0x27)
            put_little_endian(out, number)
        put_byte(out, 0)
        return 0


cdef inline void put_little_endian(Buffer* out, uint64_t number) noexcept nogil:
    cdef int index
    for index in range(8):
        put_byte(out, <uint8_t>(number >> 8 * index))


cdef class BinaryWriter(ThriftWriter):
    """Writes the binary protocol, see `jaeger_binary`."""

    cdef int put_head(self, Buffer* out, Head* head, name, references) except -1:
        cdef Text text
        measure(name, &text)
        reserve(out, 4 * 11 + 7 + text.size)
        self.put_i64(out, 1, head.trace_id_low)
        self.put_i64(out, 2, head.trace_id_high)
        self.put_i64(out, 3, head.span_id)
        self.put_i64(out, 4, head.parent_id)
        self.put_text(out, 5, &text)
        if references is not None:
            self.put_references(out, references)
        reserve(out, 7 + 2 * 11)
        self.put_i32(out, 7, head.flags)
        self.put_i64(out, 8, <uint64_t>head.start)
        self.put_i64(out, 9, <uint64_t>head.duration)
        return 0

    cdef inline void put_header(self, Buffer* out, int kind, int field) noexcept:
        put_byte(out, <uint8_t>kind)
        put_byte(out, 0)
        put_byte(out, <uint8_t>field)

    cdef inline void put_i64(self, Buffer* out, int field, uint64_t number) noexcept:
        """Eleven bytes."""
        self.put_header(out, 0x0A, field)
        put_big_endian(out, number, 8)

    cdef inline void put_i32(self, Buffer* out, int field, uint32_t number) noexcept:
        """Seven bytes."""
        self.put_header(out, 0x08, field)
        put_big_endian(out, number, 4)

    cdef inline void put_text(self, Buffer* out, int field, Text* text) noexcept:
        """Text or bytes: seven bytes before them."""
        self.put_header(out, 0x0B, field)
        put_big_endian(out, text.size, 4)
        put_characters(out, text)

    cdef int put_references(self, Buffer* out, references) except -1:
        """Field 6 of a span if there is a usable reference."""
        cdef list usable = list(usable_references(references)) if references else []
        if not usable:
            return 0
        self.put_list(out, SPAN_REFERENCES, len(usable))
        for follows, trace_id, span_id in usable:
            reserve(out, 7 + 3 * 11 + 1)
            self.put_i32(out, 1, 1 if follows else 0)
            self.put_i64(out, 2, low_64(trace_id))
            self.put_i64(out, 3, high_64(trace_id))
            self.put_i64(out, 4, low_64(span_id))
            put_byte(out, 0)
        return 0

    cdef int put_list(self, Buffer* out, int field, Py_ssize_t count) except -1:
        reserve(out, 8)
        self.put_header(out, 0x0F, field)
        put_byte(out, 0x0C)
        put_big_endian(out, count, 4)
        return 0

    cdef int put_log_time(self, Buffer* out, int64_t time) except -1:
        reserve(out, 11)
        self.put_i64(out, 1, <uint64_t>time)
        return 0

    cdef int put_tag(self, Buffer* out, key, value) except -1:
        cdef Text name, text
        cdef int kind
        cdef uint64_t number = 0
        text.size = 0
        if type(value) is float and not isfinite(<double>value):
            value = non_finite_text(value)
        measure(key, &name)
        measure_value(value, &text, &kind, &number)
        # Key; type; header and value of eight bytes; stop.
        reserve(out, 7 + name.size + 7 + 11 + text.size + 1)
        self.put_text(out, 1, &name)
        self.put_i32(out, 2, kind)
        if kind == STRING:
            self.put_text(out, 3, &text)
        elif kind == LONG:
            self.put_i64(out, 6, number)
        elif kind == BOOL:
            self.put_header(out, 0x02, 5)
            put_byte(out, <uint8_t>number)
        elif kind == DOUBLE:
            self.put_header(out, 0x04, 4)
            put_big_endian(out, number, 8)
        else:
            self.put_text(out, 7, &text)
        put_byte(out, 0)
        return 0
