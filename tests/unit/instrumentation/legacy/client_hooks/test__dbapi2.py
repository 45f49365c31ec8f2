"""Spans of DB-API drivers: the wrappers, and the hooks for MySQLdb and PyMySQL."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pymysql
import pytest

from jaeger_client.instrumentation.legacy.client_hooks import _dbapi2
from jaeger_client.instrumentation.legacy.client_hooks._dbapi2 import (
    ConnectionFactory,
    ConnectionWrapper,
    ContextManagerConnectionWrapper,
    CursorWrapper,
    db_span,
    recorded,
)
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    names_of,
    tags_of,
)
from tests.unit.spans import Anything, Hostile

if TYPE_CHECKING:
    from typing_extensions import Self


class Cursor:
    """A cursor that returns its arguments."""

    closed = False

    def execute(self, *args: object, **kwargs: object) -> object:
        """Return the arguments."""
        return args, kwargs

    executemany = callproc = execute

    def __iter__(self) -> Iterator[int]:
        return iter([1])

    def __next__(self) -> int:
        return 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


class Connection:
    """A connection whose block has a cursor, as that of old drivers."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.arguments = args, kwargs

    def cursor(self, *_: object, **__: object) -> Cursor:
        """Return a cursor."""
        return Cursor()

    def __enter__(self) -> Cursor:
        return self.cursor()

    def __exit__(self, *_: object) -> None:
        pass


connect: Anything = ConnectionFactory(
    Connection, "driver", ContextManagerConnectionWrapper
)


def test_a_statement_has_a_span_within_a_trace(tracer: MemoryTracer) -> None:
    """The driver gets its arguments as they are."""
    cursor = connect("cakes", password="secret").cursor(1)
    assert (("select 1",), {}) == cursor.execute("select 1")
    with tracer.start_active_span("root"):
        result = cursor.execute(" select\n?", args=(1,))

    assert ((" select\n?",), {"args": (1,)}) == result
    assert ["driver:Connection", "driver:select", "root"] == names_of(tracer)
    assert {
        "span.kind": "client",
        "sql": "select\n?",
        "sql.params": "(1,)",
        "sql.conn": "(('cakes',), {})",
        "sql.cursor": "((1,), {})",
    } == tags_of(tracer.spans[1])


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("select 1", "driver:select"),
        (b"select 1", "driver:select"),
        ("vacuum", "driver:"),
        ("", "driver:"),
        ("commit", "driver:commit"),
        ("rollback", "driver:rollback"),
        ("begin-trans", "driver:begin-trans"),
    ],
)
def test_the_name_of_a_statement(
    tracer: MemoryTracer, statement: str | bytes, name: str
) -> None:
    """Its first word, if there are more; the end of a transaction has no SQL."""
    with tracer.start_active_span("root"), db_span(statement, "driver") as span:
        assert isinstance(span, Span)

    assert name == span.operation_name


def test_no_statement_is_traced_outside_a_trace(tracer: MemoryTracer) -> None:
    """The value of the block is `None`."""
    with db_span("select 1", "driver") as span:
        assert span is None


def test_all_calls_of_a_cursor(tracer: MemoryTracer) -> None:
    """A procedure is called by its name."""
    cursor = connect().cursor()

    with tracer.start_active_span("root"):
        cursor.executemany("insert 1", [(1,), (2,)])
        cursor.callproc("bake", (1,))
        cursor.callproc("rest")

    sql = [tags_of(span).get("sql") for span in tracer.spans[1:-1]]
    params = [tags_of(span).get("sql.params") for span in tracer.spans[1:-1]]
    assert ["insert 1", "sproc:bake", "sproc:rest"] == sql
    assert ["[(1,), (2,)]", "(1,)", None] == params


def test_a_cursor_in_a_block_is_traced(tracer: MemoryTracer) -> None:
    """It was not in 3.3.1."""
    with connect().cursor() as cursor, tracer.start_active_span("root"):
        cursor.execute("select 1")

    assert "driver:select" in names_of(tracer)
    assert cursor.closed


def test_a_transaction_in_a_block(tracer: MemoryTracer) -> None:
    """It has spans at its beginning and its end."""
    with tracer.start_active_span("root"):
        with connect() as cursor:
            cursor.execute("select 1")
        with pytest.raises(KeyError), connect():
            raise KeyError

    assert [
        *("Connection", "begin_transaction", "select", "commit"),
        *("Connection", "begin_transaction", "rollback"),
    ] == [name.removeprefix("driver:") for name in names_of(tracer)[:-1]]


def test_a_transaction_is_ended_by_the_connection(tracer: MemoryTracer) -> None:
    """Each call has a span."""
    connection: Anything = ConnectionWrapper(Ended(), "driver", None)

    with tracer.start_active_span("root"):
        ends = [connection.begin(), connection.commit(), connection.rollback()]

    assert [1, 2, 3] == ends
    assert ["begin-trans", "commit", "rollback"] == [
        name.removeprefix("driver:") for name in names_of(tracer)[:-1]
    ]


class Ended:
    """A connection whose calls return numbers."""

    def begin(self) -> int:
        """Return 1."""
        return 1

    def commit(self) -> int:
        """Return 2."""
        return 2

    def rollback(self) -> int:
        """Return 3."""
        return 3


def test_a_wrapper_passes_for_what_it_wraps(tracer: MemoryTracer) -> None:
    """Attributes can be read, set and deleted; equality and iteration are passed on."""
    cursor: Anything = CursorWrapper(Cursor(), "driver")
    wrapped = cursor.__wrapped__

    cursor.size = 5
    assert 5 == wrapped.size
    del cursor.size
    assert not hasattr(wrapped, "size")
    assert isinstance(cursor, Cursor)
    assert [1] == list(cursor)
    assert 1 == next(cursor)
    assert cursor == wrapped
    assert cursor == CursorWrapper(wrapped, "driver")
    assert hash(cursor) == hash(wrapped)
    assert CursorWrapper.__new__(CursorWrapper).__doc__ == CursorWrapper.__doc__
    assert not hasattr(CursorWrapper.__new__(CursorWrapper), "closed")
    assert repr(cursor) == f"<CursorWrapper of {wrapped!r}>"


def test_passwords_are_not_recorded() -> None:
    """Neither as arguments nor in a connection string or URL."""
    args = (
        "host=a password=secret dbname=b",
        r"password = a&\ b dbname=b",
        "sslpassword='se cret' dbname=b",
        "password='it''s secret' user=ann",
        "postgresql://ann:secret@bakery/cakes?password=secret&a=b",
        5,
    )

    assert (
        (
            "host=a password=*** dbname=b",
            "password = *** dbname=b",
            "sslpassword=*** dbname=b",
            "password=***'s secret' user=ann",
            "postgresql://***@bakery/cakes?password=***&a=b",
            5,
        ),
        {"user": "ann"},
    ) == recorded(args, {"user": "ann", "passwd": "secret", "password": "secret"})
    assert recorded((), {}) is None
    positional = ("bakery", "ann", "secret")
    assert (("bakery", "ann", "***"), {}) == recorded(positional, {}, 2)


def test_a_value_that_cannot_be_shown_does_not_prevent_the_call(
    tracer: MemoryTracer,
) -> None:
    """The tracer records the error in its place."""
    with tracer.start_active_span("root"):
        assert connect().cursor().execute("select ?", [Hostile()])

    assert "touched" == tags_of(tracer.spans[1])["sql.params"]


def test_parameters_are_not_converted_without_need(tracer: MemoryTracer) -> None:
    """Those of a trace that is not sampled are not converted to text."""
    tracer.sampler = ConstSampler(decision=False)

    class Counting:
        shown = 0

        def __repr__(self) -> str:
            self.shown += 1
            return "shown"

    parameter = Counting()
    with tracer.start_active_span("root"):
        connect().cursor().execute("select ?", [parameter])

    assert 0 == parameter.shown


def test_a_fault_of_the_hook_does_not_prevent_the_call(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as a statement that is no text."""
    with tracer.start_active_span("root"):
        assert connect().cursor().execute(None)

    assert "driver:" not in names_of(tracer)
    assert "the hook failed" in caplog.text


def test_transactions_of_pymysql(
    tracer: MemoryTracer, install: Install, ports: Callable[[str], int]
) -> None:
    """`with connection` returns the connection, whose cursors are traced."""
    install("pymysql")

    with (
        tracer.start_active_span("root"),
        pymysql.connect(
            host="127.0.0.1", port=ports("Mysql"), user="ann"
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select %s", (1,))
        assert ((1,),) == cursor.fetchall()
        connection.begin()
        connection.rollback()

    assert [
        *("Connection", "begin_transaction", "select"),
        *("begin-trans", "rollback", "commit"),
    ] == [name.removeprefix("pymysql:") for name in names_of(tracer)[:-1]]


def test_pymysql_as_mysqldb_is_traced_once(
    # In this order: MySQLdb can be imported until the hooks are removed.
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
) -> None:
    """The name of the driver is that of the hook that was installed first."""
    monkeypatch.setitem(sys.modules, "MySQLdb", pymysql)
    original = pymysql.connect
    install("mysqldb")
    install("pymysql")

    factory: Anything = pymysql.connect
    assert isinstance(factory, ConnectionFactory)
    assert original is factory._connect_func
    assert "MySQLdb" == factory._module_name


def test_the_names_of_3_3() -> None:
    """Public code imports them."""
    assert ["begin-trans", "commit", "rollback"] == [
        _dbapi2._BEGIN,
        _dbapi2._COMMIT,
        _dbapi2._ROLLBACK,
    ]
