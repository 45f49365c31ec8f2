"""The process that travels with each batch."""

from __future__ import annotations

from jaeger_client.model import Process
from jaeger_client.reporter.process import make_process


def test_process_keeps_types_and_cuts_text() -> None:
    """Process tags keep their types; text is cut at the tracer's length."""
    process = make_process("service", {"text": "abcdef", "n": 1, "list": [1, 2]}, 4)

    expected = Process("service", (("text", "abcd"), ("n", 1), ("list", "[1, ")))
    assert expected == process


def test_process_without_tags() -> None:
    """A process may have no tags."""
    assert Process("service") == make_process("service", None, 10)
