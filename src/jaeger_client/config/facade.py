"""`Config`: reads the settings of an application and creates tracers from them."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

import opentracing

# Names that applications patch are looked up in the package; see `build`.
import jaeger_client.config as package
import jaeger_client.reporter as reporters
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.fork import call_after_fork, forks_wait
from jaeger_client._internal.limits import with_method
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client._native import WHY_NOT_COMPILED
from jaeger_client.config import build, table
from jaeger_client.config.read import read
from jaeger_client.config.settings import Param, Settings, raise_errors
from jaeger_client.config.unknown import unknown_keys, unknown_variables
from jaeger_client.errors import ConfigError
from jaeger_client.metrics.instruments import choose_factory
from jaeger_client.sampler import ConstSampler

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock
    from jaeger_client.codecs import Codec
    from jaeger_client.config.explanation import Explanation
    from jaeger_client.metrics.metrics import Metrics, MetricsFactory
    from jaeger_client.reporter import BaseReporter
    from jaeger_client.sampler import Sampler
    from jaeger_client.throttler import Throttler
    from jaeger_client.tracer import Tracer

T = TypeVar("T")


def _property(param: Param[T]) -> T:
    """Return a property of `Config` that reads a setting; typed as its value."""

    def read_value(config: Config) -> T:
        return config._read(param)[param]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of this module

    return cast("T", property(read_value))


class _Start(NamedTuple):
    """
    A tracer that is being created.

    Passes its settings to methods that subclasses override, and whose signatures are
    therefore those of 4.8.
    """

    config: Config
    settings: Settings
    worker: BackgroundWorker | None


_START: Final = ContextVar["_Start | None"]("jaeger_client_start", default=None)


class Config:
    """
    The settings of a tracer, from a dict, environment variables and defaults.

    The dict takes precedence over variables; it is never changed. A variable is read
    when its setting is needed, so later changes of the environment take effect. A
    Config can be copied and pickled if its arguments can be; a spawned process reads
    its own variables.

    Each property reads its setting when it is accessed, and raises `ConfigError` if the
    value cannot be used. While a tracer is being created, the properties return the
    settings of that tracer.

    Args:
        config: The settings by key.
        metrics: Functions that receive the metrics; used without *metrics_factory*.
        service_name: Name of the service, unless the dict has one.
        metrics_factory: Creates the metrics of the tracer.
        validate: Whether to raise at once for unknown keys and for every value that
            cannot be used. Otherwise unknown keys are logged, and a value is checked
            when it is needed.
        scope_manager: Stores the active span; by default in context variables.
        clock: Provides the timestamps of spans; by default `time.time`. Tests pass a
            `jaeger_client.testing.FakeClock`.

    Raises:
        ConfigError: If there is no service name, if *clock* or *metrics_factory* lacks
            its method, or if *validate* finds an error.
    """

    _initialized: ClassVar[bool] = False
    """Whether the global tracer was created; tests reset it to create another."""
    # Reentrant: a signal handler or an overridden method of a subclass may call
    # initialize_tracer() on the thread that holds it.
    _initialized_lock: ClassVar[threading.RLock] = threading.RLock()
    _has_warned_of_io_loop: ClassVar[bool] = False
    _has_checked_variables: ClassVar[bool] = False

    enabled: Final = _property(table.ENABLED)
    logging: Final = _property(table.LOGGING)
    sampling_refresh_interval: Final = _property(table.SAMPLING_REFRESH_INTERVAL)
    reporter_queue_size: Final = _property(table.REPORTER_QUEUE_SIZE)
    reporter_flush_interval: Final = _property(table.REPORTER_FLUSH_INTERVAL)
    local_agent_enabled: Final = _property(table.AGENT_ENABLED)
    local_agent_reporting_host: Final = _property(table.AGENT_HOST)
    local_agent_reporting_port: Final = _property(table.AGENT_PORT)
    local_agent_sampling_port: Final = _property(table.SAMPLING_PORT)
    max_tag_value_length: Final = _property(table.MAX_TAG_VALUE_LENGTH)
    max_traceback_length: Final = _property(table.MAX_TRACEBACK_LENGTH)
    trace_id_header: Final = _property(table.TRACE_ID_HEADER)
    baggage_header_prefix: Final = _property(table.BAGGAGE_HEADER_PREFIX)
    debug_id_header: Final = _property(table.DEBUG_ID_HEADER)
    generate_128bit_trace_id: Final = _property(table.GENERATE_128BIT_TRACE_ID)

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        config: Mapping[str, object],
        metrics: Metrics | None = None,
        service_name: str | None = None,
        metrics_factory: MetricsFactory | None = None,
        validate: bool = False,  # noqa: FBT001, FBT002 - as above
        scope_manager: opentracing.ScopeManager | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.config = config
        self.scope_manager = scope_manager
        self.clock = None if clock is None else with_method("clock", clock, "time")
        self._logged: set[str] = set()
        self._error_reporter: ErrorReporter | None = None
        self._name_argument = service_name
        self._service_name = service_name or ""
        settings = self._read(table.SERVICE_NAME)
        self._service_name = settings[table.SERVICE_NAME]
        self._check_keys(settings, validate=validate)
        if not settings.checked(table.METRICS)[table.METRICS]:
            metrics = metrics_factory = None
        self._metrics = metrics
        self._metrics_factory = choose_factory(metrics_factory, metrics)
        self._check_variables()

    def __getstate__(self) -> dict[str, object]:
        """Return the state of copies, without what was logged and counted so far."""
        return {**vars(self), "_error_reporter": None, "_logged": set[str]()}

    @property
    def service_name(self) -> str:
        """Name of the service."""
        return self._service_name

    @property
    def metrics(self) -> Metrics | None:
        """The functions that receive the metrics; `None` without any."""
        return self._metrics

    @property
    def error_reporter(self) -> ErrorReporter:
        """Counts errors, and logs them if `logging` is true."""
        if self._error_reporter is None:
            log = logger if self.logging else None
            self._error_reporter = ErrorReporter(self._metrics, log)
        return self._error_reporter

    @property
    def tags(self) -> dict[str, object]:
        """Tags of the process."""
        return dict(self._read(table.TAGS)[table.TAGS])

    @property
    def sampler(self) -> Sampler | None:
        """The configured sampler; `None` if its type is `remote`."""
        return build.make_sampler(self._read(table.SAMPLER_TYPE, table.SAMPLER_PARAM))

    @property
    def max_operations(self) -> int | None:
        """Maximum number of operations with their own sampler; `None` if not set."""
        settings = self._read(param := table.MAX_OPERATIONS)
        return settings[param] if settings.values[param.key].is_set else None

    @property
    def reporter_batch_size(self) -> int:
        """Maximum number of spans in a batch; 10, as in 4.8, if not set."""
        return self._read(param := table.REPORTER_BATCH_SIZE)[param] or 10

    @property
    def propagation(self) -> dict[str, Codec]:
        """The codecs that replace the default ones of a tracer."""
        return build.make_codecs(self._read(*table.SECTIONS["Propagation"]))

    @property
    def throttler_port(self) -> int | None:
        """Port of the agent for throttling credits; `None` without a throttler."""
        return self._of_throttler(table.THROTTLER_PORT)

    @property
    def throttler_refresh_interval(self) -> float | None:
        """Seconds between two requests for credits; `None` without a throttler."""
        return self._of_throttler(table.THROTTLER_REFRESH_INTERVAL)

    def local_agent_group(self) -> object:
        """Return the value of `local_agent` in the dict."""
        return self.config.get("local_agent")

    def throttler_group(self) -> object:
        """Return the value of `throttler` in the dict."""
        return self.config.get("throttler")

    @staticmethod
    def initialized() -> bool:
        """Return whether this class has created the global tracer."""
        return Config._initialized

    def initialize_tracer(self, io_loop: object = None) -> Tracer | None:
        """
        Create a tracer and set it as `opentracing.global_tracer()`.

        Only the first call in a process does this; later ones log a warning and return
        `None`. Thread-safe. *io_loop* is not used.

        Raises:
            ConfigError: If a setting cannot be used.
        """
        self._warn_of(io_loop)
        call_after_fork(_LOCK_RESET)
        with Config._initialized_lock:
            tracer = None if Config._initialized else self.new_tracer(io_loop)
            # Checked again: a signal handler may have initialized a tracer meanwhile.
            if tracer is None or Config._initialized:
                logger.warning("Jaeger tracer already initialized, skipping")
                return None
            self._initialize_global_tracer(tracer=tracer)
            Config._initialized = True
            return tracer

    def new_tracer(self, io_loop: object = None) -> Tracer:
        """
        Create a tracer that is not the global one. *io_loop* is not used.

        Opens no connection and starts no thread. Thread-safe.

        Raises:
            ConfigError: If a setting cannot be used.
        """
        self._warn_of(io_loop)
        if WHY_NOT_COMPILED is not None:
            logger.debug("Implementation in pure Python: %s", WHY_NOT_COMPILED)
        settings = self._read()
        worker = BackgroundWorker() if settings[table.ENABLED] else None
        token = _START.set(_Start(self, settings, worker))
        try:
            if worker is None:
                logger.info(
                    "Jaeger is disabled: context is propagated, no span is recorded"
                )
                return self.create_tracer(
                    reporters.NullReporter(), ConstSampler(decision=False)
                )
            return self._create_enabled_tracer(settings, worker, io_loop)
        finally:
            _START.reset(token)

    def create_tracer(
        self,
        reporter: BaseReporter,
        sampler: Sampler,
        throttler: Throttler | None = None,
    ) -> Tracer:
        """Create a tracer from the given parts and the settings of this object."""
        start = self._starting()
        settings = self._read()
        # Settings of 4.8 are read from the properties, which a subclass may override.
        return package.Tracer(
            service_name=self.service_name,
            reporter=reporter,
            sampler=sampler,
            metrics_factory=self._metrics_factory,
            trace_id_header=self.trace_id_header,
            generate_128bit_trace_id=self.generate_128bit_trace_id,
            baggage_header_prefix=self.baggage_header_prefix,
            debug_id_header=self.debug_id_header,
            extra_codecs=self.propagation,
            tags=self.tags,
            max_tag_value_length=self.max_tag_value_length,
            max_traceback_length=self.max_traceback_length,
            max_tags_per_span=settings[table.MAX_TAGS_PER_SPAN],
            max_logs_per_span=settings[table.MAX_LOGS_PER_SPAN],
            throttler=throttler,
            scope_manager=self.scope_manager,
            clock=self.clock,
            worker=None if start is None else start.worker,
        )

    def explain(self) -> Explanation:
        """
        Explain each setting: its value, its origin and its error, if any.

        Secrets are hidden. Values that cannot be used are errors in the result and
        raise nothing. Opens no connection.
        """
        # Imported on demand: 5 ms.
        with forks_wait():
            from jaeger_client.config.explanation import explain  # noqa: PLC0415

        return explain(self.config, os.environ, self._name_argument)

    def _starting(self) -> _Start | None:
        start = _START.get()
        return start if start is not None and start.config is self else None

    def _read(self, *params: Param[object]) -> Settings:
        """Read the settings and check *params*, or all that are in use if none."""
        start = self._starting()
        if start is not None:
            return start.settings
        settings = read(self.config, os.environ, self._service_name)
        for key in [param.key for param in params] or settings.warnings:
            for problem in settings.warnings.get(key, ()):
                if problem not in self._logged:
                    self._logged.add(problem)
                    logger.warning("Config: %s", problem)
        return settings.checked(*params)

    def _of_throttler(self, param: Param[T]) -> T | None:
        return None if self.throttler_group() is None else self._read(param)[param]

    def _create_enabled_tracer(
        self, settings: Settings, worker: BackgroundWorker, io_loop: object
    ) -> Tracer:
        shared = build.Shared(self._metrics_factory, self.error_reporter, worker)
        channel = self._create_local_agent_channel(io_loop=io_loop)
        # A subclass may return a channel of another type, as in 4.8.
        if isinstance(channel, AgentChannel):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            worker.close_afterwards(channel.close_polling)
        sampler = self.sampler
        if sampler is None:
            sampler = build.make_remote_sampler(settings, channel, shared)
        reporter = build.make_reporter(settings, channel, shared)
        throttler = build.make_throttler(settings, channel, shared)
        logger.info("Initializing Jaeger Tracer with %r, %s", reporter, sampler)
        return self.create_tracer(reporter, sampler, throttler)

    def _initialize_global_tracer(self, tracer: Tracer) -> None:
        opentracing.set_global_tracer(tracer)
        message = "opentracing.tracer initialized to %s[app_name=%s]"
        logger.info(message, tracer, self.service_name)

    def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
        """Return the channel to the agent; subclasses may return another."""
        del io_loop
        return build.make_agent_channel(self._read())

    def _check_keys(self, settings: Settings, *, validate: bool) -> None:
        problems = unknown_keys(self.config).values()
        if validate:
            unknown = map(ConfigError, problems)
            mismatch = settings.values[table.SAMPLER_PARAM.key].error
            raise_errors((*unknown, *settings.errors, mismatch))
        if problems:
            logger.warning("Config: %s", "; ".join(problems))

    @staticmethod
    def _check_variables() -> None:
        if not Config._has_checked_variables:  # they are the same for all Configs
            Config._has_checked_variables = True
            if problems := unknown_variables(os.environ):
                logger.warning("Environment: %s", "; ".join(problems.values()))

    @staticmethod
    def _warn_of(io_loop: object) -> None:
        if io_loop is not None and not Config._has_warned_of_io_loop:
            Config._has_warned_of_io_loop = True
            message = "io_loop is no longer used: a background thread sends the spans"
            warnings.warn(message, DeprecationWarning, stacklevel=3)


class _LockReset:
    """Replaces the lock in a forked child; a thread that was not copied may hold it."""

    def after_fork_in_child(self) -> None:
        Config._initialized_lock = threading.RLock()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of this module


_LOCK_RESET: Final = _LockReset()
