"""The agent's HTTP questions, against a server that plays the agent."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from jaeger_client._internal.agent import AgentClient
from jaeger_client._internal.http_client import MAX_ANSWER, HttpOptions
from jaeger_client.errors import (
    ConfigError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from tests.integration.http_servers import (
    PATIENCE,
    Request,
    Server,
    make_answer,
    serve_http,
    serve_raw,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

STRATEGY = b'{"probabilisticSampling": {"samplingRate": 0.5}}'


def answer_strategy(_request: Request) -> bytes:
    """Answer as an agent that knows one strategy."""
    return make_answer(200, STRATEGY)


@pytest.fixture
def agent() -> Iterator[Server]:
    """An agent that answers every question with one strategy."""
    with serve_http(answer_strategy) as server:
        yield server


def asked(server: Server) -> tuple[str, list[tuple[str, str]]]:
    """Return path and query of the first question."""
    parts = urlsplit(server.requests[0].target)
    return parts.path, parse_qsl(parts.query)


def test_the_strategy_of_a_service_is_asked_for(agent: Server) -> None:
    """The question is GET /sampling?service=…; the answer comes back as it is."""
    with AgentClient("127.0.0.1", agent.port) as client:
        answer = client.request_sampling_strategy("my service&")

    assert STRATEGY == answer
    assert "GET" == agent.requests[0].method
    assert ("/sampling", [("service", "my service&")]) == asked(agent)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/sampling", ("/api/sampling", [("service", "s")])),
        ("/?key=a%20b", ("/", [("key", "a b"), ("service", "s")])),
        ("/x?key=1&y=2", ("/x", [("key", "1"), ("y", "2"), ("service", "s")])),
    ],
)
def test_another_url_may_be_asked(
    url: str,
    expected: tuple[str, list[tuple[str, str]]],
    agent: Server,
) -> None:
    """A URL of one's own goes before host and port, and keeps its query."""
    with AgentClient("nowhere.invalid", 1, url=agent.url(url)) as client:
        client.request_sampling_strategy("s")

    assert expected == asked(agent)


def test_a_fragment_of_a_url_is_not_in_the_way(agent: Server) -> None:
    """The question stands before a fragment, which no server ever sees."""
    with AgentClient(url=agent.url("/sampling#top")) as client:
        client.request_sampling_strategy("s")

    assert ("/sampling", [("service", "s")]) == asked(agent)


def test_credits_are_asked_for_by_operation(agent: Server) -> None:
    """The question is GET /credits with the client's id and every operation."""
    with AgentClient("127.0.0.1", agent.port) as client:
        client.request_throttling_credits("s", "id-1", ["get", "a b/ü"])

    expected = [
        ("service", "s"),
        ("uuid", "id-1"),
        ("operations", "get"),
        ("operations", "a b/ü"),
    ]
    assert ("/credits", expected) == asked(agent)


def test_lone_surrogates_do_no_harm(agent: Server) -> None:
    """A name that UTF-8 cannot carry is asked for with a question mark in it."""
    with AgentClient("127.0.0.1", agent.port) as client:
        client.request_sampling_strategy("a\ud800b")

    assert [("service", "a?b")] == asked(agent)[1]


@pytest.mark.parametrize("status", [204, 302, 400, 404, 500])
def test_any_other_status_is_an_error(status: int) -> None:
    """An answer that is not 200 raises with URL, status and what was said."""
    answer = make_answer(status, b"" if status == 204 else b"because")
    with (
        serve_http(lambda _request: answer) as server,
        AgentClient("127.0.0.1", server.port) as client,
        pytest.raises(SendError) as caught,
    ):
        client.request_sampling_strategy("s")

    expected = f"GET {server.url('/sampling?service=s')} was answered {status}"
    assert str(caught.value).startswith(expected)
    assert ("because" in str(caught.value)) is (status != 204)


def test_a_huge_answer_is_an_error() -> None:
    """An answer of more than 1 MiB is refused, not cut."""
    huge = make_answer(200, bytes(MAX_ANSWER + 1))
    with (
        serve_http(lambda _request: huge) as server,
        AgentClient("127.0.0.1", server.port) as client,
        pytest.raises(SendError, match="answered 200 and more than 1048576 bytes"),
    ):
        client.request_sampling_strategy("s")


def test_a_refused_port_is_refused() -> None:
    """Where no agent listens the question raises RefusedError."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with AgentClient("127.0.0.1", port) as client, pytest.raises(RefusedError):
        client.request_sampling_strategy("s")


@pytest.mark.parametrize("timeout", [None, 0.1])
def test_a_silent_agent_is_given_up(timeout: float | None) -> None:
    """The client's timeout counts, and one of the question goes before it."""

    def talk(server: Server, _sock: socket.socket, _number: int) -> None:
        server.stopping.wait(PATIENCE)

    with (
        serve_raw(talk) as server,
        AgentClient("127.0.0.1", server.port, timeout=timeout or 0.2) as client,
        pytest.raises(RetryableSendError, match=f"within {timeout or 0.2:g} s"),
    ):
        client.request_sampling_strategy("s", timeout)


def test_options_of_http_are_used(agent: Server) -> None:
    """Credentials of the options go to the agent."""
    options = HttpOptions(token="t", timeout=9.0)
    with AgentClient("127.0.0.1", agent.port, options=options) as client:
        client.request_sampling_strategy("s")

    assert "Bearer t" == agent.requests[0].headers["authorization"]


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_agent_may_have_brackets(host: str) -> None:
    """The address of an agent may be written with or without brackets."""
    with AgentClient(host, 5778) as client:
        shown = repr(client)

    assert (
        "<AgentClient of http://[::1]:5778/sampling by <HttpClient 0 connected>>"
        == shown
    )


def test_the_connection_can_be_forgotten(agent: Server) -> None:
    """After the call for forked children the next question is asked over another."""
    with AgentClient("127.0.0.1", agent.port) as client:
        client.request_sampling_strategy("s")
        client.after_fork_in_child()
        client.request_sampling_strategy("s")

    assert [1, 2] == [request.connection for request in agent.requests]


def test_a_bad_url_is_a_config_error() -> None:
    """A sampling endpoint that is no URL is refused when the client is made."""
    with pytest.raises(ConfigError, match="sampling endpoint must be like http"):
        AgentClient(url="agent:5778")


def test_close_is_idempotent_and_final() -> None:
    """A closed client asks no more."""
    client = AgentClient()
    client.close()
    client.close()

    with pytest.raises(SendError, match="closed"):
        client.request_sampling_strategy("s")


@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)
def test_a_forked_child_asks_over_its_own_connection(agent: Server) -> None:
    """Parent and child ask over different connections."""
    with AgentClient("127.0.0.1", agent.port) as client:
        client.request_sampling_strategy("parent")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                client.after_fork_in_child()
                client.request_sampling_strategy("child")
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(pid, 0)[1]
        client.request_sampling_strategy("parent")

    assert 0 == status
    assert [1, 2, 1] == [request.connection for request in agent.requests]
