"""Strategies from a file on a real worker's thread; undecided spans and a real fork."""

from __future__ import annotations

import json
import os
import threading
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from jaeger_client import Config
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import (
    AdaptiveSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RemoteControlledSampler,
    Sampler,
    StrategiesFile,
)
from jaeger_client.tracer import Tracer
from tests.foreign.decoders import tag_pairs
from tests.integration.span_sink import SpanSink
from tests.integration.test_remote_sampling import WaitingFactory

BY_NAME: dict[str, object] = {
    "defaultSamplingProbability": 0.0,
    "defaultLowerBoundTracesPerSecond": 0.0,
    "perOperationStrategies": [
        {"operation": "yes", "probabilisticSampling": {"samplingRate": 1.0}},
    ],
}


def write(path: Path, kind: str, param: float) -> None:
    """Replace the file by one with this default strategy."""
    text = json.dumps({"default_strategy": {"type": kind, "param": param}})
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


def test_a_file_that_is_created_changed_and_removed_is_followed(tmp_path: Path) -> None:
    """The file is polled in the background; while it is missing, the sampler stays."""
    factory = WaitingFactory()
    path = tmp_path / "strategies.json"
    remote = RemoteControlledSampler(
        StrategiesFile(path),
        "shop",
        metrics_factory=factory,
        sampling_refresh_interval=0.01,
    )
    samplers: list[Sampler] = []

    with closing(remote):
        remote.is_sampled(1)
        factory.wait_for("jaeger:sampler_queries err")
        for kind, param in (("probabilistic", 0.5), ("ratelimiting", 42)):
            write(path, kind, param)
            factory.wait_for("jaeger:sampler_updates ok")
            samplers.append(remote.sampler)
        path.unlink()
        factory.wait_for("jaeger:sampler_queries err")
        samplers.append(remote.sampler)

    assert [ProbabilisticSampler(0.5), RateLimitingSampler(42)] == samplers[:2]
    assert samplers[1] is samplers[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_decides_though_another_thread_was_deciding() -> None:
    """A lock that a thread of the parent holds delays the child by a second."""
    reporter = InMemoryReporter()
    tracer = Tracer(
        "shop",
        reporter,
        AdaptiveSampler(BY_NAME, 10, operation_name_late_binding=True),
    )
    span = tracer.start_span("yes")
    other = tracer.start_span("no")
    pending = vars(span)["_pending"]
    held, let_go = threading.Event(), threading.Event()

    def decide_slowly() -> None:
        held.set()
        let_go.wait(10)

    thread = threading.Thread(target=pending.deciding.run, args=(decide_slowly,))
    thread.start()
    held.wait(10)
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork in a process with threads, which is tested here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            span.finish()
            other.finish()
        finally:
            names = [each.operation_name for each in reporter.get_spans()]
            os._exit(0 if names == ["yes"] else 1)
    let_go.set()
    thread.join()
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)


def test_variables_alone_choose_file_and_late_binding(
    tmp_path: Path, sink: SpanSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jaeger's own file is followed, and a root is sampled by its final name."""
    path = tmp_path / "strategies.json"
    operation = {"operation": "yes", "type": "probabilistic", "param": 1.0}
    default = {
        "type": "probabilistic",
        "param": 0.0,
        "operation_strategies": [operation],
    }
    path.write_text(json.dumps({"default_strategy": default}))
    monkeypatch.setenv("JAEGER_SAMPLING_STRATEGIES_FILE", str(path))
    monkeypatch.setenv("JAEGER_SAMPLER_PARAM", "0")  # until the file is read
    monkeypatch.setenv("JAEGER_SAMPLER_OPERATION_NAME_LATE_BINDING", "true")
    monkeypatch.setenv("JAEGER_AGENT_PORT", str(sink.port))
    factory = WaitingFactory()
    config = Config({"logging": False}, service_name="shop", metrics_factory=factory)

    with config.new_tracer() as tracer:
        tracer.start_span("polls for the strategy").finish()
        factory.wait_for("jaeger:sampler_updates ok")
        for final_name in ("yes", "no"):
            with tracer.start_span("GET") as span:
                span.set_operation_name(final_name)

    assert sink.wait_for(1)
    (span,) = sink.spans
    assert "yes" == span.operationName
    assert {("sampler.type", "probabilistic"), ("sampler.param", 1.0)} == {
        *tag_pairs(span.tags)
    }
