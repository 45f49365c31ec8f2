# Part of spans.pyx: the methods of the Python classes, and whether they are unchanged.
#
# CPython gives each type a version number (`tp_version_tag`) and takes it away when an
# attribute of the type or of a base is assigned; numbers are not reused. So one
# comparison with the number of a class that was checked before shows that nothing in
# it was replaced. 0 means that there is none; then the Python code runs.

from cpython.dict cimport PyDict_Next
from cpython.object cimport PyObject, PyTypeObject

cdef extern from *:
    """
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

    /* An attribute in the `__dict__` of an instance, borrowed; NULL if it is absent. */
    static inline PyObject *
    own_attribute(PyObject *instance, PyObject *name)
    {
        PyObject **attributes = _PyObject_GetDictPtr(instance);
        return attributes == NULL || *attributes == NULL
            ? NULL : PyDict_GetItemWithError(*attributes, name);
    }
    """
    unsigned int version_of(PyTypeObject *type) noexcept
    bint has_generic_access(PyTypeObject *type) noexcept
    PyObject *own_attribute(object instance, str name) noexcept
    PyObject *_PyType_Lookup(PyTypeObject *type, object name) noexcept


@cython.final
cdef class Original:
    """The attributes of a class that C code relies on, as they were at first."""

    cdef type owner
    cdef dict attributes
    cdef unsigned int version

    cdef inline bint is_unchanged(self) noexcept:
        """Whether no attribute was replaced since."""
        return self.matches(<PyTypeObject *>self.owner, &self.version)

    cdef inline bint matches(self, PyTypeObject *cls, unsigned int *version) noexcept:
        """Whether *cls*, the class or one derived from it, has the same attributes."""
        return (
            (version[0] != 0 and version_of(cls) == version[0])
            or self.check(cls, version)
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
