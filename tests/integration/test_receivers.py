"""Misbehaving collectors: what arrives, what is counted and logged, what hangs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tests.integration.collectors import ROUTES, Route, Step, Visit
from tests.integration.conversations import (
    FIRST,
    Bench,
    Outcome,
    abridged,
    cases_of,
    exchange,
    expected_outcome,
)
from tests.integration.http_servers import make_response
from tests.integration.log_lines import LogLines
from tests.integration.misbehaviour import (
    BEHAVIOURS,
    SLOW_BEHAVIOURS,
    Behaviour,
    Fate,
    accepts,
    refuses,
)
from tests.integration.reporting import (
    TIMEOUT,
    Authority,
    Counts,
    differences,
    in_parallel,
    make_authority,
    report,
)

SENT: Final = {"sampled": 3, "ok": 3}
LOST: Final = {"sampled": 3, "err": 3, "send_failed": 3}
CLOSED: Final = {"sampled": 3, "dropped": 3, "closed": 3}

Counted = Mapping[str, int]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the tracers trust, and certificates of several qualities."""
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def bench(authority: Authority) -> Iterator[Bench]:
    """What the exchanges of a test share."""
    with LogLines() as log:
        yield Bench(authority, log)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_span_is_accepted_or_counted(route: Route, bench: Bench) -> None:
    """Each span is accepted once or counted as lost; an outage has two log lines."""
    cases = cases_of([route], BEHAVIOURS)
    expected = {name: expected_outcome(*case) for name, case in cases.items()}
    actual = in_parallel(lambda case: exchange(*case, bench), cases)

    assert [] == differences(expected, actual)


@pytest.mark.long
def test_every_span_is_accepted_by_a_slow_collector(bench: Bench) -> None:
    """A batch without a response in time is sent again."""
    cases = cases_of(ROUTES, SLOW_BEHAVIOURS)
    expected = {name: expected_outcome(*case) for name, case in cases.items()}
    actual = in_parallel(lambda case: exchange(*case, bench, timeout=3.0), cases)

    assert [] == differences(expected, actual)


@pytest.mark.long
def test_a_batch_is_given_up_after_six_attempts(bench: Bench) -> None:
    """A batch that a collector never accepts is lost after six attempts."""
    names = ("resets after the request", "503")
    cases = {
        name: (route, replace(behaviour, fate=Fate.LOST))
        for name, (route, behaviour) in cases_of(
            ROUTES, {name: BEHAVIOURS[name] for name in names}
        ).items()
        if behaviour.fate.of(route) is Fate.RETRIED
    }
    expected = {
        name: replace(expected_outcome(*case), received=FIRST * 6)
        for name, case in cases.items()
    }
    actual = in_parallel(lambda case: exchange(*case, bench, times=6), cases)

    assert [] == differences(expected, actual)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_close_ends_whatever_the_collector_does(route: Route, bench: Bench) -> None:
    """close() respects its timeout; what was not accepted is counted by cause."""
    counted = {Fate.ACCEPTED: SENT, Fate.LOST: LOST, Fate.RETRIED: CLOSED}

    def close(case: tuple[Route, Behaviour]) -> tuple[bool, list[str], Counted]:
        behaviour, counts = case[1], Counts()
        steps, listens = itertools.repeat(behaviour.step), not behaviour.is_refused
        with bench.collect(route, steps, listens=listens) as collector:
            tracer = bench.make_tracer(collector, counts, timeout=3_600)
            report(tracer, FIRST)
            if listens:
                collector.wait_for_step()
            if behaviour.fate.of(route) is not Fate.RETRIED:
                tracer.flush(TIMEOUT)
            began = time.monotonic()
            tracer.close(timeout=0.5)
            is_in_time = time.monotonic() - began < TIMEOUT
        return is_in_time, collector.accepted, counts.wait_for_all()

    cases = cases_of([route], {**BEHAVIOURS, **SLOW_BEHAVIOURS})
    fates = {name: behaviour.fate.of(route) for name, (_, behaviour) in cases.items()}
    expected = {
        name: (True, FIRST if fate is Fate.ACCEPTED else [], counted[fate])
        for name, fate in fates.items()
    }
    actual = in_parallel(close, cases)

    assert [] == differences(expected, actual)


def test_a_long_delay_is_respected_until_close(bench: Bench) -> None:
    """flush() neither waits nor sends then; close() sends once more."""
    forever = ["60", "3600", "1000000000", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT"]

    def flush(case: tuple[Route, str]) -> tuple[list[str], bool, bool, list[str]]:
        route, delay = case
        with bench.collect(route, [refuses(503, Retry_After=delay)]) as collector:
            tracer = bench.make_tracer(collector, Counts())
            report(tracer, FIRST)
            bench.log.wait_for(collector.url, TIMEOUT)
            flushed = tracer.flush(TIMEOUT)
            closed = tracer.close(TIMEOUT).result()
        return collector.received, flushed, closed, collector.accepted

    actual = in_parallel(
        flush,
        {
            f"{route} {delay}": (route, delay)
            for route in ROUTES
            for delay in forever
            if route.is_otlp
        },
    )
    expected = dict.fromkeys(actual, (FIRST, False, True, FIRST))

    assert [] == differences(expected, actual)


def test_a_batch_that_is_too_large_arrives_in_parts(bench: Bench) -> None:
    """After 413 the spans are sent in smaller batches; nothing is lost or logged."""

    def send(route: Route) -> Outcome:
        counts = Counts()
        with bench.collect(route, [refuses(413)]) as collector:
            tracer = bench.make_tracer(collector, counts)
            for name in FIRST:
                tracer.start_span(name, tags={"large": "x" * 40_000}).finish()
            tracer.close(TIMEOUT)
        return Outcome(
            accepted=collector.accepted,
            received=collector.received,
            counts=counts.wait_for_all(),
            lines=bench.log.about(collector.url),
        )

    actual = in_parallel(send, {str(route): route for route in ROUTES})
    expected = dict.fromkeys(actual, Outcome(FIRST, FIRST, SENT, []))

    assert [] == differences(expected, actual)


def test_spans_that_a_collector_rejects_are_counted(bench: Bench) -> None:
    """The rejected spans of a batch accepted with partial_success are lost."""
    partial = ExportTracePartialSuccess(rejected_spans=2, error_message="too old")
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    (route,) = [route for route in ROUTES if route.is_otlp and route.is_tls]
    counts = Counts()
    with bench.collect(route, [accepts(make_response(200, body))]) as collector:
        tracer = bench.make_tracer(collector, counts)
        report(tracer, FIRST)
        tracer.close(TIMEOUT)
    line = f"{collector.url} rejected 2 spans of a batch that it accepted: too old"

    assert {"sampled": 3, "ok": 1, "err": 2, "send_failed": 2} == counts.wait_for_all()
    assert [line] == bench.log.about(collector.url)


def lines_about(route: Route, bench: Bench, successes: list[bool]) -> list[str]:
    """Report batches, of which *successes* are accepted; return the lines."""
    steps: list[Step] = [Visit.accept if each else refuses(500) for each in successes]
    with bench.collect(route, steps) as collector:
        tracer = bench.make_tracer(collector, Counts())
        for _ in steps:
            report(tracer, FIRST)
            tracer.flush(TIMEOUT)
        tracer.close(TIMEOUT)
    return bench.log.about(collector.url)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_an_outage_is_logged_twice(route: Route, bench: Bench) -> None:
    """One line begins the outage and one ends it, however many batches fail."""
    lines = lines_about(route, bench, [*[False] * 10, True])
    texts = ["JAEGER_ENDPOINT", "; 30 spans were lost"]

    assert texts == abridged(lines, texts)


def test_at_most_five_outages_a_minute_are_logged(bench: Bench) -> None:
    """A collector that fails now and then does not fill the log."""
    lines = lines_about(ROUTES[0], bench, [False, True] * 10)

    assert 10 == len(lines)
