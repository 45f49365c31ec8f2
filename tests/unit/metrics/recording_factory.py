"""A metrics factory that records all values."""

from __future__ import annotations

from collections.abc import Mapping

from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.metrics import CountFunction, MeasureFunction


class RecordingFactory(MetricsFactory):
    """Records the values of each metric, by its name and tags."""

    def __init__(self) -> None:
        self.made: list[str] = []
        """The metrics that were made."""
        self.created: list[tuple[str, str, Mapping[str, str]]] = []
        """Their kinds, names and tags."""
        self.values: dict[str, float] = {}
        """The sums of those that were given something."""

    def _take(
        self, kind: str, name: str, tags: Mapping[str, str] | None
    ) -> MeasureFunction:
        shown = ",".join(f"{k}={v}" for k, v in (tags or {}).items())
        key = f"{name}{{{shown}}}" if shown else name
        self.made.append(key)
        self.created.append((kind, name, tags or {}))

        def take(value: float) -> None:
            self.values[key] = self.values.get(key, 0) + value

        return take

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that records its argument."""
        return self._take("counter", name, tags)

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that records its argument."""
        return self._take("timer", name, tags)

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that records its argument."""
        return self._take("gauge", name, tags)
