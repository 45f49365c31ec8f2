# cython: language_level=3, binding=False, auto_pickle=False
# cython: embedsignature=True, embedsignature.format=clinic
# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""
The span core in C: how spans are stored, started, given tags and logs, and finished.

`SpanCore`, `ContextCore` and `StarterCore` are the first bases of the Python classes
`Span`, `SpanContext` and `SpanStarter`. Each of their methods does what the method of
the same name in the Python class does, for the usual arguments and states, and calls
that method in all other cases: for subclasses, patched classes, attributes of an
unusual type, arguments that are not plain. So the Python code is the specification,
and every rare case exists once. `adopt_*` replaces the Python methods in the classes
and keeps them for these calls.

**Fields.** Numbers are stored as C numbers; `Field` makes each an attribute. A value
that does not fit its field, and the absence of one that was deleted, is stored in the
dict `odd` of the object, which is `None` otherwise. C code uses fields only if `odd` is
`None` and the class is unchanged, see `spans.pxd`.

**Unchanged classes.** CPython gives each type a version number (`tp_version_tag`) and
takes it away when an attribute of the type or of a base is assigned; numbers are not
reused. So one comparison with the number of a class that was checked before shows that
nothing in it was replaced. 0 means that there is none; then the Python code runs.

**Atomicity.** All code holds the GIL. The interpreter does not switch threads or run
signal handlers in it, except in calls of Python code. Python code is called by: methods
and operations of objects that the application passed or assigned; dropping the last
reference to one; and, in 3.10 and 3.11, creating a container, which may start the
garbage collector and so finalizers. Comments mark sequences that must be atomic ("no
Python code"): objects that they store are created before, and references that they
replace are dropped after the last step. They replace the sequences without call and
jump of the Python code (see `signal_safe`).

**References.** Local variables of type object own a reference. Borrowed pointers
(`PyObject*`) are compared, or used while no Python code can run.
"""

cimport cython
from cpython.dict cimport PyDict_Copy, PyDict_GetItemWithError, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact, PyFloat_FromDouble
from cpython.list cimport PyList_Append, PyList_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.math cimport INFINITY, NAN, fabs, isnan, nextafter
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

import os
import random as random_module
import time as time_module

from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED
from jaeger_client.constants import MAX_ID_BITS, MAX_TRACE_ID_BITS

cdef extern from *:
    """
    #include <time.h>

    /* The version of a type; 0 if it has none. The flag exists up to 3.13, but the
       number is not reset to 0 in every release of 3.10 and 3.11. */
    static inline unsigned int
    version_of(PyTypeObject *type)
    {
    #if PY_VERSION_HEX < 0x030C0000
        if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG)) {
            return 0;
        }
    #endif
        return type->tp_version_tag;
    }

    static inline int
    has_generic_access(PyTypeObject *type)
    {
        return type->tp_getattro == PyObject_GenericGetAttr
            && type->tp_setattro == PyObject_GenericSetAttr;
    }

    /* Calls a function of no arguments in C as its vectorcall would, without the
       checks of that. Its pointer is read each time: time-machine replaces it. */
    static inline PyObject *
    call_builtin(PyObject *function)
    {
        if (PyCFunction_CheckExact(function)
            && PyCFunction_GET_FLAGS(function) == METH_NOARGS) {
            return PyCFunction_GET_FUNCTION(function)(
                PyCFunction_GET_SELF(function), NULL);
        }
        return PyObject_CallNoArgs(function);
    }

    #ifdef __linux__
    #define HAS_DIRECT_CLOCKS 1
    /* The clocks of `time.time` and `time.monotonic`, rounded in the same way; the
       functions would create an object each. */
    static inline double
    read_clock(int clock)
    {
        struct timespec now;
        clock_gettime(clock, &now);
        return (double)(now.tv_sec * (int64_t)1000000000 + now.tv_nsec) / 1e9;
    }
    #else
    #define HAS_DIRECT_CLOCKS 0
    #define read_clock(clock) 0.0
    #define CLOCK_REALTIME 0
    #define CLOCK_MONOTONIC 0
    #endif

    static inline void *
    function_of(PyObject *function)
    {
        return PyCFunction_CheckExact(function)
            ? (void *)PyCFunction_GET_FUNCTION(function) : NULL;
    }

    static inline PyObject *
    call_method_2(PyObject *self, PyObject *name, PyObject *first, PyObject *second)
    {
        PyObject *arguments[3] = {self, first, second};
        return PyObject_VectorcallMethod(
            name, arguments, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    """
    unsigned int version_of(PyTypeObject *type) noexcept
    bint has_generic_access(PyTypeObject *type) noexcept
    object call_builtin(PyObject *function)
    bint HAS_DIRECT_CLOCKS
    int CLOCK_REALTIME, CLOCK_MONOTONIC
    double read_clock(int clock) noexcept
    void *function_of(PyObject *function) noexcept
    object call_method_2(object self, object name, object first, object second)
    object PyObject_CallMethodOneArg(object self, object name, object argument)
    object PyObject_CallNoArgs(object function)
    PyObject *_PyType_Lookup(PyTypeObject *type, object name) noexcept
    PyTypeObject *Py_TYPE(object o) noexcept
    bint PyType_IsSubtype(PyTypeObject *type, PyTypeObject *base) noexcept
    bint PyLong_CheckExact(object o) noexcept
    bint PyUnicode_CheckExact(object o) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object o) noexcept
    void PyType_Modified(PyTypeObject *type) noexcept
    object PyLong_FromDouble(double value)
    Py_ssize_t PyLong_AsSsize_t(object o) except? -1
    unsigned long long PyLong_AsUnsignedLongLong(object o) except? <unsigned long long>-1

cdef enum:
    SAMPLED = 1
    DEBUG = 2
    MANY = 1024  # as in `span_records`; `adopt_span` checks that they are equal

cdef double MAX_OFFSET = 1e100
"""In seconds; the microseconds of larger ones may be infinite."""

cdef object MISSING = object()
"""The value in `odd` of an attribute that was deleted."""

cdef dict DEFAULTS = {
    "dropped_logs": 0,
    "dropped_tags": 0,
    "sampling_undecided": False,
    "shares_span_id": False,
    "trace_state": None,
}
"""Values of attributes that were deleted; the Python classes have them, too."""

cdef tuple NO_ARGUMENTS = ()
cdef object ID_BITS = MAX_ID_BITS
cdef object TRACE_ID_BITS = MAX_TRACE_ID_BITS
cdef object MAX_SPAN_ID = (1 << MAX_ID_BITS) - 1
cdef str SAMPLING_PRIORITY = "sampling.priority"
cdef str GETRANDBITS = "getrandbits"
cdef str IS_SAMPLED = "is_sampled"
cdef str REPORT_SPAN = "report_span"
cdef str TIME = "time"

# ---- Fields

cdef enum Kind:
    OBJECT
    TRACE_ID      # two uint64_t: an int from 0 to 2**128 - 1
    ID            # uint64_t: an int
    PARENT_ID     # uint64_t: an int from 1 on, or None as 0
    SECONDS       # double: a float
    OPTIONAL      # double: a float, or None as NaN
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
        if self.kind == OBJECT:
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
        if self.owner is None or not PyType_IsSubtype(
            Py_TYPE(instance), <PyTypeObject *>self.owner
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
    if kind == OBJECT:
        return <object>(<PyObject **>place)[0]
    if kind == TRACE_ID:
        return long_of((<uint64_t *>place)[0], (<uint64_t *>place)[1])
    if kind == ID:
        return (<uint64_t *>place)[0]
    if kind == PARENT_ID:
        return (<uint64_t *>place)[0] or None
    if kind == SECONDS or kind == OPTIONAL:
        seconds = (<double *>place)[0]
        return None if isnan(seconds) and kind == OPTIONAL else seconds
    if kind == NUMBER:
        return (<uint32_t *>place)[0]
    return (<uint8_t *>place)[0] != 0


cdef bint store(char *place, Kind kind, object value) except -1:
    """Store *value* if it fits the field; return whether it does."""
    cdef uint64_t high, low
    cdef double seconds
    if kind == OBJECT:
        replace(<PyObject **>place, value)
    elif kind == TRUTH:
        if value is not True and value is not False:
            return False
        (<uint8_t *>place)[0] = value is True
    elif kind == SECONDS or kind == OPTIONAL:
        if PyFloat_CheckExact(value):
            seconds = PyFloat_AS_DOUBLE(value)
            if isnan(seconds) and kind == OPTIONAL:
                return False
        elif value is None and kind == OPTIONAL:
            seconds = NAN
        else:
            return False
        (<double *>place)[0] = seconds
    elif value is None and kind == PARENT_ID:
        (<uint64_t *>place)[0] = 0
    else:
        if not PyLong_CheckExact(value) or not split(value, &high, &low):
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


cdef bint split(object number, uint64_t *high, uint64_t *low) except -1:
    """Split an exact int into two halves; return whether it has at most 128 bits."""
    try:
        low[0] = PyLong_AsUnsignedLongLong(number)
        high[0] = 0
    except OverflowError:
        upper = number >> 64
        try:
            high[0] = PyLong_AsUnsignedLongLong(upper)
        except OverflowError:
            return False
        low[0] = PyLong_AsUnsignedLongLong(number & 0xFFFF_FFFF_FFFF_FFFF)
    return True


cdef dict fields_of(object probe, dict odd, list table):
    """
    Add attributes to the class in C of *probe*; return them by name.

    *table* has for each the name, the kind, and where the C field is: its offset, or
    the object that was stored in it, as *odd* was stored in `odd`.
    """
    cdef type core = type(probe)
    cdef dict fields = {}
    cdef Field field
    for name, kind, place in table:
        field = Field.__new__(Field)
        field.__name__, field.kind, field.owner = name, kind, core
        field.offset = offset_of(probe, place) if kind == OBJECT else place
        field.odd_offset = offset_of(probe, odd)
        fields[name] = field
    # Python code cannot set attributes of a class in C. This one is not in use yet.
    (<dict>(<PyTypeObject *>core).tp_dict).update(fields)
    PyType_Modified(<PyTypeObject *>core)
    return fields


cdef Py_ssize_t offset_of(object probe, object stored) except -1:
    """Return where *stored* is in *probe*; Cython has no address of such a field."""
    cdef char *start = <char *><PyObject *>probe
    cdef Py_ssize_t offset = sizeof(PyObject)
    while offset < Py_TYPE(probe).tp_basicsize:
        if (<PyObject **>(start + offset))[0] == <PyObject *>stored:
            return offset
        offset += sizeof(PyObject *)
    raise SystemError("a field of an object was not found")


cdef object state_of(object instance, dict fields):
    """Return what `copy` and `pickle` store, in the form that slots have."""
    cdef dict values = {}
    for name in fields:
        try:
            values[name] = getattr(instance, name)
        except AttributeError:
            pass
    return instance.__dict__, values


# ---- Unchanged classes


@cython.final
cdef class Original:
    """The attributes of a class that C code relies on, as they were at first."""

    cdef type owner
    cdef dict attributes
    cdef unsigned int version

    cdef bint is_unchanged(self) noexcept:
        """Whether no attribute was replaced since."""
        cdef PyTypeObject *owner = <PyTypeObject *>self.owner
        return (
            (self.version != 0 and version_of(owner) == self.version)
            or self.check(owner, &self.version)
        )

    cdef bint check(self, PyTypeObject *owner, unsigned int *version) noexcept:
        """Compare each attribute; store the version of the class if all are the same."""
        cdef PyObject *name
        cdef PyObject *attribute
        cdef Py_ssize_t position = 0
        version[0] = 0
        while PyDict_Next(self.attributes, &position, &name, &attribute):
            # Runs no Python code: the names are strings, as all names in classes.
            if _PyType_Lookup(owner, <object>name) != attribute:
                return False
        if not has_generic_access(owner):
            return False
        version[0] = version_of(owner)
        return version[0] != 0


cdef Original original_of(type owner, names):
    cdef Original original = Original.__new__(Original)
    original.owner = owner
    original.attributes = {
        name: <object>_PyType_Lookup(<PyTypeObject *>owner, name) for name in names
    }
    return original


cdef dict replace_methods(type owner, type core):
    """Replace in *owner* what *core* implements; return it, and what is inherited."""
    cdef dict removed = {}
    for name, value in core.__dict__.items():
        if name.startswith("__") or isinstance(value, Field):
            continue
        for base in owner.__mro__:
            if base is not core and name in base.__dict__:
                removed[name] = base.__dict__[name]
                break
        if name in owner.__dict__:
            setattr(owner, name, value)
    return removed


# ---- Contexts


cdef class ContextCore:
    """The fields of `SpanContext`."""

    def __getstate__(self):
        return state_of(self, context_fields)


cdef ContextCore context_probe = ContextCore.__new__(ContextCore)
cdef char *context_start = <char *><PyObject *>context_probe
cdef list context_probe_objects = [object() for _ in range(3)]
context_probe.odd = {}
(
    context_probe.baggage,
    context_probe.debug_id,
    context_probe.trace_state,
) = context_probe_objects

cdef dict context_fields = fields_of(context_probe, context_probe.odd, [
    ("trace_id", TRACE_ID, <char *>&context_probe.trace_id_high - context_start),
    ("span_id", ID, <char *>&context_probe.span_id - context_start),
    ("parent_id", PARENT_ID, <char *>&context_probe.parent_id - context_start),
    ("baggage", OBJECT, context_probe_objects[0]),
    ("debug_id", OBJECT, context_probe_objects[1]),
    ("trace_state", OBJECT, context_probe_objects[2]),
    ("flags", NUMBER, <char *>&context_probe.flags - context_start),
    ("has_random_trace_id", TRUTH, <char *>&context_probe.has_random_trace_id - context_start),
    ("sampling_undecided", TRUTH, <char *>&context_probe.sampling_undecided - context_start),
])

cdef type context_class = None
cdef Original context_original = None


def adopt_context(cls):
    """Make *cls* the class of all contexts; it has `ContextCore` as its first base."""
    global context_class, context_original
    context_class = cls
    names = (*context_fields, "__init__", "__new__", "has_trace")
    context_original = original_of(cls, names)


cdef bint is_plain_context(object context) noexcept:
    return (
        <PyObject *>Py_TYPE(context) == <PyObject *>context_class
        and (<ContextCore>context).odd is None
        and context_original.is_unchanged()
    )


cdef bint are_contexts_plain() noexcept:
    return context_original is not None and context_original.is_unchanged()


cdef ContextCore new_context():
    # Not the class itself, which would call its __init__.
    # Checked, because the application may have replaced `__new__`.
    return <ContextCore?>(<PyTypeObject *>context_class).tp_new(
        context_class, <PyObject *>NO_ARGUMENTS, NULL
    )


# ---- Spans


cdef class SpanCore:
    """The fields and the hot methods of `Span`."""

    def __getstate__(self):
        return state_of(self, span_fields)

    @property
    def context(self):
        """Ids, flags and baggage to propagate; `set_baggage_item` replaces it."""
        cdef ContextCore context
        if not has_plain_fields(self) or not context_original.is_unchanged():
            return python_span["context"].__get__(self)
        if self.stored_context is None:
            context = new_context()
            context.trace_id_high = self.trace_id_high
            context.trace_id_low = self.trace_id_low
            context.span_id = self.span_id
            context.parent_id = self.parent_id
            context.baggage = self.baggage
            context.has_random_trace_id = self.has_random_trace_id
            context.flags = self.own_flags
            # No Python code between the next lines: all threads get the same context.
            if self.stored_context is None:
                self.stored_context = context
                self.own_flags = 0
        return self.stored_context

    @context.setter
    def context(self, context):
        python_span["context"].__set__(self, context)

    @property
    def flags(self):
        """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
        cdef int flags = flags_of(self)
        return python_span["flags"].__get__(self) if flags < 0 else flags

    @flags.setter
    def flags(self, flags):
        python_span["flags"].__set__(self, flags)

    def is_sampled(self):
        """Return whether this span is recorded."""
        cdef int flags = flags_of(self)
        return python_span["is_sampled"](self) if flags < 0 else bool(flags & SAMPLED)

    def set_tag(self, key, value):
        """
        Append a tag; an earlier tag of the same key is not replaced.

        Text is cut at the tracer's `max_tag_value_length`. A value that is not text, a
        number, a bool or bytes is converted to text immediately.
        """
        cdef int flags = flags_of(self)
        if flags >= 0 and PyUnicode_CheckExact(key) and key != SAMPLING_PRIORITY:
            if not flags & SAMPLED:
                return self
            if is_stored_unchanged(value, self.owner) and add_tag(self, (key, value)):
                return self
        return python_set_tag(self, key, value)

    def log_kv(self, key_values, timestamp=None):
        """Append a log of *key_values* at *timestamp*, in seconds; `None` is now."""
        cdef int flags = flags_of(self)
        cdef dict fields
        if flags >= 0 and not flags & SAMPLED:
            return self
        if flags >= 0 and timestamp is None and type(key_values) is dict and is_timed(self):
            fields = PyDict_Copy(key_values)
            if len(fields) <= MAX_LOG_FIELDS and are_stored_unchanged(fields, max_length_of(self.owner)):
                when = PyLong_FromDouble((self.clock_offset + steady_time()) * 1000000)
                if add_log(self, (when, fields.items())):
                    return self
        return python_log_kv(self, key_values, timestamp)

    def finish(self, finish_time=None):
        """
        Finish the span at *finish_time*, in seconds, or now, and report it.

        Only the first call has an effect; on an unsampled span none has.
        """
        cdef int flags = flags_of(self)
        if flags >= 0 and not flags & SAMPLED:
            return
        if flags < 0 or self.finished or finish_time is not None or not is_timed(self):
            python_finish(self, finish_time)
            return
        # No Python code since the test: if several threads finish the span, only one
        # reports it.
        self.finished = True
        self.end_time = self.clock_offset + steady_time()
        if self.end_time == self.start_time:
            # A double has steps of 0.24 us here. A span that has not ended after its
            # start is shown as an error.
            self.end_time = nextafter(self.start_time, INFINITY)
        PyObject_CallMethodOneArg(self.owner, REPORT_SPAN, self)


cdef SpanCore span_probe = SpanCore.__new__(SpanCore)
cdef char *span_start = <char *><PyObject *>span_probe
cdef list span_probe_objects = [object() for _ in range(9)]
span_probe.odd = {}
(
    span_probe.owner,
    span_probe.operation_name,
    span_probe.references,
    span_probe.baggage,
    span_probe.stored_context,
    span_probe.first_tags,
    span_probe.decision_tags,
    span_probe.more_tags,
    span_probe.log_items,
) = span_probe_objects

cdef dict span_fields = fields_of(span_probe, span_probe.odd, [
    ("trace_id", TRACE_ID, <char *>&span_probe.trace_id_high - span_start),
    ("span_id", ID, <char *>&span_probe.span_id - span_start),
    ("parent_id", PARENT_ID, <char *>&span_probe.parent_id - span_start),
    ("start_time", SECONDS, <char *>&span_probe.start_time - span_start),
    ("end_time", OPTIONAL, <char *>&span_probe.end_time - span_start),
    ("clock_offset", OPTIONAL, <char *>&span_probe.clock_offset - span_start),
    ("_tracer", OBJECT, span_probe_objects[0]),
    ("operation_name", OBJECT, span_probe_objects[1]),
    ("references", OBJECT, span_probe_objects[2]),
    ("baggage", OBJECT, span_probe_objects[3]),
    ("stored_context", OBJECT, span_probe_objects[4]),
    ("first_tags", OBJECT, span_probe_objects[5]),
    ("decision_tags", OBJECT, span_probe_objects[6]),
    ("more_tags", OBJECT, span_probe_objects[7]),
    ("log_items", OBJECT, span_probe_objects[8]),
    ("own_flags", NUMBER, <char *>&span_probe.own_flags - span_start),
    ("dropped_tags", NUMBER, <char *>&span_probe.dropped_tags - span_start),
    ("dropped_logs", NUMBER, <char *>&span_probe.dropped_logs - span_start),
    ("finished", TRUTH, <char *>&span_probe.finished - span_start),
    ("has_random_trace_id", TRUTH, <char *>&span_probe.has_random_trace_id - span_start),
    ("shares_span_id", TRUTH, <char *>&span_probe.shares_span_id - span_start),
])

cdef type span_class = None
cdef Original span_original = None
cdef dict python_span = {}
cdef object python_set_tag, python_log_kv, python_finish
cdef dict NO_BAGGAGE, NO_TAGS
cdef list NO_MORE_TAGS, NO_LOGS
cdef Py_ssize_t MAX_LOG_FIELDS

cdef tuple USED_OF_SPAN = (
    "__new__", "context", "flags", "ids", "tag_items", "_grow_tags", "_grow_logs"
)
"""What C code and encoders in C do themselves instead of calling it."""


def adopt_span(
    cls, *, no_baggage, no_tags, no_more_tags, no_logs, many, max_log_fields
):
    """Make *cls* the class of all spans; it has `SpanCore` as its first base."""
    global span_class, span_original, python_span
    global python_set_tag, python_log_kv, python_finish
    global NO_BAGGAGE, NO_TAGS, NO_MORE_TAGS, NO_LOGS, MAX_LOG_FIELDS
    if many != MANY:
        raise ValueError(many)
    NO_BAGGAGE, NO_TAGS, NO_MORE_TAGS = no_baggage, no_tags, no_more_tags
    NO_LOGS, MAX_LOG_FIELDS = no_logs, max_log_fields
    python_span = replace_methods(cls, SpanCore)
    python_set_tag, python_log_kv, python_finish = (
        python_span["set_tag"], python_span["log_kv"], python_span["finish"]
    )
    span_class = cls
    span_original = original_of(cls, (*span_fields, *USED_OF_SPAN))


cdef bint has_plain_fields(object span) noexcept:
    return (
        <PyObject *>Py_TYPE(span) == <PyObject *>span_class
        and (<SpanCore>span).odd is None
        and span_original.is_unchanged()
    )


cdef object no_more_tags():
    return NO_MORE_TAGS


cdef bint read_ids(SpanCore span, Ids *ids) noexcept:
    if span.stored_context is None:
        ids.trace_id_high, ids.trace_id_low = span.trace_id_high, span.trace_id_low
        ids.span_id, ids.parent_id = span.span_id, span.parent_id
        ids.flags = span.own_flags
        return True
    if not is_plain_context(span.stored_context):
        return False
    ids_of(<ContextCore>span.stored_context, ids)
    return True


cdef void ids_of(ContextCore context, Ids *ids) noexcept:
    ids.trace_id_high, ids.trace_id_low = context.trace_id_high, context.trace_id_low
    ids.span_id, ids.parent_id = context.span_id, context.parent_id
    ids.flags = context.flags


cdef int flags_of(SpanCore span) noexcept:
    """The flags of *span*; -1 if Python code must read them."""
    if not has_plain_fields(span):
        return -1
    if span.stored_context is None:
        return <int>span.own_flags
    if is_plain_context(span.stored_context):
        return <int>(<ContextCore>span.stored_context).flags
    return -1


cdef inline bint is_timed(SpanCore span) except -1:
    """Whether the time of *span* is read from the steady clock, and is plausible."""
    # False for NaN, and for times that are no number of microseconds.
    return fabs(span.clock_offset) < MAX_OFFSET and is_clock_unpatched()


cdef bint add_tag(SpanCore span, tuple pair) except -1:
    """Append a tag, if the list of tags is or becomes a plain one."""
    cdef list tags
    if span.more_tags is NO_MORE_TAGS:
        if not may_have_many_tags(span):
            return False
        tags = [pair]
        # No Python code between the two lines, as in `_grow_tags`.
        if span.more_tags is not NO_MORE_TAGS:
            return False
        span.more_tags = tags
        return True
    return append_to(span.more_tags, pair)


cdef bint add_log(SpanCore span, tuple item) except -1:
    """Append a log, if the list of logs is or becomes a plain one."""
    cdef list logs
    if span.log_items is NO_LOGS:
        if not may_have_many_logs(span):
            return False
        logs = [item]
        # As in `add_tag`.
        if span.log_items is not NO_LOGS:
            return False
        span.log_items = logs
        return True
    return append_to(span.log_items, item)


cdef inline bint append_to(object items, tuple item) except -1:
    if type(items) is not list or PyList_GET_SIZE(items) >= MANY:
        return False
    PyList_Append(items, item)
    return True


# ---- Values and limits


cdef Py_ssize_t limit_of(object number) noexcept:
    """Return a limit that is a usual number, or -1."""
    if not PyLong_CheckExact(number):
        return -1
    try:
        return PyLong_AsSsize_t(number)
    except OverflowError:
        return -1


cdef Py_ssize_t max_length_of(object owner) noexcept:
    """The `max_tag_value_length` of the owner of a span, or -1."""
    if isinstance(owner, StarterCore) and is_plain_starter(<StarterCore>owner):
        return limit_of((<StarterCore>owner).max_tag_value_length)
    return -1


cdef inline bint is_immutable(object value, Py_ssize_t max_length) noexcept:
    """Whether *value* is stored as it is, see `to_tag_value`."""
    kind = <PyObject *>Py_TYPE(value)
    if kind == <PyObject *>str:
        return PyUnicode_GET_LENGTH(value) <= max_length
    return kind == <PyObject *>int or kind == <PyObject *>bool or kind == <PyObject *>float


cdef inline bint is_stored_unchanged(object value, object owner) noexcept:
    return is_immutable(value, 0) or (
        PyUnicode_CheckExact(value) and is_immutable(value, max_length_of(owner))
    )


cdef bint are_stored_unchanged(dict values, Py_ssize_t max_length) noexcept:
    """Whether `to_tag_values` would return an equal dict."""
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_ssize_t position = 0
    while PyDict_Next(values, &position, &key, &value):
        if not is_immutable(<object>value, max_length):
            return False
    return True


cdef bint may_have_many_tags(SpanCore span) noexcept:
    """Whether a plain list of `MANY` tags respects the limit, as in `_grow_tags`."""
    cdef object owner = span.owner
    return (
        isinstance(owner, StarterCore)
        and is_plain_starter(<StarterCore>owner)
        and type(span.first_tags) is dict
        and limit_of((<StarterCore>owner).max_tags_per_span) - len(<dict>span.first_tags) > MANY
    )


cdef bint may_have_many_logs(SpanCore span) noexcept:
    """Whether a plain list of `MANY` logs respects the limit, as in `_grow_logs`."""
    cdef object owner = span.owner
    return (
        isinstance(owner, StarterCore)
        and is_plain_starter(<StarterCore>owner)
        and limit_of((<StarterCore>owner).max_logs_per_span) > MANY
    )


# ---- Time

cdef object WALL_CLOCK = UNPATCHED.wall_clock
cdef object STEADY = STEADY_CLOCK
cdef dict TIME_ATTRIBUTES = time_module.__dict__


cdef inline bint is_clock_unpatched() except -1:
    """Whether `time.time` is the function of the interpreter."""
    return PyDict_GetItemWithError(TIME_ATTRIBUTES, TIME) == <PyObject *>WALL_CLOCK


cdef void *WALL_FUNCTION = function_of(<PyObject *>WALL_CLOCK)
cdef void *STEADY_FUNCTION = function_of(<PyObject *>STEADY)
cdef bint IS_MONOTONIC = STEADY_CLOCK is time_module.monotonic


cdef inline double wall_time() except? -1:
    """Return what `time.time()` does while it is the function of the interpreter."""
    # NULL if the package was imported while `time.time` was patched, as freezegun does;
    # time-machine replaces the pointer in the function.
    if (
        HAS_DIRECT_CLOCKS
        and WALL_FUNCTION != NULL
        and function_of(<PyObject *>WALL_CLOCK) == WALL_FUNCTION
    ):
        return read_clock(CLOCK_REALTIME)
    return call_builtin(<PyObject *>WALL_CLOCK)


cdef inline double steady_time() except? -1:
    """Return what `STEADY_CLOCK()` does."""
    if (
        HAS_DIRECT_CLOCKS
        and IS_MONOTONIC
        and STEADY_FUNCTION != NULL
        and function_of(<PyObject *>STEADY) == STEADY_FUNCTION
    ):
        return read_clock(CLOCK_MONOTONIC)
    return call_builtin(<PyObject *>STEADY)


# ---- Ids

cdef uint64_t random_state[4]


def seed_ids():
    """Seed the generator of ids from the operating system."""
    cdef bytes seed = os.urandom(sizeof(random_state))
    # No Python code here: no thread uses a part of the seed.
    memcpy(random_state, <const char *>seed, sizeof(random_state))
    random_state[0] |= 1  # all zeros would stay all zeros


seed_ids()


cdef inline uint64_t rotated(uint64_t bits, int left) noexcept:
    return bits << left | bits >> (64 - left)


cdef uint64_t random_bits() noexcept:
    """Return 64 random bits: xoshiro256++ of Blackman and Vigna, 2019."""
    cdef uint64_t *s = random_state
    cdef uint64_t result = rotated(s[0] + s[3], 23) + s[0]
    cdef uint64_t shifted = s[1] << 17
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = rotated(s[3], 45)
    return result


cdef type random_class = None
cdef Original random_original = None


def adopt_random(cls):
    """Use the generator in C in place of unchanged instances of *cls*."""
    global random_class, random_original
    random_original = original_of(cls, (GETRANDBITS,))
    # Not if a test had patched it before.
    expected = random_module.Random.__mro__[1].__dict__[GETRANDBITS]
    random_class = cls if random_original.attributes[GETRANDBITS] is expected else None


cdef bint owns_ids(StarterCore self) except -1:
    """Whether ids are random: `self.random` is unchanged and was not seeded."""
    if (
        <PyObject *>Py_TYPE(self.random) != <PyObject *>random_class
        or not random_original.is_unchanged()
    ):
        return False
    if self.checked_random is not self.random:
        self.random_attributes = self.random.__dict__
        self.checked_random, self.attribute_count = self.random, -1
    # By default it has one attribute. One of several may have been exchanged.
    if len(self.random_attributes) != self.attribute_count or self.attribute_count > 1:
        # See `IdRandom.seed`; a test may have assigned a function.
        if "is_seeded" in self.random_attributes or GETRANDBITS in self.random_attributes:
            return False
        self.attribute_count = len(self.random_attributes)
    return True


# ---- Starting spans


cdef class StarterCore:
    """The hot attributes and methods of `SpanStarter`."""

    def __getstate__(self):
        return state_of(self, starter_fields)

    def __cinit__(self, *arguments, **options):
        self.odd = dict.fromkeys(starter_fields, MISSING) if starter_fields else None

    def start_span(
        self,
        operation_name=None,
        child_of=None,
        references=None,
        tags=None,
        start_time=None,
        ignore_active_span=False,
    ):
        """
        Start a span; the caller finishes it.

        Args:
            operation_name: Name of the work, the same for all requests of a kind.
            child_of: The parent; the active span, if `None`.
            references: Related contexts; without any other parent, the first one is the
                parent.
            tags: Initial tags; the mapping is copied.
            start_time: Seconds since the epoch; now, if `None`.
            ignore_active_span: Whether the active span is not used as the parent.
        """
        if is_plain_starter(self) and span_original.is_unchanged():
            try:
                return start(
                    self, operation_name, child_of, references, tags, start_time,
                    ignore_active_span,
                )
            except Exception as error:
                return self._failed_span(error)
        return python_start_span(
            self, operation_name, child_of, references, tags, start_time,
            ignore_active_span,
        )

    def report_span(self, span):
        """Pass a finished span to the reporter; called by the span."""
        if not is_plain_starter(self):
            python_report_span(self, span)
            return
        if not self.metrics.is_noop:
            self._count(self.metrics.spans_finished)
        try:
            PyObject_CallMethodOneArg(self.reporter, REPORT_SPAN, span)
        except Exception as error:
            reporter_failed.warn(self.reporter, error)


cdef StarterCore starter_probe = StarterCore.__new__(StarterCore)
cdef char *starter_start = <char *><PyObject *>starter_probe
cdef list starter_probe_objects = [object() for _ in range(12)]
starter_probe.odd = {}
(
    starter_probe.sampler,
    starter_probe.reporter,
    starter_probe.metrics,
    starter_probe.random,
    starter_probe.max_trace_id_bits,
    starter_probe.one_span_per_rpc,
    starter_probe.max_tag_value_length,
    starter_probe.max_tags_per_span,
    starter_probe.max_logs_per_span,
    starter_probe.clock,
    starter_probe.active_scope,
    starter_probe.process_mark,
) = starter_probe_objects

cdef dict starter_fields = fields_of(starter_probe, starter_probe.odd, [
    ("sampler", OBJECT, starter_probe_objects[0]),
    ("reporter", OBJECT, starter_probe_objects[1]),
    ("metrics", OBJECT, starter_probe_objects[2]),
    ("random", OBJECT, starter_probe_objects[3]),
    ("max_trace_id_bits", OBJECT, starter_probe_objects[4]),
    ("one_span_per_rpc", OBJECT, starter_probe_objects[5]),
    ("max_tag_value_length", OBJECT, starter_probe_objects[6]),
    ("max_tags_per_span", OBJECT, starter_probe_objects[7]),
    ("max_logs_per_span", OBJECT, starter_probe_objects[8]),
    ("clock", OBJECT, starter_probe_objects[9]),
    ("_active_scope", OBJECT, starter_probe_objects[10]),
    ("_process_mark", OBJECT, starter_probe_objects[11]),
])

cdef Original starter_original = None
cdef object python_start_span, python_report_span
cdef object with_context, as_dict, to_text, to_tag_values, to_seconds
cdef type DECISION_TAGS = None
cdef object sampler_failed, reporter_failed


def adopt_starter(
    cls, *, random, decision_tags, with_context, as_dict, to_text, to_tag_values,
    to_seconds, sampler_failed, reporter_failed,
):
    """Make *cls* the base of all tracers; it has `StarterCore` as its first base."""
    use_starter(cls, decision_tags, sampler_failed, reporter_failed)
    use_functions(with_context, as_dict, to_text, to_tag_values, to_seconds)
    adopt_random(random)


cdef use_starter(cls, decision_tags, warn_of_sampler, warn_of_reporter):
    global starter_original, python_start_span, python_report_span
    global DECISION_TAGS, sampler_failed, reporter_failed
    DECISION_TAGS, sampler_failed = decision_tags, warn_of_sampler
    reporter_failed = warn_of_reporter
    removed = replace_methods(cls, StarterCore)
    python_start_span = removed["start_span"]
    python_report_span = removed["report_span"]
    starter_original = original_of(cls, (*starter_fields, "_call_sampler"))


cdef use_functions(contexts, mapping, text, tag_values, seconds):
    global with_context, as_dict, to_text, to_tag_values, to_seconds
    with_context, as_dict, to_text = contexts, mapping, text
    to_tag_values, to_seconds = tag_values, seconds


cdef bint is_plain_starter(StarterCore self) noexcept:
    """Whether no attribute of the tracer is unusual."""
    cdef PyTypeObject *cls = Py_TYPE(self)
    return self.odd is None and (
        (self.plain_version != 0 and version_of(cls) == self.plain_version)
        or (
            starter_original is not None
            and starter_original.check(cls, &self.plain_version)
        )
    )


cdef SpanCore new_span():
    # As in `new_context`.
    return <SpanCore?>(<PyTypeObject *>span_class).tp_new(
        span_class, <PyObject *>NO_ARGUMENTS, NULL
    )


cdef object start(
    StarterCore self, object name, object parent, object references, object tags,
    object start_time, object ignore_active_span
):
    cdef SpanCore span
    cdef dict initial
    cdef object decision = None
    if not self.process_mark:
        start_time = self._notice_fork(start_time)
    if parent is None and not ignore_active_span:
        scope = PyObject_CallNoArgs(self.active_scope)
        if scope is not None:
            parent = scope.span
    if references is not None:
        references = with_context(references)
        if parent is None and references:
            parent = references[0].referenced_context
    if tags is not None and type(tags) is not dict:
        tags = as_dict(tags)
    if not PyUnicode_CheckExact(name):
        name = "" if name is None else to_text(name)

    span = new_span()
    span.operation_name = name
    span.clock_offset = NAN
    if parent is None:
        decision = begin(self, span)
    elif not join(self, span, parent):
        # Any other kind of parent, or state of it.
        return python_start_span(
            self, name, parent, references, tags, start_time, True
        )
    span.owner = self
    span.end_time = NAN
    span.references = references
    span.first_tags = span.decision_tags = NO_TAGS
    span.more_tags = NO_MORE_TAGS
    span.log_items = NO_LOGS
    initial = tags
    if initial is not None and len(initial):
        set_first_tags(self, span, initial)
    # Read again, because a tag may have changed them.
    if decision is not None and bits_of(span):
        if type(decision) is DECISION_TAGS:
            span.decision_tags = decision
        else:
            self._apply_decision(span, decision)
    set_start_time(self, span, start_time)
    if not self.metrics.is_noop:
        self._count_start(span, tags)
    return span


cdef object begin(StarterCore self, SpanCore span):
    """Make *span* a root; return the tags of the sampler's decision, or `None`."""
    cdef object bits = self.max_trace_id_bits
    cdef object trace_id
    span.baggage = NO_BAGGAGE
    span.has_random_trace_id = True
    if owns_ids(self) and (bits is ID_BITS or bits is TRACE_ID_BITS):
        span.trace_id_high = random_bits() if bits is TRACE_ID_BITS else 0
        span.trace_id_low = random_bits()
        if not span.trace_id_low:
            span.trace_id_low = 1
        # One random number serves as both ids, as in the Go and Java clients.
        span.span_id = span.trace_id_low
        trace_id = long_of(span.trace_id_high, span.trace_id_low)
    else:
        trace_id = self.random.getrandbits(bits) or 1
        (<object>span).trace_id = trace_id
        (<object>span).span_id = trace_id & MAX_SPAN_ID or 1
    try:
        sampled, reason = call_method_2(
            self.sampler, IS_SAMPLED, trace_id, span.operation_name
        )
        if sampled:
            span.own_flags = SAMPLED
            return reason
    except Exception as error:
        sampler_failed.warn(self.sampler, error)
    return None


cdef bint join(StarterCore self, SpanCore span, object parent) except -1:
    """Make *span* a child of *parent*; return false if Python code must do that."""
    cdef SpanCore above
    cdef ContextCore context
    cdef Ids ids
    cdef object state = None
    cdef object baggage
    if self.one_span_per_rpc is not False:
        return False
    if has_plain_fields(parent):
        above = <SpanCore>parent
        span.clock_offset = above.clock_offset
        span.has_random_trace_id = above.has_random_trace_id
        baggage = above.baggage
        if not read_ids(above, &ids):
            return False
        parent = above.stored_context
    elif not is_plain_context(parent):
        return False
    if parent is not None:
        context = <ContextCore>parent
        ids_of(context, &ids)
        span.has_random_trace_id = context.has_random_trace_id
        baggage, state = context.baggage, context.trace_state
        if not ids.flags and context.sampling_undecided:
            return False
    if type(baggage) is not dict or not ids.span_id or not (
        ids.trace_id_high or ids.trace_id_low
    ):
        return False
    span.trace_id_high, span.trace_id_low = ids.trace_id_high, ids.trace_id_low
    span.parent_id = ids.span_id
    # Formats other than Jaeger's may set the debug flag alone.
    span.own_flags = ids.flags | SAMPLED if ids.flags & DEBUG else ids.flags
    if owns_ids(self):
        span.span_id = random_bits()
        if not span.span_id:
            span.span_id = 1
    else:
        (<object>span).span_id = self.random.getrandbits(ID_BITS) or 1
    span.baggage = PyDict_Copy(<dict>baggage) if len(<dict>baggage) else NO_BAGGAGE
    if state is not None:
        (<object>span).context.trace_state = state
    return True


cdef int bits_of(SpanCore span) except -1:
    """The flags of a new span, one of whose ids may be unusual."""
    cdef int flags = flags_of(span)
    return (<object>span).flags if flags < 0 else flags


cdef int set_first_tags(StarterCore self, SpanCore span, dict tags) except -1:
    """Store the tags that were passed at the start, if the span is sampled."""
    cdef dict stored
    cdef Py_ssize_t limit
    if SAMPLING_PRIORITY in tags:
        (<object>span).add_tags(tags)
        return 0
    if not bits_of(span) & SAMPLED:
        return 0
    stored = PyDict_Copy(tags)
    limit = limit_of(self.max_tags_per_span)
    if len(stored) > limit and (limit >= 0 or len(stored) > self.max_tags_per_span):
        stored = (<object>span).fewer_tags(stored)
    if not are_stored_unchanged(stored, limit_of(self.max_tag_value_length)):
        stored = to_tag_values(stored, self)
    span.first_tags = stored
    return 0


cdef int set_start_time(StarterCore self, SpanCore span, object start_time) except -1:
    if start_time is not None:
        if self.clock is not None:
            (<object>span).use_clock(self.clock)
        (<object>span).start_time = to_seconds(start_time, (<object>span).wall_time)
        span.clock_offset = NAN
    elif not is_clock_unpatched():
        (<object>span).start_time = time_module.time()
        span.clock_offset = NAN
    elif not bits_of(span):
        span.start_time = wall_time()
        span.clock_offset = NAN
    elif isnan(span.clock_offset):
        span.start_time = wall_time()
        span.clock_offset = span.start_time - steady_time()
    else:
        # Spans of a trace share a clock offset: a step of the wall clock does not shift
        # them against each other, and one call fewer is needed.
        span.start_time = span.clock_offset + steady_time()
    return 0
