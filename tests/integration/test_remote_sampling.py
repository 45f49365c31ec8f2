"""Sampling strategies and credits over real HTTP, on a real worker's thread."""

from __future__ import annotations

import json
import os
import queue
import socket
import threading
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager

import pytest

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.metrics import CountFunction
from jaeger_client.sampler import (
    AdaptiveSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RemoteControlledSampler,
    Sampler,
)
from jaeger_client.throttler import RemoteThrottler
from tests.integration.http_servers import Request, Server, make_response, serve_http

TIMEOUT = 10.0
"""Timeout in seconds of a test that waits for an event."""

JAEGER_1_76: dict[str, object] = {
    "strategyType": 0,
    "probabilisticSampling": {"samplingRate": 1},
}
JAEGER_2_20: dict[str, object] = {
    "strategyType": "PROBABILISTIC",
    "probabilisticSampling": {"samplingRate": 1},
}
RATE_LIMITING: dict[str, object] = {
    "strategyType": "RATE_LIMITING",
    "rateLimitingSampling": {"maxTracesPerSecond": 42},
}
PER_OPERATION: dict[str, object] = {
    "strategyType": "PROBABILISTIC",
    "operationSampling": {
        "defaultSamplingProbability": 0.5,
        "defaultLowerBoundTracesPerSecond": 1.0,
        "perOperationStrategies": [
            {"operation": "op", "probabilisticSampling": {"samplingRate": 0.2}},
        ],
    },
}


class WaitingFactory(MetricsFactory):
    """Lets a test wait for a count."""

    def __init__(self) -> None:
        self._counted: queue.Queue[str] = queue.Queue()

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that queues each count."""
        key = " ".join([name, *(tags or {}).values()])
        return lambda _value: self._counted.put(key)

    def wait_for(self, key: str) -> None:
        """Wait until *key* is counted, and fail if that takes too long."""
        while self._counted.get(timeout=TIMEOUT) != key:
            pass


class Backend:
    """A server whose response a test can change; `None` is status 503."""

    def __init__(self, response: object) -> None:
        self.response = response

    def __call__(self, request: Request) -> bytes:
        """Respond to any request."""
        if self.response is None:
            return make_response(503)
        return make_response(body=json.dumps(self.response).encode())


@contextmanager
def agent_at(server: Server) -> Generator[AgentChannel, None, None]:
    """Yield a channel to *server* and close it."""
    with AgentChannel("127.0.0.1", server.port, 6831) as agent:
        yield agent


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("response", "sampler"),
    [
        (JAEGER_1_76, ProbabilisticSampler(1)),
        (JAEGER_2_20, ProbabilisticSampler(1)),
        (RATE_LIMITING, RateLimitingSampler(42)),
        (PER_OPERATION, AdaptiveSampler(PER_OPERATION["operationSampling"], 2000)),  # type: ignore[arg-type]  # an object
    ],
)
def test_the_first_use_gets_the_servers_strategy(
    response: dict[str, object],
    sampler: Sampler,
) -> None:
    """One `is_sampled` polls at once for the service, and the response is followed."""
    factory = WaitingFactory()

    with serve_http(Backend(response)) as server, agent_at(server) as agent:
        remote = RemoteControlledSampler(agent, "my shop", metrics_factory=factory)
        with closing(remote):
            # An operation that the strategy names: a poll may be done before the
            # decision, and an adaptive sampler adds operations that are new.
            remote.is_sampled(1, "op")
            factory.wait_for("jaeger:sampler_updates ok")

    assert sampler == remote.sampler
    assert ["/sampling?service=my+shop"] == [each.target for each in server.requests]


def test_a_changed_strategy_is_followed_at_the_next_poll() -> None:
    """The server is polled every interval, even if the sampler is not used again."""
    factory = WaitingFactory()
    backend = Backend(JAEGER_2_20)

    with serve_http(backend) as server, agent_at(server) as agent:
        remote = RemoteControlledSampler(
            agent,
            "shop",
            metrics_factory=factory,
            sampling_refresh_interval=0.01,
        )
        with closing(remote):
            remote.is_sampled(1)
            factory.wait_for("jaeger:sampler_updates ok")
            backend.response = RATE_LIMITING
            factory.wait_for("jaeger:sampler_updates ok")

    assert RateLimitingSampler(42) == remote.sampler


def test_an_outage_keeps_the_sampler_and_is_logged_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line when the server fails, one when it is available again."""
    factory = WaitingFactory()
    backend = Backend(JAEGER_2_20)

    with serve_http(backend) as server, agent_at(server) as agent:
        remote = RemoteControlledSampler(
            agent,
            "shop",
            metrics_factory=factory,
            sampling_refresh_interval=0.01,
        )
        with closing(remote):
            remote.is_sampled(1)
            factory.wait_for("jaeger:sampler_updates ok")
            backend.response = None
            for _ in range(3):
                factory.wait_for("jaeger:sampler_queries err")
            during_outage = remote.sampler
            backend.response = RATE_LIMITING
            factory.wait_for("jaeger:sampler_updates ok")
            # The line is logged between the update and the next poll.
            factory.wait_for("jaeger:sampler_queries ok")

    assert ProbabilisticSampler(1) == during_outage
    begun, ended = caplog.messages
    assert begun.startswith("cannot get a sampling strategy for shop")
    assert ended == "available again: a sampling strategy for shop"


def test_a_refused_connection_is_counted_and_nothing_is_raised() -> None:
    """If nothing listens, the initial sampler stays."""
    factory = WaitingFactory()

    with AgentChannel("127.0.0.1", free_port(), 6831) as agent:
        remote = RemoteControlledSampler(agent, "shop", metrics_factory=factory)
        with closing(remote):
            remote.is_sampled(1)
            factory.wait_for("jaeger:sampler_queries err")

    assert (True, {"sampler.type": "probabilistic", "sampler.param": 0.001}) == (
        remote.is_sampled(1)
    )


def test_a_sampler_and_a_throttler_share_a_worker() -> None:
    """Both poll on the thread of the passed worker, and do not close it."""
    factory = WaitingFactory()
    worker = BackgroundWorker()
    threads = threading.active_count()

    with (
        serve_http(Backend({**JAEGER_2_20, "balances": []})) as server,
        agent_at(server) as agent,
        closing(RemoteControlledSampler(agent, "shop", worker=worker)) as sampler,
        closing(
            RemoteThrottler(agent, "shop", metrics_factory=factory, worker=worker),
        ) as throttler,
    ):
        at_construction = threading.active_count() - threads
        sampler.is_sampled(1)
        throttler.set_client_id(1)
        throttler.is_allowed("op")
        factory.wait_for("jaeger:throttler_update ok")

    assert worker.is_running
    assert worker.close(TIMEOUT)
    assert 1 == at_construction  # the server's own
    paths = {request.target.split("?")[0] for request in server.requests}
    assert {"/sampling", "/credits"} == paths


def test_credits_come_from_the_agent() -> None:
    """The first debug span is refused; then each credit allows one."""
    factory = WaitingFactory()
    backend = Backend({"balances": [{"operation": "a b", "balance": 2}]})

    with serve_http(backend) as server, agent_at(server) as agent:
        throttler = RemoteThrottler(agent, "shop", metrics_factory=factory)
        throttler.set_client_id(7)
        with closing(throttler):
            first = throttler.is_allowed("a b")
            factory.wait_for("jaeger:throttler_update ok")
    later = [throttler.is_allowed("a b") for _ in range(3)]

    assert not first
    assert [True, True, False] == later
    assert ["/credits?service=shop&uuid=7&operations=a+b"] == [
        request.target for request in server.requests
    ]


def test_with_jaeger_2_a_local_policy_decides() -> None:
    """If the server responds with a strategy instead of credits, the policy decides."""
    factory = WaitingFactory()

    with serve_http(Backend(JAEGER_2_20)) as server, agent_at(server) as agent:
        throttler = RemoteThrottler(agent, "shop", metrics_factory=factory)
        throttler.set_client_id(7)
        with closing(throttler):
            first = throttler.is_allowed("op")
            factory.wait_for("jaeger:throttler_update ok")

    assert not first
    assert throttler.is_allowed("op")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_polls_for_itself() -> None:
    """The child of a polling parent polls at its first use, on its own thread."""
    factory = WaitingFactory()

    with serve_http(Backend(JAEGER_2_20)) as server, agent_at(server) as agent:
        remote = RemoteControlledSampler(agent, "shop", metrics_factory=factory)
        with closing(remote):
            remote.is_sampled(1)
            factory.wait_for("jaeger:sampler_updates ok")
            status = exit_status_of(lambda: poll_in_child(remote, factory))

    assert 0 == status
    assert [1, 2] == [request.connection for request in server.requests]


def poll_in_child(remote: RemoteControlledSampler, factory: WaitingFactory) -> None:
    """Use the sampler once and wait for the response."""
    remote.is_sampled(1)
    factory.wait_for("jaeger:sampler_queries ok")


def exit_status_of(work: Callable[[], None]) -> int:
    """Call *work* in a forked child and return 0 if it raises nothing."""
    with warnings.catch_warnings():
        # Python 3.12 warns of forking with threads, which is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
