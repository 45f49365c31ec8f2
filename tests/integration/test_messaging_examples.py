"""The examples of gRPC, Celery, Kafka's headers and logging, run as users run them."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.decoders import tag_pairs
from tests.integration.server_processes import ServerLog
from tests.integration.span_sink import SpanSink
from tests.integration.test_examples import ROOT, command, run

TIMEOUT = 50.0
EXAMPLES = ROOT / "examples"
FORMATS = ["jaeger", "b3", "b3single", "w3c", "w3c,b3,jaeger"]


# Two programs, each of which may take `TIMEOUT` on a busy machine.
pytestmark = pytest.mark.timeout(180)


def tree_of(spans: list[Any]) -> dict[str, list[str]]:
    """Return the names of the parents of the spans of each name."""
    names = {span.spanId: span.operationName for span in spans}
    tree: dict[str, list[str]] = {}
    for span in spans:
        tree.setdefault(span.operationName, []).append(names.get(span.parentSpanId, ""))
    return tree


@contextmanager
def started(
    sink: SpanSink, *arguments: str, **environ: str
) -> Generator[tuple[subprocess.Popen[bytes], ServerLog]]:
    """Run a program until the block ends, at the latest; show what it printed."""
    # Without "-W error": Celery warns of the user root.
    _, variables = command(sink)
    with subprocess.Popen(
        [sys.executable, *arguments],
        env={**variables, **environ},
        cwd=EXAMPLES,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        log = ServerLog(process.stdout)
        try:
            yield process, log
        finally:
            # What is left of the process group, the children of a worker too.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(TIMEOUT)
            log.join()
            sys.stdout.write(log.text)


@pytest.mark.parametrize("propagation", FORMATS)
def test_a_grpc_pair_in_one_trace(propagation: str, sink: SpanSink) -> None:
    """The interceptors propagate ids and baggage in each format, as does `grpc.aio`."""
    line, environ = command(sink, "examples/grpc_service.py")
    environ["JAEGER_PROPAGATION"] = propagation
    service = ("grpc_service.py", "serve", "0")
    with started(sink, *service, JAEGER_PROPAGATION=propagation) as (server, log):
        assert log.wait_for("\n")
        done = subprocess.run(
            [*line, "call", log.text.strip()],
            env=environ,
            cwd=ROOT,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            text=True,
        )
        assert 0 == done.returncode, done.stderr
        server.send_signal(signal.SIGTERM)
        assert 0 == server.wait(TIMEOUT)

    assert ["a cake", "0: cake, 1: cake, 2: cake", "a cake", "sent"] == (
        done.stdout.splitlines()
    )
    assert sink.wait_for(7)
    spans = sink.spans
    assert 1 == len({span.traceIdLow for span in spans})
    assert {
        "order": [""],
        "/bakery/bake": sorted(["order", "order", "/bakery/bake", "/bakery/bake"]),
        "/bakery/watch": sorted(["order", "/bakery/watch"]),
    } == {name: sorted(parents) for name, parents in tree_of(spans).items()}
    customers = [
        value
        for span in spans
        for key, value in tag_pairs(span.tags)
        if key == "customer"
    ]
    assert ["Ann B.", "Ann B."] == customers


def test_tasks_of_celery_in_one_trace(sink: SpanSink, tmp_path: Path) -> None:
    """A client, a worker and a task that the worker sends are in the client's trace."""
    environ = {"BROKER": f"{tmp_path}/broker.db", "JAEGER_AGENT_PORT": str(sink.port)}
    worker = ("-m", "celery", "-A", "celery_tasks", "worker", "--concurrency=2")
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat", "-lINFO")
    with started(sink, *worker, *quiet, **environ) as (process, log):
        assert log.wait_for("ready")
        with started(sink, "celery_tasks.py", **environ) as (client, output):
            assert 0 == client.wait(TIMEOUT)
            assert output.wait_for("sent")
        assert sink.wait_for(5), log.text
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT)

    spans = sink.spans
    assert 1 == len({span.traceIdLow for span in spans})
    assert {
        "order": [""],
        "bake": ["order", "order"],
        "deliver": ["bake"],
        "drive": ["deliver"],
    } == tree_of(spans)
    failed = [span for span in spans if ("error", True) in tag_pairs(span.tags)]
    assert ["bake"] == [span.operationName for span in failed]
    fields = dict(tag_pairs(failed[0].logs[0].fields))
    assert "cannot bake a stone" == fields["error.object"]


def test_kafkas_headers(sink: SpanSink) -> None:
    """Each consumer's span follows from that of the producer."""
    lines = run(sink, "examples/kafka_carriers.py").splitlines()

    assert "sent" == lines.pop()
    for line in lines:
        headers = ast.literal_eval(line)
        assert {"content-type", "uber-trace-id"} == {name for name, _ in headers}
        assert {bytes} == {type(value) for _, value in headers}
    assert sink.wait_for(4)
    assert {"send orders": ["", ""], "process order": ["send orders"] * 2} == (
        tree_of(sink.spans)
    )


def test_lines_with_trace_ids_and_spans_with_lines(sink: SpanSink) -> None:
    """Each line has the ids of its span, and the span has the line."""
    lines = run(sink, "examples/logging_application.py").splitlines()

    assert sink.wait_for(3)
    messages = {
        (
            f"{span.traceIdLow & (1 << 64) - 1:016x}",
            f"{span.spanId & (1 << 64) - 1:016x}",
        ): [dict(tag_pairs(log.fields))["message"] for log in span.logs or ()]
        for span in sink.spans
    }
    written = [
        re.fullmatch(r"(\w+) bakery trace=(\S+) span=(\S+) (.*)", line).groups()  # type: ignore[union-attr]  # it does match
        for line in lines
    ]
    assert ["open", "baked: apple cake", "no stone: too hard", "sent"] == [
        message for _, _, _, message in written
    ]
    for _, trace, span, message in written[1:3]:
        assert message in messages[trace, span]
    assert {("-", "-")} == {(trace, span) for _, trace, span, _ in written[::3]}
    assert {"order": [""], "bake": ["order", "order"]} == tree_of(sink.spans)
