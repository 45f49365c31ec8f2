"""Exchanges between a tracer and a misbehaving collector, and the expected results."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from jaeger_client import Tracer
from tests.integration.collectors import Collector, Route, Step, Visit, collect
from tests.integration.log_lines import LogLines
from tests.integration.misbehaviour import Behaviour, Fate
from tests.integration.reporting import (
    TIMEOUT,
    Authority,
    Counts,
    make_tracer,
    report,
)

FIRST: Final = ["a 0", "a 1", "a 2"]
SECOND: Final = ["b 0", "b 1", "b 2"]


@dataclass(frozen=True)
class Bench:
    """What the exchanges of one test share."""

    authority: Authority
    log: LogLines

    def collect(
        self, route: Route, steps: Iterable[Step], *, listens: bool = True
    ) -> AbstractContextManager[Collector]:
        """Run a collector that performs *steps* and then accepts everything."""
        return collect(route, steps, self.authority.tls, listens=listens)

    def make_tracer(
        self, collector: Collector, counts: Counts, timeout: float = TIMEOUT
    ) -> Tracer:
        """Return a tracer that reports to *collector*."""
        return make_tracer(collector.url, self.authority, counts, timeout)


@dataclass(frozen=True)
class Outcome:
    """What a collector received, and what the tracer counted and logged."""

    accepted: list[str]
    """Names of the spans of requests that got a response of success."""
    received: list[str]
    """Names of the spans of other requests."""
    counts: Mapping[str, int]
    lines: list[str]
    """The lines; a line that contains its expected text is replaced by that text."""


def exchange(
    route: Route,
    behaviour: Behaviour,
    bench: Bench,
    *,
    times: int = 1,
    timeout: float = TIMEOUT,
) -> Outcome:
    """Report two batches; the collector misbehaves *times* times for one of them."""
    steps = [behaviour.step] * times
    if behaviour.is_on_reuse:
        steps.insert(0, Visit.accept)
    counts, listens = Counts(), not behaviour.is_refused
    with bench.collect(route, steps, listens=listens) as collector:
        tracer = bench.make_tracer(collector, counts, timeout)
        report(tracer, FIRST)
        if not listens:
            bench.log.wait_for(collector.url, TIMEOUT)
            collector.steps = iter(())
            collector.listen()
        tracer.flush(TIMEOUT)
        report(tracer, SECOND)
        tracer.flush(TIMEOUT)
        tracer.close(TIMEOUT)
    texts = expected_lines(behaviour, behaviour.fate.of(route))
    return Outcome(
        accepted=collector.accepted,
        received=collector.received,
        counts=counts.wait_for_all(),
        lines=abridged(bench.log.about(collector.url), texts),
    )


def abridged(lines: list[str], texts: list[str]) -> list[str]:
    """Replace each line by the corresponding one of *texts*, if it contains that."""
    pairs = itertools.zip_longest(lines, texts, fillvalue="")
    return [text if text and text in line else line for line, text in pairs]


def expected_lines(behaviour: Behaviour, fate: Fate) -> list[str]:
    """Return a part of each line that is logged for one failure."""
    if fate is Fate.ACCEPTED or not behaviour.is_logged:
        return []
    lost = 3 if fate is Fate.LOST else 0
    return [behaviour.remedy, f"; {lost} spans were lost"]


def expected_outcome(route: Route, behaviour: Behaviour) -> Outcome:
    """Return the expected result of `exchange`."""
    fate = behaviour.fate.of(route)
    spoiled = SECOND if behaviour.is_on_reuse else FIRST
    is_received = behaviour.is_read and fate is not Fate.ACCEPTED
    is_lost = fate is Fate.LOST
    lost = {"err": 3, "send_failed": 3} if is_lost else {}
    return Outcome(
        accepted=SECOND if is_lost else [*FIRST, *SECOND],
        received=spoiled if is_received else [],
        counts={"sampled": 6, "ok": 3 if is_lost else 6, **lost},
        lines=expected_lines(behaviour, fate),
    )


def cases_of(
    routes: Iterable[Route], behaviours: Mapping[str, Behaviour]
) -> dict[str, tuple[Route, Behaviour]]:
    """Return each of *routes* with each of *behaviours* that applies to it, by name."""
    return {
        f"{route} {name}": (route, behaviour)
        for route in routes
        for name, behaviour in behaviours.items()
        if behaviour.applies_to(route)
    }
