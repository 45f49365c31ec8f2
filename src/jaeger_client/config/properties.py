"""The settings of a `Config` one by one, and how it reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import chain
from typing import (
    TYPE_CHECKING,
    Final,
    Generic,
    NamedTuple,
    NoReturn,
    TypeVar,
    overload,
)

from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.config import build, table
from jaeger_client.config.read import (
    read_all,
    read_propagation,
    read_sampler,
    read_tags,
    read_throttler,
)
from jaeger_client.config.settings import Param, Settings, Source

if TYPE_CHECKING:
    from typing_extensions import Never, Self

    from jaeger_client.codecs import Codec
    from jaeger_client.sampler import Sampler

T = TypeVar("T")


class Setting(Generic[T]):
    """A read-only property of `Config` that reads one setting at each access."""

    def __init__(self, param: Param[T]) -> None:
        self._param = param

    @overload
    def __get__(self, config: None, owner: type) -> Self: ...
    @overload
    def __get__(self, config: ConfigProperties, owner: type) -> T: ...
    def __get__(self, config: ConfigProperties | None, owner: type) -> Self | T:
        """Return the value for *config*, or itself for the class."""
        if config is None:
            return self
        return config._value(self._param)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of this module

    def __set__(self, config: ConfigProperties, value: Never) -> NoReturn:
        """Refuse: a Config does not change."""
        msg = f"{self._param.key} of a Config cannot be set"
        raise AttributeError(msg)


class Start(NamedTuple):
    """A tracer that is being made."""

    config: ConfigProperties
    settings: Settings
    worker: BackgroundWorker | None


START: Final[ContextVar[Start | None]] = ContextVar("jaeger_client_start", default=None)
"""
The tracer that this thread is making.

Carries its settings through methods whose signatures are those of 4.8, because
subclasses override them.
"""


class ConfigProperties:
    """
    Each setting as a property that is read when it is accessed.

    While a tracer is made, they are those of the tracer. A property raises
    `ConfigError` if its value cannot be used.
    """

    config: Mapping[str, object]
    """The dict that was passed."""
    _service_name: str
    _passed_over: set[str]
    """Complaints that were logged."""

    enabled = Setting(table.ENABLED)
    logging = Setting(table.LOGGING)
    sampling_refresh_interval = Setting(table.SAMPLING_REFRESH_INTERVAL)
    reporter_queue_size = Setting(table.REPORTER_QUEUE_SIZE)
    reporter_flush_interval = Setting(table.REPORTER_FLUSH_INTERVAL)
    local_agent_enabled = Setting(table.AGENT_ENABLED)
    local_agent_reporting_host = Setting(table.AGENT_HOST)
    local_agent_reporting_port = Setting(table.AGENT_PORT)
    local_agent_sampling_port = Setting(table.SAMPLING_PORT)
    max_tag_value_length = Setting(table.MAX_TAG_VALUE_LENGTH)
    max_traceback_length = Setting(table.MAX_TRACEBACK_LENGTH)
    trace_id_header = Setting(table.TRACE_ID_HEADER)
    baggage_header_prefix = Setting(table.BAGGAGE_HEADER_PREFIX)
    debug_id_header = Setting(table.DEBUG_ID_HEADER)
    generate_128bit_trace_id = Setting(table.GENERATE_128BIT_TRACE_ID)
    _uses_metrics = Setting(table.METRICS)

    @property
    def tags(self) -> dict[str, object]:
        """Tags of the process."""
        return dict(self._read(read_tags)[table.TAGS])

    @property
    def sampler(self) -> Sampler | None:
        """The sampler that is configured; `None` if its strategy is fetched."""
        return build.make_sampler(self._read(read_sampler))

    @property
    def max_operations(self) -> int | None:
        """Maximum number of operations with a sampler each; `None` if not set."""
        param = table.MAX_OPERATIONS
        settings = self._read(lambda source: source.read(param))
        return settings[param] if settings.values[param.key].is_set else None

    @property
    def reporter_batch_size(self) -> int:
        """Maximum number of spans in a batch; 10 if not set, though more may fit."""
        return self._value(table.REPORTER_BATCH_SIZE) or 10

    @property
    def propagation(self) -> dict[str, Codec]:
        """The codecs that replace those a tracer has by itself."""
        return build.make_codecs(self._read(read_propagation))

    @property
    def throttler_port(self) -> int | None:
        """Port of the agent for throttling credits; `None` without a throttler."""
        if self.throttler_group() is None:
            return None
        return self._read(read_throttler)[table.THROTTLER_PORT]

    @property
    def throttler_refresh_interval(self) -> float | None:
        """Interval of fetching credits in seconds; `None` without a throttler."""
        if self.throttler_group() is None:
            return None
        return self._value(table.THROTTLER_REFRESH_INTERVAL)

    def local_agent_group(self) -> object:
        """Return what the dict has under `local_agent`."""
        return self.config.get("local_agent")

    def throttler_group(self) -> object:
        """Return what the dict has under `throttler`."""
        return self.config.get("throttler")

    def _starting(self) -> Start | None:
        start = START.get()
        return start if start is not None and start.config is self else None

    def _read_all(self) -> Settings:
        return self._read(lambda source: read_all(source, self._service_name))

    def _read(self, read_part: Callable[[Source], object]) -> Settings:
        """Return what *read_part* reads; while a tracer is made, what it was read."""
        start = self._starting()
        if start is not None:
            return start.settings
        source = Source(self.config, os.environ)
        read_part(source)
        for complaint in chain.from_iterable(source.passed_over.values()):
            if complaint not in self._passed_over:
                self._passed_over.add(complaint)
                logger.warning("Passed over: %s", complaint)
        return source.settings().checked()

    def _value(self, param: Param[T]) -> T:
        return self._read(lambda source: source.read(param))[param]
