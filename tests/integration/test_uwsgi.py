"""uWSGI, which forks its workers without Python's hooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tests.conftest import RequireTool
from tests.integration.conftest import PROGRAMS
from tests.integration.span_sink import SpanSink
from tests.integration.uwsgi_server import UWSGI, UwsgiServer

WORKERS = 2
MAX_EXIT = 4.0
"""Timeout in seconds: uWSGI takes one, and waited five more for lost threads."""

StartUwsgi = Callable[..., UwsgiServer]


@pytest.fixture
def uwsgi(sink: SpanSink, tmp_path: Path, require_tool: RequireTool) -> StartUwsgi:
    """Return a function that starts uWSGI with options and spans in the master."""
    require_tool(str(UWSGI), "install requirements/uwsgi.txt, with a C compiler")

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
    """Workers and master send all their spans, with distinct ids."""
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


@pytest.mark.parametrize(
    "options",
    ["prefork", pytest.param("fork hooks", marks=pytest.mark.long)],
)
def test_worker_that_replaces_another_reports(
    uwsgi: StartUwsgi,
    sink: SpanSink,
    options: str,
) -> None:
    """A worker that is forked later, when the master has been idle, reports as well."""
    recycling = ("--max-requests=5", "--min-worker-lifetime=0")
    with uwsgi(*OPTIONS[options], *recycling, spans_in_master=1) as server:
        requests = server.get_until_replaced(max_requests=5)
        server.stop()

    assert sink.wait_for(1 + requests)
    assert Counter(master=1, request=requests) == Counter(sink.names)


@pytest.mark.long
@pytest.mark.parametrize("options", ["prefork", "threads", "fork hooks", "lazy apps"])
def test_reload_loses_nothing(
    uwsgi: StartUwsgi,
    sink: SpanSink,
    options: str,
) -> None:
    """At SIGHUP old workers and the old master send all, and new ones report."""
    with uwsgi(*OPTIONS[options], spans_in_master=1) as server:
        old = server.get_from_each(WORKERS)
        server.reload(old)
        new = server.get_from_each(WORKERS)
        server.stop()
    requests = list(chain.from_iterable([*old.values(), *new.values()]))
    loads = 2 * WORKERS if options == "lazy apps" else 2
    expected = Counter(request=len(requests), master=loads)

    assert sink.wait_for(expected.total())
    assert expected == Counter(sink.names)
    assert expected.total() == len({span.spanId for span in sink.spans})


@pytest.mark.long
def test_worker_that_is_killed_loses_the_open_span(
    uwsgi: StartUwsgi,
    sink: SpanSink,
) -> None:
    """Harakiri kills a worker; spans sent before have arrived, and the next reports."""
    with uwsgi("--master", "--harakiri=2") as server:
        before = server.get_from_each(WORKERS)
        assert sink.wait_for(sum(map(len, before.values())))
        killed = server.hang()
        after = server.get_from_each(WORKERS)
        server.stop()
    requests = sum(map(len, [*before.values(), *after.values()]))

    assert killed in before
    assert killed not in after
    assert sink.wait_for(requests)
    assert Counter(request=requests) == Counter(sink.names)


def test_mule_reports(uwsgi: StartUwsgi, sink: SpanSink) -> None:
    """A mule, which is forked like a worker and serves no requests, reports."""
    with uwsgi("--master", f"--mule={PROGRAMS / 'uwsgi_mule.py'}") as server:
        server.get("/mule")

        assert sink.wait_for(3)
        assert ["message", "request", "start"] == sink.names


def test_flush_sends_before_the_response(uwsgi: StartUwsgi, sink: SpanSink) -> None:
    """A worker's flush() returns True, and the span has left when it does."""
    with uwsgi("--master") as server:
        server.get("/flush")

        assert sink.wait_for(1)
