# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False
"""
The functions of codecs that find, read and write headers.

Their twins are in `codecs`: `headers`, `items`, `trace_id` and `traceparent`, and the
methods `inject` and `extract` of `text.TextCodec`.

Strategy: each function handles the usual case in C, which is plain text in ASCII and
contexts whose fields are plain (see `spans.pxd`). It passes everything else to its
twin: invalid and encoded values, subclasses, contexts that the application has changed.
So the errors, their texts and all decisions about odd values exist only once.

Guarantees:

- Only texts that are compact ASCII and bytes are read, and no byte beyond their length.
  They are immutable, and an argument or a variable holds a reference while one is read.
- The length of a text that is written is computed first, or has a maximum.
- `PyDict_Next` iterates a dict of the application only where no Python code runs. What
  is found gets a reference before anything else happens.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.math cimport INFINITY
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset
cimport cython

from functools import update_wrapper

from jaeger_client._native.spans cimport (
    ContextCore,
    are_contexts_plain,
    is_plain_context,
    new_context,
)

from jaeger_client.codecs import headers as _headers
from jaeger_client.codecs import items as _items
from jaeger_client.codecs import trace_id as _trace_id
from jaeger_client.span_context import NO_BAGGAGE

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    uint8_t* PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    PyObject* PyTuple_GET_ITEM(object items, Py_ssize_t index)
    object PyUnicode_New(Py_ssize_t length, Py_UCS4 max_character)

cdef object _NO_BAGGAGE = NO_BAGGAGE
cdef Py_ssize_t MAX_BAGGAGE_SIZE = _items.MAX_BAGGAGE_SIZE

# Characters

cdef struct Ascii:
    const uint8_t* at
    const uint8_t* end


cdef inline bint _is_ascii(object text) noexcept:
    """Whether *text* is a plain `str` of ASCII, whose bytes can be read."""
    return type(text) is str and PyUnicode_IS_COMPACT_ASCII(text)


cdef inline Ascii _characters(object text) noexcept:
    """The characters of a text that `_is_ascii`, which the caller keeps alive."""
    cdef Ascii characters
    characters.at = PyUnicode_1BYTE_DATA(text)
    characters.end = characters.at + PyUnicode_GET_LENGTH(text)
    return characters


cdef inline bint _read(object value, Ascii* characters) noexcept:
    """Set the characters of a plain `str` or `bytes`; return whether it is ASCII."""
    cdef const uint8_t* at
    if type(value) is not bytes:
        if not _is_ascii(value):
            return False
        characters[0] = _characters(value)
        return True
    characters.at = at = <const uint8_t*>PyBytes_AS_STRING(value)
    characters.end = at + PyBytes_GET_SIZE(value)
    while at < characters.end and at[0] < 128:
        at += 1
    return at == characters.end


cdef object _text_of(const uint8_t* begin, const uint8_t* end):
    """The ASCII characters of a buffer as text."""
    text = PyUnicode_New(end - begin, 127)
    memcpy(PyUnicode_1BYTE_DATA(text), begin, end - begin)
    return text


# Hexadecimal numbers

cdef const char* _DIGITS = "0123456789abcdef"
cdef const char* _UPPER_DIGITS = "0123456789ABCDEF"
cdef uint8_t[256] _value_of     # of a digit; else 16
cdef int _value
memset(_value_of, 16, 256)
for _value in range(16):
    _value_of[<uint8_t>_DIGITS[_value]] = _value
    _value_of[<uint8_t>_UPPER_DIGITS[_value]] = _value


cdef struct Number:
    uint64_t high
    uint64_t low
    bint fits       # in 128 bits
    Py_ssize_t digits


cdef inline Number _hex_number(Ascii text) noexcept nogil:
    """The number that *text* begins with, up to the first character that is no digit."""
    cdef Number number
    cdef const uint8_t* at = text.at
    cdef const uint8_t* first
    cdef uint8_t value
    number.high = number.low = 0
    while at < text.end and at[0] == c"0":
        at += 1
    first = at
    while at < text.end:
        value = _value_of[at[0]]
        if value >= 16:
            break
        number.high = number.high << 4 | number.low >> 60
        number.low = number.low << 4 | value
        at += 1
    number.fits = at - first <= 32
    number.digits = at - text.at
    return number


cdef inline uint8_t* _put_hex(uint8_t* at, uint64_t number, int digits) noexcept nogil:
    """Write the lowest *digits* digits of *number*; return the end."""
    cdef int place
    for place in range(digits - 1, -1, -1):
        at[place] = _DIGITS[number & 15]
        number >>= 4
    return at + digits


cdef inline uint8_t* _put_shortest(uint8_t* at, uint64_t number) noexcept nogil:
    cdef int digits = 1
    while digits < 16 and number >> 4 * digits:
        digits += 1
    return _put_hex(at, number, digits)


# `uber-trace-id`

def ids_text(context):
    """Return the value of `uber-trace-id`; see the twin."""
    if is_plain_context(context):
        return _ids_text(<ContextCore>context)
    return _trace_id.ids_text(context)


cdef object _ids_text(ContextCore context):
    cdef uint8_t[3 + 32 + 3 * 16] text
    cdef uint8_t* at = text
    if context.trace_id_high:
        at = _put_shortest(at, context.trace_id_high)
        at = _put_hex(at, context.trace_id_low, 16)
    else:
        at = _put_shortest(at, context.trace_id_low)
    at[0] = c":"
    at = _put_shortest(at + 1, context.span_id)
    at[0] = c":"
    at = _put_shortest(at + 1, context.parent_id)
    at[0] = c":"
    at = _put_shortest(at + 1, context.flags)
    return _text_of(text, at)


cpdef object read_context(value, decode, baggage=None):
    """Return the context with the ids in *value*; see the twin."""
    cdef Number trace, span, parent, flags
    cdef Ascii text
    if (
        _read(value, &text)
        and _read_field(&text, &trace) and _read_colon(&text)
        and _read_field(&text, &span) and _read_colon(&text)
        and _read_field(&text, &parent) and _read_colon(&text)
        and _read_field(&text, &flags) and text.at == text.end
        and trace.fits and span.fits and parent.fits
        and (trace.high or trace.low)
        and span.low and not span.high and not parent.high
        and are_contexts_plain()
    ):
        return _context_of(
            trace, span.low, parent.low, flags.low & 0x7FFF_FFFF, None
        )
    return _trace_id.read_context(value, decode)


cdef inline bint _read_field(Ascii* text, Number* number) noexcept nogil:
    number[0] = _hex_number(text[0])
    text.at += number.digits
    return number.digits > 0


cdef inline bint _read_colon(Ascii* text) noexcept nogil:
    cdef bint is_colon = text.at < text.end and text.at[0] == c":"
    text.at += 1
    return is_colon


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

def id_texts(context, is_wide):
    """Return trace id, span id and parent id with all digits; see the twin."""
    cdef uint8_t[32] text
    cdef ContextCore core
    if not is_plain_context(context):
        return _trace_id.id_texts(context, is_wide)
    core = <ContextCore>context
    _put_hex(_put_hex(text, core.trace_id_high, 16), core.trace_id_low, 16)
    return (
        _text_of(&text[0 if core.trace_id_high or is_wide else 16], &text[32]),
        _padded(core.span_id),
        _padded(core.parent_id) if core.parent_id else None,
    )


cdef object _padded(uint64_t number):
    cdef uint8_t[16] text
    return _text_of(text, _put_hex(text, number, 16))


cdef inline bint _read_id(object value, Py_ssize_t max_digits, Number* number) noexcept:
    """Read an id of at most so many digits; return whether it is one."""
    cdef Ascii text
    if not _read(value, &text):
        return False
    number[0] = _hex_number(text)
    return 0 < number.digits <= max_digits and number.digits == text.end - text.at


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
    if _is_ascii(text) and PyUnicode_GET_LENGTH(text) == 55 and are_contexts_plain():
        at = PyUnicode_1BYTE_DATA(text)
        trace = _hex_number(Ascii(at + 3, at + 35))
        span = _hex_number(Ascii(at + 36, at + 52))
        flags = _hex_number(Ascii(at + 53, at + 55))
        if (
            at[0] == c"0" and at[1] == c"0"
            and at[2] == c"-" and at[35] == c"-" and at[52] == c"-"
            and trace.digits + span.digits + flags.digits == 32 + 16 + 2
            and (trace.high or trace.low) and span.low
            and not _has_upper_case(_characters(text))
        ):
            context = _context_of(trace, span.low, 0, flags.low & 1, baggage)
            context.has_random_trace_id = (flags.low & 2) != 0
            return context
    # Not imported with this module, because few applications use the format.
    from jaeger_client.codecs import traceparent
    return traceparent.read_parent(text, baggage)


cdef bint _has_upper_case(Ascii text) noexcept nogil:
    while text.at < text.end:
        if c"A" <= text.at[0] <= c"Z":
            return True
        text.at += 1
    return False


# Names

def own_headers(names, carrier):
    """Return the codec's own headers with their values; see the twin."""
    cdef list found = []
    cdef dict known = names.known
    if type(carrier) is dict:
        for name, value in (<dict>carrier).items():
            if not _add_own(names, known, name, value, found):
                break
        else:
            return found
    elif type(carrier) is list:
        for pair in <list>carrier:
            if type(pair) is not tuple or PyTuple_GET_SIZE(pair) != 2:
                break
            name, value = <tuple>pair
            if type(name) is bytes:
                name = (<bytes>name).decode("utf-8", "replace")
            if not _add_own(names, known, name, value, found):
                break
        else:
            return found
    return _headers.own_headers(names, carrier)


cdef inline bint _add_own(
    object names, dict known, object name, object value, list found
) except -1:
    """Add the header if it is the codec's own; return whether its name is usual."""
    cdef PyObject* meaning
    if type(name) is not str:
        return False
    # Runs no Python code: all names that are compared are plain text.
    meaning = PyDict_GetItemWithError(known, name)
    header = names.learn(name) if meaning is NULL else <object>meaning
    if header is not None:
        found.append((header, value))
    return True


# Percent-encoding

cdef uint8_t[256] _is_unreserved    # whether it is a character that no encoding changes
for _value in range(256):
    _is_unreserved[_value] = chr(_value) in _headers.UNRESERVED


def percent_encoded(value, encoding=_headers.IN_HEADERS):
    """Return the text of *value* encoded; see the twin."""
    cdef Ascii text
    cdef uint8_t* begin
    cdef uint8_t* at
    if not _is_ascii(value):
        return _headers.percent_encoded(value, encoding)
    text = _characters(value)
    while text.at < text.end and _is_unreserved[text.at[0]]:
        text.at += 1
    if text.at == text.end:
        return value
    text = _characters(value)
    buffer = PyBytes_FromStringAndSize(NULL, 3 * (text.end - text.at))
    begin = at = <uint8_t*>PyBytes_AS_STRING(buffer)
    while text.at < text.end:
        if _is_unreserved[text.at[0]] or type(encoding[text.at[0]]) is int:
            at[0] = text.at[0]
            at += 1
        else:
            at[0] = c"%"
            at[1] = _UPPER_DIGITS[text.at[0] >> 4]
            at[2] = _UPPER_DIGITS[text.at[0] & 15]
            at += 3
        text.at += 1
    return _text_of(begin, at)


def percent_decoded(text):
    """Return *text* decoded; see the twin."""
    return _decoded(text, c"%") if _is_ascii(text) else _headers.percent_decoded(text)


def plus_decoded(text):
    """Return *text* decoded, with each `+` as a blank; see the twin."""
    return _decoded(text, c"+") if _is_ascii(text) else _headers.plus_decoded(text)


cdef object _decoded(object text, uint8_t blank):
    """Decode ASCII, with *blank*, unless it is a percent sign, as a blank."""
    cdef Ascii left = _characters(text)
    cdef uint8_t* begin
    cdef uint8_t* at
    while left.at < left.end and left.at[0] != c"%" and left.at[0] != blank:
        left.at += 1
    if left.at == left.end:
        return text
    left = _characters(text)
    buffer = PyBytes_FromStringAndSize(NULL, left.end - left.at)
    begin = at = <uint8_t*>PyBytes_AS_STRING(buffer)
    while left.at < left.end:
        at[0] = left.at[0]
        if at[0] == c"%":
            if (
                left.end - left.at > 2
                and _value_of[left.at[1]] < 16 and _value_of[left.at[2]] < 16
            ):
                at[0] = _value_of[left.at[1]] << 4 | _value_of[left.at[2]]
                left.at += 2
        elif at[0] == blank:
            at[0] = c" "
        left.at += 1
        at += 1
    return PyUnicode_DecodeUTF8(<const char*>begin, at - begin, "replace")


# Baggage

def header_value(value, decode, limits):
    """Return the decoded text or the number in a header, or `None`; see the twin."""
    if _is_ascii(value) and PyUnicode_GET_LENGTH(value) <= MAX_BAGGAGE_SIZE:
        return decode(value)
    return _items.header_value(value, decode, limits)


def bounded(items, limits, is_incoming):
    """Return the *items* within the limits, and the number of others; see the twin."""
    cdef dict carried = {}
    cdef Py_ssize_t size, dropped = 0
    cdef double max_items, max_length   # any number, also an infinite one
    cdef double size_left = INFINITY
    max_items, max_length = limits
    if is_incoming:
        size_left = max(MAX_BAGGAGE_SIZE, 2 * max_length)
    for key, value in items:
        text = value if isinstance(value, (str, bytes)) else str(value)
        size = len(key) + len(text)
        if (
            value is None
            or size > size_left
            or len(carried) >= max_items
            or _length(text) > max_length
        ):
            dropped += 1
        else:
            size_left -= size
            carried[key] = value
    return carried, dropped


cdef inline Py_ssize_t _length(object text) except -1:
    """The number of bytes of *text* in UTF-8."""
    return PyUnicode_GET_LENGTH(text) if _is_ascii(text) else _items.length(text)


def can_be_sent(baggage, known_keys, limits):
    """Return whether *baggage* has only known keys and short texts, within limits."""
    cdef double max_items, max_length
    max_items, max_length = limits
    for key, value in baggage.items():
        if (
            type(key) is not str
            or key not in known_keys
            or type(value) is not str
            or 4 * len(value) > max_length
        ):
            return False
    return len(baggage) <= max_items


# Methods of `TextCodec`

cdef object _inject, _extract


def adopt_text_codec(codec):
    """Replace the methods that every request needs; they call them in other cases."""
    global _inject, _extract
    _inject, _extract = codec.inject, codec.extract
    codec.inject = update_wrapper(inject, _inject)
    codec.extract = update_wrapper(extract, _extract)


@cython.binding(True)
def inject(self, span_context, carrier):
    cdef ContextCore context
    if type(carrier) is dict and is_plain_context(span_context):
        context = <ContextCore>span_context
        if context.baggage is _NO_BAGGAGE:
            (<dict>carrier)[self.trace_id_header] = _ids_text(context)
            return
    _inject(self, span_context, carrier)


@cython.binding(True)
def extract(self, carrier):
    value = _sole_ids(self, carrier)
    if value is None:
        return None
    if value is NotImplemented:
        return _extract(self, carrier)
    return read_context(value, self.url_encoding)


cdef object _sole_ids(object codec, object carrier):
    """
    The value of the trace id if no other header is the codec's own; `None` without one.

    `NotImplemented` if other headers are the codec's, or if a name or the carrier is
    not usual. Names are compared: for nine, that takes half the time of looking them up.
    """
    cdef Ascii[4] own
    cdef PyObject* name
    cdef PyObject* value
    cdef PyObject* ids = NULL
    cdef Py_ssize_t position = 0
    cdef int i
    cdef tuple names = (
        codec.trace_id_header,
        codec.debug_id_header,
        codec.baggage_header,
        codec.baggage_prefix,
    )
    for i in range(4):
        if not _is_ascii(names[i]):
            return NotImplemented
        own[i] = _characters(names[i])
    if type(carrier) is dict:
        while PyDict_Next(carrier, &position, &name, &value):
            if not _is_usual(<object>name, value, own, &ids):
                return NotImplemented
    elif type(carrier) is list:
        for pair in <list>carrier:
            if type(pair) is not tuple or PyTuple_GET_SIZE(pair) != 2:
                return NotImplemented
            name, value = PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1)
            if not _is_usual(<object>name, value, own, &ids):
                return NotImplemented
    else:
        return NotImplemented
    if ids is NULL:
        return None
    return <object>ids if ids != <PyObject*>None else NotImplemented


cdef inline bint _is_usual(
    object name, PyObject* value, const Ascii* own, PyObject** ids
) noexcept:
    """Store the *value* of the trace id; return false for the codec's other headers."""
    cdef Ascii text
    if not _read(name, &text):
        return False
    if _is_equal(text, own[0]) and ids[0] is NULL:
        ids[0] = value
        return True
    return not (
        _is_equal(text, own[0]) or _is_equal(text, own[1]) or _is_equal(text, own[2])
        or _begins_with(text, own[3])
    )


cdef inline bint _is_equal(Ascii text, Ascii lower) noexcept nogil:
    return text.end - text.at == lower.end - lower.at and _begins_with(text, lower)


cdef inline bint _begins_with(Ascii text, Ascii lower) noexcept nogil:
    """Whether *text* in lower case begins with *lower*."""
    cdef uint8_t character
    if text.end - text.at < lower.end - lower.at:
        return False
    while lower.at < lower.end:
        character = text.at[0]
        if c"A" <= character <= c"Z":
            character |= 0x20
        if character != lower.at[0]:
            return False
        text.at += 1
        lower.at += 1
    return True
