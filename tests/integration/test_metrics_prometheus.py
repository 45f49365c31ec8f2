"""Scrapes by Prometheus: as with 4.8, of several processes, after a fork."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.span_sink import SpanSink

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT = 50.0

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"),
    reason="os.fork is missing: this system starts every process anew",
)


def run(
    sink: SpanSink,
    program: str,
    *arguments: str,
    python: str = sys.executable,
    **environ: str,
) -> str:
    """Run a program to its end with *sink* as its agent; return what it printed."""
    addresses = {
        "JAEGER_AGENT_HOST": "127.0.0.1",
        "JAEGER_AGENT_PORT": str(sink.port),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [python, PROGRAMS / program, *arguments],
        env={**os.environ, **addresses, **environ},
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def samples_of(exposition: str) -> Samples:
    """Return the samples of our metrics, without the times of their creation."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
        if "jaeger" in sample.name and not sample.name.endswith("_created")
    }


def types_of(exposition: str) -> set[str]:
    """Return the lines with the types of our metrics."""
    return set(re.findall(r"^# TYPE \S*jaeger\S* \w+$", exposition, re.MULTILINE))


def value_of(samples: Samples, name: str, **labels: str) -> float:
    """Return one sample."""
    return samples[name, frozenset(labels.items())]


def test_a_scrape_says_what_that_of_4_8_says(
    sink: SpanSink, old_client_python: str
) -> None:
    """Names, types, labels and values are the same, with the same prometheus_client."""
    program = "prometheus_exposition.py"
    old = run(sink, program, python=old_client_python)
    new = run(sink, program)

    assert 18 == len(samples_of(old))
    assert samples_of(old).items() <= samples_of(new).items()
    assert types_of(old) <= types_of(new)


def test_what_4_8_did_not_count_is_beside_it(sink: SpanSink) -> None:
    """New metrics have the namespace and the label as well, and their own types."""
    types = types_of(run(sink, "prometheus_exposition.py"))

    new = {
        "# TYPE your_app_jaeger:reporter_dropped_total counter",
        "# TYPE your_app_jaeger:reporter_send_seconds histogram",
        "# TYPE your_app_jaeger:dropped_baggage_items_total counter",
    }
    assert new <= types


@pytest.mark.parametrize(
    "start", [pytest.param("fork", marks=needs_fork), "spawn", "forkserver"]
)
def test_the_processes_of_a_server_are_added_up(
    sink: SpanSink, tmp_path: Path, start: str
) -> None:
    """With PROMETHEUS_MULTIPROC_DIR one scrape has the sums of parent and children."""
    printed = run(
        sink,
        "prometheus_children.py",
        start,
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path),
    )

    samples = samples_of(printed.partition("# then")[0])
    rpc = {"endpoint": "bake", "error": "false"}
    assert 65.0 == value_of(samples, "bakery_jaeger:finished_spans_total")
    assert 65.0 == value_of(samples, "bakery_jaeger:reporter_spans_total", result="ok")
    assert 65.0 == value_of(samples, "bakery_jaeger_rpc:requests_total", **rpc)
    assert 65.0 == value_of(samples, "bakery_jaeger_rpc:request_latency_count", **rpc)


def test_a_dead_process_has_no_gauge(sink: SpanSink, tmp_path: Path) -> None:
    """Each process has a gauge with its pid, until it is marked as dead."""
    directory = str(tmp_path)
    printed = run(
        sink, "prometheus_children.py", "spawn", PROMETHEUS_MULTIPROC_DIR=directory
    )

    gauge = re.compile(
        r'^bakery_jaeger:reporter_queue_length\{pid="\d+"\}', re.MULTILINE
    )
    alive, then = (len(gauge.findall(part)) for part in printed.split("# then"))
    assert (4, 1) == (alive, then)


@needs_fork
def test_a_fork_during_a_scrape_stops_no_child(sink: SpanSink) -> None:
    """A child counts although a thread of the parent held every lock at the fork."""
    assert "child 2.0\n" == run(sink, "prometheus_fork.py")


@needs_fork
def test_a_fork_during_a_count_stops_no_child(sink: SpanSink, tmp_path: Path) -> None:
    """With PROMETHEUS_MULTIPROC_DIR a child counts in a file of its own pid."""
    printed = run(
        sink, "prometheus_busy_fork.py", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)
    )

    assert "hung 0, files 2, exact True\n" == printed


def test_a_span_in_a_signal_handler_is_counted_in_a_file(
    sink: SpanSink, tmp_path: Path
) -> None:
    """With PROMETHEUS_MULTIPROC_DIR a handler may interrupt a count of its thread."""
    printed = run(
        sink,
        "spans_in_signal_handlers.py",
        "prometheus",
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path),
    )

    assert printed.startswith("True ")
