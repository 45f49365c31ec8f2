"""`Config`: settings from an application, and the tracers made of them."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

import opentracing

# Names that applications patch are looked up in the package; see `build`.
import jaeger_client.config as package
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.fork import call_after_fork, forks_wait
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.config import build, table
from jaeger_client.config.properties import START, ConfigProperties, Start
from jaeger_client.config.read import read_service_name
from jaeger_client.config.settings import Settings
from jaeger_client.config.unknown import unknown_keys, unknown_variables
from jaeger_client.errors import ConfigError
from jaeger_client.metrics.instruments import choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.reporter.local import NullReporter
from jaeger_client.sampler import ConstSampler

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock
    from jaeger_client.config.explanation import Explanation
    from jaeger_client.reporter import BaseReporter
    from jaeger_client.sampler import Sampler
    from jaeger_client.throttler import Throttler
    from jaeger_client.tracer import Tracer


class Config(ConfigProperties):
    """
    The settings of a tracer: those in a dict, else in variables, else the defaults.

    The dict is never changed. Variables are read when they are needed, so those that
    are set after this object was made count too. A Config can be copied and pickled if
    its arguments can be; a spawned process reads its own variables.

    Args:
        config: The settings by their keys.
        metrics: Functions that receive counts, where there is no factory.
        service_name: Name of the service, unless the dict has one.
        metrics_factory: Makes the metrics of the tracer.
        validate: Whether every mistake is an error at once. Otherwise unknown keys are
            logged, and a value is checked when it is needed.
        scope_manager: Keeps the active span; by default in context variables.
        clock: Read for the times of spans, for tests: a
            `jaeger_client.testing.FakeClock`. By default, `time.time`.

    Raises:
        ConfigError: If there is no service name, or *validate* finds a mistake.
    """

    _initialized: ClassVar[bool] = False
    """Whether the global tracer was made; tests set it to False to start anew."""
    # Reentrant: `initialize_tracer` calls what a subclass overrides, and a signal
    # handler may interrupt it.
    _initialized_lock: ClassVar[threading.RLock] = threading.RLock()
    _warned_of_io_loop: ClassVar[bool] = False
    _looked_at_variables: ClassVar[bool] = False

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
        self.clock = clock
        self._passed_over: set[str] = set()
        self._error_reporter: ErrorReporter | None = None
        self._given_name = service_name
        name = self._read(lambda source: read_service_name(source, service_name))
        self._service_name = name[table.SERVICE_NAME]
        if self._uses_metrics:
            self._metrics = metrics
            self._metrics_factory = choose_factory(metrics_factory, metrics)
        else:
            self._metrics = None
            self._metrics_factory = MetricsFactory()
        self._check(everything=validate)
        self._check_variables()

    def __getstate__(self) -> dict[str, object]:
        """Return the settings, for copies and for processes that are spawned."""
        # What belongs to this process is made anew.
        own: dict[str, object] = {"_error_reporter": None, "_passed_over": set[str]()}
        return {**vars(self), **own}

    @property
    def service_name(self) -> str:
        """Name of the service."""
        return self._service_name

    @property
    def metrics(self) -> Metrics | None:
        """The functions that receive counts, if they are given and used."""
        return self._metrics

    @property
    def error_reporter(self) -> ErrorReporter:
        """Counts errors, and logs them with `logging` on."""
        if self._error_reporter is None:
            self._error_reporter = ErrorReporter(
                metrics=self._metrics,
                logger=logger if self.logging else None,
            )
        return self._error_reporter

    @staticmethod
    def initialized() -> bool:
        """Return whether the global tracer was made by this class."""
        return Config._initialized

    def initialize_tracer(self, io_loop: object = None) -> Tracer | None:
        """
        Make a tracer and set it as `opentracing.global_tracer()`.

        Only the first call does so; later ones log a line and return None. *io_loop* is
        not used.

        Raises:
            ConfigError: If a setting cannot be used.
        """
        self._warn_of(io_loop)
        call_after_fork(_FRESH_LOCK)
        with Config._initialized_lock:
            tracer = None if Config._initialized else self.new_tracer(io_loop)
            # Checked again: a signal handler may have initialized one meanwhile.
            if tracer is None or Config._initialized:
                logger.warning("Jaeger tracer already initialized, skipping")
                return None
            self._initialize_global_tracer(tracer=tracer)
            Config._initialized = True
            return tracer

    def new_tracer(self, io_loop: object = None) -> Tracer:
        """
        Make a tracer. *io_loop* is not used.

        Opens no connection and starts no thread.

        Raises:
            ConfigError: If a setting cannot be used.
        """
        self._warn_of(io_loop)
        settings = self._read_all()
        worker = BackgroundWorker() if settings[table.ENABLED] else None
        token = START.set(Start(self, settings, worker))
        try:
            if worker is None:
                return self._create_disabled_tracer()
            return self._create_enabled_tracer(settings, worker, io_loop)
        finally:
            START.reset(token)

    def create_tracer(
        self,
        reporter: BaseReporter,
        sampler: Sampler,
        throttler: Throttler | None = None,
    ) -> Tracer:
        """Make a tracer of the given parts and the settings of this object."""
        settings = self._read_all()
        start = self._starting()
        return package.Tracer(
            service_name=settings[table.SERVICE_NAME],
            reporter=reporter,
            sampler=sampler,
            metrics_factory=self._metrics_factory,
            trace_id_header=settings[table.TRACE_ID_HEADER],
            generate_128bit_trace_id=settings[table.GENERATE_128BIT_TRACE_ID],
            baggage_header_prefix=settings[table.BAGGAGE_HEADER_PREFIX],
            debug_id_header=settings[table.DEBUG_ID_HEADER],
            extra_codecs=self.propagation,
            tags=dict(settings[table.TAGS]),
            max_tag_value_length=settings[table.MAX_TAG_VALUE_LENGTH],
            max_traceback_length=settings[table.MAX_TRACEBACK_LENGTH],
            max_tags_per_span=settings[table.MAX_TAGS_PER_SPAN],
            max_logs_per_span=settings[table.MAX_LOGS_PER_SPAN],
            throttler=throttler,
            scope_manager=self.scope_manager,
            clock=self.clock,
            worker=None if start is None else start.worker,
        )

    def explain(self) -> Explanation:
        """
        Explain each setting: its value, its origin and what is wrong with it.

        Secrets are hidden. What cannot be used is an error in the result. Opens no
        connection.
        """
        # 5 ms, which a start saves.
        with forks_wait():
            from jaeger_client.config.explanation import explain  # noqa: PLC0415

        return explain(self.config, os.environ, self._given_name)

    def _create_enabled_tracer(
        self, settings: Settings, worker: BackgroundWorker, io_loop: object
    ) -> Tracer:
        shared = build.Shared(self._metrics_factory, self.error_reporter, worker)
        channel = self._create_local_agent_channel(io_loop=io_loop)
        # A subclass may have made another one, as it could in 4.8.
        if isinstance(channel, AgentChannel):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            worker.close_afterwards(channel.close_polling)
        sampler = self.sampler or build.make_remote_sampler(settings, channel, shared)
        reporter = build.make_reporter(settings, channel, shared)
        throttler = build.make_throttler(settings, channel, shared)
        logger.info("Initializing Jaeger Tracer with %r, %s", reporter, sampler)
        return self.create_tracer(reporter, sampler, throttler)

    def _create_disabled_tracer(self) -> Tracer:
        logger.info("Jaeger is disabled: context is carried on, nothing recorded")
        return self.create_tracer(NullReporter(), ConstSampler(decision=False))

    def _initialize_global_tracer(self, tracer: Tracer) -> None:
        opentracing.set_global_tracer(tracer)
        logger.info(
            "opentracing.tracer initialized to %s[app_name=%s]",
            tracer,
            self.service_name,
        )

    def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
        """Return the channel to the agent; subclasses may return another."""
        del io_loop
        return build.make_agent_channel(self._read_all())

    def _check(self, *, everything: bool) -> None:
        complaints = "; ".join(text for _, text in unknown_keys(self.config))
        if complaints and everything:
            raise ConfigError(complaints)
        if complaints:
            logger.warning("Config: %s", complaints)
        if everything:
            _ = build.make_sampler(self._read_all())

    @classmethod
    def _check_variables(cls) -> None:
        # Once a process: they are the same for all Configs.
        if Config._looked_at_variables:
            return
        Config._looked_at_variables = True
        found = unknown_variables(os.environ)
        if complaints := "; ".join(text for _, text in found):
            logger.warning("Environment: %s", complaints)

    @classmethod
    def _warn_of(cls, io_loop: object) -> None:
        if io_loop is None or Config._warned_of_io_loop:
            return
        Config._warned_of_io_loop = True
        warnings.warn(
            "io_loop is not used any more: spans are sent by a thread of their own",
            DeprecationWarning,
            stacklevel=3,
        )


class _FreshLock:
    """Replaces the lock in a forked child, where it may be held for ever."""

    def after_fork_in_child(self) -> None:
        Config._initialized_lock = threading.RLock()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of this module


_FRESH_LOCK: Final = _FreshLock()
