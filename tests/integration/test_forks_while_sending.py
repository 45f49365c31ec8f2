"""Forks while a request of the parent is in progress and another span is queued."""

from __future__ import annotations

import gzip
import os
import threading

import pytest

from tests.foreign.decoders import decode_otlp
from tests.integration.conftest import started
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.span_sink import SpanSink

TIMEOUT = 40.0


class Backend:
    """Responds to the first request when it has received the span of the child."""

    def __init__(self) -> None:
        self.is_waiting = threading.Event()
        self._has_child = threading.Event()
        self.names = list[str]()

    def respond(self, request: Request) -> bytes:
        """Store the names of the spans, and wait if these are the first."""
        resources = decode_otlp(gzip.decompress(request.body)).resource_spans
        names = [span.name for each in resources for span in each.scope_spans[0].spans]
        self.names += names
        if "in flight" in names:
            self.is_waiting.set()
            self._has_child.wait(TIMEOUT)
        if "child" in names:
            self._has_child.set()
        return make_response()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@pytest.mark.parametrize("how", ["hooks", "C"])
@pytest.mark.parametrize("state", ["worker", "flush"])
def test_a_child_does_not_wait_for_its_parents_request(
    sink: SpanSink, monkeypatch: pytest.MonkeyPatch, state: str, how: str
) -> None:
    """The child sends its span meanwhile; the spans of the parent are sent once."""
    backend = Backend()
    with serve_http(backend.respond) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        with started(sink, "fork_while_sending.py", state, how) as program:
            assert backend.is_waiting.wait(TIMEOUT)
            output, _ = program.communicate("received\n", timeout=TIMEOUT)

    assert 0 == program.returncode, output
    assert ["in flight", "child", "queued"] == backend.names
