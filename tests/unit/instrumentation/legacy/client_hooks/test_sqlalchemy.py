"""The hook for SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy.exc import OperationalError

from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    names_of,
    parent_of,
    tags_of,
)


@pytest.fixture
def connection() -> Iterator[sqlalchemy.Connection]:
    """Return a connection to a database in memory."""
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_statement_has_a_span(
    tracer: MemoryTracer, install: Install, connection: sqlalchemy.Connection
) -> None:
    """With the statement, and without its parameters."""
    install("sqlalchemy")

    with tracer.start_active_span("root"):
        found = connection.execute(sqlalchemy.text("select\n :a"), {"a": "secret"})

    assert [("secret",)] == [tuple(row) for row in found]
    assert ["SQL SELECT", "root"] == names_of(tracer)
    assert "root" == parent_of(tracer.spans[0], tracer)
    assert {
        "span.kind": "client",
        "component": "sqlalchemy",
        "db.type": "sqlite",
        "db.instance": "sqlite://",
        "db.statement": "select\n ?",
    } == tags_of(tracer.spans[0])


def test_a_statement_that_fails_has_a_span(
    tracer: MemoryTracer, install: Install, connection: sqlalchemy.Connection
) -> None:
    """It had none in 3.3.1. The next statement has a span of its own."""
    install("sqlalchemy")

    with pytest.raises(OperationalError):
        connection.execute(sqlalchemy.text("boom"))
    connection.execute(sqlalchemy.text("select 1"))

    assert ["SQL BOOM", "SQL SELECT"] == names_of(tracer)
    assert [True, None] == [tags_of(span).get("error") for span in tracer.spans]


def test_the_password_of_the_database_is_not_recorded(
    tracer: MemoryTracer, install: Install
) -> None:
    """An engine shows its URL without it."""
    hook = install("sqlalchemy")
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg2://ann:secret@127.0.0.1/cakes"
    )
    connection = sqlalchemy.Connection.__new__(sqlalchemy.Connection)
    connection.engine, connection.dialect = engine, engine.dialect

    hook._before(connection, None, "select 1", None, None, False)
    hook._after(connection)

    instance = tags_of(tracer.spans[0])["db.instance"]
    assert "postgresql+psycopg2://ann:***@127.0.0.1/cakes" == instance


def test_the_hook_can_be_removed(
    tracer: MemoryTracer, install: Install, connection: sqlalchemy.Connection
) -> None:
    """Twice is no error."""
    hook = install("sqlalchemy")
    hook.reset_patches()
    hook.reset_patches()

    connection.execute(sqlalchemy.text("select 1"))

    assert [] == tracer.spans


def test_a_failed_connection_has_no_statement(
    tracer: MemoryTracer, install: Install
) -> None:
    """SQLAlchemy reports it as an error without a connection."""
    install("sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite:////no/such/folder/file")

    with pytest.raises(OperationalError):
        engine.connect()

    assert [] == tracer.spans
