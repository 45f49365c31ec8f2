"""An HTTP proxy on loopback between the client and its servers."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from jaeger_client import Config
from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import (
    ConfigError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from tests.integration.http_servers import (
    Request,
    Server,
    make_response,
    serve_http,
    serve_raw,
)

HOST = "collector.invalid"
"""A name that only the proxy can resolve."""

CREDENTIALS = "Basic " + base64.b64encode(b"me:p@ss word").decode()


@dataclass
class Proxy:
    """A proxy for one server, with the heads of the requests that it has received."""

    server: Server
    refusal: bytes = b""
    """Sent in place of a response, if not empty."""
    heads: list[str] = field(default_factory=list[str])
    port: int = 0

    def url(self, user: str = "") -> str:
        """Return the URL of the proxy."""
        return f"http://{user}127.0.0.1:{self.port}"

    def talk(self, _server: Server, client: socket.socket, _number: int) -> None:
        """Open the tunnel, or forward requests, unchanged except for the target."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as upstream:
            while head := read_head(client):
                self.heads.append(head)
                if self.refusal:
                    client.sendall(self.refusal)
                    return
                method, target, _ = head.split(" ", 2)
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    relay_both_ways(client, upstream)
                    return
                path = "/" + target.split("/", 3)[3]
                upstream.sendall(without_hop(head.replace(target, path, 1)))
                client.sendall(upstream.recv(65536))


def without_hop(head: str) -> bytes:
    """Return a request without the headers for the proxy."""
    lines = head.split("\r\n")
    return "\r\n".join(x for x in lines if not x.startswith("proxy-")).encode()


def read_head(sock: socket.socket) -> str:
    """Return a request without body, up to the empty line; empty at the end of file."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            return ""
        head += byte
    return head.decode("latin-1")


def relay_both_ways(one: socket.socket, other: socket.socket) -> None:
    """Copy bytes between two sockets until both have ended."""
    back = threading.Thread(target=relay, args=(other, one))
    back.start()
    relay(one, other)
    back.join()


def relay(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until the end of file, and pass that on."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_for(server: Server, refusal: bytes = b"") -> Generator[Proxy, None, None]:
    """Serve as the proxy of *server*."""
    proxy = Proxy(server, refusal)
    with serve_raw(proxy.talk) as running:
        proxy.port = running.port
        yield proxy


def respond_ok(_request: Request) -> bytes:
    """Respond with 200."""
    return make_response(200, b"ok")


@dataclass(frozen=True)
class Tls:
    """An authority's file, and the TLS context of a server called `HOST`."""

    ca_file: str
    context: ssl.SSLContext


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    """TLS for `HOST`."""
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
    return Tls(str(ca_file), context)


def test_plain_http_names_the_whole_url_to_the_proxy() -> None:
    """The proxy gets its credentials, the server its host; the connection is reused."""
    with serve_http(respond_ok) as server, proxy_for(server) as proxy:
        options = HttpOptions(proxy=proxy.url("me:p%40ss%20word@"))
        with HttpClient(options) as client:
            url = f"http://{HOST}:{server.port}/path?a=b"
            bodies = [client.request("GET", url).body for _ in range(2)]

    assert [b"ok", b"ok"] == bodies
    first, second = proxy.heads
    assert first == second
    assert first.startswith(f"GET {url} HTTP/1.1\r\n")
    assert f"proxy-authorization: {CREDENTIALS}\r\n" in first
    request = server.requests[1]
    assert ("/path?a=b", 1) == (request.target, request.connection)
    assert f"{HOST}:{server.port}" == request.headers["host"]


def test_https_goes_through_a_tunnel(tls: Tls) -> None:
    """Each end gets its own credentials; the certificate is for the server's name."""
    with (
        serve_http(respond_ok, tls=tls.context) as server,
        proxy_for(server) as proxy,
    ):
        options = HttpOptions(
            proxy=proxy.url("me:p%40ss%20word@"), ca_file=tls.ca_file, token="inner"
        )
        with HttpClient(options) as client:
            url = f"https://{HOST}:{server.port}/path"
            bodies = [client.request("POST", url, b"x").body for _ in range(2)]

    assert [b"ok", b"ok"] == bodies
    authority = f"{HOST}:{server.port}"
    (head,) = proxy.heads
    assert head == (
        f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
        f"Proxy-Authorization: {CREDENTIALS}\r\n\r\n"
    )
    request = server.requests[1]
    assert ("/path", b"x", 1) == (request.target, request.body, request.connection)
    assert "Bearer inner" == request.headers["authorization"]
    assert authority == request.headers["host"]
    assert "proxy-authorization" not in request.headers


def test_a_proxy_without_credentials_gets_none(tls: Tls) -> None:
    """Without credentials, no empty header is sent."""
    with (
        serve_http(respond_ok, tls=tls.context) as server,
        proxy_for(server) as proxy,
        HttpClient(HttpOptions(proxy=proxy.url(), ca_file=tls.ca_file)) as client,
    ):
        client.request("GET", f"https://{HOST}:{server.port}/")

    assert "authorization" not in proxy.heads[0].lower()


@pytest.mark.parametrize(
    ("status", "is_retryable"), [(403, False), (407, False), (502, True), (503, True)]
)
def test_a_refused_tunnel_is_an_error(status: int, *, is_retryable: bool) -> None:
    """The error has the status, and no credentials of the proxy's URL."""
    with (
        serve_http(respond_ok) as server,
        proxy_for(server, make_response(status, b"secret: me:pa55word")) as proxy,
        HttpClient(HttpOptions(proxy=proxy.url("me:pa55word@"))) as client,
        pytest.raises(SendError) as caught,
    ):
        client.request("GET", f"https://{HOST}/")

    assert (
        f"GET https://{HOST}/ by the proxy http://***@127.0.0.1:{proxy.port} failed: "
        f"the proxy refused the tunnel with status {status}"
    ) == str(caught.value)
    assert is_retryable == isinstance(caught.value, RetryableSendError)


def test_a_proxy_that_quotes_its_credentials_does_not_show_them() -> None:
    """Credentials are hidden where the error quotes the response to a plain request."""
    with (
        serve_http(respond_ok) as server,
        proxy_for(server, make_response(407, CREDENTIALS.encode())) as proxy,
        HttpClient(HttpOptions(proxy=proxy.url("me:p%40ss%20word@"))) as client,
    ):
        response = client.request("GET", f"http://{HOST}/")

    assert 407 == response.status
    assert CREDENTIALS.split()[1] not in response.excerpt


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_credentials_that_come_back_instead_of_http_are_hidden(scheme: str) -> None:
    """The same holds for an echo server, which may send them back in another order."""

    def echo(_server: Server, sock: socket.socket, _number: int) -> None:
        read_head(sock)
        sock.sendall(f"{CREDENTIALS}\r\n\r\n".encode())

    with serve_raw(echo) as running:
        proxy = f"http://me:p%40ss%20word@127.0.0.1:{running.port}"
        with (
            HttpClient(HttpOptions(proxy=proxy)) as client,
            pytest.raises(SendError, match="BadStatusLine") as caught,
        ):
            client.request("GET", f"{scheme}://{HOST}/")

    assert CREDENTIALS.split()[1] not in str(caught.value)


def test_a_silent_proxy_is_given_up() -> None:
    """The tunnel must be open within the timeout."""

    def wait(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(10)

    with (
        serve_raw(wait) as running,
        HttpClient(HttpOptions(proxy=running.url(""), timeout=0.2)) as client,
        pytest.raises(RetryableSendError, match=r"opened no tunnel within 0\.2 s"),
    ):
        client.request("GET", f"https://{HOST}/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_proxy_at_the_port_is_a_refusal(scheme: str) -> None:
    """The error names the proxy."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with (
            HttpClient(HttpOptions(proxy=proxy)) as client,
            pytest.raises(RefusedError, match=f"by the proxy {proxy} failed: conn"),
        ):
            client.request("GET", f"{scheme}://{HOST}/")


def test_a_host_that_idna_cannot_encode_is_an_error() -> None:
    """The error is the same as without a proxy."""
    with (
        serve_http(respond_ok) as server,
        proxy_for(server) as proxy,
        HttpClient(HttpOptions(proxy=proxy.url())) as client,
        pytest.raises(SendError, match="Unicode(Encode)?Error"),
    ):
        client.request("GET", f"http://{'ä' * 70}/")


@pytest.mark.parametrize(
    "proxy", ["https://h:1", "socks5://h", "http://", "http://h/path"]
)
def test_a_proxy_must_be_reached_over_http(proxy: str) -> None:
    """Other schemes raise an error at once."""
    with pytest.raises(ConfigError, match="proxy must be a URL like http://host:port"):
        HttpOptions(proxy=proxy)


def test_the_options_do_not_show_the_proxy() -> None:
    """The proxy's URL, which may have a password, is not shown."""
    assert "pa55word" not in repr(HttpOptions(proxy="http://me:pa55word@h"))


@pytest.mark.parametrize("by_variable", [False, True])
def test_spans_are_sent_by_the_proxy_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, *, by_variable: bool
) -> None:
    """The proxy is read from key or variable; those of other programs are ignored."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with (
        serve_http(respond_ok) as server,
        proxy_for(server, make_response(202)) as proxy,
    ):
        collector = {"endpoint": f"http://{HOST}/api/traces"}
        if by_variable:
            monkeypatch.setenv("JAEGER_COLLECTOR_PROXY", f"127.0.0.1:{proxy.port}")
        else:
            collector["proxy"] = proxy.url("me:pa55word@")
        config = Config(
            {"sampler": {"type": "const", "param": 1}, "collector": collector},
            service_name="bakery",
        )
        assert "pa55word" not in str(config.explain())
        tracer = config.new_tracer()
        tracer.start_span("bake").finish()
        is_sent = tracer.flush(10)
        tracer.close(10)

    assert is_sent
    assert proxy.heads[0].startswith(f"POST http://{HOST}:80/api/traces HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "proxy",
    ["https://me:pa55word@h", "http://me:pa55word@h/path", "socks5://me:pa55word@h"],
)
def test_a_setting_that_is_no_http_proxy_is_refused(proxy: str) -> None:
    """Key and variable are shown, but not the password."""
    config = {"collector": {"endpoint": "http://far", "proxy": proxy}}

    with pytest.raises(ConfigError, match="collector.proxy") as caught:
        Config(config, service_name="bakery", validate=True)

    assert "pa55word" not in str(caught.value)
