"""Fakes for tests of samplers and throttlers: worker, agent, metrics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial

from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.metrics import CountFunction
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.testing import FakeClock


class QuietWorker(BackgroundWorker):
    """A worker that starts no thread and counts calls of `wake`."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = 0

    def wake(self) -> None:
        """Count the call."""
        self.wakes += 1

    @property
    def tasks(self) -> int:
        """The number of its tasks."""
        return len(self._tasks)


class Agent:
    """Returns or raises the response that was set last; records the requests."""

    def __init__(self, response: object = b"") -> None:
        self.response = response
        self.requests: list[tuple[object, ...]] = []

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Return a sampling strategy."""
        return self._respond(service_name)

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: object,
    ) -> bytes:
        """Return credits."""
        return self._respond(service_name, client_id, operations)

    def _respond(self, *request: object) -> bytes:
        self.requests.append(request)
        if isinstance(self.response, Exception):
            raise self.response
        if isinstance(self.response, bytes):
            return self.response
        return json.dumps(self.response).encode()


class CountingFactory(MetricsFactory):
    """Stores the sum of each counter under its name and tag values."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the sum."""
        key = " ".join([name, *(tags or {}).values()])

        def add(value: int) -> None:
            self.counts[key] += value

        return add


class Listener:
    """Records the errors that are reported."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, *args: object) -> None:
        """Record the formatted message."""
        message, *rest = args
        self.errors.append(str(message) % tuple(rest))


def full_limiters(clock: FakeClock) -> partial[RateLimiter]:
    """Return a function that creates full buckets with *clock*."""
    return partial(RateLimiter, clock=clock, random=lambda: 1.0)


def empty_limiters(clock: FakeClock) -> partial[RateLimiter]:
    """Return a function that creates empty buckets with *clock*."""
    return partial(RateLimiter, clock=clock, random=lambda: 0.0)
