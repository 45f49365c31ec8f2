"""Polls of the agent over HTTP, against a server in place of the agent."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.http_client.messages import MAX_BODY
from jaeger_client.errors import (
    ConfigError,
    RefusedError,
    RetryableSendError,
    SendError,
)
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

STRATEGY = b'{"probabilisticSampling": {"samplingRate": 0.5}}'


def channel_to(port: int) -> AgentChannel:
    """Return the channel to an agent on *port* of this machine."""
    return AgentChannel("127.0.0.1", port, 6831)


def respond_with_strategy(_request: Request) -> bytes:
    """Respond as an agent that has one strategy."""
    return make_response(200, STRATEGY)


@pytest.fixture
def agent() -> Iterator[Server]:
    """An agent that responds to every request with one strategy."""
    with serve_http(respond_with_strategy) as server:
        yield server


def target_of(server: Server) -> tuple[str, list[tuple[str, str]]]:
    """Return path and query of the first request."""
    parts = urlsplit(server.requests[0].target)
    return parts.path, parse_qsl(parts.query)


def test_the_strategy_of_a_service_is_requested(agent: Server) -> None:
    """The request is GET /sampling?service=…; the body is returned unchanged."""
    with channel_to(agent.port) as channel:
        response = channel.request_sampling_strategy("my service&")

    assert STRATEGY == response
    assert "GET" == agent.requests[0].method
    assert ("/sampling", [("service", "my service&")]) == target_of(agent)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/sampling", ("/api/sampling", [("service", "s")])),
        ("/?key=a%20b", ("/", [("key", "a b"), ("service", "s")])),
        ("/x?key=1&y=2", ("/x", [("key", "1"), ("y", "2"), ("service", "s")])),
    ],
)
def test_strategies_may_come_from_another_url(
    url: str,
    expected: tuple[str, list[tuple[str, str]]],
    agent: Server,
) -> None:
    """A URL takes precedence over host and port, and keeps its query."""
    url = agent.url(url)
    with AgentChannel("nowhere.invalid", 1, 1, sampling_url=url) as channel:
        channel.request_sampling_strategy("s")

    assert expected == target_of(agent)


def test_a_fragment_of_a_url_is_not_sent(agent: Server) -> None:
    """The fragment of the URL is left out, and the query is appended to its path."""
    url = agent.url("/sampling#top")
    with AgentChannel("localhost", 5778, 6831, sampling_url=url) as channel:
        channel.request_sampling_strategy("s")

    assert ("/sampling", [("service", "s")]) == target_of(agent)


def test_credits_are_requested_by_operation(agent: Server) -> None:
    """The request is GET /credits with the client's id and every operation."""
    with channel_to(agent.port) as channel:
        channel.request_throttling_credits("s", "id-1", ["get", "a b/ü"])

    expected = [
        ("service", "s"),
        ("uuid", "id-1"),
        ("operations", "get"),
        ("operations", "a b/ü"),
    ]
    assert ("/credits", expected) == target_of(agent)


def test_lone_surrogates_do_no_harm(agent: Server) -> None:
    """A name that UTF-8 cannot encode is sent with a question mark in it."""
    with channel_to(agent.port) as channel:
        channel.request_sampling_strategy("a\ud800b")

    assert [("service", "a?b")] == target_of(agent)[1]


@pytest.mark.parametrize("status", [204, 302, 400, 404, 500])
def test_any_other_status_is_an_error(status: int) -> None:
    """A status that is not 200 is an error with URL, status and body."""
    response = make_response(status, b"" if status == 204 else b"because")
    with (
        serve_http(lambda _request: response) as server,
        channel_to(server.port) as channel,
        pytest.raises(SendError) as caught,
    ):
        channel.request_sampling_strategy("s")

    expected = f"GET {server.url('/sampling?service=s')}: the server responded {status}"
    assert str(caught.value).startswith(expected)
    assert ("because" in str(caught.value)) is (status != 204)


def test_a_huge_response_is_an_error() -> None:
    """A body of more than 1 MiB is refused, not cut."""
    huge = make_response(200, bytes(MAX_BODY + 1))
    with (
        serve_http(lambda _request: huge) as server,
        channel_to(server.port) as channel,
        pytest.raises(SendError, match="responded 200 with more than 1048576 bytes"),
    ):
        channel.request_sampling_strategy("s")


def test_a_refused_port_is_refused() -> None:
    """If no agent listens, the request raises RefusedError."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with channel_to(port) as channel, pytest.raises(RefusedError):
        channel.request_sampling_strategy("s")


@pytest.mark.parametrize("timeout", [None, 0.1])
def test_a_silent_agent_times_out(timeout: float | None) -> None:
    """A request fails after 2 seconds without a response, or after its own timeout."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with (
        serve_raw(talk) as server,
        channel_to(server.port) as channel,
        pytest.raises(RetryableSendError, match=f"within {timeout or 2:g} s"),
    ):
        channel.request_sampling_strategy("s", timeout)


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_agent_may_have_brackets(host: str) -> None:
    """The address of an agent may be written with or without brackets."""
    with (
        AgentChannel(host, 1, 6831) as channel,
        pytest.raises(SendError, match=r"^GET http://\[::1\]:1/sampling\?service=s "),
    ):
        channel.request_sampling_strategy("s")


def test_a_bad_url_is_a_config_error() -> None:
    """A sampling endpoint that is not a URL raises an error at construction."""
    with pytest.raises(ConfigError, match="sampling endpoint must be a URL like http"):
        AgentChannel("localhost", 5778, 6831, sampling_url="agent:5778")


def test_close_is_idempotent_and_final(agent: Server) -> None:
    """A closed channel sends no more requests."""
    channel = channel_to(agent.port)
    channel.close()
    channel.close()

    with pytest.raises(SendError, match="closed"):
        channel.request_sampling_strategy("s")
    assert [] == agent.requests


def test_credits_may_have_a_port_of_their_own(agent: Server) -> None:
    """With two ports, each kind of request is sent to its own port."""
    with (
        serve_http(respond_with_strategy) as other,
        AgentChannel("127.0.0.1", agent.port, 6831, None, other.port) as channel,
    ):
        channel.request_sampling_strategy("s")
        channel.request_throttling_credits("s", "1", [])

    assert [["/sampling"], ["/credits"]] == [
        [urlsplit(request.target).path for request in server.requests]
        for server in (agent, other)
    ]


@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)
def test_a_forked_child_polls_over_its_own_connection(agent: Server) -> None:
    """Parent and child use different connections."""
    with channel_to(agent.port) as channel:
        channel.request_sampling_strategy("parent")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                channel.request_sampling_strategy("child")
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(pid, 0)[1]
        channel.request_sampling_strategy("parent")

    assert 0 == status
    assert [1, 2, 1] == [request.connection for request in agent.requests]
