"""The JSON of Jaeger's query API, converted."""

from __future__ import annotations

from typing import Any

from jaeger_client.cli.demo.backend import DemoSpan
from jaeger_client.cli.demo.jaeger import to_demo_span

PROCESSES = {"p1": {"serviceName": "bakery"}}


def span(**more: Any) -> dict[str, Any]:
    """Return a span as the query API returns it."""
    return {
        "spanID": "00ab",
        "operationName": "bake",
        "references": [],
        "startTime": 1_000,
        "duration": 20,
        "tags": [],
        "logs": [],
        "processID": "p1",
        **more,
    }


def test_a_root_has_no_parent() -> None:
    """Name, service and times are read unchanged."""
    expected = DemoSpan("00ab", None, "bakery", "bake", 1_000, 20)

    assert expected == to_demo_span(span(), PROCESSES)


def test_the_parent_is_the_first_child_of_reference() -> None:
    """A FOLLOWS_FROM reference is not a parent."""
    references = [
        {"refType": "FOLLOWS_FROM", "traceID": "1", "spanID": "00cc"},
        {"refType": "CHILD_OF", "traceID": "1", "spanID": "00dd"},
    ]

    assert "00dd" == to_demo_span(span(references=references), PROCESSES).parent_id


def test_errors_are_read_from_tags_and_logs() -> None:
    """The rules are those of the demo's own receiver."""
    fields = [
        {"key": "event", "type": "string", "value": "error"},
        {"key": "message", "type": "string", "value": "burnt"},
    ]
    seen = to_demo_span(
        span(
            tags=[{"key": "error", "type": "bool", "value": True}],
            logs=[{"timestamp": 1_010, "fields": fields}],
        ),
        PROCESSES,
    )

    assert "burnt" == seen.error
