"""The service `routes`, without a network."""

from __future__ import annotations

import pytest

from jaeger_client import Tracer
from jaeger_client.cli.demo.routes import TOWN_SIZE, Routes, fastest
from jaeger_client.cli.demo.service import UnavailableError
from jaeger_client.reporter import InMemoryReporter


def test_every_third_route_is_refused(
    tracer: Tracer,
    reporter: InMemoryReporter,
) -> None:
    """The second of three requests fails; its inner span has the error."""
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
    """It is not longer than the route along the border of the town."""
    assert (0, 0) == fastest("van", (0, 0))
    seconds, visited = fastest("bicycle", (TOWN_SIZE - 1, 0))

    assert seconds <= 22 * (TOWN_SIZE - 1)
    assert visited <= TOWN_SIZE**2


def test_there_is_no_route_out_of_town() -> None:
    """The search ends after visiting all crossings."""
    with pytest.raises(UnavailableError, match="no crossing"):
        fastest("van", (TOWN_SIZE, 0))
