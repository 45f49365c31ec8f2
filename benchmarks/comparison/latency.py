"""
Duration of an application's requests with each tracer, and without one.

The applications and the load are separate processes; see `latency_server` and
`latency_load`. All applications run from the start and take turns, a second each, so
that a machine that slows down slows all of them down.
"""

from __future__ import annotations

import math
import select
import statistics
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from subprocess import Popen

from benchmarks.comparison.latency_load import Load, Times
from benchmarks.comparison.latency_server import Served, Service
from benchmarks.comparison.latency_work import Work
from benchmarks.comparison.programs import (
    TIMEOUT,
    ProgramError,
    Programs,
    decode_output,
)
from benchmarks.comparison.rounds import rotated
from benchmarks.comparison.sink.client import Sink

NO_TRACER = "limit"
"""The peer whose `serve_request` only does the application's work."""

SPANS_OF_REQUEST = 2
"""The spans of a request: the server's and its child."""

QUIET = 2.0
"""Seconds without a span after which the sink stops waiting."""


@dataclass(frozen=True, slots=True)
class LatencyPlan:
    """What to measure."""

    peers: Sequence[str] = (
        NO_TRACER,
        "ours",
        "ours_python",
        "jaeger48",
        "opentelemetry_sdk",
    )
    """Modules of the peers; `limit` is an application without tracer."""
    rate: float = 500.0
    """Requests a second."""
    rounds: int = 9
    seconds: float = 1.0
    """Seconds of a round that count."""
    warm_up: float = 0.2
    """Seconds of a round before them."""

    def quick(self) -> LatencyPlan:
        """Return a plan of the same kind with less work."""
        return replace(self, rounds=2)

    def load(self, port: int) -> Load:
        """Return the load of one round."""
        return Load(port, self.rate, self.seconds, self.warm_up)

    @property
    def requests(self) -> int:
        """Number of requests that each application serves in all."""
        return self.rounds * self.load(port=0).requests


@dataclass(slots=True)
class LatencyFigures:
    """The requests with one tracer, in all rounds so far."""

    rounds: list[Times] = field(default_factory=list[Times])
    requests: int = 0
    """Number of requests, including those of the warm-up."""
    cpu_s: float = 0.0
    """CPU of the application's process for them."""
    spans_expected: int = 0
    spans_arrived: int = 0

    @property
    def are_complete(self) -> bool:
        """Whether all spans arrived; the figures do not count otherwise."""
        return self.spans_arrived == self.spans_expected

    def latency_ms(self, share: float) -> float:
        """
        Return the time within which this *share* of the requests had a response.

        The median of the rounds: one second in which the machine was busy with other
        programs would be the p99 of all requests together.
        """
        return median_ms((times.latencies_us for times in self.rounds), share)

    @property
    def longest_ms(self) -> float:
        """Time of the slowest request of all rounds."""
        return max(max(times.latencies_us) for times in self.rounds) / 1000

    @property
    def late_ms(self) -> float:
        """The p99 of the delay of the load generator itself."""
        return median_ms((times.late_us for times in self.rounds), 0.99)

    @property
    def cpu_ms(self) -> float:
        """CPU of the application's process for one request."""
        return self.cpu_s / self.requests * 1000


def median_ms(rounds: Iterable[Iterable[int]], share: float) -> float:
    """Return the median over the rounds for this share, from microseconds."""
    return statistics.median(percentile(times, share) for times in rounds) / 1000


def percentile(values: Iterable[int], share: float) -> int:
    """Return the least value that this *share* of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measure_latency(
    programs: Programs,
    plan: LatencyPlan,
) -> dict[str, LatencyFigures]:
    """
    Return the figures of each peer, by its module.

    Raises:
        ProgramError: If an application or a load failed.
    """
    # With the interpreter of the application without a tracer, like the rest.
    rows: int = programs.run(NO_TRACER, "latency_work", Work())
    with ExitStack() as stack:
        applications = {
            peer: stack.enter_context(serve(programs, plan, peer, rows))
            for peer in plan.peers
        }
        for number in range(plan.rounds):
            for peer in rotated(plan.peers, number):
                applications[peer].take_turn()
        return {peer: running.end() for peer, running in applications.items()}


@contextmanager
def serve(
    programs: Programs,
    plan: LatencyPlan,
    peer: str,
    rows: int,
) -> Generator[Application, None, None]:
    """
    Start an application and a sink for its spans; stop both after the block.

    Raises:
        ProgramError: If it does not start.
    """
    with Sink() as sink:
        to = sink.addresses
        queue_size = SPANS_OF_REQUEST * plan.requests
        service = Service(peer, rows, to.udp_port, to.http_port, queue_size)
        with programs.start(peer, "latency_server", service) as server:
            port = read_port(peer, server)
            yield Application(programs, plan, peer, sink, server, port)


def read_port(peer: str, server: Popen[str]) -> int:
    """
    Wait until a server listens and return its port.

    Raises:
        ProgramError: If it does not listen in time.
    """
    assert server.stdout is not None
    readable, _, _ = select.select([server.stdout], (), (), TIMEOUT)
    line = server.stdout.readline() if readable else ""
    if not line:
        msg = f"the application with {peer} does not listen"
        raise ProgramError(msg)
    return int(line)


@dataclass(frozen=True, slots=True)
class Application:
    """A running application."""

    programs: Programs
    plan: LatencyPlan
    peer: str
    sink: Sink
    server: Popen[str]
    port: int
    figures: LatencyFigures = field(default_factory=LatencyFigures)

    def take_turn(self) -> None:
        """Send the load of a round, and record the times of its requests."""
        load = self.plan.load(self.port)
        self.figures.rounds.append(
            Times(**self.programs.run(None, "latency_load", load))
        )

    def end(self) -> LatencyFigures:
        """End it, count its spans and return its figures."""
        # The end of its input ends the server.
        output, _ = self.server.communicate(timeout=TIMEOUT)
        name = f"the application with {self.peer}"
        served = Served(**decode_output(name, self.server.returncode, output))
        self.figures.requests = served.requests
        self.figures.cpu_s = served.cpu_s
        if self.peer != NO_TRACER:
            expected = SPANS_OF_REQUEST * served.requests
            self.figures.spans_expected = expected
            self.figures.spans_arrived = self.sink.wait(expected, QUIET).distinct
        return self.figures


LATENCY_HEADER = [
    "tracer",
    "p50 ms",
    "p90 ms",
    "p99 ms",
    "max ms",
    "CPU ms a request",
    "spans arrived",
    "load late, p99 ms",
]


def latency_rows(
    figures: Mapping[str, LatencyFigures],
    labels: Mapping[str, str],
) -> list[list[str]]:
    """Return the cells under `LATENCY_HEADER`, a row for each peer."""
    return [
        [labels.get(peer, peer), *_cells(of_peer)] for peer, of_peer in figures.items()
    ]


def _cells(figures: LatencyFigures) -> list[str]:
    arrived = f"{figures.spans_arrived:,} of {figures.spans_expected:,}"
    return [
        *(f"{figures.latency_ms(share):.2f}" for share in (0.5, 0.9, 0.99)),
        f"{figures.longest_ms:.2f}",
        f"{figures.cpu_ms:.2f}",
        arrived if figures.spans_expected else "",
        f"{figures.late_ms:.2f}",
    ]
