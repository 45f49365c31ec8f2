# cython: language_level=3, binding=False, auto_pickle=False
"""
The active span, compiled: the twin of `_internal/scopes.py`, which is the reference.

`ContextScope` and `ContextScopeManager` are Python classes, so they can be patched and
derived from. Their fields and hot methods are in extension types, their first bases.
Methods and attributes of other objects, and `close` in `__exit__`, are looked up in
each call, so that patches and overriding methods are honoured there, too.

Between two statements in C no other thread and no signal handler runs. So `activate`
is atomic. The exceptions are a finalizer, which may run where an object is freed or the
context variable allocates memory, and `span.finish`, which may be Python code. Cython
stores an attribute before it releases the old value, and each function holds its own
references to what it uses, so a finalizer that changes a scope does no harm. For the
same reason the garbage collector may clear the fields: they are `None` afterwards.

Most of the time of a scope is spent in the two assignments of the context variable,
which cannot be avoided: the context may have been copied at any time since.
"""

from functools import partial

import opentracing

from cpython.contextvars cimport PyContextVar_Get, PyContextVar_Set
from cpython.ref cimport Py_DECREF, PyObject

from jaeger_client._native.spans cimport finish_span, replace_method, slots_of

from jaeger_client._internal import scopes
from jaeger_client._internal.scopes import record_exception, variable_for

cdef extern from *:
    """
    /* What `type(*args)` does first; Cython's own types ignore the arguments. */
    static PyObject *jaeger_new(PyObject *type, PyObject *no_arguments) {
        return ((PyTypeObject *)type)->tp_new(
            (PyTypeObject *)type, no_arguments, NULL);
    }
    """
    object jaeger_new(object type, object no_arguments)


cdef object value_of(object variable):
    cdef PyObject *found = NULL
    # Checks the type of `variable`, which the application may have replaced.
    PyContextVar_Get(variable, NULL, &found)
    if found is NULL:
        raise LookupError(variable)
    value = <object>found
    Py_DECREF(value)  # The call returned a reference of ours, the cast added another.
    return value


cdef class ScopeCore:
    """The fields of `ContextScope`; its docstrings are in Python."""

    def __getstate__(self):
        # As of slots.
        names = ("manager", "span", "finish_on_close", "is_closed", "previous")
        fields = {name: getattr(self, name) for name in names}
        return self.__dict__, {**fields, **slots_of(self)}

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        if exc_val is not None:
            record_exception(self.span, exc_type, exc_val, exc_tb)
        self.close()


cdef object close(ScopeCore self, PyObject **values):
    manager = self.manager
    if isinstance(manager, ScopeManagerCore):
        variable = (<ScopeManagerCore>manager).variable
    else:
        variable = manager.variable
    if value_of(variable) is not self:
        return
    try:
        if self.finish_on_close:
            finish_span(self.span)
    finally:
        # Not PyContextVar_Reset(): that fails in a task, whose context is a copy.
        previous = self.previous
        PyContextVar_Set(variable, previous)
        self.is_closed = True
        # See the reference: earlier scopes must not stay alive.
        if previous is not None and previous.is_closed:
            self.previous = previous.previous


cdef class ScopeManagerCore:
    """The field and methods of `ContextScopeManager`, as above."""

    def __init__(self):
        self.variable = variable_for(self)

    @property
    def active(self):
        """The active scope, or `None`."""
        return value_of(self.variable)


cdef object activate(ScopeManagerCore self, PyObject **values):
    cdef ScopeCore scope = jaeger_new(_scope_class, _no_arguments)
    scope.manager = self
    scope.span = <object>values[0]
    scope.finish_on_close = <object>values[1]
    scope.is_closed = False
    variable = self.variable
    scope.previous = value_of(variable)
    PyContextVar_Set(variable, scope)
    return scope


class ContextScope(ScopeCore, opentracing.Scope):
    """The period in which a span is active; ends with `close`."""

    __module__ = "jaeger_client.scope"
    __slots__ = ()


class ContextScopeManager(ScopeManagerCore, opentracing.ScopeManager):
    """Stores the active scope in a context variable. Safe from any thread or task."""

    __module__ = "jaeger_client.scope"
    _new_scope = staticmethod(partial(ScopeCore.__new__, ContextScope))

    def __reduce__(self):
        # In another process, no span is active yet.
        return type(self), ()

    def __deepcopy__(self, memo):
        # Tracers of a copied Config have the same active span.
        return self


replace_method(ContextScope, "close", scopes.ContextScope.close, <void *>close)
replace_method(
    ContextScopeManager, "activate", scopes.ContextScopeManager.activate,
    <void *>activate,
)
cdef object _scope_class = ContextScope
cdef tuple _no_arguments = ()
