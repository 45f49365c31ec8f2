# cython: language_level=3
"""The layout of scopes and scope managers in compiled code; see `scope.pyx`."""


cdef class ScopeCore:
    cdef public object manager
    cdef public object span
    cdef public object finish_on_close
    cdef public object is_closed
    cdef public object previous


cdef class ScopeManagerCore:
    cdef public object variable     # a ContextVar; anything else makes its use raise


cdef object value_of(object variable)
"""The value of a context variable that has a default; TypeError if it is none."""
