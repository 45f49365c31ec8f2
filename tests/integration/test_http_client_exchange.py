"""The HTTP client with real servers, correct and faulty ones."""

from __future__ import annotations

import gzip
import os
import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest

from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.messages import MAX_BODY
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.constants import __version__
from jaeger_client.errors import RefusedError, RetryableSendError, SendError
from jaeger_client.testing import FakeClock
from tests.integration.http_servers import (
    TIMEOUT,
    Request,
    Server,
    make_response,
    serve_http,
    serve_raw,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = HttpOptions(timeout=0.3)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

forks_with_threads = pytest.mark.filterwarnings(
    # The servers of the tests run on threads; the child uses none of them.
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)


@pytest.fixture
def client() -> Iterator[HttpClient]:
    """A client with a short timeout."""
    with HttpClient(HttpOptions(timeout=5.0)) as client:
        yield client


def respond_ok(_request: Request) -> bytes:
    """Respond with 200."""
    return make_response(200, b"ok", {"X-Response": "yes"})


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def run_in_child(client: HttpClient, url: str) -> int:
    """Request *url* in a forked child; return its exit code, 0 if it worked."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if client.request("GET", url).is_success else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_request_arrives_and_its_response_is_returned(client: HttpClient) -> None:
    """Method, target, headers and body are sent; status, headers, body returned."""
    with serve_http(respond_ok) as server:
        response = client.request(
            "POST",
            server.url("/a?b=c"),
            b"body",
            {"Content-Type": "text/x"},
        )

    request = server.requests[0]
    assert ("POST", "/a?b=c", b"body") == (request.method, request.target, request.body)
    assert "text/x" == request.headers["content-type"]
    assert f"jaeger-client-python/{__version__}" == request.headers["user-agent"]
    assert (200, b"ok", "yes") == (
        response.status,
        response.body,
        response.headers["x-response"],
    )
    assert not response.is_truncated


def test_an_empty_body_is_sent_as_one(client: HttpClient) -> None:
    """A POST of no bytes has a length of 0."""
    with serve_http(respond_ok) as server:
        client.request("POST", server.url(), b"")

    assert "0" == server.requests[0].headers["content-length"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (HttpOptions(user="u", password="p", token="t"), "Basic dTpw"),
        (HttpOptions(token="t"), "Bearer t"),
        (HttpOptions(headers={"Authorization": "Own x"}), "Own x"),
        (HttpOptions(token="t", headers={"Authorization": "Own x"}), "Bearer t"),
        (HttpOptions(), "Basic bWU6cHc="),
    ],
)
def test_credentials_go_along(options: HttpOptions, expected: str) -> None:
    """Basic takes precedence over Bearer, Bearer over headers, all over the URL's."""
    with serve_http(respond_ok) as server, HttpClient(options) as client:
        client.request("GET", f"http://me:pw@127.0.0.1:{server.port}/")

    assert expected == server.requests[0].headers["authorization"]


def test_extra_headers_go_along() -> None:
    """Headers of the options are sent; those of the request take precedence."""
    options = HttpOptions(headers={"X-One": "1", "Content-Type": "wrong"})
    with serve_http(respond_ok) as server, HttpClient(options) as client:
        client.request("POST", server.url(), b"", {"content-type": "right"})

    headers = server.requests[0].headers
    assert ("1", "right") == (headers["x-one"], headers["content-type"])


def test_a_connection_is_used_again(client: HttpClient) -> None:
    """Consecutive requests share a connection."""
    with serve_http(respond_ok) as server:
        for _ in range(3):
            client.request("GET", server.url())

    assert [1, 1, 1] == [request.connection for request in server.requests]
    assert "<HttpClient 1 connected>" == repr(client)


def test_another_server_gets_another_connection(client: HttpClient) -> None:
    """A connection is not used for another server, nor retained beside its own."""
    with serve_http(respond_ok) as one, serve_http(respond_ok) as two:
        for server in (one, two, one):
            client.request("GET", server.url())

    assert [1, 2] == [request.connection for request in one.requests]
    assert "<HttpClient 1 connected>" == repr(client)


def test_a_connection_that_the_server_gave_up_is_replaced(client: HttpClient) -> None:
    """After `Connection: close` the next request opens another connection."""

    def respond(_request: Request) -> bytes:
        return make_response(headers={"Connection": "close"})

    with serve_http(respond) as server:
        client.request("GET", server.url())
        shown = repr(client)
        client.request("GET", server.url())

    assert 2 == len(server.requests)
    assert "<HttpClient 0 connected>" == shown


def test_a_connection_closed_while_idle_is_replaced(client: HttpClient) -> None:
    """If a server has closed an idle connection, the request uses a new one."""
    closed = threading.Event()

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(make_response(200))
        sock.shutdown(socket.SHUT_WR)
        closed.set()
        sock.recv(1)

    with serve_raw(talk) as server:
        first = client.request("GET", server.url())
        assert closed.wait(TIMEOUT)
        second = client.request("GET", server.url())

    assert (200, 200) == (first.status, second.status)


def test_a_connection_closed_as_it_is_used_again_is_replaced(
    client: HttpClient,
) -> None:
    """If a server closes while the request is being sent, it gets the request again."""
    responses = iter([make_response(), None, make_response(202)])
    with serve_http(lambda _request: next(responses)) as server:
        client.request("POST", server.url(), b"one")
        response = client.request("POST", server.url(), b"two")

    assert 202 == response.status
    assert [1, 1, 2] == [request.connection for request in server.requests]


def test_a_new_connection_without_a_response_is_an_error(client: HttpClient) -> None:
    """A server that closes a new connection without a response gets one request."""
    with (
        serve_http(lambda _request: None) as server,
        pytest.raises(RetryableSendError, match=r"GET http://.* failed: Remote"),
    ):
        client.request("GET", server.url())

    assert 1 == len(server.requests)


def test_a_refused_port_is_refused(client: HttpClient) -> None:
    """A port where nothing listens is RefusedError; the URL's password is masked."""
    port = free_port()

    with pytest.raises(RefusedError) as caught:
        client.request("GET", f"http://me:secret@127.0.0.1:{port}/x")

    assert f"GET http://***@127.0.0.1:{port}/x failed: connection refused" == str(
        caught.value
    )


def test_a_host_that_is_no_name_is_an_error(client: HttpClient) -> None:
    """A host with an empty label is a permanent error, without a look-up."""
    with pytest.raises(SendError, match=r"GET http://a\.\.b/ failed") as caught:
        client.request("GET", "http://a..b/")

    assert SendError is type(caught.value)


def test_a_server_that_never_responds_times_out() -> None:
    """A server that sends nothing causes a retryable error after the timeout."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk) as server,
        HttpClient(SHORT) as client,
        pytest.raises(RetryableSendError, match=r"no response within 0\.3 s"),
    ):
        client.request("GET", server.url())


def test_a_timeout_can_be_given_for_one_request(client: HttpClient) -> None:
    """The timeout of a request replaces that of the options."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk) as server,
        pytest.raises(RetryableSendError, match=r"no response within 0\.1 s"),
    ):
        client.request("GET", server.url(), timeout=0.1)


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 ", make_response(200)[:-2]])
def test_a_server_that_drips_is_given_up(beginning: bytes) -> None:
    """A byte now and then does not extend the timeout."""

    def talk(server: Server, sock: socket.socket, _number: int) -> None:
        sock.sendall(beginning)
        while not server.stopping.wait(0.02):
            sock.sendall(b"a")

    with (
        serve_raw(talk) as server,
        HttpClient(SHORT) as client,
        pytest.raises(RetryableSendError, match=r"no response within 0\.3 s"),
    ):
        client.request("GET", server.url())


class HastyClock(FakeClock):
    """A clock that advances by an hour each time it is read."""

    def monotonic(self) -> float:
        """Advance by an hour and return the time."""
        self.advance(3_600.0)
        return super().monotonic()


def test_the_deadline_ends_a_reading_that_was_slow() -> None:
    """Bytes that arrive after the deadline are not read."""
    with (
        serve_http(respond_ok) as server,
        HttpClient(clock=HastyClock()) as client,
        pytest.raises(RetryableSendError, match="no response within 5 s"),
    ):
        client.request("GET", server.url())


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 99999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999999\r\n\r\nabc",
        b"HTTP/1.1 +20 OK\r\n\r\n",
        b"HTTP/1.1 -200 OK\r\n\r\n",
        b"HTTP/1.1 000 OK\r\n\r\n",
        b"HTTP/1.1 " + b"2" * 5_000 + b" OK\r\n\r\n",
        CHUNKED + b"F" * 60_000 + b"\r\nabc",
        CHUNKED + b"1" * 70_000,
    ],
)
def test_a_response_that_is_not_http_is_our_error(
    response: bytes, client: HttpClient
) -> None:
    """Any response that is not HTTP is a SendError."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(response)

    with serve_raw(talk) as server, pytest.raises(SendError, match="failed"):
        client.request("GET", server.url())


def test_a_foreign_response_adds_no_lines_to_a_message(client: HttpClient) -> None:
    """The message quotes a short part of a response that is not HTTP, on one line."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(b"SSH-2.0\x1b[31m\r" + b"x" * 60_000 + b"\r\n\r\n")

    with serve_raw(talk) as server, pytest.raises(SendError) as caught:
        client.request("GET", server.url())

    message = str(caught.value)
    assert "SSH-2.0?[31m xxx" in message
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize("length", ["-5", "9" * 5_000, "1e3", "+", "0x5"])
def test_a_length_that_is_none_is_ignored(length: str, client: HttpClient) -> None:
    """If the length of a body cannot be read, the body ends with the connection."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(make_response(200, b"abc", {"Content-Length": length}))

    with serve_raw(talk) as server:
        response = client.request("GET", server.url())

    assert (200, b"abc") == (response.status, response.body)


@pytest.mark.parametrize(
    ("beginning", "rest"),
    [
        (CHUNKED + b"-1\r\n", b"a" * 65_536),
        (CHUNKED + b"0\r\n", b"trailer: yes\r\n" * 4_096),
        (CHUNKED, b"1;" + b"x" * 65_000 + b"\r\na\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 4_096),
        (b"HTTP/1.1 100 Continue\r\n", b"header: yes\r\n" * 4_096),
    ],
    ids=["chunk", "trailers", "extensions", "continue", "headers"],
)
def test_framing_without_end_is_given_up(
    beginning: bytes,
    rest: bytes,
    client: HttpClient,
) -> None:
    """Reading stops at a limit if a server's framing never ends."""
    sent = len(beginning)

    def talk(server: Server, sock: socket.socket, _number: int) -> None:
        nonlocal sent
        sock.recv(65_536)
        sock.sendall(beginning)
        while not server.stopping.is_set():
            sock.sendall(rest)
            sent += len(rest)

    with serve_raw(talk) as server, pytest.raises(SendError, match="failed"):
        client.request("GET", server.url())

    # The bytes that the client has read, and those in the buffers of two sockets.
    assert sent < 32 * MAX_BODY


def test_no_more_of_a_body_is_retained_than_the_limit(client: HttpClient) -> None:
    """1 MiB of a huge body is retained, and its connection is closed."""
    huge = make_response(200, bytes(2 * MAX_BODY))
    with serve_http(lambda _request: huge) as server:
        first = client.request("GET", server.url())
        client.request("GET", server.url())

    assert (MAX_BODY, True) == (len(first.body), first.is_truncated)
    assert [1, 2] == [request.connection for request in server.requests]


def test_a_compressed_body_is_not_decompressed(client: HttpClient) -> None:
    """A small compressed response cannot fill the memory."""
    bomb = gzip.compress(bytes(1 << 26), compresslevel=1)
    data = make_response(200, bomb, {"Content-Encoding": "gzip"})
    with serve_http(lambda _request: data) as server:
        response = client.request("GET", server.url())

    assert bomb == response.body


def test_a_body_that_never_ends_is_cut(client: HttpClient) -> None:
    """A body without a length is read up to the limit."""

    def talk(server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.is_set():
            sock.sendall(bytes(65_536))

    with serve_raw(talk) as server:
        response = client.request("GET", server.url())

    assert (MAX_BODY, True) == (len(response.body), response.is_truncated)


def test_a_body_until_the_end_of_the_connection_is_read(client: HttpClient) -> None:
    """A response of HTTP/1.0 is read to its end."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000)

    with serve_raw(talk) as server:
        response = client.request("GET", server.url())

    assert (100_000, False) == (len(response.body), response.is_truncated)


def test_a_chunked_body_is_read(client: HttpClient) -> None:
    """Chunks are joined, and the connection is retained."""
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with serve_http(lambda _request: response) as server:
        bodies = [client.request("GET", server.url()).body for _ in range(2)]

    assert [b"abcde", b"abcde"] == bodies
    assert [1, 1] == [request.connection for request in server.requests]


def test_redirects_are_not_followed() -> None:
    """A redirect is returned as it is; credentials are sent to no other server."""
    with serve_http(respond_ok) as other:
        redirect = make_response(307, headers={"Location": other.url()})
        with (
            serve_http(lambda _request: redirect) as server,
            HttpClient(HttpOptions(token="t")) as client,
        ):
            response = client.request("POST", server.url(), b"x")

    assert 307 == response.status
    assert [] == other.requests


def test_two_threads_use_two_connections(client: HttpClient) -> None:
    """Concurrent requests do not wait for each other; one connection remains."""
    both = threading.Barrier(2)

    def respond(_request: Request) -> bytes:
        both.wait(TIMEOUT)
        return make_response()

    with serve_http(respond) as server:
        threads = [
            threading.Thread(target=client.request, args=("GET", server.url()))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)
        shown = repr(client)

    assert {1, 2} == {request.connection for request in server.requests}
    assert "<HttpClient 1 connected>" == shown


def test_close_during_a_request_lets_it_end(client: HttpClient) -> None:
    """A request in progress succeeds after close(); then its connection is closed."""

    def respond(_request: Request) -> bytes:
        client.close()
        return make_response(202)

    with serve_http(respond) as server:
        response = client.request("GET", server.url())

    assert 202 == response.status
    assert "<HttpClient closed>" == repr(client)


def test_the_connection_is_dropped_after_a_fork(client: HttpClient) -> None:
    """After `after_fork_in_child` the next request opens another connection."""
    with serve_http(respond_ok) as server:
        client.request("GET", server.url())
        client.after_fork_in_child()
        client.request("GET", server.url())

    assert [1, 2] == [request.connection for request in server.requests]


@forks_with_threads
def test_a_forked_child_uses_another_connection(client: HttpClient) -> None:
    """Parent and child do not share a connection, and the parent's stays usable."""
    with serve_http(respond_ok) as server:
        client.request("GET", server.url())
        code = run_in_child(client, server.url())
        client.request("GET", server.url())

    assert 0 == code
    assert [1, 2, 1] == [request.connection for request in server.requests]


@forks_with_threads
def test_a_fork_during_a_request_does_not_disturb_it(client: HttpClient) -> None:
    """A child that is forked before the response does not read it."""
    requested, forked = threading.Event(), threading.Event()

    def respond(request: Request) -> bytes:
        if request.target == "/slow":
            requested.set()
            forked.wait(TIMEOUT)
        return make_response(200, request.target.encode())

    bodies = list[bytes]()
    with serve_http(respond) as server:

        def request_slowly() -> None:
            bodies.append(client.request("GET", server.url("/slow")).body)

        thread = threading.Thread(target=request_slowly)
        thread.start()
        assert requested.wait(TIMEOUT)
        code = run_in_child(client, server.url("/child"))
        forked.set()
        thread.join(TIMEOUT)

    assert 0 == code
    assert [b"/slow"] == bodies


def test_ipv6_is_supported(client: HttpClient) -> None:
    """A server on ::1 is reached by its address in brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("IPv6 is missing: this machine has no ::1")
    with serve_http(respond_ok, host="::1") as server:
        response = client.request("GET", f"http://[::1]:{server.port}/")

    assert 200 == response.status


SETTINGS_FRAME = bytes.fromhex("00000c 04 00 00000000 0003 000000fa 0005 00100000")
"""The first frame of an HTTP/2 server, as a gRPC server sends it (RFC 9113)."""


def test_a_server_of_http2_is_named_as_one(client: HttpClient) -> None:
    """If the server uses HTTP/2, whose bytes are unreadable, the error names gRPC."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(SETTINGS_FRAME)

    with serve_raw(talk) as server, pytest.raises(SendError) as caught:
        client.request("GET", server.url())

    message = str(caught.value)
    assert "uses HTTP/2 at this port, as for gRPC" in message
    assert message.isprintable()


def test_a_server_of_http2_that_hangs_up_is_named_as_one(client: HttpClient) -> None:
    """The error names HTTP/2 even if the server closes before the request was sent."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.sendall(SETTINGS_FRAME)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(65_536)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serve_raw(talk) as server, pytest.raises(SendError, match="uses HTTP/2"):
        client.request("POST", server.url(), b"x" * 50_000_000)
