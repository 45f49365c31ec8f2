"""Names with several addresses, and addresses with a zone, over real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jaeger_client import Config
from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import RefusedError, RetryableSendError, SendError
from jaeger_client.senders import UdpSender
from tests.integration.http_servers import Request, make_response, serve_http

NAME = "collector.test"


def respond_ok(_request: Request) -> bytes:
    """Respond with 200."""
    return make_response(200)


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: Iterable[str]) -> None:
    """Let the system's resolver return *addresses* for every name."""
    found = [
        (socket.AF_INET6 if ":" in address else socket.AF_INET, 1, 6, "", (address, 0))
        for address in addresses
    ]

    def getaddrinfo(*_: object, **__: object) -> object:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@contextmanager
def silent_host(address: str, port: int) -> Generator[None, None, None]:
    """Ignore attempts to connect to *address*, as a host behind a firewall does."""
    with ExitStack() as stack:
        # Linux drops a SYN while the queue of connections to accept is full.
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((address, port))
        yield


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def seconds_to_fail(client: HttpClient, port: int, message: str) -> float:
    """Return how long a request takes until it fails with *message*."""
    began = time.monotonic()
    with pytest.raises(RetryableSendError, match=message):
        client.request("GET", f"http://{NAME}:{port}/")
    return time.monotonic() - began


def test_a_silent_address_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the first address of a name does not respond, the second one is used."""
    resolve_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])

    with (
        serve_http(respond_ok) as server,
        silent_host("127.0.0.2", server.port),
        HttpClient(HttpOptions(timeout=2.0)) as client,
    ):
        response = client.request("GET", f"http://{NAME}:{server.port}/")

    assert 200 == response.status


@pytest.mark.parametrize("timeout", [0.6, 1.5])
def test_all_addresses_share_one_timeout(
    monkeypatch: pytest.MonkeyPatch,
    timeout: float,
) -> None:
    """With six silent addresses a request fails when its timeout ends."""
    addresses = [f"127.0.0.{number}" for number in range(2, 8)]
    resolve_to(monkeypatch, addresses)
    port = free_port()

    with ExitStack() as stack:
        for address in addresses:
            stack.enter_context(silent_host(address, port))
        client = stack.enter_context(HttpClient(HttpOptions(timeout=timeout)))
        seconds = seconds_to_fail(client, port, f"no connection within {timeout:g} s")

    assert timeout <= seconds < timeout + 0.5


def test_a_timeout_that_has_passed_at_once() -> None:
    """A timeout too short for any attempt is reported as a timeout, too."""
    with (
        HttpClient(HttpOptions(timeout=1e-12)) as client,
        pytest.raises(RetryableSendError, match="no connection within 1e-12 s"),
    ):
        client.request("GET", "http://127.0.0.1:1/")


def test_a_refusal_beside_a_timeout_is_no_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If one address refuses and another does not respond, the error is retryable."""
    resolve_to(monkeypatch, ["127.0.0.1", "127.0.0.2"])
    port = free_port()

    with (
        silent_host("127.0.0.2", port),
        HttpClient(HttpOptions(timeout=0.4)) as client,
    ):
        seconds_to_fail(client, port, r"no connection within 0\.4 s")


def test_a_refusal_beside_an_unreachable_network_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If IPv4 is refused and the other address has no route: RefusedError."""
    resolve_to(monkeypatch, ["127.0.0.1", "fe80::1%0"])
    port = free_port()

    with HttpClient() as client, pytest.raises(RefusedError):
        client.request("GET", f"http://{NAME}:{port}/")


def test_a_resolver_that_raises_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything that the resolver raises is an error of that send only."""

    def fail(*_: object, **__: object) -> None:
        msg = "patched"
        raise RuntimeError(msg)

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with (
        HttpClient() as client,
        UdpSender(NAME) as sender,
    ):
        with pytest.raises(RetryableSendError, match=r"does not resolve: .*patched"):
            client.request("GET", f"http://{NAME}/")
        with pytest.raises(SendError, match=r"does not resolve \(.*patched"):
            sender.send(b"x")


@pytest.fixture
def link_local() -> tuple[str, str]:
    """A link-local address of this machine and its zone."""
    table = Path("/proc/net/if_inet6")
    lines = table.read_text().splitlines() if table.exists() else []
    for digits, *_, zone in map(str.split, lines):
        if digits.startswith("fe80"):
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), zone
    pytest.skip("IPv6 is missing: this machine has no link-local address")


@pytest.mark.parametrize("percent", ["%25", "%"])
def test_a_zone_in_a_url_leads_there(link_local: tuple[str, str], percent: str) -> None:
    """A collector on a link-local address is reached; its zone is not sent."""
    address, zone = link_local
    with serve_http(respond_ok, host="::") as server, HttpClient() as client:
        client.request("GET", f"http://[{address}{percent}{zone}]:{server.port}/")

    assert [f"[{address}]:{server.port}"] == [
        request.headers["host"] for request in server.requests
    ]


@pytest.mark.parametrize("is_index", [True, False])
def test_a_zone_of_an_agent_leads_there(
    link_local: tuple[str, str],
    *,
    is_index: bool,
) -> None:
    """An agent on a link-local address is reached, by its zone's name or index."""
    address, name = link_local
    zone = str(socket.if_nametoindex(name)) if is_index else name
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as agent:
        agent.bind(("::", 0))
        agent.settimeout(10)
        with UdpSender(f"{address}%{zone}", agent.getsockname()[1]) as sender:
            sender.send(b"x")
            shown = repr(sender)

        assert b"x" == agent.recv(10)
    assert f"to [{address}%{zone}]:" in shown


def test_an_agent_with_a_zone_needs_no_other_settings() -> None:
    """A tracer can be created for such an agent, including its sampling URL."""
    settings = {"local_agent": {"reporting_host": "fe80::1%lo"}}

    tracer = Config(settings, service_name="zone").new_tracer()

    assert tracer.close(timeout=1).result()
