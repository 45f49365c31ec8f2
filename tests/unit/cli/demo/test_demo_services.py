"""The responses of the services, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.cli.demo.customers import Customers, open_database
from jaeger_client.cli.demo.routes import TOWN_SIZE, Routes, fastest
from jaeger_client.cli.demo.service import UnavailableError, start_tracer
from jaeger_client.reporter import InMemoryReporter


@pytest.fixture
def reporter() -> InMemoryReporter:
    """Return a reporter that keeps the spans."""
    return InMemoryReporter()


@pytest.fixture
def tracer(reporter: InMemoryReporter) -> Iterator[Tracer]:
    """Return a tracer that records everything."""
    with Tracer("service", reporter, ConstSampler(decision=True)) as tracer:
        yield tracer


def test_customers_are_found_by_their_number(
    tracer: Tracer,
    reporter: InMemoryReporter,
) -> None:
    """The query is a span of its own, below the active one."""
    span = tracer.start_span("GET /customer")

    with (
        closing(open_database()) as database,
        tracer.scope_manager.activate(span, finish_on_close=True),
    ):
        customer = Customers(tracer, database).respond(span, {"id": "2"})

    assert {"name": "Flower shop", "x": 3, "y": 28} == customer
    assert span.span_id == reporter.get_spans()[0].parent_id


def test_every_third_route_is_refused(
    tracer: Tracer,
    reporter: InMemoryReporter,
) -> None:
    """The second of three; the span of the work has the error."""
    routes = Routes(tracer)
    span = tracer.start_span("GET /route")
    query = {"vehicle": "van", "x": "1", "y": "1"}

    assert "van" == routes.respond(span, query)["vehicle"]
    with pytest.raises(UnavailableError, match="all planners are busy"):
        routes.respond(span, query)
    assert "van" == routes.respond(span, query)["vehicle"]
    assert [False, True, False] == [
        ("error", True) in span.tag_items for span in reporter.get_spans()
    ]


def test_the_fastest_route_is_found() -> None:
    """It takes no longer than the route along the border of the town."""
    assert (0, 0) == fastest("van", (0, 0))
    seconds, visited = fastest("bicycle", (TOWN_SIZE - 1, 0))

    assert seconds <= 22 * (TOWN_SIZE - 1)
    assert visited <= TOWN_SIZE**2


def test_there_is_no_route_out_of_town() -> None:
    """All crossings have been visited."""
    with pytest.raises(UnavailableError, match="no crossing"):
        fastest("van", (TOWN_SIZE, 0))


def test_a_second_tracer_in_one_process_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`initialize_tracer` returns None then."""
    monkeypatch.setattr("jaeger_client.config.Config._initialized", True)

    with pytest.raises(RuntimeError, match="has a tracer already"):
        start_tracer("frontend")
