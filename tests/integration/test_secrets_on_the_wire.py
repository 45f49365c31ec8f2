"""
Credentials reach the configured server, and are not shown if a send fails.

One program sends by each spelling of the credentials to each kind of server: real ones,
most of which reject the request and send it back.
"""

from __future__ import annotations

import base64
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
import trustme

from tests.integration.canaries import (
    PASSWORD,
    TOKEN,
    USER,
    Case,
    find_secrets,
    leaks_in,
    observe,
)
from tests.integration.http_servers import (
    Request,
    Respond,
    Server,
    Talk,
    make_response,
    serve_http,
    serve_raw,
)
from tests.integration.span_sink import SpanSink

HEADER: Final = "x-api-key"
BASIC: Final = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
BEARER: Final = f"Bearer {TOKEN}"
PROXY_USER: Final = "canary-proxy-user:canary-proxy-password"
OF_PROXY: Final = "Basic " + base64.b64encode(PROXY_USER.encode()).decode()
QUERY: Final = f"?token={TOKEN}"

Settings = tuple[dict[str, Any], dict[str, str]]
"""The value of `collector` in the dict, and the variables."""


def basic_in_dict(url: str) -> Settings:
    """User and password in the dict."""
    return {"endpoint": url, "user": USER, "password": PASSWORD}, {}


def token_in_dict(url: str) -> Settings:
    """A token and a header in the dict."""
    return {"endpoint": url, "auth_token": TOKEN, "headers": {HEADER: TOKEN}}, {}


def url_in_dict(url: str) -> Settings:
    """User information and a token in the URL."""
    user_info = f"{quote(USER)}:{quote(PASSWORD, safe='')}"
    return {"endpoint": url.replace("//", f"//{user_info}@") + QUERY}, {}


def basic_in_variables(url: str) -> Settings:
    """User and password in variables of Jaeger."""
    variables = {"ENDPOINT": url, "USER": USER, "PASSWORD": PASSWORD}
    return {}, {f"JAEGER_{name}": value for name, value in variables.items()}


def headers_in_variables(url: str) -> Settings:
    """Headers in variables of OpenTelemetry."""
    headers = f"authorization={quote(BEARER)},{HEADER}={TOKEN}"
    prefix = "OTEL_EXPORTER_OTLP"
    return {}, {f"{prefix}_TRACES_ENDPOINT": url, f"{prefix}_HEADERS": headers}


SPELLINGS: Final[Mapping[Callable[[str], Settings], tuple[str, str]]] = {
    basic_in_dict: (BASIC, "/api/traces"),
    token_in_dict: (BEARER, "/v1/traces"),
    url_in_dict: (BASIC, "/api/v2/spans"),
    basic_in_variables: (BASIC, "/zipkin/api/v2/spans"),
    headers_in_variables: (BEARER, "/otlp/v1/traces"),
}
"""The header `Authorization` of each, and the path that it sends to."""


def always(response: bytes) -> Respond:
    """Return a function that sends *response* for any request."""
    return lambda _request: response


def reject(request: Request) -> bytes:
    """Send back the request and the credentials in it, as some servers do."""
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    scheme, _, encoded = request.headers["authorization"].partition(" ")
    if scheme == "Basic":
        user, _, password = base64.b64decode(encoded).decode().partition(":")
        lines.insert(0, f"{user} has not the password {password}")
    return make_response(401, "\r\n".join([request.target, *lines]).encode())


def send_back(_server: Server, sock: socket.socket, _number: int) -> None:
    """Send back what arrives, which is not HTTP."""
    received = sock.recv(65536)
    head, _, _ = received.partition(b"\r\n\r\n")
    lines = sorted(head.split(b"\r\n"), key=lambda line: b"uthorization" not in line)
    sock.sendall(b"\r\n".join(lines) + b"\r\n\r\n")


def respond_in_plain(_server: Server, sock: socket.socket, _number: int) -> None:
    """Respond to a TLS handshake as HTTP servers do."""
    sock.recv(65536)
    sock.sendall(make_response(400))


def be_silent(server: Server, _sock: socket.socket, _number: int) -> None:
    """Send nothing until the end of the test."""
    server.stopping.wait(60)


def reset(_server: Server, sock: socket.socket, _number: int) -> None:
    """Reset the connection."""
    sock.recv(1024)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@dataclass
class Network:
    """The servers of a run, and what they have received."""

    stack: ExitStack
    directory: Path
    authority: trustme.CA = field(default_factory=trustme.CA)
    urls: dict[str, str] = field(default_factory=dict[str, str])
    """URL of the collector of each kind, without a path."""
    extras: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Further settings of the collector of each kind."""
    collectors: list[Server] = field(default_factory=list[Server])
    others: list[Server] = field(default_factory=list[Server])
    """Where redirects lead."""
    proxy_heads: list[str] = field(default_factory=list[str])
    agent: Server = field(init=False)
    sink: SpanSink = field(init=False)
    jaeger: Server = field(init=False)
    """A collector in variables of Jaeger, beside credentials in others."""
    observed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def start(self) -> None:
        """Start the servers."""
        self.agent = self._serve(always(make_response(500, b"{}")))
        self.sink = self.stack.enter_context(SpanSink())
        self.jaeger = self._serve(always(make_response()))
        self._add("accepts", self._serve(always(make_response())))
        self._add("rejects", self._serve(reject))
        self._add("is no HTTP", self._serve_raw(send_back))
        self._add("resets", self._serve_raw(reset))
        self._add("is silent", self._serve_raw(be_silent))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.urls["refuses"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._add("untrusted", self._serve(reject, tls=self._tls("127.0.0.1")), "https")
        self._add("is no TLS", self._serve_raw(respond_in_plain), "https")
        ca_file = self.directory / "ca.pem"
        self.authority.cert_pem.write_to_path(str(ca_file))
        trust = {"ca_file": str(ca_file)}
        tls = self._tls("other.example")
        self._add("has another name", self._serve(reject, tls=tls), "https", **trust)
        for host in ("127.0.0.1", "127.0.0.2"):
            other = self._serve(always(make_response()), host=host)
            self.others.append(other)
            to = {"Location": f"http://{host}:{other.port}/v1/traces"}
            response = make_response(307, headers=to)
            server = self._serve(always(response))
            self._add(f"redirects to {host}", server)
            tls = self._tls("127.0.0.1")
            server = self._serve(always(response), tls=tls)
            self._add(f"redirects from TLS to {host}", server, "https", **trust)
        self._add_proxies()

    def _add_proxies(self) -> None:
        for kind, talk in (("rejecting", self._reject), ("no", self._send_back)):
            proxy = self.stack.enter_context(serve_raw(talk))
            url = f"http://{PROXY_USER}@127.0.0.1:{proxy.port}"
            for scheme in ("http", "https"):
                name = f"{kind} proxy for {scheme}"
                self.urls[name] = f"{scheme}://collector.invalid"
                self.extras[name] = {"proxy": url}

    def _reject(self, _server: Server, sock: socket.socket, _number: int) -> None:
        head = self._read_head(sock)
        sock.sendall(make_response(407, head.encode()))

    def _send_back(self, _server: Server, sock: socket.socket, _number: int) -> None:
        head = self._read_head(sock)
        lines = sorted(head.split("\r\n"), key=lambda x: "uthorization" not in x)
        sock.sendall("\r\n".join(lines).encode())

    def _read_head(self, sock: socket.socket) -> str:
        head, _, _ = sock.recv(65536).partition(b"\r\n\r\n")
        self.proxy_heads.append(head.decode())
        return head.decode()

    def _add(
        self, kind: str, server: Server, scheme: str = "http", **extra: str
    ) -> None:
        self.collectors.append(server)
        self.urls[kind] = server.url("", scheme)
        self.extras[kind] = extra

    def _serve(
        self,
        respond: Respond,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> Server:
        return self.stack.enter_context(serve_http(respond, tls=tls, host=host))

    def _serve_raw(self, talk: Talk) -> Server:
        return self.stack.enter_context(serve_raw(talk))

    def _tls(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
        return context

    def cases(self) -> Iterator[Case]:
        """Return a case for each spelling and each kind of collector."""
        for spelling, (_, path) in SPELLINGS.items():
            for kind, url in self.urls.items():
                collector, environ = spelling(f"{url}{path}")
                extra = dict(self.extras.get(kind, {}))
                if environ and "proxy" in extra:
                    environ["JAEGER_COLLECTOR_PROXY"] = extra.pop("proxy")
                collector |= extra
                name = f"{spelling.__name__}, {kind}"
                yield Case(name, self._config(collector), environ, sends=True)
        _, environ = headers_in_variables("http://127.0.0.1:9")
        by_udp = {"local_agent": {"reporting_port": self.sink.port}}
        yield Case("by UDP", {**self._config({}), **by_udp}, environ, sends=True)
        environ = {**environ, "JAEGER_ENDPOINT": self.jaeger.url("/api/traces")}
        yield Case("for another endpoint", self._config({}), environ, sends=True)

    def _config(self, collector: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "sampler": {"type": "remote", "param": 1},
            "sampling_endpoint": self.agent.url("/sampling"),
            "throttler": {"port": self.agent.port},
            "reporter_timeout": 0.2,
            "collector": collector,
        }


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The servers, after a program has sent to all of them."""
    directory = tmp_path_factory.mktemp("secrets")
    with ExitStack() as stack:
        network = Network(stack, directory)
        network.start()
        network.observed = observe(network.cases(), directory)
        yield network


def test_no_failure_shows_a_secret(network: Network) -> None:
    """Lines, errors, objects and metrics have none, even if a server sends it back."""
    assert [] == leaks_in(network.observed)


def test_credentials_arrive_where_they_belong(network: Network) -> None:
    """They are in their headers, and in the query of a URL that has one; only there."""
    requests = [request for server in network.collectors for request in server.requests]
    found = {
        (request.headers["authorization"], request.target.partition("?")[0])
        for request in requests
    }
    elsewhere = [
        part
        for request in requests
        for part in (
            request.target.removesuffix(QUERY),
            request.body.decode("latin-1"),
            *(
                f"{name}: {value}"
                for name, value in request.headers.items()
                if name not in {"authorization", HEADER}
            ),
        )
        if find_secrets(part)
    ]

    assert {*SPELLINGS.values()} == found
    assert [] == elsewhere


def test_credentials_follow_no_redirect(network: Network) -> None:
    """They are not sent to another port or host, nor from https to http."""
    assert [[], []] == [server.requests for server in network.others]


def test_credentials_of_opentelemetry_are_for_its_endpoint(network: Network) -> None:
    """A collector or agent of other settings does not receive them."""
    requests, batches = network.jaeger.requests, network.sink.batches

    assert requests
    assert batches
    assert not find_secrets(f"{requests!r} {batches!r}")


def test_a_tunnel_shows_the_proxy_its_own_credentials_only(network: Network) -> None:
    """The request to the proxy does not contain what an https collector receives."""
    heads = [head for head in network.proxy_heads if head.startswith("CONNECT ")]
    lines = {
        line for head in heads for line in head.split("\r\n") if find_secrets(line)
    }

    assert {f"Proxy-Authorization: {OF_PROXY}"} == lines


def test_the_agent_gets_no_credentials(network: Network) -> None:
    """Requests for strategies and credits have the name of the service, quoted."""
    requests = network.agent.requests
    paths = {request.target.partition("&uuid=")[0] for request in requests}
    service = "service=bakery+%26+sons"

    assert {f"/sampling?{service}", f"/credits?{service}"} == paths
    assert [] == [each for each in requests if find_secrets(repr(each))]
