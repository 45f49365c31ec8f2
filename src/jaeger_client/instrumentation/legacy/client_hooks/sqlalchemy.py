"""The hook for SQLAlchemy: a client span for each statement of an engine."""

from __future__ import annotations

import re
from typing import Final

from opentracing.ext import tags

from jaeger_client._internal.shown import url_without_secrets
from jaeger_client.instrumentation.legacy.client_hooks._current_span import (
    current_span_func,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

_SPAN: Final = "_jaeger_client_span"
"""Attribute of a connection: the span of the statement that it executes."""


_ODBC: Final = re.compile("(?<=odbc_connect=)[^&]*")
"""Connection string of an ODBC driver, which may contain a password."""


class SQLAlchemyPatcher(Patcher):
    """Listens to the events of all engines."""

    module_name = "sqlalchemy"

    def _install_patches(self) -> None:
        event = imported("sqlalchemy.event")
        for listener in self._listeners():
            event.listen(*listener)

    def _reset_patches(self) -> None:
        event = imported("sqlalchemy.event")
        for listener in self._listeners():
            if event.contains(*listener):
                event.remove(*listener)

    def _listeners(self) -> list[tuple[Library, str, Library]]:
        engine = imported("sqlalchemy.engine").Engine
        return [
            (engine, "before_cursor_execute", _before),
            (engine, "after_cursor_execute", _after),
            (engine, "handle_error", _failed),
        ]


def _before(conn: Library, _cursor: Library, statement: str, *_: Library) -> None:
    attempt(_start, conn, statement)


def _start(conn: Library, statement: str) -> None:
    statement = statement.strip()
    word = (statement.split(None, 1) or [""])[0]
    found: dict[str, object] = {
        tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
        tags.COMPONENT: "sqlalchemy",
        tags.DATABASE_TYPE: conn.dialect.name,
        tags.DATABASE_INSTANCE: _instance(conn.engine.url),
        tags.DATABASE_STATEMENT: statement,
    }
    parent, name = current_span_func(), f"SQL {word.upper()}"
    setattr(conn, _SPAN, start_child_span(name, parent=parent, tags=found))


def _instance(url: Library) -> str:
    # repr() hides the password, but none in the query.
    return _ODBC.sub("(hidden)", url_without_secrets(repr(url)))


def _after(conn: Library, *_: Library) -> None:
    attempt(_finish, conn, None)


def _failed(exception_context: Library) -> None:
    attempt(_finish, exception_context.connection, exception_context.original_exception)


def _finish(conn: Library, error: BaseException | None) -> None:
    span: Library = getattr(conn, _SPAN, None)
    if span is not None:
        setattr(conn, _SPAN, None)
        traceback = None if error is None else error.__traceback__
        span.__exit__(None if error is None else type(error), error, traceback)


patcher = SQLAlchemyPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
