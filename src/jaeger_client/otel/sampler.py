"""
Jaeger's remote sampling for OpenTelemetry's SDK.

`sampler/remote.py` requests the strategy and decides; its rules for polling, delays and
forks apply here. This module converts its decisions:

*Roots.* A sampled root span gets the attributes `sampler.type` and `sampler.param`, by
which Jaeger's adaptive sampling counts traces.

*Children.* As with OpenTelemetry's `traceidratio`, the sampler decides on each span,
also on one that has a parent, and only roots get attributes. In the SDK's
`ParentBased`, it decides on roots, and children have the decision of their parent.

*Debug traces.* The propagator stores the debug id of a request in the context. A root
span with a debug id is always sampled; the strategy is not used, and spends no credit.
OpenTelemetry has no debug flag, so the trace state `jaeger=debug` marks the trace, as
in our W3C codec. All spans below a sampled parent with this mark are sampled.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import get_current_span

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import warn
from jaeger_client._internal.fork import ProcessMark, notice_fork
from jaeger_client._internal.limits import MAX_SECONDS, above_zero
from jaeger_client._internal.shown import shown
from jaeger_client.config.http_values import SAMPLING_PATH, sampling_url
from jaeger_client.config.opentelemetry import over_http
from jaeger_client.config.table import (
    DEFAULT_REPORTING_HOST,
    DEFAULT_REPORTING_PORT,
    DEFAULT_SAMPLING_PORT,
)
from jaeger_client.config.values import text
from jaeger_client.constants import (
    DEBUG_ID_HEADER_KEY,
    DEFAULT_MAX_OPERATIONS,
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_SAMPLING_PROBABILITY,
)
from jaeger_client.errors import ConfigError
from jaeger_client.otel.debug import debug_id_of, is_debug, with_debug
from jaeger_client.sampler.basic import ProbabilisticSampler, check_rate
from jaeger_client.sampler.remote import RemoteControlledSampler, StrategySource
from jaeger_client.sampler.strategies_file import StrategiesFile

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState
    from opentelemetry.util.types import Attributes

    from jaeger_client.config.values import Reader
    from jaeger_client.metrics.metrics import MetricsFactory

T = TypeVar("T")

DEFAULT_ENDPOINT: Final = (
    f"http://{DEFAULT_REPORTING_HOST}:{DEFAULT_SAMPLING_PORT}{SAMPLING_PATH}"
)
"""URL of the strategies of a Jaeger or an agent on this machine."""


class JaegerRemoteSampler(Sampler):
    """
    Samples by the strategy that a Jaeger has for the service.

    The strategy is requested over HTTP, or read from a file, when the first span is
    started, and then at intervals, on a background thread. Probabilities, rate limits,
    and probabilities of operations with lower bounds are supported. Until there is a
    strategy, and while none can be received, the sampler decides as before.

        TracerProvider(sampler=ParentBased(JaegerRemoteSampler("bakery")))

    Thread-safe. Does not raise and does not block after it is created. In a forked
    child, the first span starts the polling again.

    Args:
        service_name: The service whose strategy is requested.
        endpoint: URL of the strategies, or `host:port`; the default path is
            `/sampling`. The port for gRPC, 14250, is replaced by 5778 and logged.
        polling_interval: Seconds between two requests, with 10 % jitter.
        initial_sampling_rate: Rate until the first strategy is received.
        strategies_file: JSON file of strategies in Jaeger's format, which replaces the
            requests.
        max_operations: Maximum number of operations with a sampler of their own.
        metrics_factory: Creates the counters `jaeger:sampler_queries` and
            `jaeger:sampler_updates`.

    Raises:
        ConfigError: If an argument cannot be used.
    """

    def __init__(
        self,
        service_name: str,
        *,
        endpoint: str = DEFAULT_ENDPOINT,
        polling_interval: float = DEFAULT_SAMPLING_INTERVAL,
        initial_sampling_rate: float = DEFAULT_SAMPLING_PROBABILITY,
        strategies_file: str | Path | None = None,
        max_operations: int = DEFAULT_MAX_OPERATIONS,
        metrics_factory: MetricsFactory | None = None,
    ) -> None:
        check_rate("initial_sampling_rate", initial_sampling_rate)
        self._source: StrategySource
        if strategies_file is None:
            self._source = _SamplingServer(_checked("endpoint", sampling_url, endpoint))
        else:
            self._source = StrategiesFile(strategies_file)
        self._remote = RemoteControlledSampler(
            self._source,
            _checked("service_name", text, service_name),
            metrics_factory=metrics_factory,
            sampling_refresh_interval=above_zero(
                "polling_interval", polling_interval, maximum=MAX_SECONDS
            ),
            init_sampler=ProbabilisticSampler(initial_sampling_rate),
            max_operations=max_operations,
        )
        self._process_mark: ProcessMark = False
        # The SDK has no call that ends a sampler. Without this, the thread would poll
        # on for a tracer provider that is gone, and hold the memory of its strategy.
        self._close = weakref.finalize(self, _close, self._remote, self._source)
        self._close.atexit = False

    def should_sample(  # noqa: PLR0917 - the signature of the SDK
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide on one span; called by the SDK when it is started."""
        del kind, links, trace_state
        if not self._process_mark:
            # A child that was forked by C code polls again only if this detects it.
            self._process_mark = notice_fork()
        parent = _parent_in(parent_context)
        if parent is None:
            debug_id = debug_id_of(parent_context)
            if debug_id is not None:
                added = {DEBUG_ID_HEADER_KEY: debug_id}
                return _sampled(attributes, added, with_debug(None))
        elif parent.trace_flags.sampled and is_debug(parent.trace_state):
            return _sampled(attributes, {}, parent.trace_state)
        is_sampled, tags = self._remote.is_sampled(trace_id, str(name))
        state = None if parent is None else parent.trace_state
        if not is_sampled:
            return SamplingResult(Decision.DROP, None, state)
        return _sampled(attributes, tags if parent is None else {}, state)

    def get_description(self) -> str:
        """Return the name of the sampler and the strategy that it follows now."""
        return f"JaegerRemoteSampler{{{self._remote.sampler!r}}}"

    def close(self) -> None:
        """
        Stop polling; the current strategy stays in use. Idempotent.

        Also called when the sampler is freed, with its tracer provider; the SDK does
        not call it. The end of the process does not wait for a poll.
        """
        self._close()

    def __repr__(self) -> str:
        return (
            f"JaegerRemoteSampler({self._remote.service_name!r}, "
            f"{self._remote.sampler!r})"
        )


class _SamplingServer(AgentChannel):
    """Requests strategies from one URL."""

    advice = (
        "Sampling continues as before; does Jaeger serve sampling strategies over HTTP "
        "at this address (endpoint= of OTEL_TRACES_SAMPLER_ARG)?"
    )
    """What to do about a failure; see `StrategySource`."""

    def __init__(self, url: str) -> None:
        url, problem = over_http(url)
        if problem:
            warn("endpoint: %s", problem)
        super().__init__(
            DEFAULT_REPORTING_HOST,
            DEFAULT_SAMPLING_PORT,
            DEFAULT_REPORTING_PORT,
            sampling_url=url,
        )
        # Imports the HTTP client now: on the background thread, beside a busy
        # application, that takes up to a second, for which the first poll would wait.
        self._client_for(url)


def _close(remote: RemoteControlledSampler, source: StrategySource) -> None:
    remote.close()
    if isinstance(source, _SamplingServer):
        source.close()


def _parent_in(context: Context | None) -> SpanContext | None:
    """Return the span context of the parent; `None` for a root."""
    # `None` contradicts the API's types, but the SDK's own samplers accept it, too.
    span = get_current_span(context)
    parent = cast("SpanContext | None", span.get_span_context())
    return None if parent is None or not parent.is_valid else parent


def _sampled(
    attributes: Attributes,
    added: Mapping[str, object],
    trace_state: TraceState | None,
) -> SamplingResult:
    merged = cast("Attributes", {**(attributes or {}), **added})
    return SamplingResult(Decision.RECORD_AND_SAMPLE, merged, trace_state)


def _checked(name: str, read: Reader[T], value: object) -> T:
    try:
        return read(value)
    except ValueError as exc:
        msg = f"{name} {exc}, got {shown(value)}"
        raise ConfigError(msg) from exc
