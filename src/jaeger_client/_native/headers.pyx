# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False
"""
The functions of codecs that find, read and write headers.

Their twins are in `codecs`: `headers`, `items`, `trace_id` and `traceparent`.

Strategy: each function handles the usual case in C, which is plain text in ASCII and
contexts whose fields are plain (see `spans.pxd`). It passes everything else to its
twin: invalid and encoded values, bytes, subclasses, contexts that the application has
changed. So the errors, their texts and all decisions about odd values exist only once.

Guarantees:

- Only texts that are compact ASCII are read, whose bytes are their characters, and no
  byte beyond their length. Texts are immutable, and an argument or a variable holds a
  reference while one is read.
- The length of a text that is written is computed first, or has a maximum.
- `PyDict_Next` iterates a dict of the application only where no Python code runs: the
  names that are looked up, and those they are compared with, are plain texts. What is
  found gets a reference before anything is allocated, because in Python 3.10 and 3.11
  an allocation may start a garbage collection, which runs finalizers. If one changes the
  dict, a header may be missed, but no freed memory is read: each step checks the bounds
  of the dict as it is then.
- The memory of names needs no lock, because the interpreter is not interrupted between
  two statements that run no Python code.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.list cimport PyList_GET_SIZE
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jaeger_client._native.spans cimport (
    ContextCore,
    are_contexts_plain,
    is_plain_context,
    new_context,
)

from jaeger_client.codecs import headers as _headers
from jaeger_client.codecs import items as _items
from jaeger_client.codecs import trace_id as _trace_id
from jaeger_client.codecs.headers import UNRESERVED
from jaeger_client.span_context import NO_BAGGAGE

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    uint8_t* PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const Py_ssize_t PY_SSIZE_T_MAX
    Py_ssize_t PyNumber_AsSsize_t(object number, PyObject* overflow_error) except? -1
    int PySet_Contains(object names, object name) except -1
    object PyUnicode_New(Py_ssize_t length, Py_UCS4 max_character)

cdef object _NO_BAGGAGE = NO_BAGGAGE
cdef Py_ssize_t MAX_BAGGAGE_SIZE = _items.MAX_BAGGAGE_SIZE

# Hexadecimal digits

cdef uint8_t[256] _value_of    # of a hexadecimal digit, else 0xFF
cdef uint8_t[16] _digit_of
cdef uint8_t[256] _is_unreserved    # whether it is a character that no encoding changes


cdef int _fill_tables() except -1:
    cdef int i
    cdef const char* digits = "0123456789abcdef"
    for i in range(256):
        _value_of[i] = 0xFF
    for i in range(16):
        _digit_of[i] = digits[i]
        _value_of[<uint8_t>digits[i]] = i
    for i in range(6):
        _value_of[c"A" + i] = 10 + i
    for i in range(256):
        _is_unreserved[i] = chr(i) in UNRESERVED

_fill_tables()


cdef struct Number:
    uint64_t high
    uint64_t low
    bint fits       # in 128 bits
    Py_ssize_t digits


cdef inline Number _hex_number(const uint8_t* text, const uint8_t* end) noexcept nogil:
    """The number that *text* begins with, up to the first character that is no digit."""
    cdef Number number
    cdef const uint8_t* at = text
    cdef uint8_t value
    number.high = number.low = 0
    number.fits = True
    while at < end:
        value = _value_of[at[0]]
        if value == 0xFF:
            break
        if number.high >> 60:
            number.fits = False
        number.high = number.high << 4 | number.low >> 60
        number.low = number.low << 4 | value
        at += 1
    number.digits = at - text
    return number


cdef inline bint _is_ascii(object text) noexcept:
    """Whether *text* is a plain `str` of ASCII, whose bytes can be read."""
    return type(text) is str and PyUnicode_IS_COMPACT_ASCII(text)


cdef inline uint8_t* _put_hex(uint8_t* at, uint64_t number, int digits) noexcept nogil:
    """Write the lowest *digits* digits of *number*; return the end."""
    cdef int place
    for place in range(digits - 1, -1, -1):
        at[place] = _digit_of[number & 15]
        number >>= 4
    return at + digits


cdef inline uint8_t* _put_escape(uint8_t* at, uint8_t byte) noexcept nogil:
    """Write a percent sign and two digits, in upper case; return the end."""
    cdef int i
    at[0] = c"%"
    _put_hex(at + 1, byte, 2)
    for i in range(1, 3):
        if at[i] > c"9":
            at[i] -= c"a" - c"A"
    return at + 3


cdef inline int _length_in_hex(uint64_t number) noexcept nogil:
    cdef int digits = 1
    while number >> 4:
        number >>= 4
        digits += 1
    return digits


cdef inline uint8_t* _put_shortest(uint8_t* at, uint64_t number) noexcept nogil:
    return _put_hex(at, number, _length_in_hex(number))


cdef object _text_of(const uint8_t* begin, const uint8_t* end):
    """The ASCII characters of a buffer as text."""
    cdef Py_ssize_t length = end - begin
    text = PyUnicode_New(length, 127)
    memcpy(PyUnicode_1BYTE_DATA(text), begin, length)
    return text


# `uber-trace-id`

def ids_text(context):
    """Return the value of `uber-trace-id`; see the twin."""
    cdef uint8_t[3 + 32 + 3 * 16] text
    cdef uint8_t* at = text
    cdef ContextCore core
    if not is_plain_context(context):
        return _trace_id.ids_text(context)
    core = <ContextCore>context
    if core.trace_id_high:
        at = _put_shortest(at, core.trace_id_high)
        at = _put_hex(at, core.trace_id_low, 16)
    else:
        at = _put_shortest(at, core.trace_id_low)
    at[0] = c":"
    at = _put_shortest(at + 1, core.span_id)
    at[0] = c":"
    at = _put_shortest(at + 1, core.parent_id)
    at[0] = c":"
    at = _put_shortest(at + 1, core.flags)
    return _text_of(text, at)


def id_texts(context, is_wide):
    """Return trace id, span id and parent id with all digits; see the twin."""
    cdef uint8_t[32] text
    cdef int unused
    cdef ContextCore core
    if not is_plain_context(context):
        return _trace_id.id_texts(context, is_wide)
    core = <ContextCore>context
    _put_hex(_put_hex(text, core.trace_id_high, 16), core.trace_id_low, 16)
    unused = 0 if core.trace_id_high or is_wide else 16
    return (
        _text_of(&text[unused], &text[32]),
        _padded(core.span_id),
        _padded(core.parent_id) if core.parent_id else None,
    )


cdef object _padded(uint64_t number):
    cdef uint8_t[16] text
    return _text_of(text, _put_hex(text, number, 16))


cdef inline const uint8_t* _read_field(
    const uint8_t* text, const uint8_t* end, Number* number
) noexcept nogil:
    """Read a number and the colon after it; return what follows, or NULL."""
    number[0] = _hex_number(text, end)
    text += number.digits
    if not number.digits or text == end or text[0] != c":":
        return NULL
    return text + 1


def read_context(value, decode, baggage=None):
    """Return the context with the ids in *value*; see the twin."""
    cdef Number trace, span, parent, flags
    cdef const uint8_t* at
    cdef const uint8_t* end
    if _is_ascii(value) and are_contexts_plain():
        at = PyUnicode_1BYTE_DATA(value)
        end = at + PyUnicode_GET_LENGTH(value)
        at = _read_field(at, end, &trace)
        if at is not NULL:
            at = _read_field(at, end, &span)
        if at is not NULL:
            at = _read_field(at, end, &parent)
        if at is not NULL:
            flags = _hex_number(at, end)
            if (
                flags.digits
                and flags.digits == end - at
                and trace.fits and span.fits and parent.fits
                and (trace.high or trace.low)
                and span.low and not span.high and not parent.high
            ):
                return _context_of(
                    trace, span.low, parent.low, flags.low & 0x7FFF_FFFF, baggage
                )
    return _trace_id.read_context(value, decode, baggage)


cdef ContextCore _context_of(
    Number trace, uint64_t span_id, uint64_t parent_id, uint32_t flags, object baggage
):
    cdef ContextCore context = new_context()
    context.trace_id_high = trace.high
    context.trace_id_low = trace.low
    context.span_id = span_id
    context.parent_id = parent_id
    context.flags = flags
    context.baggage = baggage or _NO_BAGGAGE
    return context


# Other formats

cdef inline bint _read_id(object value, Py_ssize_t max_digits, Number* number) noexcept:
    """Read an id of at most so many digits; return whether it is one."""
    cdef const uint8_t* text
    cdef Py_ssize_t length
    if not _is_ascii(value):
        return False
    text, length = PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value)
    number[0] = _hex_number(text, text + length)
    return 0 < length <= max_digits and number.digits == length


def read_fields(trace, span, parent, flags, baggage):
    """Return the context with ids of single headers; see the twin."""
    cdef Number trace_id, span_id, parent_id
    parent_id.low = 0
    if (
        _read_id(trace, 32, &trace_id)
        and _read_id(span, 16, &span_id)
        and (parent is None or _read_id(parent, 16, &parent_id))
        and (trace_id.high or trace_id.low)
        and span_id.low
        and are_contexts_plain()
    ):
        return _context_of(trace_id, span_id.low, parent_id.low, flags, baggage)
    return _trace_id.read_fields(trace, span, parent, flags, baggage)


def read_parent(text, baggage):
    """Return the context in a `traceparent`, or `None` if it is invalid; see the twin."""
    cdef Number trace, span, flags
    cdef const uint8_t* at
    cdef ContextCore context
    if not (
        _is_ascii(text) and PyUnicode_GET_LENGTH(text) == 55 and are_contexts_plain()
    ):
        return _read_parent_plainly(text, baggage)
    at = PyUnicode_1BYTE_DATA(text)
    if at[0] != c"0" or at[1] != c"0":
        return _read_parent_plainly(text, baggage)
    trace = _hex_number(at + 3, at + 35)
    span = _hex_number(at + 36, at + 52)
    flags = _hex_number(at + 53, at + 55)
    if (
        trace.digits + span.digits + flags.digits != 32 + 16 + 2
        or at[2] != c"-" or at[35] != c"-" or at[52] != c"-"
        or not (trace.high or trace.low) or not span.low
        or _has_upper_case(at, at + 55)
    ):
        return None
    context = _context_of(trace, span.low, 0, flags.low & 1, baggage)
    context.has_random_trace_id = (flags.low & 2) != 0
    return context


cdef inline bint _has_upper_case(const uint8_t* at, const uint8_t* end) noexcept nogil:
    while at < end:
        if c"A" <= at[0] <= c"Z":
            return True
        at += 1
    return False


cdef object _read_parent_plainly(object text, object baggage):
    """Read one of a later version, which may be longer, or an invalid one."""
    # Not imported with this module, because few applications use the format.
    from jaeger_client.codecs.traceparent import read_parent
    return read_parent(text, baggage)


# Names

def own_headers(names, carrier):
    """Return the codec's own headers with their values; see the twin."""
    cdef list found = []
    cdef dict known = names.known
    cdef bint is_complete = False
    if type(carrier) is dict:
        is_complete = _read_dict(<dict>carrier, known, found)
    elif type(carrier) is list:
        is_complete = _read_pairs(<list>carrier, known, found)
    return found if is_complete else _headers.own_headers(names, carrier)


cdef bint _read_dict(dict carrier, dict known, list found) except -1:
    """Add the own headers to *found*; return whether all names were known."""
    cdef Py_ssize_t position = 0
    cdef PyObject* key
    cdef PyObject* item
    cdef PyObject* meaning
    while PyDict_Next(carrier, &position, &key, &item):
        if type(<object>key) is not str:
            return False
        meaning = PyDict_GetItemWithError(known, <object>key)
        if meaning is NULL:
            return False
        if meaning is not <PyObject*>None:
            header, value = <object>meaning, <object>item
            found.append((header, value))
    return True


cdef bint _read_pairs(list carrier, dict known, list found) except -1:
    """The same for a list of pairs whose names are text or bytes."""
    cdef Py_ssize_t i = 0
    cdef PyObject* meaning
    while i < PyList_GET_SIZE(carrier):
        pair = carrier[i]
        i += 1
        if type(pair) is not tuple or len(<tuple>pair) != 2:
            return False
        name = (<tuple>pair)[0]
        if type(name) is bytes:
            name = PyUnicode_DecodeUTF8(
                PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), "replace"
            )
        elif type(name) is not str:
            return False
        meaning = PyDict_GetItemWithError(known, name)
        if meaning is NULL:
            return False
        if meaning is not <PyObject*>None:
            header, value = <object>meaning, (<tuple>pair)[1]
            found.append((header, value))
    return True


def percent_encoded(value, encoding=_headers.IN_HEADERS):
    """Return the text of *value* encoded; see the twin."""
    cdef const uint8_t* text
    cdef const uint8_t* end
    cdef uint8_t* begin
    cdef uint8_t* at
    if not _is_ascii(value):
        return _headers.percent_encoded(value, encoding)
    text = PyUnicode_1BYTE_DATA(value)
    end = text + PyUnicode_GET_LENGTH(value)
    while text < end and _is_unreserved[text[0]]:
        text += 1
    if text == end:
        return value
    text = PyUnicode_1BYTE_DATA(value)
    buffer = PyBytes_FromStringAndSize(NULL, 3 * (end - text))
    begin = at = <uint8_t*>PyBytes_AS_STRING(buffer)
    while text < end:
        if _is_unreserved[text[0]] or type(encoding[text[0]]) is int:
            at[0] = text[0]
            at += 1
        else:
            at = _put_escape(at, text[0])
        text += 1
    return _text_of(begin, at)


def percent_decoded(text):
    """Return *text* decoded; see the twin."""
    if _is_ascii(text):
        return _decoded(text, c"%")
    return _headers.percent_decoded(text)


def plus_decoded(text):
    """Return *text* decoded, with each `+` as a blank; see the twin."""
    if _is_ascii(text):
        return _decoded(text, c"+")
    return _headers.plus_decoded(text)


cdef object _decoded(object text, uint8_t blank):
    """Decode ASCII, with *blank*, unless it is a percent sign, as a blank."""
    cdef const uint8_t* at = PyUnicode_1BYTE_DATA(text)
    cdef const uint8_t* end = at + PyUnicode_GET_LENGTH(text)
    cdef const uint8_t* begin = at
    cdef uint8_t* out
    while at < end and at[0] != c"%" and at[0] != blank:
        at += 1
    if at == end:
        return text
    buffer = PyBytes_FromStringAndSize(NULL, end - begin)
    out = <uint8_t*>PyBytes_AS_STRING(buffer)
    memcpy(out, begin, at - begin)
    out += at - begin
    while at < end:
        if at[0] == c"%":
            if end - at > 2 and _value_of[at[1]] < 16 and _value_of[at[2]] < 16:
                out[0] = _value_of[at[1]] << 4 | _value_of[at[2]]
                at += 2
            else:
                out[0] = c"%"
        else:
            out[0] = c" " if at[0] == blank else at[0]
        out += 1
        at += 1
    begin = <uint8_t*>PyBytes_AS_STRING(buffer)
    return PyUnicode_DecodeUTF8(<const char*>begin, out - begin, "replace")


# Baggage

def header_value(value, decode, limits):
    """Return the decoded text or the number in a header, or `None`; see the twin."""
    if _is_ascii(value) and PyUnicode_GET_LENGTH(value) <= MAX_BAGGAGE_SIZE:
        return decode(value)
    return _items.header_value(value, decode, limits)


cdef inline Py_ssize_t _clipped(object number) except? -1:
    """An `int` as a number in C; the maximum if it is greater."""
    return PyNumber_AsSsize_t(number, NULL)


cdef inline bint _are_numbers(object limits) except -1:
    """Whether limits are whole numbers, as from settings; an application may pass any."""
    return type(limits[0]) is int and type(limits[1]) is int


def bounded(items, limits, is_incoming):
    """Return the *items* within the limits, and the number of others; see the twin."""
    cdef Py_ssize_t max_items, max_length, size, length, dropped = 0
    cdef Py_ssize_t size_left = PY_SSIZE_T_MAX
    if not _are_numbers(limits):
        return _items.bounded(items, limits, is_incoming)
    max_items, max_length = _clipped(limits[0]), _clipped(limits[1])
    if is_incoming and max_length <= PY_SSIZE_T_MAX // 2:
        size_left = max(MAX_BAGGAGE_SIZE, 2 * max_length)
    cdef dict carried = {}
    for key, value in items:
        if _is_ascii(value):
            size = length = PyUnicode_GET_LENGTH(value)
        else:
            text = value if isinstance(value, (str, bytes)) else str(value)
            size, length = len(text), _items.length(text)
        size += len(key)
        if (
            value is None
            or size > size_left
            or len(carried) >= max_items
            or length > max_length
        ):
            dropped += 1
        else:
            size_left -= size
            carried[key] = value
    return carried, dropped


def can_be_sent(baggage, known_keys, limits):
    """Return whether *baggage* has only known keys and short texts, within limits."""
    cdef Py_ssize_t max_length, position = 0
    cdef PyObject* key
    cdef PyObject* value
    if type(baggage) is not dict or not _are_numbers(limits):
        return _items.can_be_sent(baggage, known_keys, limits)
    if len(<dict>baggage) > _clipped(limits[0]):
        return False
    max_length = _clipped(limits[1])
    while PyDict_Next(baggage, &position, &key, &value):
        if (
            type(<object>key) is not str
            or not PySet_Contains(known_keys, <object>key)
            or type(<object>value) is not str
            or 4 * <int64_t>PyUnicode_GET_LENGTH(<object>value) > max_length
        ):
            return False
    return True
