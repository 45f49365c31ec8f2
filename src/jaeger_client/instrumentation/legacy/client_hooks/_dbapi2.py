"""
Spans for the calls of a DB-API 2.0 driver (PEP 249), and wrappers that create them.

Statements have a span only within a trace. Passwords among the arguments of a
connection are not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final, TypeAlias

from opentracing.ext import tags

from jaeger_client.instrumentation.legacy.client_hooks._current_span import (
    current_span_func,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import Library, attempt
from jaeger_client.instrumentation.legacy.local_span import func_span
from jaeger_client.instrumentation.legacy.utils import start_child_span

if TYPE_CHECKING:
    import opentracing
    from typing_extensions import Self

__all__ = [
    "ConnectionFactory",
    "ConnectionWrapper",
    "ContextManagerConnectionWrapper",
    "CursorWrapper",
    "db_span",
]

BEGIN: Final = "begin-trans"
COMMIT: Final = "commit"
ROLLBACK: Final = "rollback"
_BEGIN, _COMMIT, _ROLLBACK = _TRANS_TAGS = [BEGIN, COMMIT, ROLLBACK]
"""The names that 3.3 has for them."""

_PASSWORDS: Final = {"password", "passwd", "sslpassword", "ssl_key_password"}
_PASSWORD_IN_TEXT: Final = re.compile(
    r"""(?<=password=)(?:'(?:\\.|[^'])*'|[^\s&]+)|(?<=://)[^/@]*(?=@)""", re.IGNORECASE
)
"""The password of a connection string, or user and password of a connection URL."""

Params: TypeAlias = "tuple[tuple[object, ...], dict[str, object]] | None"
"""Arguments of a call, as they are recorded; `None` if there were none."""

SpanBlock: TypeAlias = "AbstractContextManager[opentracing.Span | None]"


def db_span(
    sql_statement: str | bytes,
    module_name: str,
    sql_parameters: object = None,
    connect_params: object = None,
    cursor_params: object = None,
) -> SpanBlock:
    """
    Return a started span for a `with` block that executes a statement.

    Without a current span, the context manager does nothing, and its value is `None`.

    Args:
        sql_statement: The statement, or `begin-trans`, `commit` or `rollback`.
        module_name: Name of the driver.
        sql_parameters: Parameters of the statement.
        connect_params: Arguments of the connection.
        cursor_params: Arguments of the cursor.
    """
    parent = current_span_func()
    if parent is None:
        return nullcontext()
    if isinstance(sql_statement, bytes):
        sql_statement = sql_statement.decode("utf-8", "replace")
    statement = sql_statement.strip()
    is_transaction = statement in _TRANS_TAGS
    word, *others = statement.split(None, 1) or [""]
    operation = word if others or is_transaction else ""
    found: dict[str, object] = {tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT}
    if not is_transaction:
        found["sql"] = statement
    values = {
        "sql.params": sql_parameters,
        "sql.conn": connect_params,
        "sql.cursor": cursor_params,
    }
    # Not as text, which the tracer makes of them only if the trace is sampled.
    found.update({key: value for key, value in values.items() if _is_given(value)})
    name = f"{module_name}:{operation}"
    block: SpanBlock = start_child_span(name, parent=parent, tags=found)
    return block


def _is_given(value: object) -> bool:
    # Not its truth value: an array may have none.
    return value is not None and not (isinstance(value, Sized) and len(value) == 0)


def call_span(
    name: str,
    module_name: str,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    params: tuple[Params, Params],
) -> SpanBlock:
    """Return the span of a call of the cursor's method *name*; never raise."""
    values = [*args, *kwargs.values(), "", None][:2]
    statement = f"sproc:{values[0]}" if name == "callproc" else values[0]
    parameters = values[1] if len(args) + len(kwargs) > 1 else None
    return _attempted(db_span, statement, module_name, parameters, *params)


def transaction_span(statement: str, module_name: str) -> SpanBlock:
    """Return the span of a commit, of a rollback or of their beginning."""
    return _attempted(db_span, statement, module_name)


def connect_span(name: str, module_name: str) -> SpanBlock:
    """Return the span of a call that connects; it may start a trace."""
    found = {tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT}
    return _attempted(func_span, f"{module_name}:{name}", found)


def begin_span(module_name: str) -> SpanBlock:
    """Return the span of the beginning of a `with` block of a connection."""
    return _attempted(func_span, f"{module_name}:begin_transaction")


def _attempted(function: Callable[..., SpanBlock], *arguments: object) -> SpanBlock:
    block = attempt(function, *arguments)
    return nullcontext() if block is None else block


def recorded(
    args: Sequence[object],
    kwargs: Mapping[str, object],
    password_position: int | None = None,
) -> Params:
    """Return arguments for the tags of a span: without passwords."""
    if not args and not kwargs:
        return None
    return (
        tuple(
            "***" if position == password_position else _without_password(value)
            for position, value in enumerate(args)
        ),
        {
            key: _without_password(value)
            for key, value in kwargs.items()
            if key not in _PASSWORDS
        },
    )


def _without_password(value: object) -> object:
    return _PASSWORD_IN_TEXT.sub("***", value) if isinstance(value, str) else value


class _Wrapper:
    """Forwards everything to an object, and is accepted as an instance of its class."""

    __slots__ = ("__wrapped__",)
    __wrapped__: Library

    def __init__(self, wrapped: Library) -> None:
        object.__setattr__(self, "__wrapped__", wrapped)

    @property  # type: ignore[misc]  # it is read-only
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]  # read-only
        wrapped: object = self.__wrapped__
        return type(wrapped)

    def __getattr__(self, name: str) -> Library:
        if name == "__wrapped__":  # of a copy that is not complete yet
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(type(self), name):
            object.__setattr__(self, name, value)
        else:
            setattr(self.__wrapped__, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__wrapped__, name)

    def __iter__(self) -> Iterator[Library]:
        return iter(self.__wrapped__)

    def __next__(self) -> Library:
        return next(self.__wrapped__)

    def __enter__(self) -> Library:
        entered = self.__wrapped__.__enter__()
        return self if entered is self.__wrapped__ else entered

    def __exit__(self, exc: object, value: object, tb: object) -> Library:
        return self.__wrapped__.__exit__(exc, value, tb)

    def __eq__(self, other: object) -> bool:
        other = other.__wrapped__ if isinstance(other, _Wrapper) else other
        return bool(self.__wrapped__ == other)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.__wrapped__!r}>"


class CursorWrapper(_Wrapper):
    """
    A cursor whose calls have spans.

    Args:
        cursor: The cursor of the driver.
        module_name: Name of the driver.
        connect_params: Arguments of the connection.
        cursor_params: Arguments of the cursor.
    """

    __slots__ = ("_connect_params", "_cursor_params", "_module_name")

    def __init__(
        self,
        cursor: Library,
        module_name: str,
        connect_params: Params = None,
        cursor_params: Params = None,
    ) -> None:
        super().__init__(cursor)
        self._module_name = module_name
        self._connect_params = connect_params
        self._cursor_params = cursor_params

    def execute(self, *args: object, **kwargs: object) -> Library:
        """Execute a statement, in a span."""
        with self._span("execute", args, kwargs):
            return self.__wrapped__.execute(*args, **kwargs)

    def executemany(self, *args: object, **kwargs: object) -> Library:
        """Execute a statement with each of several sets of parameters, in one span."""
        with self._span("executemany", args, kwargs):
            return self.__wrapped__.executemany(*args, **kwargs)

    def callproc(self, *args: object, **kwargs: object) -> Library:
        """Call a stored procedure, in a span."""
        with self._span("callproc", args, kwargs):
            return self.__wrapped__.callproc(*args, **kwargs)

    def _span(
        self, name: str, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> SpanBlock:
        params = self._connect_params, self._cursor_params
        return call_span(name, self._module_name, args, kwargs, params)


class ConnectionWrapper(_Wrapper):
    """
    A connection whose cursors and transactions have spans.

    Args:
        connection: The connection of the driver.
        module_name: Name of the driver.
        connect_params: Arguments of the connection.
        cursor_wrapper: Class of the cursors.
    """

    __slots__ = ("_connect_params", "_cursor_wrapper", "_module_name")

    def __init__(
        self,
        connection: Library,
        module_name: str,
        connect_params: Params,
        cursor_wrapper: type[CursorWrapper] = CursorWrapper,
    ) -> None:
        super().__init__(connection)
        self._module_name = module_name
        self._connect_params = connect_params
        self._cursor_wrapper = cursor_wrapper

    def cursor(self, *args: object, **kwargs: object) -> CursorWrapper:
        """Return a new cursor."""
        return self._cursor_wrapper(
            self.__wrapped__.cursor(*args, **kwargs),
            self._module_name,
            self._connect_params,
            recorded(args, kwargs),
        )

    def begin(self, *args: object, **kwargs: object) -> Library:
        """Begin a transaction, in a span."""
        with transaction_span(BEGIN, self._module_name):
            return self.__wrapped__.begin(*args, **kwargs)

    def commit(self) -> Library:
        """Commit the transaction, in a span."""
        with transaction_span(COMMIT, self._module_name):
            return self.__wrapped__.commit()

    def rollback(self) -> Library:
        """Roll the transaction back, in a span."""
        with transaction_span(ROLLBACK, self._module_name):
            return self.__wrapped__.rollback()


class ContextManagerConnectionWrapper(ConnectionWrapper):
    """A connection that commits or rolls back at the end of a `with` block."""

    __slots__ = ()

    def __enter__(self) -> Self | CursorWrapper:
        with begin_span(self._module_name):
            entered = super().__enter__()
        if entered is self:
            return self
        # Old drivers return a cursor.
        return self._cursor_wrapper(entered, self._module_name, self._connect_params)

    def __exit__(self, exc: object, value: object, tb: object) -> Library:
        outcome = COMMIT if exc is None else ROLLBACK
        with transaction_span(outcome, self._module_name):
            return super().__exit__(exc, value, tb)


class ConnectionFactory:
    """
    Replaces the function `connect` of a driver.

    Args:
        connect_func: The original function, or a class of connections.
        module_name: Name of the driver.
        conn_wrapper_ctor: Class of the connections; by default `ConnectionWrapper`.
        cursor_wrapper: Class of the cursors.
    """

    password_position: int | None = None
    """Position of the password among the arguments, if it may have one."""

    def __init__(
        self,
        connect_func: Callable[..., Library],
        module_name: str,
        conn_wrapper_ctor: type[ConnectionWrapper] | None = None,
        cursor_wrapper: type[CursorWrapper] = CursorWrapper,
    ) -> None:
        self._connect_func = connect_func
        self._module_name = module_name
        self._wrapper_ctor = conn_wrapper_ctor or ConnectionWrapper
        self._cursor_wrapper = cursor_wrapper

    def __call__(self, *args: object, **kwargs: object) -> ConnectionWrapper:
        """Connect, in a span."""
        with connect_span(self._connect_func.__name__, self._module_name):
            connection = self._connect_func(*args, **kwargs)
        return self._wrapper_ctor(
            connection=connection,
            module_name=self._module_name,
            connect_params=recorded(args, kwargs, self.password_position),
            cursor_wrapper=self._cursor_wrapper,
        )
