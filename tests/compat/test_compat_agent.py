"""The old names for the agent, with sockets in its place."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.local_agent_net import LocalAgentSender
from jaeger_client.reporter import Reporter
from jaeger_client.TUDPTransport import TUDPTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.span_sink import SpanSink


class AgentHandler(http.server.BaseHTTPRequestHandler):
    """Responds with the request."""

    def do_GET(self) -> None:
        """Respond with the path and the query as JSON."""
        parts = urlsplit(self.path)
        body = json.dumps({"path": parts.path, **parse_qs(parts.query)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def agent_port() -> Iterator[int]:
    """Return the port of an agent that responds to requests."""
    address = ("127.0.0.1", 0)
    with http.server.ThreadingHTTPServer(address, AgentHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_local_agent_sender_sends_requests(agent_port: int) -> None:
    """Strategies and credits are requested from the agent."""
    sender = LocalAgentSender("127.0.0.1", agent_port, 6831)

    strategy = json.loads(sender.request_sampling_strategy("shop"))
    credits_ = json.loads(sender.request_throttling_credits("shop", "7", ["a", "b"]))
    sender.close()

    assert {"path": "/sampling", "service": ["shop"]} == strategy
    assert {
        "path": "/credits",
        "service": ["shop"],
        "uuid": ["7"],
        "operations": ["a", "b"],
    } == credits_


def test_a_reporter_accepts_a_local_agent_sender(sink: SpanSink) -> None:
    """The sender is a channel for programs that built their tracer by hand."""
    sender = LocalAgentSender("127.0.0.1", 5778, sink.port)
    reporter = Reporter(channel=sender, queue_capacity=10, batch_size=1)
    tracer = Tracer("shop", reporter, ConstSampler(decision=True))

    tracer.start_span("op").finish()
    tracer.close()

    assert sink.wait_for(1)
    assert ["op"] == sink.names


def test_a_transport_sends_what_is_written() -> None:
    """Each write is a datagram, which needs no flush."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        transport = TUDPTransport("127.0.0.1", receiver.getsockname()[1])

        transport.write(bytearray(b"hello"))
        transport.flush()
        transport.close()

        assert b"hello" == receiver.recv(100)
