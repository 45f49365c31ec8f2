"""Jaeger's sampler for OpenTelemetry over real HTTP, on a real worker's thread."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, ParentBased

from jaeger_client import Config
from jaeger_client.otel import JaegerRemoteSampler
from tests.conftest import ROOT
from tests.foreign.decoders import tag_pairs
from tests.integration.conftest import RunProgram
from tests.integration.http_servers import (
    TIMEOUT,
    Request,
    Server,
    make_response,
    serve_http,
)
from tests.integration.span_sink import SpanSink
from tests.unit.otel.following import (
    WaitingFactory,
    attributes_of,
    decide,
)

LOWER_BOUND: dict[str, object] = {
    "operationSampling": {
        "defaultSamplingProbability": 0.0,
        "defaultLowerBoundTracesPerSecond": 400.0,
        "perOperationStrategies": [],
    }
}
EXAMPLE = str(ROOT / "examples" / "opentelemetry_sampling.py")
FOLLOWED = "jaeger:sampler_updates ok"
FAILED = "jaeger:sampler_queries err"


class Backend:
    """A server whose strategy a test can change; `None` is status 503."""

    def __init__(self, strategy: object) -> None:
        self.strategy = strategy

    def __call__(self, request: Request) -> bytes:
        """Respond to any request."""
        if self.strategy is None:
            return make_response(503)
        return make_response(body=json.dumps(self.strategy).encode())


def probability(rate: float) -> dict[str, object]:
    """Return a response with this rate."""
    return {"strategyType": 0, "probabilisticSampling": {"samplingRate": rate}}


@contextmanager
def polling(
    server: Server, interval: float = 60.0
) -> Generator[tuple[JaegerRemoteSampler, WaitingFactory]]:
    """Create a sampler of *server*, make its first decision, and close it."""
    factory = WaitingFactory()
    sampler = JaegerRemoteSampler(
        "the bakery",
        endpoint=server.url(),
        polling_interval=interval,
        metrics_factory=factory,
    )
    with closing(sampler):
        decide(sampler)
        yield sampler, factory


def test_the_first_decision_gets_the_servers_strategy() -> None:
    """One request for the service is made at once; the default path is `/sampling`."""
    with (
        serve_http(Backend(probability(1))) as server,
        polling(server) as (sampler, factory),
    ):
        factory.wait_for(FOLLOWED)
        result = decide(sampler)

    expected = {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert expected == attributes_of(result)
    targets = [request.target for request in server.requests]
    assert ["/sampling?service=the+bakery"] == targets


def test_a_changed_strategy_is_followed_at_the_next_poll() -> None:
    """The server is polled every interval, without further spans."""
    backend = Backend(probability(1))
    with serve_http(backend) as server, polling(server, 0.05) as (sampler, factory):
        factory.wait_for(FOLLOWED)
        first = decide(sampler).decision
        backend.strategy = probability(0)
        factory.wait_for(FOLLOWED)
        second = decide(sampler).decision

    assert [Decision.RECORD_AND_SAMPLE, Decision.DROP] == [first, second]


def test_an_operation_has_a_lower_bound() -> None:
    """A trace that the lower bound adds is marked as such."""
    with (
        serve_http(Backend(LOWER_BOUND)) as server,
        polling(server) as (sampler, factory),
    ):
        factory.wait_for(FOLLOWED)
        # The bucket may be empty at first.
        results = [decide(sampler) for _ in range(400)]
    sampled = [each for each in results if each.decision is Decision.RECORD_AND_SAMPLE]

    expected = {"sampler.type": "lowerbound", "sampler.param": 0.0}
    assert expected == attributes_of(sampled[0])


def test_an_outage_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The last strategy stays; the outage is logged once, with the remedy."""
    backend = Backend(probability(1))
    with serve_http(backend) as server, polling(server, 0.05) as (sampler, factory):
        factory.wait_for(FOLLOWED)
        backend.strategy = None
        factory.wait_for(FAILED)
        factory.wait_for(FAILED)
        result = decide(sampler)

    assert Decision.RECORD_AND_SAMPLE is result.decision
    (line,) = caplog.messages
    assert "the server responded 503" in line
    assert "(endpoint= of OTEL_TRACES_SAMPLER_ARG)?" in line


def test_close_ends_the_polling() -> None:
    """The last strategy stays in use."""
    with (
        serve_http(Backend(probability(1))) as server,
        polling(server) as (sampler, factory),
    ):
        factory.wait_for(FOLLOWED)
        sampler.close()
        result = decide(sampler)

    assert Decision.RECORD_AND_SAMPLE is result.decision
    assert 1 == len(server.requests)


def test_the_polling_ends_with_the_tracer_provider() -> None:
    """The SDK does not close samplers, so one that is freed ends its thread."""
    others = threading.enumerate()
    with serve_http(Backend(probability(1))) as server:
        provider = TracerProvider(
            sampler=ParentBased(JaegerRemoteSampler("bakery", endpoint=server.url())),
            shutdown_on_exit=False,
        )
        provider.get_tracer("oven").start_span("bake").end()
        (thread,) = [
            thread
            for thread in threading.enumerate()
            if thread not in others and thread.name == "jaeger-client"
        ]
        provider.shutdown()
        del provider
        gc.collect()
        thread.join(TIMEOUT)

    assert not thread.is_alive()


@pytest.mark.parametrize("way", ["os", "c"])
def test_a_forked_child_polls_on_its_own(run_program: RunProgram, way: str) -> None:
    """Its first decision starts a thread and opens a connection, also without hooks."""
    with serve_http(Backend(probability(1))) as server:
        output = run_program("otel_fork.py", server.url(), way)

    followed = "JaegerRemoteSampler{ProbabilisticSampler(1)}"
    assert [f"parent {followed}", f"child {followed}"] == output.splitlines()
    assert [1, 2] == [request.connection for request in server.requests]


def test_the_example_is_sampled_by_the_strategy(sink: SpanSink) -> None:
    """Recorded orders arrive, with their children and the attributes of the root."""
    with serve_http(Backend(probability(1))) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", EXAMPLE, server.url()],
            env={**os.environ, "JAEGER_AGENT_PORT": str(sink.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=50,
            check=True,
            text=True,
        )

    recorded = int(done.stdout.split()[0])
    assert "JaegerRemoteSampler{ProbabilisticSampler(1)}" in done.stdout
    assert sink.wait_for(2 * recorded)
    assert recorded == sink.names.count("order")
    roots = [span for span in sink.spans if not span.parentSpanId]
    tags = dict(tag_pairs(roots[-1].tags))
    assert ("probabilistic", 1.0) == (tags["sampler.type"], tags["sampler.param"])


def test_our_own_tracer_polls_the_same_endpoint(
    monkeypatch: pytest.MonkeyPatch, sink: SpanSink
) -> None:
    """`Config` reads OpenTelemetry's variables, and follows the strategy."""
    factory = WaitingFactory()
    monkeypatch.setenv("JAEGER_AGENT_PORT", str(sink.port))
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "jaeger_remote")
    with serve_http(Backend(probability(1))) as server:
        argument = f"endpoint={server.url()},initialSamplingRate=0,pollingIntervalMs=50"
        monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", argument)
        config = Config({}, service_name="bakery", metrics_factory=factory)
        with config.new_tracer() as tracer:
            tracer.start_span("bake").finish()
            factory.wait_for(FOLLOWED)
            is_sampled = tracer.start_span("bake").is_sampled()
            # The interval is that of the variable, too.
            factory.wait_for("jaeger:sampler_queries ok")

    assert is_sampled
