# Part of spans.pyx: the methods of the Python classes, and whether they are unchanged.
#
# CPython gives each type a version number (`tp_version_tag`) and takes it away when an
# attribute of the type or of a base is assigned; numbers are not reused. So one
# comparison with the number of a class that was checked before shows that nothing in
# it was replaced. 0 means that there is none; then the Python code runs.

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

    /* The `__dict__` of an instance, borrowed; NULL if it does not exist. */
    static inline PyObject *
    attributes_of(PyObject *instance)
    {
        PyObject **place = _PyObject_GetDictPtr(instance);
        return place == NULL ? NULL : *place;
    }

    #if PY_VERSION_HEX < 0x030C0000
    static inline uint64_t
    dict_version_of(PyObject *dict)
    {
        return ((PyDictObject *)dict)->ma_version_tag;
    }

    static inline int
    watch(PyObject *Py_UNUSED(dict))
    {
        return 0;
    }
    #else
    static uint64_t changes_of_watched = 1;
    static int watcher = -1; /* -2: there is none, see dict_version_of() */

    static int
    count_change(PyDict_WatchEvent Py_UNUSED(event), PyObject *Py_UNUSED(dict),
                 PyObject *Py_UNUSED(key), PyObject *Py_UNUSED(value))
    {
        changes_of_watched++;
        return 0;
    }

    static inline uint64_t
    dict_version_of(PyObject *Py_UNUSED(dict))
    {
        /* There are 8 watchers in a process. Without one, each dict may have changed. */
        return watcher < 0 ? ++changes_of_watched : changes_of_watched;
    }

    static inline int
    watch(PyObject *dict)
    {
        if (watcher == -1 && (watcher = PyDict_AddWatcher(count_change)) < 0) {
            PyErr_Clear();
            watcher = -2;
        }
        return watcher < 0 ? 0 : PyDict_Watch(watcher, dict);
    }
    #endif

    /* Whether versions show attributes that are assigned to instances of a class. In
       3.13, watchers are not called for values that are stored in the instance. */
    static inline int
    has_versions(PyTypeObject *type)
    {
    #if PY_VERSION_HEX >= 0x030D0000
        return !(type->tp_flags & Py_TPFLAGS_INLINE_VALUES);
    #else
        return type != NULL;
    #endif
    }

    /* Makes instances callable, as methods: `self.name()` creates no bound method. */
    static inline void
    set_vectorcall(PyTypeObject *type, Py_ssize_t offset)
    {
        type->tp_vectorcall_offset = offset;
        type->tp_call = PyVectorcall_Call;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR;
        PyType_Modified(type);
    }
    """
    unsigned int version_of(PyTypeObject *type) noexcept
    bint has_generic_access(PyTypeObject *type) noexcept
    PyObject *attributes_of(object instance) noexcept
    uint64_t dict_version_of(PyObject *attributes) noexcept
    int watch(object attributes) except -1
    bint has_versions(PyTypeObject *type) noexcept
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    void set_vectorcall(PyTypeObject *type, Py_ssize_t offset) noexcept
    PyObject *_PyType_Lookup(PyTypeObject *type, object name) noexcept


cdef inline bint is_copied(object instance, dict attributes, uint64_t version) noexcept:
    """Whether *attributes* is the `__dict__` of *instance*, and was not changed since."""
    cdef PyObject *current = attributes_of(instance)
    return current == <PyObject *>attributes and dict_version_of(current) == version


cdef inline bint has_own(object instance, str name) except -1:
    """Whether the `__dict__` of *instance* has an attribute."""
    cdef PyObject *attributes = attributes_of(instance)
    cdef dict owned
    if attributes == NULL:
        return False
    # Keys may be objects whose `__eq__` replaces the `__dict__`.
    owned = <dict>attributes
    return name in owned


cdef dict slots_of(object instance):
    """The values of the slots of Python classes, for `copy` and `pickle`."""
    names = copyreg._slotnames(type(instance))
    return {name: getattr(instance, name) for name in names if hasattr(instance, name)}


cdef object ABSENT = object()
"""The value in `Original.attributes` of one that the class does not have."""


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
        cdef PyObject *found
        cdef Py_ssize_t position = 0
        version[0] = 0
        while PyDict_Next(self.attributes, &position, &name, &attribute):
            # Runs no Python code: the names are strings, as all names in classes.
            found = _PyType_Lookup(owner, <object>name)
            if found != attribute and (found != NULL or attribute != <PyObject *>ABSENT):
                return False
        if not has_generic_access(owner):
            return False
        version[0] = version_of(owner)
        return version[0] != 0


cdef inline bint is_exactly(object instance, Original original) noexcept:
    """Whether *instance* is of that class, and the class is unchanged."""
    return (
        <PyObject *>Py_TYPE(instance) == <PyObject *>original.owner
        and original.is_unchanged()
    )


cdef Original original_of(type owner, names):
    cdef Original original = Original.__new__(Original)
    original.owner = owner
    original.attributes = {}
    for name in names:
        found = _PyType_Lookup(<PyTypeObject *>owner, name)
        original.attributes[name] = ABSENT if found == NULL else <object>found
    return original


ctypedef PyObject *(*method_in_c)(PyObject *self, PyObject **values) noexcept

cdef enum:
    MAX_PARAMETERS = 7  # those of `start_active_span`

cdef object DECLINED = object()
"""The result of a `method_in_c` that leaves the call to the Python function."""


@cython.final
cdef class Method:
    """
    A method in Python that runs its compiled version when it is called.

    In all else it is the Python function: for `isinstance` (by `__class__`), `inspect`,
    mocks with `autospec`, `functools.wraps`. A function in C would be none of these. It
    is what reading the attribute of the class returns, too, so that wrappers of it run
    the compiled version, and that a replaced method may be restored.
    """

    cdef vectorcallfunc vectorcall
    cdef method_in_c run
    cdef tuple names            # of the parameters, without `self`
    cdef tuple defaults         # of the last ones
    cdef PyObject *by_default[MAX_PARAMETERS]   # these, by parameter; NULL for others
    cdef object function
    cdef type owner
    cdef str name
    cdef object __weakref__     # for `weakref.WeakMethod`

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __getattribute__(self, name):
        if name == "__get__" or name == "__reduce_ex__":
            return object.__getattribute__(self, name)
        return getattr(self.function, name)

    def __setattr__(self, name, value):
        setattr(self.function, name, value)

    def __delattr__(self, name):
        delattr(self.function, name)

    def __repr__(self):
        return repr(self.function)

    def __reduce_ex__(self, protocol):
        return getattr, (self.owner, self.name)


cdef PyObject *call_method(
    Method method, PyObject *const *arguments, size_t count, PyObject *names
) noexcept:
    cdef PyObject *values[MAX_PARAMETERS]
    cdef PyObject *result
    cdef Py_ssize_t number = PyVectorcall_NARGS(count)
    # Objects of another class may have what the Python function uses.
    if (
        number
        and PyObject_TypeCheck(<object>arguments[0], <PyTypeObject *>method.owner)
        and bind(method, arguments + 1, number - 1, names, values)
    ):
        # Without this, a tracer that is its own reporter would overflow the stack.
        if Py_EnterRecursiveCall(" while calling a method"):
            return NULL
        result = method.run(arguments[0], values)
        Py_LeaveRecursiveCall()
        if result != <PyObject *>DECLINED:
            return result
        Py_DECREF(DECLINED)
    return PyObject_Vectorcall(<PyObject *>method.function, arguments, count, names)


cdef bint bind(
    Method method,
    PyObject *const *arguments,
    Py_ssize_t number,
    PyObject *names,
    PyObject **values,
) noexcept:
    """
    Store a borrowed reference for each parameter; false for arguments that do not fit.

    The caller of a method owns its arguments until it returns.
    """
    cdef Py_ssize_t count = PyTuple_GET_SIZE(method.names)
    cdef Py_ssize_t index, place
    if number > count:
        return False
    memcpy(values, method.by_default, sizeof(method.by_default))
    for place in range(number):
        values[place] = arguments[place]
    if names != NULL:
        for index in range(PyTuple_GET_SIZE(<object>names)):
            # Names are interned, unless the call was made in an unusual way.
            for place in range(number, count):
                if (
                    PyTuple_GET_ITEM(method.names, place)
                    == PyTuple_GET_ITEM(<object>names, index)
                ):
                    values[place] = arguments[number + index]
                    break
            else:
                return False
    for place in range(number, count - PyTuple_GET_SIZE(method.defaults)):
        if values[place] == NULL:
            return False
    return True


cdef Method method_probe = Method.__new__(Method)
set_vectorcall(
    <PyTypeObject *>Method, <char *>&method_probe.vectorcall - <char *><PyObject *>method_probe
)


cdef int replace_method(type owner, str name, object function, void *run) except -1:
    """Replace a method of *owner* by *run*, the version in C of *function*."""
    cdef Method method = Method.__new__(Method)
    cdef Py_ssize_t count = function.__code__.co_argcount, place
    method.vectorcall, method.run = <vectorcallfunc>call_method, <method_in_c>run
    method.names = function.__code__.co_varnames[1:count]
    method.defaults = function.__defaults__ or ()
    if len(method.names) > MAX_PARAMETERS:
        raise SystemError(f"{name} has more parameters than `MAX_PARAMETERS`")
    count = len(method.names) - len(method.defaults)
    for place in range(len(method.defaults)):
        method.by_default[count + place] = <PyObject *>method.defaults[place]
    method.function, method.owner, method.name = function, owner, name
    setattr(owner, name, method)
    return 0
