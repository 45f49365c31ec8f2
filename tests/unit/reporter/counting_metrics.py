"""A metrics factory that adds up what is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from jaeger_client.metrics import MetricsFactory


class CountingMetrics(MetricsFactory):
    """Stores every sum by name and tags, as `name{key=value}`."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = defaultdict(float)

    def _adder(
        self,
        name: str,
        tags: Mapping[str, str] | None,
    ) -> Callable[[float], None]:
        inside = ",".join(f"{key}={value}" for key, value in (tags or {}).items())
        label = f"{name}{{{inside}}}" if inside else name

        def add(value: float) -> None:
            self.sums[label] += value

        return add

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[int], None]:
        """Return a function that adds."""
        return self._adder(name, tags)

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[float], None]:
        """Return a function that adds."""
        return self._adder(name, tags)

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[float], None]:
        """Return a function that adds."""
        return self._adder(name, tags)
