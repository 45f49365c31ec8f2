"""The settings one by one, by the names they had in 4.8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jaeger_client.config import agent_params, build, params, sampling_params
from jaeger_client.config.param import Source
from jaeger_client.config.parse import (
    read_propagation,
    read_sampler,
    read_tags,
)

if TYPE_CHECKING:
    from jaeger_client.codecs import Codec
    from jaeger_client.sampler import Sampler


class ConfigProperties:
    """
    Each setting as a property, read anew at each access.

    Every property raises `ConfigError` if its value cannot be used.
    """

    config: Mapping[str, object]
    """The dict that was given."""
    _source: Source
    _service_name: str

    @property
    def service_name(self) -> str:
        """Name of the service."""
        return self._service_name

    @property
    def enabled(self) -> bool:
        """Whether anything is recorded; context is carried on in any case."""
        return params.ENABLED.value(self._source)

    @property
    def logging(self) -> bool:
        """Whether reported spans and errors are logged."""
        return params.LOGGING.value(self._source)

    @property
    def tags(self) -> dict[str, object]:
        """Tags of the process."""
        return read_tags(self._source)

    @property
    def sampler(self) -> Sampler | None:
        """The sampler that is configured; `None` if a server is to be asked."""
        return build.make_sampler(read_sampler(self._source))

    @property
    def max_operations(self) -> int | None:
        """Operations with a sampler of their own; `None` where nobody says."""
        return sampling_params.MAX_OPERATIONS.value(self._source)

    @property
    def sampling_refresh_interval(self) -> float:
        """Seconds between two questions for the sampling strategy."""
        return sampling_params.SAMPLING_REFRESH_INTERVAL.value(self._source)

    @property
    def reporter_batch_size(self) -> int:
        """Most spans in one batch; without a setting as many as fit the packet."""
        found = params.REPORTER_BATCH_SIZE.value(self._source)
        return params.DEFAULT_BATCH_SIZE if found is None else found

    @property
    def reporter_queue_size(self) -> int:
        """Most spans that wait to be sent."""
        return params.REPORTER_QUEUE_SIZE.value(self._source)

    @property
    def reporter_flush_interval(self) -> float:
        """Seconds that a partial batch waits for more spans."""
        return params.REPORTER_FLUSH_INTERVAL.value(self._source)

    @property
    def local_agent_enabled(self) -> bool:
        """Kept for programs that read it; changes nothing."""
        return agent_params.AGENT_ENABLED.value(self._source)

    @property
    def local_agent_reporting_host(self) -> str:
        """Host of the agent."""
        return agent_params.AGENT_HOST.value(self._source)

    @property
    def local_agent_reporting_port(self) -> int:
        """UDP port of the agent for spans."""
        return agent_params.AGENT_PORT.value(self._source)

    @property
    def local_agent_sampling_port(self) -> int:
        """HTTP port of the agent for questions."""
        return agent_params.SAMPLING_PORT.value(self._source)

    @property
    def max_tag_value_length(self) -> int:
        """Characters of a text value that are kept."""
        return params.MAX_TAG_VALUE_LENGTH.value(self._source)

    @property
    def max_traceback_length(self) -> int:
        """Characters of a formatted traceback that are kept."""
        return params.MAX_TRACEBACK.value(self._source)

    @property
    def trace_id_header(self) -> str:
        """Header of the span context in Jaeger's format."""
        return params.TRACE_ID_HEADER.value(self._source)

    @property
    def baggage_header_prefix(self) -> str:
        """What headers of baggage begin with in Jaeger's format."""
        return params.BAGGAGE_HEADER_PREFIX.value(self._source)

    @property
    def debug_id_header(self) -> str:
        """Header that asks for a debug trace."""
        return params.DEBUG_ID_HEADER.value(self._source)

    @property
    def generate_128bit_trace_id(self) -> bool:
        """Whether new trace ids have 128 bits."""
        return params.GENERATE_128BIT_TRACE_ID.value(self._source)

    @property
    def propagation(self) -> dict[str, Codec]:
        """The codecs that replace those a tracer has by itself."""
        return build.make_codecs(read_propagation(self._source))

    @property
    def throttler_port(self) -> int | None:
        """Port of the agent for throttling credits; `None` without a throttler."""
        if self.throttler_group() is None:
            return None
        port = sampling_params.THROTTLER_PORT.value(self._source)
        return self.local_agent_sampling_port if port is None else port

    @property
    def throttler_refresh_interval(self) -> float | None:
        """Seconds between two questions for credits; `None` without a throttler."""
        if self.throttler_group() is None:
            return None
        return sampling_params.THROTTLER_REFRESH_INTERVAL.value(self._source)

    @property
    def _uses_metrics(self) -> bool:
        return params.METRICS.value(self._source)

    def local_agent_group(self) -> object:
        """Return what the dict has under `local_agent`."""
        return self.config.get("local_agent")

    def throttler_group(self) -> object:
        """Return what the dict has under `throttler`."""
        return self.config.get("throttler")
