"""Thrift and OTLP over HTTP, with servers that respond as backends do."""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.senders import HttpSender, OtlpHttpSender
from jaeger_client.testing import FakeClock
from tests.integration.http_servers import (
    TIMEOUT,
    Request,
    Server,
    make_response,
    read_request,
    serve_http,
    serve_raw,
)

if TYPE_CHECKING:
    from collections.abc import Callable

THRIFT = "application/vnd.apache.thrift.binary"
PROTOBUF = {"Content-Type": "application/x-protobuf"}


def always(response: bytes) -> Callable[[Request], bytes]:
    """Return a function that responds to every request with *response*."""
    return lambda _request: response


def refused_port() -> int:
    """Return a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def partial_success(rejected: int, message: str = "") -> bytes:
    """Return the response of a backend that rejected some spans."""
    response = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(
            rejected_spans=rejected,
            error_message=message,
        ),
    )
    return make_response(200, response.SerializeToString(), PROTOBUF)


def test_thrift_is_posted_as_it_is() -> None:
    """A payload is the body of a POST with the encoder's media type; 202 is success."""
    with (
        serve_http(always(make_response(202))) as server,
        HttpSender(server.url("/api/traces"), content_type=THRIFT) as sender,
    ):
        sender.send(b"\x0c\x00batch")

    request = server.requests[0]
    assert ("POST", "/api/traces") == (request.method, request.target)
    assert b"\x0c\x00batch" == request.body
    assert THRIFT == request.headers["content-type"]
    assert "content-encoding" not in request.headers


def test_thrift_can_be_compressed() -> None:
    """With gzip the body is compressed and has the header for that."""
    with (
        serve_http(always(make_response(202))) as server,
        HttpSender(server.url(), content_type=THRIFT, gzip=True) as sender,
    ):
        sender.send(b"batch" * 1_000)

    request = server.requests[0]
    assert b"batch" * 1_000 == gzip.decompress(request.body)
    assert "gzip" == request.headers["content-encoding"]
    assert len(request.body) < 100


def test_credentials_and_headers_of_the_options_are_sent() -> None:
    """The options of the HTTP client are those of the sender."""
    options = HttpOptions(user="u", password="p", headers={"x-tenant": "t"})
    with (
        serve_http(always(make_response(202))) as server,
        HttpSender(server.url(), content_type=THRIFT, options=options) as sender,
    ):
        sender.send(b"x")

    headers = server.requests[0].headers
    assert ("Basic dTpw", "t") == (headers["authorization"], headers["x-tenant"])


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
def test_any_other_status_is_an_error(status: int) -> None:
    """A status beyond the 200s is an error with the status and the body."""
    with (
        serve_http(always(make_response(status, b"no\nroom"))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
        pytest.raises(SendError, match=f"server responded {status}: no room") as caught,
    ):
        sender.send(b"x")

    assert SendError is type(caught.value)


@pytest.mark.parametrize(
    ("status", "is_hinted"), [(404, True), (405, True), (400, False)]
)
def test_the_error_of_a_wrong_path_names_the_formats(
    status: int, is_hinted: bool
) -> None:
    """A wrong path is the most frequent mistake in an endpoint."""
    with (
        serve_http(always(make_response(status))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
        pytest.raises(SendError) as caught,
    ):
        sender.send(b"x")

    hint = "the path of the endpoint selects the format: /v1/traces is OTLP"
    assert is_hinted is (hint in str(caught.value))


@pytest.mark.parametrize("media_type", ["text/html", "Text/HTML; charset=utf-8"])
@pytest.mark.parametrize("otlp", [False, True])
def test_a_web_page_is_not_a_collector(media_type: str, *, otlp: bool) -> None:
    """Jaeger's web interface responds 200 to any path: the error names the ports."""
    page = make_response(200, b"<!doctype html>", {"Content-Type": media_type})
    with serve_http(always(page)) as server:
        url = server.url("/api/traces")
        sender = OtlpHttpSender(url) if otlp else HttpSender(url, content_type=THRIFT)
        with sender, pytest.raises(SendError) as caught:
            sender.send(b"x")

    assert SendError is type(caught.value)
    expected = f"POST {url}: the server responded 200 with a web page, so this is not a"
    assert str(caught.value).startswith(expected)
    assert "port 14268 with the path /api/traces" in str(caught.value)
    assert "port 4318 with /v1/traces" in str(caught.value)


def test_a_probe_that_gets_a_web_page_has_found_no_backend() -> None:
    """The same holds for OTLP's port, where another server may listen."""
    page = make_response(200, b"<!doctype html>", {"Content-Type": "text/html"})
    with (
        serve_http(always(page)) as server,
        OtlpHttpSender(server.url("/v1/traces")) as sender,
    ):
        assert not sender.probe()


def test_an_error_without_a_body_is_short() -> None:
    """Without a body, the message has the status only."""
    with (
        serve_http(always(make_response(500))) as server,
        HttpSender(server.url("/x"), content_type=THRIFT) as sender,
        pytest.raises(SendError) as caught,
    ):
        sender.send(b"x")

    assert f"POST {server.url('/x')}: the server responded 500" == str(caught.value)


def test_a_server_that_accepts_less_lowers_the_limit() -> None:
    """After 413, max_payload is half of the rejected size."""
    with (
        serve_http(always(make_response(413))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
    ):
        with pytest.raises(PayloadTooLargeError) as caught:
            sender.send(bytes(100_000))

        assert (50_000, 50_000) == (caught.value.limit, sender.max_payload)


@pytest.mark.parametrize(("size", "limit"), [(100_001, 50_000), (32_768, 16_384)])
def test_the_new_limit_is_a_whole_number_of_bytes(size: int, limit: int) -> None:
    """Half of an odd size is rounded down; 16 kilobytes are still allowed."""
    with (
        serve_http(always(make_response(413))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
    ):
        with pytest.raises(PayloadTooLargeError):
            sender.send(bytes(size))

        assert repr(limit) == repr(sender.max_payload)


def test_the_limit_is_not_lowered_below_16_kilobytes() -> None:
    """If a server rejects even small bodies, the error is a plain SendError."""
    with (
        serve_http(always(make_response(413))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
    ):
        with pytest.raises(SendError) as caught:
            sender.send(bytes(30_000))

        assert SendError is type(caught.value)
        assert 4 * 1024 * 1024 == sender.max_payload


def test_thrift_is_refused_where_nothing_listens() -> None:
    """A refused connection is RefusedError over Thrift."""
    url = f"http://127.0.0.1:{refused_port()}/api/traces"

    with (
        HttpSender(url, content_type=THRIFT) as sender,
        pytest.raises(RefusedError, match="connection refused"),
    ):
        sender.send(b"x")


def test_otlp_is_posted_compressed() -> None:
    """OTLP is sent as protobuf, compressed by default."""
    with serve_http(always(make_response(200, b"", PROTOBUF))) as server:
        url = server.url("/v1/traces")
        for sender in (OtlpHttpSender(url), OtlpHttpSender(url, gzip=False)):
            with sender:
                sender.send(b"spans" * 1_000)

    compressed, plain = server.requests
    assert b"spans" * 1_000 == gzip.decompress(compressed.body) == plain.body
    assert "gzip" == compressed.headers["content-encoding"]
    assert "application/x-protobuf" == compressed.headers["content-type"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_temporary_otlp_failures_may_be_retried(status: int) -> None:
    """429, 502, 503 and 504 are retryable, after the delay in Retry-After."""
    response = make_response(status, headers={"Retry-After": "7"})
    with (
        serve_http(always(response)) as server,
        OtlpHttpSender(server.url()) as sender,
        pytest.raises(RetryableSendError, match=f"server responded {status}") as caught,
    ):
        sender.send(b"x")

    assert 7.0 == caught.value.retry_after


def test_otlp_without_retry_after_leaves_the_time_open() -> None:
    """Without Retry-After the reporter chooses the delay."""
    with (
        serve_http(always(make_response(503))) as server,
        OtlpHttpSender(server.url()) as sender,
        pytest.raises(RetryableSendError) as caught,
    ):
        sender.send(b"x")

    assert caught.value.retry_after is None


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500])
def test_other_otlp_failures_are_final(status: int) -> None:
    """A request that is wrong stays wrong: no retry, even with Retry-After."""
    response = make_response(status, headers={"Retry-After": "7"})
    with (
        serve_http(always(response)) as server,
        OtlpHttpSender(server.url()) as sender,
        pytest.raises(SendError, match=f"server responded {status}") as caught,
    ):
        sender.send(b"x")

    assert SendError is type(caught.value)


@pytest.mark.parametrize(
    ("options", "url"),
    [
        (HttpOptions(token="hunter2hunter2"), "http://127.0.0.1:{}/"),
        (HttpOptions(headers={"X-Api-Key": "hunter2hunter2"}), "http://127.0.0.1:{}/"),
        (HttpOptions(), "http://me:hunter2hunter2@127.0.0.1:{}/"),
    ],
    ids=["token", "header", "url"],
)
def test_a_server_that_quotes_the_credentials_does_not_write_them_into_the_log(
    options: HttpOptions, url: str
) -> None:
    """Servers quote the key that they reject; it is hidden in the message."""

    def refuse(request: Request) -> bytes:
        sent = request.headers
        key = sent.get("x-api-key") or sent["authorization"].split()[-1]
        return make_response(
            401, f"the key {key} for {sent['content-type']} is revoked".encode()
        )

    with serve_http(refuse) as server:
        sender = HttpSender(
            url.format(server.port), content_type=THRIFT, options=options
        )
        with sender, pytest.raises(SendError) as caught:
            sender.send(b"x")

    quoted = str(caught.value).partition(" responded ")[2]
    assert f"401: the key (hidden) for {THRIFT} is revoked" == quoted


def test_a_partial_success_that_quotes_the_credentials_does_not_show_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Secrets in the reason for rejected spans are hidden, too."""
    options = HttpOptions(headers={"X-Api-Key": "hunter2hunter2"})
    with (
        serve_http(
            always(partial_success(1, "over the quota of hunter2hunter2"))
        ) as server,
        OtlpHttpSender(server.url(), options=options) as sender,
        caplog.at_level(logging.WARNING, "jaeger_tracing"),
    ):
        sender.send(b"x")

    assert "over the quota of (hidden)" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_rejection_without_a_reason_is_logged_as_such(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The backend need not give a reason."""
    with (
        serve_http(always(partial_success(3))) as server,
        OtlpHttpSender(server.url()) as sender,
    ):
        sender.send(b"x")

    assert caplog.messages[0].endswith("that it accepted: no reason given")


def test_rejections_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The sender's clock measures the minute."""
    clock = FakeClock()
    with (
        serve_http(always(partial_success(3, "too old"))) as server,
        OtlpHttpSender(server.url(), clock=clock) as sender,
    ):
        for _ in range(2):
            sender.send(b"x")
            clock.advance(61.0)

    assert 2 == len(caplog.messages)


def test_a_date_in_retry_after_is_compared_with_the_clock() -> None:
    """A server may send the time when it will be available again."""
    date = {"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT"}
    with (
        serve_http(always(make_response(503, headers=date))) as server,
        OtlpHttpSender(server.url(), clock=FakeClock(time=20.0)) as sender,
        pytest.raises(RetryableSendError) as caught,
    ):
        sender.send(b"x")

    assert 10.0 == caught.value.retry_after


def test_the_reason_of_an_otlp_status_is_read() -> None:
    """The message of a google.rpc Status is shown without its protobuf."""
    status = b"\x08\x03\x12\x0bnot a span!"
    with (
        serve_http(always(make_response(400, status, PROTOBUF))) as server,
        OtlpHttpSender(server.url()) as sender,
        pytest.raises(SendError, match=r"responded 400: not a span!$"),
    ):
        sender.send(b"x")


def test_a_reason_that_is_no_status_is_shown_as_it_is() -> None:
    """A body that is not the protobuf message that it claims to be is shown as text."""
    with (
        serve_http(always(make_response(400, b"{}", PROTOBUF))) as server,
        OtlpHttpSender(server.url()) as sender,
        pytest.raises(SendError, match=r"responded 400: \{\}$"),
    ):
        sender.send(b"x")


def test_otlp_may_be_retried_where_nothing_listens_yet() -> None:
    """A refused connection is a temporary failure, over OTLP."""
    url = f"http://127.0.0.1:{refused_port()}/v1/traces"

    with (
        OtlpHttpSender(url) as sender,
        pytest.raises(RetryableSendError, match="connection refused"),
    ):
        sender.send(b"x")


def test_otlp_may_be_retried_after_a_timeout() -> None:
    """A server that does not respond in time is a temporary failure."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk) as server,
        OtlpHttpSender(server.url(), options=HttpOptions(timeout=0.2)) as sender,
        pytest.raises(RetryableSendError, match=r"no response within 0\.2 s"),
    ):
        sender.send(b"x")


def test_rejected_spans_are_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spans rejected in a partial success add up; one line a minute has the reason."""
    with (
        serve_http(always(partial_success(3, "too old"))) as server,
        OtlpHttpSender(server.url()) as sender,
        caplog.at_level(logging.WARNING, "jaeger_tracing"),
    ):
        sender.send(b"x")
        sender.send(b"y")

    assert 6 == sender.rejected_spans
    line = f"{server.url()} rejected 3 spans of a batch that it accepted: too old"
    assert [line] == [record.getMessage() for record in caplog.records]


def test_the_reason_of_a_refusal_is_short_and_on_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The reason for rejected spans adds no lines to the log."""
    reason = "too old\r\nERROR: all is lost" + "x" * 100_000
    with (
        serve_http(always(partial_success(1, reason))) as server,
        OtlpHttpSender(server.url()) as sender,
    ):
        sender.send(b"x")

    (message,) = caplog.messages
    assert "too old ERROR: all is lostxxx" in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("response", "lines"),
    [
        (partial_success(0), 0),
        (partial_success(0, "a warning"), 1),
        (partial_success(2), 1),
        (make_response(200, b"{}"), 0),
    ],
)
def test_responses_of_success_are_understood(
    response: bytes,
    lines: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A warning is logged if nothing was rejected; an unreadable body is success."""
    with serve_http(always(response)) as server, OtlpHttpSender(server.url()) as sender:
        sender.send(b"x")

    assert lines == len(caplog.records)


@pytest.mark.parametrize(
    ("status", "is_there"),
    [(200, True), (202, False), (404, False), (503, False)],
)
def test_a_probe_returns_whether_otlp_is_accepted(
    status: int, *, is_there: bool
) -> None:
    """A response of 200 to an empty request means that a backend is there."""
    with (
        serve_http(always(make_response(status))) as server,
        OtlpHttpSender(server.url("/v1/traces")) as sender,
    ):
        found = sender.probe()

    assert is_there is found
    request = server.requests[0]
    assert ("POST", "/v1/traces", b"") == (request.method, request.target, request.body)


def test_a_probe_of_a_refused_port_is_no_error() -> None:
    """Where nothing listens the probe returns False."""
    with OtlpHttpSender(f"http://127.0.0.1:{refused_port()}/v1/traces") as sender:
        assert not sender.probe()


def test_the_connection_is_dropped_after_a_fork() -> None:
    """After `after_fork_in_child` the next payload uses another connection."""
    with (
        serve_http(always(make_response(202))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
    ):
        sender.send(b"x")
        sender.after_fork_in_child()
        sender.send(b"y")

    assert [1, 2] == [request.connection for request in server.requests]


@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)
def test_a_forked_child_sends_over_its_own_connection() -> None:
    """Parent and child post over different connections."""
    with (
        serve_http(always(make_response(202))) as server,
        HttpSender(server.url(), content_type=THRIFT) as sender,
    ):
        sender.send(b"parent")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                sender.after_fork_in_child()
                sender.send(b"child")
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(pid, 0)[1]
        sender.send(b"parent again")

    assert 0 == status
    assert [(b"parent", 1), (b"child", 2), (b"parent again", 1)] == [
        (request.body, request.connection) for request in server.requests
    ]


def test_a_big_payload_to_a_slow_reader_arrives_whole() -> None:
    """Four megabytes that the server reads slowly arrive unchanged."""
    payload = os.urandom(1 << 20) * 4
    arrived, body = threading.Event(), bytearray()

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1)
        while len(body) < len(payload):
            body.extend(sock.recv(10_000))
        arrived.set()
        sock.sendall(make_response(202))

    with serve_raw(talk) as server:
        with HttpSender(server.url(), content_type=THRIFT) as sender:
            sender.send(payload)
        assert arrived.is_set()

    assert payload == bytes(body)


def test_a_probe_has_the_headers_of_a_batch() -> None:
    """A backend may reject a request without the media type or credentials."""
    options = HttpOptions(headers={"x-tenant": "shop"})
    with (
        serve_http(always(make_response(200))) as server,
        OtlpHttpSender(server.url("/v1/traces"), options=options) as sender,
    ):
        sender.probe()

    headers = server.requests[0].headers
    assert "application/x-protobuf" == headers["content-type"]
    assert "shop" == headers["x-tenant"]


def test_a_probe_waits_no_longer_than_its_timeout() -> None:
    """A response that comes later is not waited for."""
    probed = threading.Event()

    def respond_late(_request: Request) -> bytes:
        probed.wait(2.0)
        return make_response(200)

    with (
        serve_http(respond_late) as server,
        OtlpHttpSender(server.url("/v1/traces")) as sender,
    ):
        found = sender.probe(timeout=0.05)
        probed.set()

    assert not found


@pytest.mark.parametrize("otlp", [False, True])
def test_a_batch_waits_no_longer_than_the_timeout_of_its_send(*, otlp: bool) -> None:
    """It is shorter than that of the options when the process ends."""
    is_over = threading.Event()

    def respond_late(_request: Request) -> bytes:
        is_over.wait(2.0)
        return make_response(200)

    with serve_http(respond_late) as server:
        sender = (
            OtlpHttpSender(server.url())
            if otlp
            else HttpSender(server.url(), content_type=THRIFT)
        )
        with sender, pytest.raises(RetryableSendError):
            sender.send(b"x", timeout=0.05)
        is_over.set()


def test_the_timeout_of_a_send_is_measured_by_the_clock() -> None:
    """The sender's clock, which tests can advance, is that of its connection."""
    clock, is_over = FakeClock(), threading.Event()

    def respond_in_parts(_server: Server, sock: socket.socket, number: int) -> None:
        with sock.makefile("rb") as reader:
            read_request(reader, number)
        clock.advance(6.0)
        sock.sendall(make_response(200)[:9])
        is_over.wait(2.0)
        with contextlib.suppress(OSError):
            sock.sendall(make_response(200)[9:])

    with (
        serve_raw(respond_in_parts) as server,
        HttpSender(server.url(), content_type=THRIFT, clock=clock) as sender,
    ):
        with pytest.raises(RetryableSendError):
            sender.send(b"x", timeout=5.0)
        is_over.set()
