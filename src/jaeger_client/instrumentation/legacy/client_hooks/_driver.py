"""
Traced subclasses of the connections and cursors of a driver that is written in C.

Functions of such a driver accept only objects of its own types, so a wrapper would be
rejected. A traced class stands just above the driver's in the order of base classes:
classes of the application that derive from it run first, as they do without the hook.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final
from weakref import WeakKeyDictionary, ref

from jaeger_client.instrumentation.legacy.client_hooks._dbapi2 import (
    COMMIT,
    ROLLBACK,
    Params,
    SpanBlock,
    begin_span,
    call_span,
    connect_span,
    recorded,
    transaction_span,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import Library, attempt

_CALLS: Final = ("execute", "executemany", "executescript", "callproc")
_PARAMS: Final = "_jaeger_client_params"
"""Attribute of a connection or cursor: its arguments, as they are recorded."""


class TracedDriver:
    """
    Creates traced connections of one driver.

    Args:
        module_name: Name of the driver.
        connection: The driver's type of connections.
        cursor: The driver's type of cursors.
        connection_factory: Name and position of the argument of `connect` that chooses
            the class of the connection.
        cursor_factory: Name and position of the argument of a connection's `cursor`
            that chooses the class of the cursor.
        commits_at_exit: Whether a connection's `__exit__` commits without calling
            `commit`.
    """

    def __init__(
        self,
        module_name: str,
        connection: Library,
        cursor: Library,
        *,
        connection_factory: tuple[str, int],
        cursor_factory: tuple[str, int],
        commits_at_exit: bool = False,
    ) -> None:
        self._module_name = module_name
        self._connection_factory = connection_factory
        self._cursor_factory = cursor_factory
        calls = [name for name in _CALLS if hasattr(cursor, name)]
        methods = {name: self._call(name, getattr(cursor, name)) for name in calls}
        self._cursors = _Subclasses(cursor, methods)
        methods = self._methods_of(connection)
        if commits_at_exit:
            methods["__exit__"] = self._exit(connection.__exit__)
        self._connections = _Subclasses(connection, methods)

    def traced_connect(self, original: Library) -> Library:
        """Return a function that replaces the driver's `connect`."""

        @functools.wraps(original)
        def connect(*args: Library, **kwargs: Library) -> Library:
            changed = _replaced(
                args, kwargs, *self._connection_factory, self._connections.of
            )
            with connect_span(original.__name__, self._module_name):
                connection = original(*changed[0], **changed[1])
            _store(connection, recorded(args, kwargs))
            return connection

        return connect

    def _methods_of(self, connection: Library) -> dict[str, Library]:
        @functools.wraps(connection.cursor)
        def cursor(owner: Library, *args: Library, **kwargs: Library) -> Library:
            def of(factory: Library) -> Library:
                default = getattr(owner, "cursor_factory", None)
                return self._cursors.of(default if factory is None else factory)

            changed = _replaced(args, kwargs, *self._cursor_factory, of)
            found = connection.cursor(owner, *changed[0], **changed[1])
            _store(found, (getattr(owner, _PARAMS, None), recorded(args, kwargs)))
            return found

        @functools.wraps(connection.__enter__)
        def enter(owner: Library) -> Library:
            with begin_span(self._module_name):
                return connection.__enter__(owner)

        shortcuts = [name for name in _CALLS if hasattr(connection, name)]
        return {
            **{name: _shortcut(name, getattr(connection, name)) for name in shortcuts},
            "cursor": cursor,
            "commit": self._transaction(COMMIT, connection.commit),
            "rollback": self._transaction(ROLLBACK, connection.rollback),
            "__enter__": enter,
        }

    def _transaction(self, name: str, original: Library) -> Library:
        @functools.wraps(original)
        def transaction(owner: Library) -> Library:
            with transaction_span(name, self._module_name):
                return original(owner)

        return transaction

    def _exit(self, original: Library) -> Library:
        @functools.wraps(original)
        def leave(owner: Library, kind: object, *others: object) -> Library:
            with transaction_span(
                COMMIT if kind is None else ROLLBACK, self._module_name
            ):
                return original(owner, kind, *others)

        return leave

    def _call(self, name: str, original: Library) -> Library:
        @functools.wraps(original)
        def call(owner: Library, *args: Library, **kwargs: Library) -> Library:
            with self._span(name, owner, args, kwargs):
                return original(owner, *args, **kwargs)

        return call

    def _span(
        self, name: str, cursor: Library, args: Sequence[Library], kwargs: Library
    ) -> SpanBlock:
        params: tuple[Params, Params] = getattr(cursor, _PARAMS, (None, None))
        as_string = getattr(args[0], "as_string", None) if args else None
        if as_string is not None:
            # A `psycopg2.sql.Composable`.
            args = [attempt(as_string, cursor), *args[1:]]
        return call_span(name, self._module_name, args, kwargs, params)


def _shortcut(name: str, original: Library) -> Library:
    """Return a method of a connection that executes a statement with a new cursor."""

    @functools.wraps(original)
    def call(owner: Library, *args: Library, **kwargs: Library) -> Library:
        return getattr(owner.cursor(), name)(*args, **kwargs)

    return call


class _Subclasses:
    """The traced subclass of each class that derives from *base*."""

    def __init__(self, base: type, methods: dict[str, Library]) -> None:
        self._base = base
        names = {"__module__": base.__module__}
        self._traced = type(base.__name__, (base,), {**names, **methods})
        # Weak, because an application may create classes without bound.
        self._found: WeakKeyDictionary[type, ref[type]] = WeakKeyDictionary()

    def of(self, factory: Library) -> Library:
        """Return the class that replaces *factory*; `None` means the base class."""
        if factory is None or factory is self._base:
            return self._traced
        if not _derives(factory, self._base) or _derives(factory, self._traced):
            return factory  # a function, whose result is not traced; a traced class
        found = self._found.get(factory)
        traced = None if found is None else found()
        if traced is None:
            traced = attempt(self._derive, factory)
        return factory if traced is None else traced

    def _derive(self, factory: Library) -> type:
        names = {"__module__": factory.__module__}
        traced = type(factory.__name__, (factory, self._traced), names)
        self._found[factory] = ref(traced)
        return traced


def _derives(value: object, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base)


def _replaced(
    args: Sequence[Library],
    kwargs: dict[str, Library],
    name: str,
    position: int,
    replace: Callable[[Library], Library],
) -> tuple[Sequence[Library], dict[str, Library]]:
    """Return the arguments of a call with one of them replaced or added."""
    if len(args) > position:
        return [
            *args[:position],
            replace(args[position]),
            *args[position + 1 :],
        ], kwargs
    return args, {**kwargs, name: replace(kwargs.get(name))}


def _store(owner: Library, params: object) -> None:
    with suppress(AttributeError):  # of a function of the application
        setattr(owner, _PARAMS, params)
