"""TLS connections that fail: retryable and permanent errors, and their messages."""

from __future__ import annotations

import datetime as dt
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import RetryableSendError, SendError
from tests.integration.http_servers import (
    TIMEOUT,
    Server,
    make_response,
    serve_raw,
)

LARGE_BODY = 4_000_000
"""More than the kernel buffers, so a write meets the end of the connection."""

End = Callable[[socket.socket], object]
"""Ends a connection in one of several ways."""


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    """TLS of a server whose certificate the client of these tests need not trust."""
    return make_server_tls(trustme.CA().issue_cert("127.0.0.1"))


def make_server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return the TLS context of a server with *certificate*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
    return context


@pytest.fixture
def client() -> Iterator[HttpClient]:
    """A client that trusts any certificate."""
    with HttpClient(HttpOptions(insecure=True)) as client:
        yield client


def close(sock: socket.socket) -> None:
    """End the connection without close_notify."""
    sock.shutdown(socket.SHUT_RDWR)
    sock.close()


def reset(sock: socket.socket) -> None:
    """Reset the connection: the peer's next operation fails with ECONNRESET."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def send_close_notify(sock: socket.socket) -> None:
    """End the TLS session and leave the TCP connection open."""
    assert isinstance(sock, ssl.SSLSocket)
    sock.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError):
        sock.unwrap()  # pyright: ignore[reportUnknownMemberType]  # untyped for SSLSocket
    sock.setblocking(True)


def read_request(sock: socket.socket) -> None:
    """Read a request to the end of its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    missing = int(head.lower().partition(b"content-length: ")[2].split()[0]) - len(body)
    while missing > 0:
        missing -= len(receive(sock))


def receive(sock: socket.socket) -> bytes:
    """Return some bytes of the peer, or end the exchange if there are none."""
    data = sock.recv(65_536)
    if not data:
        raise ConnectionAbortedError
    return data


@pytest.mark.parametrize(
    ("end", "happened"),
    [
        (close, "the server closed the connection during the TLS handshake"),
        (reset, "the connection was reset during the TLS handshake"),
    ],
)
def test_hang_up_in_handshake_is_retryable(
    client: HttpClient,
    end: End,
    happened: str,
) -> None:
    """A connection closed during the handshake causes a retryable error."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(10 if end is reset else 65_536)
        end(sock)

    with (
        serve_raw(talk) as server,
        pytest.raises(RetryableSendError, match=happened),
    ):
        client.request("GET", server.url("/", "https"))


def test_reset_before_the_handshake_leaves_nothing_open() -> None:
    """A connection that the server resets before TLS begins is closed at once."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        reset(sock)

    # Through the tunnel of a proxy, which can reset before the client begins TLS. A
    # socket that stays open causes a ResourceWarning, which is an error.
    with serve_raw(talk) as server:
        options = HttpOptions(insecure=True, proxy=server.url())
        for _ in range(5):
            with (
                HttpClient(options) as client,
                pytest.raises(RetryableSendError, match="reset during the TLS"),
            ):
                client.request("GET", "https://collector.example/")


def test_stalled_handshake_is_retryable(client: HttpClient) -> None:
    """A handshake that does not end within the timeout causes a retryable error."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk) as server,
        pytest.raises(
            RetryableSendError,
            match=r"the TLS handshake took longer than 0\.3 s",
        ),
    ):
        client.request("GET", server.url("/", "https"), timeout=0.3)


@pytest.mark.parametrize("is_tls", [True, False])
def test_a_server_that_does_not_read_is_given_up(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    *,
    is_tls: bool,
) -> None:
    """A request that cannot be sent within the timeout causes a retryable error."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk, tls=server_tls if is_tls else None) as server,
        pytest.raises(
            RetryableSendError,
            match=r"the request could not be sent within 0\.3 s",
        ),
    ):
        client.request(
            "POST",
            server.url("/", "https" if is_tls else "http"),
            bytes(8 * LARGE_BODY),
            timeout=0.3,
        )


@pytest.mark.parametrize("is_tls", [True, False])
@pytest.mark.parametrize("end", [close, reset])
def test_reused_connection_closed_during_a_write_is_replaced(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    end: End,
    *,
    is_tls: bool,
) -> None:
    """A reused connection that ends while the body is written is replaced."""

    def talk(_server: Server, sock: socket.socket, number: int) -> None:
        read_request(sock)
        sock.sendall(make_response(202))
        if number == 1:
            sock.recv(100)
            end(sock)
            return
        read_request(sock)

    with serve_raw(talk, tls=server_tls if is_tls else None) as server:
        url = server.url("/", "https" if is_tls else "http")
        client.request("POST", url, b"x")
        response = client.request("POST", url, os.urandom(LARGE_BODY))

    assert 202 == response.status


@pytest.mark.parametrize("end", [close, send_close_notify])
def test_idle_connection_closed_by_the_server_is_replaced(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    end: End,
) -> None:
    """An idle TLS connection that the server closes is replaced without an error."""
    ended = threading.Event()

    def talk(server: Server, sock: socket.socket, number: int) -> None:
        read_request(sock)
        sock.sendall(make_response(200 + number))
        if number == 1:
            end(sock)
            ended.set()
            server.stopping.wait(TIMEOUT)

    with serve_raw(talk, tls=server_tls) as server:
        url = server.url("/", "https")
        client.request("POST", url, b"x")
        assert ended.wait(TIMEOUT)
        response = client.request("POST", url, b"x")

    assert 202 == response.status


@pytest.mark.parametrize("is_tls", [True, False])
@pytest.mark.parametrize("is_reused", [True, False])
def test_response_that_breaks_off_is_retryable(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    *,
    is_tls: bool,
    is_reused: bool,
) -> None:
    """An incomplete response is an error; its request is not repeated at once."""
    connections = list[int]()

    def talk(_server: Server, sock: socket.socket, number: int) -> None:
        connections.append(number)
        if is_reused:
            read_request(sock)
            sock.sendall(make_response(202))
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    with serve_raw(talk, tls=server_tls if is_tls else None) as server:
        url = server.url("/", "https" if is_tls else "http")
        if is_reused:
            client.request("POST", url, b"x")
        with pytest.raises(RetryableSendError, match="the response is incomplete"):
            client.request("POST", url, b"y")

    assert [1] == connections


@pytest.mark.parametrize("is_tls", [True, False])
def test_reset_instead_of_a_response_is_retryable(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    *,
    is_tls: bool,
) -> None:
    """A connection that is reset before the response causes a retryable error."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        read_request(sock)
        reset(sock)

    with (
        serve_raw(talk, tls=server_tls if is_tls else None) as server,
        # Python 3.11 and older report a reset of TLS as an end of file.
        pytest.raises(RetryableSendError, match=r"was reset|Remote end closed"),
    ):
        client.request("POST", server.url("/", "https" if is_tls else "http"), b"x")


def test_response_before_the_end_of_the_body_counts(
    client: HttpClient,
    server_tls: ssl.SSLContext,
) -> None:
    """The response of a server that closes before it has read the body is returned."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(100)
        sock.sendall(make_response(413))
        close(sock)

    with serve_raw(talk, tls=server_tls) as server:
        response = client.request("POST", server.url("/", "https"), bytes(LARGE_BODY))

    assert 413 == response.status


@pytest.mark.parametrize("size", [1, LARGE_BODY])
def test_a_missing_client_certificate_is_permanent(
    client: HttpClient,
    server_tls: ssl.SSLContext,
    size: int,
) -> None:
    """The error names what the server requires, whatever the size of the body."""
    server_tls.verify_mode = ssl.CERT_REQUIRED

    def talk(_server: Server, _sock: socket.socket, _number: int) -> None:
        """Close the connection; no client gets as far as this."""

    with (
        serve_raw(talk, tls=server_tls) as server,
        pytest.raises(SendError, match="certificate required") as caught,
    ):
        client.request("POST", server.url("/", "https"), bytes(size))

    assert SendError is type(caught.value)


def test_plain_http_behind_https_is_permanent(client: HttpClient) -> None:
    """A server without TLS at this port is a permanent error that names the remedy."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(make_response(400))

    with (
        serve_raw(talk) as server,
        pytest.raises(
            SendError,
            match="the server does not use TLS at this port; use http://",
        ) as caught,
    ):
        client.request("GET", server.url("/", "https"))

    assert SendError is type(caught.value)


@pytest.mark.parametrize(
    ("alert", "expected"),
    [(40, SendError), (70, SendError), (80, RetryableSendError)],
)
def test_alerts_of_the_server(
    client: HttpClient,
    alert: int,
    expected: type[SendError],
) -> None:
    """Only the TLS alert internal_error (80) is retryable."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))

    with serve_raw(talk) as server, pytest.raises(SendError, match="TLS") as caught:
        client.request("GET", server.url("/", "https"))

    assert expected is type(caught.value)


def test_expired_certificate_is_permanent(tmp_path: Path) -> None:
    """An expired certificate is a permanent error that names the cause."""
    authority = trustme.CA()
    yesterday = dt.datetime.now(dt.timezone.utc) - dt.timedelta(1)
    tls = make_server_tls(authority.issue_cert("127.0.0.1", not_after=yesterday))
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    def talk(_server: Server, _sock: socket.socket, _number: int) -> None:
        """Close the connection; no client gets as far as this."""

    with (
        serve_raw(talk, tls=tls) as server,
        HttpClient(HttpOptions(ca_file=str(ca_file))) as client,
        pytest.raises(SendError, match="certificate has expired") as caught,
    ):
        client.request("GET", server.url("/", "https"))

    assert SendError is type(caught.value)
