# Part of spans.pyx: the system's clocks.

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject

import time as time_module

from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED

cdef extern from *:
    """
    #include <time.h>

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
    """
    object call_builtin(PyObject *function)
    bint HAS_DIRECT_CLOCKS
    int CLOCK_REALTIME, CLOCK_MONOTONIC
    double read_clock(int clock) noexcept
    void *function_of(PyObject *function) noexcept

cdef str TIME = "time"
cdef object WALL_CLOCK = UNPATCHED.wall_clock
cdef object STEADY = STEADY_CLOCK
cdef dict TIME_ATTRIBUTES = time_module.__dict__
cdef void *WALL_FUNCTION = function_of(<PyObject *>WALL_CLOCK)
cdef void *STEADY_FUNCTION = function_of(<PyObject *>STEADY)
cdef bint IS_MONOTONIC = STEADY_CLOCK is time_module.monotonic


cdef inline bint is_clock_unpatched() except -1:
    """Whether `time.time` is the function of the interpreter."""
    return PyDict_GetItemWithError(TIME_ATTRIBUTES, TIME) == <PyObject *>WALL_CLOCK


cdef inline double wall_time() except? -1:
    """Return what `time.time()` does while it is the function of the interpreter."""
    # time-machine replaces the pointer in that function.
    if HAS_DIRECT_CLOCKS and function_of(<PyObject *>WALL_CLOCK) == WALL_FUNCTION:
        return read_clock(CLOCK_REALTIME)
    return call_builtin(<PyObject *>WALL_CLOCK)


cdef inline double steady_time() except? -1:
    """Return what `STEADY_CLOCK()` does."""
    if (
        HAS_DIRECT_CLOCKS
        and IS_MONOTONIC
        and function_of(<PyObject *>STEADY) == STEADY_FUNCTION
    ):
        return read_clock(CLOCK_MONOTONIC)
    return call_builtin(<PyObject *>STEADY)
