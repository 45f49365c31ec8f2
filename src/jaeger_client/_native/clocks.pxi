# Part of spans.pyx: the system's clocks.

import time as time_module

from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED

cdef extern from *:
    """
    #include <time.h>

    #ifdef __linux__
    /* The clocks of `time.time` and `time.monotonic`, rounded in the same way; the
       functions would create an object each. */
    static inline int64_t
    read_ns(int clock)
    {
        struct timespec now;
        clock_gettime(clock, &now);
        return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
    }

    static inline double
    read_clock(int clock)
    {
        return (double)read_ns(clock) / 1e9;
    }

    /* The wall clock at the start of a trace, and its offset to the steady clock. They
       advance alike; now and then, the wall clock is set. So the offset is used again for
       a millisecond, which saves one of the three readings of a root. */
    static double
    root_start(double *clock_offset)
    {
        static int64_t offset, valid_until = INT64_MIN;
        int64_t now = read_ns(CLOCK_MONOTONIC), wall = now + offset;
        if (now >= valid_until) {
            int64_t before = now;
            wall = read_ns(CLOCK_REALTIME);
            now = read_ns(CLOCK_MONOTONIC);
            offset = wall - now;
            /* The wall clock was read first, so the offset is too small by less than
               100 ns: a start may be that much too early, but is never in the future.
               After a longer interruption the offset is not used again. */
            valid_until = now - before < 100 ? now + 1000000 : INT64_MIN;
        }
        *clock_offset = (double)wall / 1e9 - (double)now / 1e9;
        return (double)wall / 1e9;
    }

    static inline void *
    function_of(PyObject *function)
    {
        return PyCFunction_CheckExact(function)
            ? (void *)PyCFunction_GET_FUNCTION(function) : NULL;
    }
    #else
    #define read_clock(clock) 0.0
    #define root_start(clock_offset) 0.0
    #define CLOCK_REALTIME 0
    #define CLOCK_MONOTONIC 0
    #define function_of(function) ((void)function, NULL)
    #endif
    """
    int CLOCK_REALTIME, CLOCK_MONOTONIC
    double read_clock(int clock) noexcept
    double root_start(double *clock_offset) noexcept
    void *function_of(object function) noexcept

cdef object WALL_CLOCK = UNPATCHED.wall_clock
cdef object STEADY = STEADY_CLOCK
cdef dict TIME_ATTRIBUTES = time_module.__dict__
cdef void *WALL_FUNCTION = function_of(WALL_CLOCK)
cdef void *STEADY_FUNCTION = (
    function_of(STEADY) if STEADY is time_module.monotonic else NULL
)

cdef uint64_t time_version = 0
cdef bint is_time_original = False
watch(TIME_ATTRIBUTES)


cdef inline bint is_clock_unpatched() except -1:
    """Whether `time.time` is the function of the interpreter."""
    global time_version, is_time_original
    cdef uint64_t version = dict_version_of(<PyObject *>TIME_ATTRIBUTES)
    if version != time_version:
        is_time_original = TIME_ATTRIBUTES.get("time", MISSING) is WALL_CLOCK
        time_version = version
    return is_time_original


cdef inline bint are_clocks_direct() noexcept:
    """Whether the functions of `time` read the clocks that C code reads itself."""
    # NULL if the package was imported while `time.time` was patched, as freezegun does;
    # time-machine replaces the pointer in the function.
    return (
        WALL_FUNCTION != NULL
        and STEADY_FUNCTION != NULL
        and function_of(WALL_CLOCK) == WALL_FUNCTION
        and function_of(STEADY) == STEADY_FUNCTION
    )


cdef inline double wall_time() except? -1:
    """Return what `time.time()` does while it is the function of the interpreter."""
    return read_clock(CLOCK_REALTIME) if are_clocks_direct() else WALL_CLOCK()


cdef inline double steady_time() except? -1:
    """Return what `STEADY_CLOCK()` does."""
    return read_clock(CLOCK_MONOTONIC) if are_clocks_direct() else STEADY()
