"""What the tests of samplers and throttlers pass in for time, net and worker."""

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
    """A worker that starts no thread and counts how often it was woken."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = 0

    def wake(self) -> None:
        """Count."""
        self.wakes += 1

    @property
    def tasks(self) -> int:
        """How many tasks it has."""
        return len(self._tasks)


class Agent:
    """Answers every question with what it was given last, or raises it."""

    def __init__(self, answer: object = b"") -> None:
        self.answer = answer
        self.questions: list[tuple[object, ...]] = []

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Answer the question for a sampling strategy."""
        return self._answer(service_name)

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: object,
    ) -> bytes:
        """Answer the question for credits."""
        return self._answer(service_name, client_id, operations)

    def _answer(self, *question: object) -> bytes:
        self.questions.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, bytes):
            return self.answer
        return json.dumps(self.answer).encode()


class CountingFactory(MetricsFactory):
    """Keeps the sum of each counter under its name and tag values."""

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
    """Keeps the errors it is told of."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def error(self, *args: object) -> None:
        """Keep the message as it would be logged."""
        message, *rest = args
        self.heard.append(str(message) % tuple(rest))


def full_limiters(clock: FakeClock) -> partial[RateLimiter]:
    """Return what makes buckets that read *clock* and begin full."""
    return partial(RateLimiter, clock=clock, random=lambda: 1.0)


def empty_limiters(clock: FakeClock) -> partial[RateLimiter]:
    """Return what makes buckets that read *clock* and begin empty."""
    return partial(RateLimiter, clock=clock, random=lambda: 0.0)
