"""uWSGI, which forks its workers without Python's hooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tests.integration.span_sink import SpanSink
from tests.integration.uwsgi_server import UwsgiServer

WORKERS = 2
MAX_EXIT = 4.0
"""Seconds: uWSGI itself takes one, and waited for lost threads for five more."""

StartUwsgi = Callable[..., UwsgiServer]


@pytest.fixture
def uwsgi(sink: SpanSink, tmp_path: Path) -> StartUwsgi:
    """Return a function that starts uWSGI with options and spans in the master."""

    def start(*options: str, spans_in_master: int = 0) -> UwsgiServer:
        return UwsgiServer(
            *options,
            agent_port=sink.port,
            spans_in_master=spans_in_master,
            log=tmp_path / "uwsgi.log",
        )

    return start


OPTIONS = {
    "prefork": ("--master",),
    "no master": (),
    "enable-threads": ("--master", "--enable-threads"),
    "threads": ("--master", "--threads=2"),
    "fork hooks": ("--master", "--py-call-uwsgi-fork-hooks"),
    "lazy apps": ("--master", "--lazy-apps"),
}


@pytest.mark.parametrize("spans_in_master", [0, 1])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_every_span_arrives_once(
    uwsgi: StartUwsgi,
    sink: SpanSink,
    options: tuple[str, ...],
    spans_in_master: int,
) -> None:
    """Workers and master deliver all their spans, each with an id of its own."""
    with uwsgi(*options, spans_in_master=spans_in_master) as server:
        ids = server.get_from_each(WORKERS)
        seconds = server.stop()
    requests = list(chain.from_iterable(ids.values()))
    loads = WORKERS if "--lazy-apps" in options else 1
    expected = Counter(request=len(requests), master=loads * spans_in_master)

    assert sink.wait_for(expected.total())
    assert expected == Counter({"master": 0, **Counter(sink.names)})
    assert len(requests) == len(set(requests))
    assert expected.total() == len({span.spanId for span in sink.spans})
    assert seconds < MAX_EXIT


def test_worker_that_replaces_another_reports(
    uwsgi: StartUwsgi,
    sink: SpanSink,
) -> None:
    """A worker that is forked later, when the master has been idle, reports as well."""

    def both_are_replaced(ids: dict[str, list[str]]) -> bool:
        # uWSGI hangs, or skips exit handlers, if it has to stop during a replacement.
        counts = Counter(map(len, ids.values()))
        return counts[5] >= WORKERS and counts.total() == counts[5] + WORKERS

    with uwsgi(
        "--master", "--max-requests=5", "--min-worker-lifetime=0", spans_in_master=1
    ) as server:
        requests = sum(map(len, server.get_until(both_are_replaced).values()))
        server.stop()

    assert sink.wait_for(1 + requests)
    assert Counter(master=1, request=requests) == Counter(sink.names)


def test_flush_sends_before_the_response(uwsgi: StartUwsgi, sink: SpanSink) -> None:
    """A worker's flush() returns True, and the span has left when it does."""
    with uwsgi("--master") as server:
        server.get("/flush")

        assert sink.wait_for(1)
