"""
Jaegers with sampling strategies: from a file, or computed by Jaeger.

Both have configurations of their own, with short intervals, on free ports.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jaeger_client import Config, Tracer
from jaeger_client.sampler.strategy import Strategy, decode_strategy, parse_strategy
from tests.real.http_get import get
from tests.real.jaeger_query import JaegerQuery, query_until
from tests.real.jaeger_server import OwnJaeger

INTERVAL: Final = 2.0
"""Seconds between two polls of our samplers."""

WITHIN: Final = 1.1 * INTERVAL + 1.5
"""
Timeout in seconds within which a change must be followed.

One interval, delayed by its jitter and by a busy machine. Two intervals would be
longer.
"""

Strategies = Mapping[str, object]
"""Content of a file of strategies."""


class FileJaeger(OwnJaeger):
    """A Jaeger whose strategies are in a file, which is empty at first."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.path = folder / "strategies.json"
        self.write({})
        super().__init__(
            binary, "file-sampling.yaml", folder, STRATEGIES=str(self.path)
        )
        self.query = JaegerQuery(self.ports["QUERY_PORT"])

    def write(self, strategies: Strategies) -> None:
        """Replace the file as a whole, so that Jaeger never reads half of it."""
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(strategies), encoding="utf-8")
        unfinished.replace(self.path)

    def serve(self, strategies: Strategies, service: str) -> Strategy:
        """Replace the file; return the strategy of *service* once it has changed."""
        before = self.strategy(service)
        self.write(strategies)
        response = query_until(
            lambda: self.strategy(service), lambda now: now != before
        )
        assert response != before
        return parse_strategy(decode_strategy(response))

    @contextmanager
    def sampled_tracer(
        self, service: str, **config: object
    ) -> Generator[Tracer, None, None]:
        """Create a tracer of *service* that polls this Jaeger and reports to it."""
        agent = {
            "reporting_host": "127.0.0.1",
            "reporting_port": self.ports["UDP_PORT"],
            "sampling_port": self.ports["SAMPLING_PORT"],
        }
        settings = {
            "local_agent": agent,
            "logging": False,
            "sampling_refresh_interval": INTERVAL,
        }
        tracer = Config(settings | config, service_name=service).new_tracer()
        try:
            yield tracer
        finally:
            tracer.close()


class AdaptiveJaeger(OwnJaeger):
    """
    A Jaeger that computes rates from the traces it receives, and stores them on disk.

    It calculates each second, but reads the stored results only when it starts.
    """

    initial_probability: Final = 0.2
    target_per_second: Final = 100.0

    def __init__(self, binary: Path, folder: Path) -> None:
        super().__init__(
            binary, "adaptive-sampling.yaml", folder, FOLDER=str(folder / "badger")
        )

    def restart(self) -> None:
        """Restart it, so that it reads what it calculated before."""
        self.close()
        self.start()

    def wait_until_calculated(self, operations: int) -> None:
        """
        Wait until the rates of so many operations are stored, and for three
        calculations.

        Those are for spans that came late, for a second without spans, so that a Jaeger
        started then does not count the earlier ones once more, and to be sure that
        there was one.
        """
        reached = query_until(self._operations, lambda count: count == operations)
        assert operations == reached, reached
        enough = self._calculations() + 3
        assert enough <= query_until(self._calculations, lambda count: count >= enough)

    def _operations(self) -> int:
        return self._count("operations_calculated")

    def _calculations(self) -> int:
        return self._count("calculate_probabilities_seconds_count")

    def _count(self, name: str) -> int:
        _, body = get(f"http://127.0.0.1:{self.ports['METRICS_PORT']}/metrics")
        start = f"adaptive_sampling_processor_{name}{{"
        lines = body.decode("utf-8").splitlines()
        return sum(
            int(float(line.rsplit(" ", 1)[1]))
            for line in lines
            if line.startswith(start)
        )
