"""A tracer that stores its spans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter


@pytest.fixture
def reporter() -> InMemoryReporter:
    """Return a reporter that stores the spans."""
    return InMemoryReporter()


@pytest.fixture
def tracer(reporter: InMemoryReporter) -> Iterator[Tracer]:
    """Return a tracer that samples every trace."""
    with Tracer("service", reporter, ConstSampler(decision=True)) as tracer:
        yield tracer
