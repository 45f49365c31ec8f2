# Part of spans.pyx: C fields as attributes.
#
# Numbers are stored as C numbers; `Field` makes each an attribute. A value that does
# not fit its field, and the absence of one that was deleted, is stored in the dict
# `odd` of the object, which is `None` otherwise. C code uses fields only if `odd` is
# `None` and the class is unchanged, see `spans.pxd`.

cdef extern from *:
    """
    /* Stores an exact int as size bytes, big-endian; returns 0 if it is negative or
       too large. PyLong_AsNativeBytes is the public name of it since 3.13. */
    static inline int int_to_bytes(
        PyObject *number, unsigned char *bytes, Py_ssize_t size)
    {
    #if PY_VERSION_HEX >= 0x030D0000
        Py_ssize_t needed = PyLong_AsNativeBytes(
            number, bytes, size,
            Py_ASNATIVEBYTES_BIG_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER
                | Py_ASNATIVEBYTES_REJECT_NEGATIVE);
        if (needed >= 0 && needed <= size) return 1;
    #else
        if (_PyLong_AsByteArray(
                (PyLongObject *)number, bytes, (size_t)size, 0, 0) == 0) return 1;
    #endif
        PyErr_Clear();
        return 0;
    }
    """
    bint int_to_bytes(object number, unsigned char *to, Py_ssize_t size) noexcept

cdef object MISSING = object()
"""The value in `odd` of an attribute that was deleted."""

cdef dict DEFAULTS = {
    "dropped_logs": 0,
    "dropped_tags": 0,
    "sampling_undecided": False,
    "shares_span_id": False,
    "trace_state": None,
}

cdef enum Kind:
    OBJECT
    TAGS          # as `OBJECT`; a tuple of C code is read as a dict, see flat.pxi
    LOGS          # the same, read as a list
    TRACE_ID      # two uint64_t: an int from 0 to 2**128 - 1
    ID            # uint64_t: an int
    PARENT_ID     # uint64_t: an int from 1 on, or None as 0
    SECONDS       # double: a float, or None as NaN
    NUMBER        # uint32_t: an int below 2**31
    TRUTH         # uint8_t: a bool


@cython.final
cdef class Field:
    """The attribute of one C field."""

    cdef readonly str __name__
    cdef type owner
    cdef Py_ssize_t offset
    cdef Py_ssize_t odd_offset
    cdef Kind kind

    def __get__(self, instance, owner):
        if instance is None:
            return DEFAULTS.get(self.__name__, self)
        cdef char *start = self.start_of(instance)
        cdef PyObject *odd = (<PyObject **>(start + self.odd_offset))[0]
        cdef PyObject *found
        if odd != <PyObject *>None:
            found = PyDict_GetItemWithError(<object>odd, self.__name__)
            if found == <PyObject *>MISSING:
                raise AttributeError(self.__name__)
            if found != NULL:
                return <object>found
        return read(start + self.offset, self.kind)

    def __set__(self, instance, value):
        cdef char *start = self.start_of(instance)
        cdef PyObject **odd = <PyObject **>(start + self.odd_offset)
        cdef object before = None, odd_before = None, odd_values
        if self.kind <= LOGS:
            before = <object>(<PyObject **>(start + self.offset))[0]
        # No Python code from here on: the references are dropped at the return.
        if not store(start + self.offset, self.kind, value):
            self.set_odd(odd, value)
        elif odd[0] != <PyObject *>None:
            odd_values = <object>odd[0]
            odd_before = (<dict>odd_values).pop(self.__name__, None)
            if not <dict>odd_values:
                replace(odd, None)

    def __delete__(self, instance):
        if self.__name__ in DEFAULTS:
            self.__set__(instance, DEFAULTS[self.__name__])
            return
        self.__get__(instance, None)  # raises if it was deleted before
        cdef char *start = self.start_of(instance)
        cdef object before = None
        self.set_odd(<PyObject **>(start + self.odd_offset), MISSING)
        if self.kind == OBJECT:
            before = <object>(<PyObject **>(start + self.offset))[0]
            replace(<PyObject **>(start + self.offset), None)

    def __repr__(self):
        return f"<attribute {self.__name__!r} of {self.owner!r} objects>"

    cdef char *start_of(self, object instance) except NULL:
        # Not isinstance(), which believes the `__class__` of a mock.
        if self.owner is None or not PyObject_TypeCheck(
            instance, <PyTypeObject *>self.owner
        ):
            raise TypeError(f"{self!r} doesn't apply to a {type(instance).__name__!r}")
        return <char *><PyObject *>instance

    cdef int set_odd(self, PyObject **odd, object value) except -1:
        # Created before the comparison, because that may run a finalizer.
        cdef object values = {}
        if odd[0] == <PyObject *>None:
            replace(odd, values)
        values = <object>odd[0]
        (<dict>values)[self.__name__] = value
        return 0


cdef void replace(PyObject **place, object value) noexcept:
    """Store *value*; the caller keeps the object alive that it replaces."""
    cdef PyObject *before = place[0]
    Py_INCREF(value)
    place[0] = <PyObject *>value
    Py_DECREF(<object>before)


cdef object read(char *place, Kind kind):
    cdef double seconds
    if kind == TAGS or kind == LOGS:
        unpack(<PyObject **>place, kind)
    if kind <= LOGS:
        return <object>(<PyObject **>place)[0]
    if kind == TRACE_ID:
        return long_of((<uint64_t *>place)[0], (<uint64_t *>place)[1])
    if kind == ID:
        return (<uint64_t *>place)[0]
    if kind == PARENT_ID:
        return (<uint64_t *>place)[0] or None
    if kind == SECONDS:
        seconds = (<double *>place)[0]
        return None if isnan(seconds) else seconds
    if kind == NUMBER:
        return (<uint32_t *>place)[0]
    return (<uint8_t *>place)[0] != 0


cdef bint store(char *place, Kind kind, object value) noexcept:
    """Store *value* if it fits the field; return whether it does."""
    cdef uint64_t high, low
    if kind <= LOGS:
        if kind != OBJECT and type(value) is tuple:
            return False
        replace(<PyObject **>place, value)
    elif kind == TRUTH:
        if value is not True and value is not False:
            return False
        (<uint8_t *>place)[0] = value is True
    elif kind == SECONDS:
        if value is None:
            (<double *>place)[0] = NAN
        elif PyFloat_CheckExact(value) and not isnan(PyFloat_AS_DOUBLE(value)):
            (<double *>place)[0] = PyFloat_AS_DOUBLE(value)
        else:
            return False
    elif value is None and kind == PARENT_ID:
        (<uint64_t *>place)[0] = 0
    else:
        if type(value) is not int or not split(value, &high, &low):
            return False
        if kind == TRACE_ID:
            (<uint64_t *>place)[0], (<uint64_t *>place)[1] = high, low
        elif high:
            return False
        elif kind == ID or (kind == PARENT_ID and low):
            (<uint64_t *>place)[0] = low
        elif kind == NUMBER and low < <uint64_t>1 << 31:
            (<uint32_t *>place)[0] = <uint32_t>low
        else:
            return False
    return True


cdef object long_of(uint64_t high, uint64_t low):
    if not high:
        return low
    return <object>high << 64 | <object>low


cdef bint split(object number, uint64_t *high, uint64_t *low) noexcept:
    """Split an exact int into two halves; return whether it has at most 128 bits."""
    cdef unsigned char data[16]
    if not int_to_bytes(number, data, sizeof(data)):
        return False
    high[0], low[0] = big_endian(data), big_endian(data + 8)
    return True


cdef uint64_t big_endian(const unsigned char *data) noexcept:
    """Return the number of eight bytes, big-endian."""
    cdef uint64_t number = 0
    cdef int index
    for index in range(8):
        number = number << 8 | data[index]
    return number


cdef dict SIZES = {
    TRACE_ID: 16, ID: 8, PARENT_ID: 8, SECONDS: 8, NUMBER: 4, TRUTH: 1
}
"""Bytes of a field that is not an object, by kind."""


cdef dict fields_of(type core, list table):
    """
    Add attributes to *core*, a class in C; return them by name.

    *table* has the name and kind of each field, and `odd`, as ordered in `spans.pxd`.
    Larger fields come first there, so each is at the end of the one before.
    """
    cdef dict fields = {}
    cdef Field field, odd
    cdef Py_ssize_t end = sizeof(PyObject)
    for name, kind in table:
        field = Field.__new__(Field)
        field.__name__, field.kind = name, kind
        field.owner, field.offset = core, end
        fields[name] = field
        end += SIZES.get(kind, sizeof(PyObject *))
    if not 0 <= (<PyTypeObject *>core).tp_basicsize - end < 8:
        raise SystemError(f"the table does not describe {core}")
    odd = fields.pop("odd")
    for field in fields.values():
        field.odd_offset = odd.offset
    # Python code cannot set attributes of a class in C. This one is not in use yet.
    # `copy` and `pickle` store the attributes that are named in `__slots__`.
    (<dict>(<PyTypeObject *>core).tp_dict).update(fields, __slots__=tuple(fields))
    PyType_Modified(<PyTypeObject *>core)
    return fields
