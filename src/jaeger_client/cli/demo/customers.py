"""The service `customers`: names and addresses, from SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from opentracing.ext import tags

from jaeger_client import Span, Tracer
from jaeger_client.cli.demo.service import serve, start_tracer

CUSTOMERS = (
    (1, "Bakery at the mill", 17, 4),
    (2, "Flower shop", 3, 28),
    (3, "Bookshop by the river", 30, 25),
)
"""Number, name and address on the map of `routes`."""

SELECT = "SELECT name, x, y FROM customer WHERE id = ?"


def main() -> None:
    """Serve `GET /customer?id=` until standard input ends."""
    tracer = start_tracer("customers")
    with closing(open_database()) as database:
        serve(tracer, Customers(tracer, database).respond)


def open_database() -> sqlite3.Connection:
    """Return a database of the customers, in memory."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, name, x, y)")
    database.executemany("INSERT INTO customer VALUES (?, ?, ?, ?)", CUSTOMERS)
    return database


@dataclass(frozen=True)
class Customers:
    """Looks up customers; each query is a span."""

    tracer: Tracer
    database: sqlite3.Connection

    def respond(self, span: Span, parameters: Mapping[str, str]) -> dict[str, object]:
        """Return the customer with the `id` of the parameters."""
        # It is the active span, and so the parent of the query without being passed on.
        del span
        query = self.tracer.start_span(
            "SELECT customer",
            tags={
                tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
                tags.DATABASE_TYPE: "sqlite",
                tags.DATABASE_STATEMENT: SELECT,
            },
        )
        with query:
            found = self.database.execute(SELECT, (int(parameters["id"]),))
            name, x, y = found.fetchone()
        return {"name": name, "x": x, "y": y}


if __name__ == "__main__":
    main()
