# Part of writers.pyx: a growing buffer, and how text and numbers are written into it.
#
# The functions run no code of Python: exact `str` objects are read only, and nothing is
# cached in them. In particular the UTF-8 of a text is computed here, because
# `PyUnicode_AsUTF8` would leave a copy in the application's string for as long as that
# lives.
#
# The bytes are written into the caller's bytearray, which is longer than what is written
# until the end. Its size and address are read again for each write, so it
# does no harm if Python code that has run in between found it and changed it.
#
# Functions that write through a pointer return the pointer behind the last byte. The
# caller reserves the space first, with `reserve`, which makes older pointers invalid.

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memmove

cdef extern from *:
    """
    /* Whether the representation of an exact str may be read. Until 3.11, extensions
       could create strings that had none yet. */
    #if PY_VERSION_HEX < 0x030C0000
    #define JAEGER_IS_READY(text) PyUnicode_IS_READY(text)
    #else
    #define JAEGER_IS_READY(text) 1
    #endif

    /* Releases the GIL for a moment, so that a thread that waits for it gets it.

       Called between two pieces of work of about 50 us each. Releasing the GIL without
       sleeping would be worse than holding it: this thread takes it again before the
       other one has woken up, and that one then waits for a whole switch interval again.
       In a process that encodes without end, a thread that runs every 0.5 ms got it after

           holding it until the interpreter switches   p50 5.2 ms   p99  12.5 ms
           releasing it after each piece               p50 0.1 ms   p99 209   ms
           releasing it and sleeping                   p50 0.1 ms   p99   0.2 ms

       A sleep takes about 60 us, of which 5 us are time of the processor, so it is left
       out while no thread waits. The time of the release shows that: 20 to 40 ns if none
       waits, or else 2 to 20 us, because the kernel must wake the thread. */
    #ifdef _WIN32
    #include <windows.h>
    static inline void jaeger_let_others_run(void)
    {
        PyThreadState *thread = PyEval_SaveThread();
        Sleep(0);
        PyEval_RestoreThread(thread);
    }
    #else
    #include <time.h>
    static inline void jaeger_let_others_run(void)
    {
        const struct timespec microsecond = {0, 1000};
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        PyThreadState *thread = PyEval_SaveThread();
        clock_gettime(CLOCK_MONOTONIC, &after);
        /* A new second counts as a long time, too. */
        if (after.tv_sec > before.tv_sec || after.tv_nsec - before.tv_nsec > 400)
            nanosleep(&microsecond, NULL);
        PyEval_RestoreThread(thread);
    }
    #endif
    """
    void let_others_run "jaeger_let_others_run"() noexcept
    bint JAEGER_IS_READY(object text) noexcept

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept
    int PyUnicode_KIND(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    uint32_t PyUnicode_READ(int kind, void *data, Py_ssize_t index) noexcept
    char *PyByteArray_AS_STRING(PyObject *out) noexcept
    Py_ssize_t PyByteArray_GET_SIZE(PyObject *out) noexcept
    int PyByteArray_Resize(PyObject *out, Py_ssize_t size) except -1


cdef struct Buffer:
    PyObject *out    # the caller's bytearray; the reference is borrowed
    Py_ssize_t size  # bytes written


cdef inline unsigned char *reserve(Buffer *buffer, Py_ssize_t more) except NULL:
    """Return where to write the next *more* bytes; the size is not changed."""
    if PyByteArray_GET_SIZE(buffer.out) - buffer.size < more:
        # Twice as much, so that bytes are moved once on average.
        PyByteArray_Resize(buffer.out, 2 * buffer.size + more + 16_384)
    return <unsigned char *>PyByteArray_AS_STRING(buffer.out) + buffer.size


cdef inline void written(Buffer *buffer, const unsigned char *end) noexcept:
    """Count the bytes up to *end* as written."""
    buffer.size = end - <unsigned char *>PyByteArray_AS_STRING(buffer.out)


cdef inline int varint_size(uint64_t number) noexcept:
    """Return the number of bytes of a varint."""
    cdef int size = 1
    while number >= 0x80:
        number >>= 7
        size += 1
    return size


cdef inline unsigned char *put_varint(unsigned char *to, uint64_t number) noexcept:
    """Write seven bits in each byte, the lowest first; bit 8 means: more follow."""
    while number >= 0x80:
        to[0] = <unsigned char>(number & 0x7F | 0x80)
        to += 1
        number >>= 7
    to[0] = <unsigned char>number
    return to + 1


cdef inline unsigned char *put_little_endian(
    unsigned char *to, uint64_t number
) noexcept:
    """Write eight bytes."""
    cdef int index
    for index in range(8):
        to[index] = <unsigned char>(number >> 8 * index)
    return to + 8


cdef inline unsigned char *put_big_endian(
    unsigned char *to, uint64_t number, int size
) noexcept:
    """Write the lowest *size* bytes."""
    cdef int index
    for index in range(size):
        to[index] = <unsigned char>(number >> 8 * (size - 1 - index))
    return to + size


cdef inline Py_ssize_t utf8_size(object text) noexcept:
    """Return the size of an exact `str` in UTF-8; -1 if UTF-8 cannot encode it."""
    if not JAEGER_IS_READY(text):
        return -1
    return PyUnicode_GET_LENGTH(text) if PyUnicode_IS_ASCII(text) else wide_size(text)


cdef Py_ssize_t wide_size(object text) noexcept:
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    cdef Py_ssize_t index, size = length
    cdef uint32_t character
    for index in range(length):
        character = PyUnicode_READ(kind, data, index)
        if character >= 0x80:
            size += 1
            if character >= 0x800:
                size += 1
                if character >= 0x10000:
                    size += 1
                elif 0xD800 <= character < 0xE000:
                    return -1  # a lone surrogate
    return size


cdef inline unsigned char *put_utf8(
    unsigned char *to, object text, Py_ssize_t size
) noexcept:
    """Write an exact `str`, whose `utf8_size` is *size*."""
    if not PyUnicode_IS_ASCII(text):
        return put_wide(to, text)
    memcpy(to, PyUnicode_DATA(text), size)
    return to + size


cdef unsigned char *put_wide(unsigned char *to, object text) noexcept:
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t index
    cdef uint32_t character
    for index in range(PyUnicode_GET_LENGTH(text)):
        character = PyUnicode_READ(kind, data, index)
        # The first byte of several has as many leading ones as there are bytes; the
        # others have six bits each, after the bits 10.
        if character < 0x80:
            to[0] = <unsigned char>character
            to += 1
        elif character < 0x800:
            to[0] = <unsigned char>(0xC0 | character >> 6)
            to[1] = <unsigned char>(0x80 | character & 0x3F)
            to += 2
        elif character < 0x10000:
            to[0] = <unsigned char>(0xE0 | character >> 12)
            to[1] = <unsigned char>(0x80 | character >> 6 & 0x3F)
            to[2] = <unsigned char>(0x80 | character & 0x3F)
            to += 3
        else:
            to[0] = <unsigned char>(0xF0 | character >> 18)
            to[1] = <unsigned char>(0x80 | character >> 12 & 0x3F)
            to[2] = <unsigned char>(0x80 | character >> 6 & 0x3F)
            to[3] = <unsigned char>(0x80 | character & 0x3F)
            to += 4
    return to
