"""
HTTP responses of any bytes, over a real connection.

The first byte selects who sends the request. The server reads it, sends the rest as its
response, and closes the connection.

- Nothing but `SendError` is raised, within the time limit, with a message of one line
  that has no credentials of the request, although the server may send them back.
- A response has a status and a body of at most `MAX_BODY` bytes.
- A delay that the server requests is between 0 and `MAX_RETRY_AFTER`.
- Spans that an OTLP server rejects are those that protobuf's own decoder finds.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.messages import MAX_BODY, HttpResponse
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import ResponseError, RetryableSendError, SendError
from jaeger_client.senders.http import HttpSender
from jaeger_client.senders.otlp import (
    MAX_RETRY_AFTER,
    OtlpHttpSender,
    parse_partial_success,
    parse_rejection,
)
from tests.fuzz.oracles import check_error, check_line, checked_log

TOKEN: Final = "hunter2-hunter2"
AUTHORITY: Final = str(Path(__file__).parents[1] / "authority.pem")
"""A certificate whose key is lost: the system's take 0.1 s to read."""

TIMEOUT: Final = 10.0
OPTIONS: Final = HttpOptions(timeout=TIMEOUT, token=TOKEN)
HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d"
    b"\r\n\r\n%b"
)


def fuzz_one(data: bytes) -> None:
    """Send a request to a server that responds with the bytes in *data*."""
    kind, response = data[:1], data[1:]
    if kind == b"o":
        check_otlp(response)
        return
    ask, secret = ASKS[(data[0] - ord("a") if data else 0) % len(ASKS)]
    with checked_log() as lines, serving(response) as port:
        try:
            ask(port)
        except SendError as error:
            check_error(error)
            check_delay(error)
            lines.append(str(error))
    assert secret not in "".join(lines), lines


def check_delay(error: SendError) -> None:
    """A delay that the server requests is within bounds."""
    if isinstance(error, RetryableSendError) and error.retry_after is not None:
        assert 0 <= error.retry_after <= MAX_RETRY_AFTER


def get(port: int) -> None:
    """Send a plain request."""
    with HttpClient(OPTIONS) as client:
        response = client.request("GET", f"http://127.0.0.1:{port}/")
    check_response(response)


def get_through_tunnel(port: int) -> None:
    """Send a request to a server behind a proxy, and receive the proxy's response."""
    proxy = f"http://user:{TOKEN}@127.0.0.1:{port}"
    options = HttpOptions(timeout=TIMEOUT, proxy=proxy, ca_file=AUTHORITY)
    with HttpClient(options) as client:
        check_response(client.request("GET", "https://127.0.0.1:1/"))


def send(port: int) -> None:
    """Send spans to a collector."""
    url = f"http://127.0.0.1:{port}/api/traces"
    content = "application/x-thrift"
    with HttpSender(url, content_type=content, options=OPTIONS) as sender:
        sender.send(b"spans")


def send_otlp(port: int) -> None:
    """Send spans to a collector by OTLP."""
    url = f"http://127.0.0.1:{port}/v1/traces"
    with OtlpHttpSender(url, options=OPTIONS) as sender:
        sender.send(b"spans")
        assert 0 <= sender.rejected_spans < 1 << 63


def poll(port: int) -> None:
    """Fetch a strategy."""
    with AgentChannel("127.0.0.1", port, 6831) as channel:
        body = channel.request_sampling_strategy("shop")
        assert isinstance(body, bytes)
        assert len(body) <= MAX_BODY


ASKS: Final[list[tuple[Callable[[int], None], str]]] = [
    (get, TOKEN),
    (get_through_tunnel, base64.b64encode(f"user:{TOKEN}".encode()).decode()),
    (send, TOKEN),
    (send_otlp, TOKEN),
    (poll, "a secret that is not sent"),
]
"""Requests, with the credentials in them as they are sent."""


def check_response(response: HttpResponse) -> None:
    """A response is within its limits, and its excerpt can be logged."""
    assert 100 <= response.status <= 999
    assert len(response.body) <= MAX_BODY
    assert not response.is_truncated
    check_line(response.excerpt, 1000)
    check_line(response.media_type.encode("unicode_escape").decode())


def check_otlp(body: bytes) -> None:
    """Compare what was read of an OTLP response with what protobuf reads."""
    with suppress(ResponseError):
        rejection = parse_rejection(body)
        assert 0 <= rejection.number < 1 << 63
    try:
        ours = parse_partial_success(body)
    except ResponseError as error:
        check_error(error)
        return
    try:
        theirs = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return
    assert max(0, theirs.rejected_spans) == ours.number, (theirs, ours)
    assert theirs.error_message == ours.message, (theirs, ours)


@contextmanager
def serving(response: bytes) -> Generator[int]:
    """Respond to one connection with *response*, as soon as it has sent something."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        thread = threading.Thread(target=respond, args=(listener, response))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # Wakes the thread if there was no connection.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def respond(listener: socket.socket, response: bytes) -> None:
    """Read a request, send *response*, and read on until the client has closed."""
    with suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            connection.recv(65_536)
            connection.sendall(response)
            connection.shutdown(socket.SHUT_WR)
            # Closing earlier would reset the connection if a part is not yet read.
            while connection.recv(65_536):
                pass
