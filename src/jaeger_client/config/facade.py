"""`Config`: what an application says, and the tracer it gets for it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

import opentracing

# Names that applications patch are looked up in the package when they are
# needed; see `build`.
import jaeger_client.config as rooms
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.fork import call_after_fork
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.config import build
from jaeger_client.config.parse import (
    read_service_name,
    read_settings,
    source_of,
)
from jaeger_client.config.properties import ConfigProperties
from jaeger_client.config.unknown import unknown_keys, unknown_variables
from jaeger_client.errors import ConfigError
from jaeger_client.metrics.instruments import choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock
    from jaeger_client.config.explanation import Explanation
    from jaeger_client.config.settings import Settings
    from jaeger_client.reporter import BaseReporter
    from jaeger_client.sampler import Sampler
    from jaeger_client.throttler import Throttler
    from jaeger_client.tracer import Tracer


class Config(ConfigProperties):
    """
    The settings of a tracer: of a dict, else of variables, else the defaults.

    The dict is never changed. Variables are read when they are needed, so what
    was set after this object was made counts too. A Config can be copied and pickled
    if what it was given can be; a spawned process reads its own variables.

    Args:
        config: The settings by their keys.
        metrics: Functions that take counts, where there is no factory.
        service_name: Name of the service, unless the dict has one.
        metrics_factory: Makes the metrics of the tracer.
        validate: Whether every mistake is an error at once. Otherwise unknown
            keys are logged, and a value is checked when it is needed.
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
        self._source = source_of(config)
        self._given_name = service_name
        self._service_name = read_service_name(self._source, service_name)
        self._metrics = metrics if self._uses_metrics else None
        self._metrics_factory: MetricsFactory = (
            choose_factory(metrics_factory, metrics)
            if self._uses_metrics
            else MetricsFactory()
        )
        self._error_reporter: ErrorReporter | None = None
        # `create_tracer` has the signature of 4.8, for subclasses override it,
        # so the worker that belongs to a reporter reaches it by this way.
        self._workers: dict[int, BackgroundWorker] = {}
        self._check(everything=validate)
        self._look_at_variables()

    def __getstate__(self) -> dict[str, object]:
        """Return the settings, for copies and for processes that are spawned."""
        # What belongs to this process stays: its environment and its tracers' parts.
        own = {"_source", "_error_reporter", "_workers"}
        return {key: value for key, value in vars(self).items() if key not in own}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._source = source_of(self.config)
        self._error_reporter = None
        self._workers = {}

    @property
    def metrics(self) -> Metrics | None:
        """The functions that take counts, if they are given and used."""
        return self._metrics

    @property
    def error_reporter(self) -> ErrorReporter:
        """What errors are reported to; it logs them only with `logging` on."""
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
        Make a tracer and let it be `opentracing.global_tracer()`.

        Only the first call does so; later ones return None and log a line.
        *io_loop* is not used any more.

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
        Make a tracer. *io_loop* is not used any more.

        Opens nothing and starts no thread.

        Raises:
            ConfigError: If a setting cannot be used.
        """
        self._warn_of(io_loop)
        settings = self._settings()
        if not settings.enabled:
            logger.info("Jaeger is disabled: context is carried on, nothing recorded")
            return self._create_disabled_tracer()
        shared = build.Surroundings(
            metrics_factory=self._metrics_factory,
            error_reporter=self.error_reporter,
            worker=BackgroundWorker(),
        )
        channel = self._create_local_agent_channel(io_loop=io_loop)
        # A subclass may have made another one, as it could in 4.8.
        if isinstance(channel, AgentChannel):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            shared.worker.close_afterwards(channel.close_polling)
        sampler = self.sampler or build.make_remote_sampler(settings, channel, shared)
        reporter = build.make_reporter(settings, channel, shared)
        throttler = build.make_throttler(settings, channel, shared)
        logger.info("Initializing Jaeger Tracer with %r, %s", reporter, sampler)
        self._workers[id(reporter)] = shared.worker
        try:
            return self.create_tracer(reporter, sampler, throttler)
        finally:
            self._workers.pop(id(reporter), None)

    def create_tracer(
        self,
        reporter: BaseReporter,
        sampler: Sampler,
        throttler: Throttler | None = None,
    ) -> Tracer:
        """Make a tracer of the given parts and the settings of this object."""
        settings = self._settings()
        propagation = settings.propagation
        return rooms.Tracer(
            service_name=settings.service_name,
            reporter=reporter,
            sampler=sampler,
            metrics_factory=self._metrics_factory,
            trace_id_header=propagation.trace_id_header,
            generate_128bit_trace_id=propagation.generate_128bit_trace_id,
            baggage_header_prefix=propagation.baggage_header_prefix,
            debug_id_header=propagation.debug_id_header,
            extra_codecs=self.propagation,
            tags=dict(settings.tags),
            max_tag_value_length=settings.max_tag_value_length,
            max_traceback_length=settings.max_traceback_length,
            max_tags_per_span=settings.max_tags_per_span,
            max_logs_per_span=settings.max_logs_per_span,
            throttler=throttler,
            scope_manager=self.scope_manager,
            clock=self.clock,
            worker=self._workers.get(id(reporter)),
        )

    def explain(self) -> Explanation:
        """
        Tell each setting's value and where it came from; secrets stay hidden.

        What cannot be used stands there as an error. Opens nothing, asks nobody.
        """
        # Only here, for a start needs none of it.
        from jaeger_client.config.explain import explain  # noqa: PLC0415

        return explain(self.config, self._given_name)

    def _create_disabled_tracer(self) -> Tracer:
        # Only here, for nobody else needs them: 1 ms.
        from jaeger_client.reporter.local import NullReporter  # noqa: PLC0415
        from jaeger_client.sampler import ConstSampler  # noqa: PLC0415

        return self.create_tracer(NullReporter(), ConstSampler(decision=False))

    def _initialize_global_tracer(self, tracer: Tracer) -> None:
        opentracing.set_global_tracer(tracer)
        logger.info(
            "opentracing.tracer initialized to %s[app_name=%s]",
            tracer,
            self.service_name,
        )

    def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
        """Return the way to the agent; subclasses may return another."""
        del io_loop
        return build.make_agent_channel(self._settings())

    def _settings(self) -> Settings:
        return read_settings(self._source, self._service_name)

    def _check(self, *, everything: bool) -> None:
        complaints = "; ".join(unknown_keys(self.config))
        if complaints and everything:
            raise ConfigError(complaints)
        if complaints:
            logger.warning("Config: %s", complaints)
        if everything:
            build.check_sampler(self._settings().sampler)

    def _look_at_variables(self) -> None:
        # Once a process: they are the same for all that it makes.
        if Config._looked_at_variables:
            return
        Config._looked_at_variables = True
        if complaints := "; ".join(unknown_variables(self._source.environ)):
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
