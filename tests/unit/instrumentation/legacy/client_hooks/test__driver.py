"""Traced subclasses of sqlite3 and psycopg2."""

from __future__ import annotations

import gc
import sqlite3
import sqlite3.dbapi2
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.sql
import pytest

from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    names_of,
    tags_of,
)
from tests.unit.spans import Anything


@pytest.fixture
def postgres(
    install: Install, tracer: MemoryTracer, ports: Callable[[str], int]
) -> Iterator[Callable[..., Anything]]:
    """Return a function that connects to the server; connections are closed."""
    install("psycopg2")
    opened: list[Anything] = []

    def connect(**options: object) -> Anything:
        given: dict[str, Any] = {"host": "127.0.0.1", "port": ports("Postgres")}
        given.update(options)
        opened.append(psycopg2.connect(user="ann", password="secret", **given))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_a_connection_is_one_of_the_driver(postgres: Callable[..., Anything]) -> None:
    """Functions of psycopg2 that are written in C accept it."""
    connection = postgres()
    cursor = connection.cursor()

    assert isinstance(connection, psycopg2.extensions.connection)
    assert isinstance(cursor, psycopg2.extensions.cursor)
    psycopg2.extras.register_default_json(connection)
    assert '"a"' == psycopg2.sql.Identifier("a").as_string(connection)


def test_statements_of_psycopg2(
    tracer: MemoryTracer, postgres: Callable[..., Anything]
) -> None:
    """Composed SQL is recorded as text; the password is not recorded."""
    with (
        tracer.start_active_span("root"),
        postgres() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(psycopg2.sql.SQL("select {}").format(psycopg2.sql.Literal(3)))
        cursor.execute(query="select %s", vars=(1,))
        assert [(1,)] == cursor.fetchall()

    assert [
        *("connect", "begin_transaction", "select", "select", "commit"),
    ] == [name.removeprefix("psycopg2:") for name in names_of(tracer)[:-1]]
    composed, plain = tags_of(tracer.spans[2]), tags_of(tracer.spans[3])
    assert ("select 3", "select %s", "(1,)") == (
        composed["sql"],
        plain["sql"],
        plain["sql.params"],
    )
    assert "secret" not in str(plain["sql.conn"])


def test_a_failed_transaction_is_rolled_back(
    tracer: MemoryTracer, postgres: Callable[..., Anything]
) -> None:
    """The error of the statement is recorded and raised."""
    connection = postgres()

    with (
        tracer.start_active_span("root"),
        pytest.raises(psycopg2.ProgrammingError),
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("boom now")

    assert ["psycopg2:boom", "psycopg2:rollback", "root"] == names_of(tracer)[2:]
    assert tags_of(tracer.spans[2])["error"] is True


def test_classes_of_the_application_keep_their_behaviour(
    tracer: MemoryTracer, postgres: Callable[..., Anything]
) -> None:
    """A `DictConnection` has cursors of its own class, and each call has one span."""
    connection = postgres(connection_factory=psycopg2.extras.DictConnection)
    other = postgres(cursor_factory=psycopg2.extras.RealDictCursor)
    again = postgres(connection_factory=psycopg2.extras.DictConnection)

    with tracer.start_active_span("root"):
        found: list[Anything] = [c.cursor() for c in (connection, other)]
        for cursor in found:
            cursor.execute("select 1")
        positional = other.cursor(None, psycopg2.extras.DictCursor)
        positional.execute("select 1")

    assert type(connection) is type(again)
    assert issubclass(type(found[0]), psycopg2.extras.DictCursor)
    row: Anything = found[0].fetchone()
    assert 1 == row["n"]
    assert {"n": 1} == dict(found[1].fetchone())
    assert isinstance(positional, psycopg2.extras.DictCursor)
    assert ["psycopg2:select"] * 3 == names_of(tracer)[3:-1]


def test_a_factory_that_is_a_function_is_called(
    tracer: MemoryTracer, postgres: Callable[..., Anything]
) -> None:
    """What it returns is not traced."""

    def connection_of(dsn: str, **options: Anything) -> Anything:
        return psycopg2.extensions.connection(dsn, **options)

    connection = postgres(connection_factory=connection_of)
    connection.cursor().execute("select 1")

    assert type(connection) is psycopg2.extensions.connection


def test_a_refused_connection_is_recorded(
    tracer: MemoryTracer, postgres: Callable[..., Anything]
) -> None:
    """And raised."""
    with pytest.raises(psycopg2.OperationalError):
        postgres(port=1)

    assert ["psycopg2:connect"] == names_of(tracer)
    assert tags_of(tracer.spans[0])["error"] is True


def test_statements_of_sqlite(tracer: MemoryTracer, install: Install) -> None:
    """Also those that a connection executes itself."""
    install("sqlite3")

    with (
        closing(sqlite3.connect(":memory:")) as connection,
        tracer.start_active_span("root"),
    ):
        connection.execute("create table cake (name)")
        connection.executemany("insert into cake values (?)", [("a",), ("b",)])
        connection.commit()
        connection.rollback()
        connection.cursor().executescript("delete from cake; select 1")

    # On Python 3.10 a script begins with a commit.
    assert ["connect", "create", "insert", "commit", "rollback", "delete"] == [
        name.removeprefix("sqlite3:")
        for position, name in enumerate(names_of(tracer)[:-1])
        if not (name == "sqlite3:commit" and position == 5)
    ]
    assert "[('a',), ('b',)]" == tags_of(tracer.spans[2])["sql.params"]
    assert "((':memory:',), {})" == tags_of(tracer.spans[2])["sql.conn"]


def test_connections_of_sqlite_are_its_own(
    tracer: MemoryTracer, install: Install
) -> None:
    """One can be copied to another, and commits at the end of a block."""
    install("sqlite3")

    with (
        closing(sqlite3.connect(":memory:")) as source,
        closing(sqlite3.dbapi2.connect(":memory:")) as target,
    ):
        with source:
            source.execute("create table cake (name)")
            source.execute("insert into cake values ('tart')")
        assert not source.in_transaction
        source.backup(target)
        assert [("tart",)] == target.execute("select name from cake").fetchall()


def test_a_class_that_cannot_be_derived_from_is_not_traced(
    tracer: MemoryTracer, install: Install
) -> None:
    """It is used as it is."""
    install("sqlite3")

    class Final(sqlite3.Connection):
        """A class of the application."""

        def __init_subclass__(cls) -> None:
            raise TypeError

    with closing(sqlite3.connect(":memory:", factory=Final)) as connection:
        assert type(connection) is Final


def test_a_class_of_the_application_can_be_deleted(
    tracer: MemoryTracer, install: Install
) -> None:
    """The hook keeps no reference to it, so classes do not accumulate."""
    install("sqlite3")

    def use() -> weakref.ref[type]:
        class Connection(sqlite3.Connection):
            """A class of the application."""

        sqlite3.connect(":memory:", factory=Connection).close()
        return weakref.ref(Connection)

    found = use()
    gc.collect()

    assert found() is None


def test_factories_of_sqlite(tracer: MemoryTracer, install: Install) -> None:
    """Classes of the application, by name or by position, as Django passes them."""
    install("sqlite3")

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *params: Anything) -> Cursor:
            super().execute(sql.replace("%s", "?"), *params)
            return self

    class Connection(sqlite3.Connection):
        """A class of the application."""

    with (
        closing(sqlite3.connect(":memory:", factory=Connection)) as connection,
        tracer.start_active_span("root"),
    ):
        for traced in (type(connection), Connection):
            sqlite3.connect(":memory:", factory=traced).close()
        for cursor in (connection.cursor(Cursor), connection.cursor(factory=Cursor)):
            assert [(5,)] == cursor.execute("select %s", (5,)).fetchall()
        assert isinstance(connection, Connection)

    assert ["select ?"] * 2 == [tags_of(span)["sql"] for span in tracer.spans[3:-1]]


def test_the_hook_of_sqlite_can_be_removed(
    tracer: MemoryTracer, install: Install
) -> None:
    """Connections that exist stay traced; new ones are not."""
    original = sqlite3.connect
    hook = install("sqlite3")
    assert original is not sqlite3.connect
    hook.reset_patches()

    assert original is sqlite3.connect is sqlite3.dbapi2.connect
