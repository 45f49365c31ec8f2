"""The service `customers`, without a network."""

from __future__ import annotations

from contextlib import closing

from jaeger_client import Tracer
from jaeger_client.cli.demo.customers import Customers, open_database
from jaeger_client.reporter import InMemoryReporter


def test_customers_are_found_by_their_number(
    tracer: Tracer,
    reporter: InMemoryReporter,
) -> None:
    """The query has its own span, a child of the active one."""
    span = tracer.start_span("GET /customer")

    with (
        closing(open_database()) as database,
        tracer.scope_manager.activate(span, finish_on_close=True),
    ):
        customer = Customers(tracer, database).respond(span, {"id": "2"})

    assert {"name": "Flower shop", "x": 3, "y": 28} == customer
    assert span.span_id == reporter.get_spans()[0].parent_id
