# cython: language_level=3, binding=False, auto_pickle=False
# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""
The span core in C: how spans are stored, started, given tags and logs, and finished.

`SpanCore`, `ContextCore` and `StarterCore` are the first bases of the Python classes
`Span`, `SpanContext` and `SpanStarter`. Functions in C replace methods of these. Each
does what the method of its name does, for the usual arguments and states, and declines
in all other cases: for subclasses, patched classes, attributes of an unusual type,
arguments that are not plain. Then the method in Python is called. So the Python code is
the specification, and every rare case exists once.

The code is in the files that are included below. They are no modules, because the C
compiler inlines functions within a module only, and each further module takes 0.2 ms to
import.

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
from cpython.contextvars cimport PyContextVar_CheckExact, get_value
from cpython.dict cimport PyDict_Copy, PyDict_GetItemWithError, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_Append, PyList_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport (
    PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
)
from libc.math cimport INFINITY, NAN, fabs, isnan, nextafter
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jaeger_client._native.queue cimport SpanQueue, SpanReceiver

import copyreg

from jaeger_client.constants import MAX_ID_BITS, MAX_TRACE_ID_BITS

cdef extern from "Python.h":
    PyTypeObject *Py_TYPE(object instance) noexcept
    bint PyObject_TypeCheck(object instance, PyTypeObject *type) noexcept
    object PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t count)
    void PyObject_GC_UnTrack(PyObject *container) noexcept
    void PyType_Modified(PyTypeObject *type) noexcept
    Py_ssize_t PyDict_GET_SIZE(object values) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    object PyLong_FromDouble(double value)
    object PyMethod_New(object function, object self)
    Py_ssize_t PyVectorcall_NARGS(size_t count) noexcept
    PyObject *PyObject_Vectorcall(
        PyObject *, PyObject *const *, size_t, PyObject *
    ) noexcept
    int Py_EnterRecursiveCall(const char *where) noexcept
    void Py_LeaveRecursiveCall() noexcept

cdef enum:
    SAMPLED = 1
    DEBUG = 2
    MANY = 1024  # as in `span_records`; `adopt_span` checks that they are equal

cdef tuple NO_ARGUMENTS = ()
cdef object ID_BITS = MAX_ID_BITS
cdef object TRACE_ID_BITS = MAX_TRACE_ID_BITS
cdef object MAX_SPAN_ID = (1 << MAX_ID_BITS) - 1
cdef str SAMPLING_PRIORITY = "sampling.priority"

include "fields.pxi"
include "classes.pxi"
include "clocks.pxi"
include "ids.pxi"
include "flat.pxi"
include "contexts.pxi"
include "span_core.pxi"
include "parts.pxi"
include "process_mark.pxi"
include "starter.pxi"
