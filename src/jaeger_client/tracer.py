"""
The tracer: starts spans, propagates contexts between processes, closes its parts.

`span_starter` contains `start_span`, which is the hot path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import opentracing
from opentracing import Reference

from jaeger_client._internal.arguments import injectable
from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.host import hostname, local_ip
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.limits import usable_timeout, with_method
from jaeger_client._internal.span_records import to_text
from jaeger_client._internal.span_starter import SpanStarter
from jaeger_client.codecs.base import Codec
from jaeger_client.codecs.registry import make_codecs
from jaeger_client.constants import (
    BAGGAGE_HEADER_PREFIX,
    CLIENT_UUID_TAG_KEY,
    DEBUG_ID_HEADER_KEY,
    JAEGER_CLIENT_VERSION,
    JAEGER_HOSTNAME_TAG_KEY,
    JAEGER_IP_TAG_KEY,
    JAEGER_VERSION_TAG_KEY,
    MAX_ID_BITS,
    MAX_LOGS_PER_SPAN,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS_PER_SPAN,
    MAX_TRACE_ID_BITS,
    MAX_TRACEBACK_LENGTH,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import UnsupportedFormatError
from jaeger_client.metrics.instruments import TracerMetrics, choose_factory
from jaeger_client.reporter.base import (
    DEFAULT_CLOSE_TIMEOUT,
    close_quietly,
    close_reporter,
    completed,
    flush_reporter,
)
from jaeger_client.scope import ContextScopeManager, reader_of_active_scope
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext

if TYPE_CHECKING:
    from typing_extensions import Self

    from jaeger_client._internal.clock import Clock
    from jaeger_client._internal.worker import BackgroundWorker
    from jaeger_client.metrics.metrics import Metrics, MetricsFactory
    from jaeger_client.reporter.base import BaseReporter
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.sampler import Sampler
    from jaeger_client.throttler import Throttler

__all__ = ["Reference", "Tracer", "TracerMetrics", "local_ip", "logger"]


class Tracer(SpanStarter):
    """
    The OpenTracing tracer for Jaeger.

    Methods may be called from any thread. Only `inject` and `extract` raise, and
    only errors of `jaeger_client.errors`, which are OpenTracing's as well. `sampler`,
    `reporter`, `one_span_per_rpc`, the lengths and the limits may be replaced at any
    time.

    Most applications create it by `Config`.

    Args:
        service_name: Name of the service in every trace.
        reporter: Receives finished spans.
        sampler: Decides which traces are recorded.
        metrics: Receives counts by an older interface; see *metrics_factory*.
        metrics_factory: Creates the tracer's counters.
        trace_id_header: Header of the span context.
        generate_128bit_trace_id: Whether new trace ids have 128 bits instead of 64.
        baggage_header_prefix: Prefix of the headers that carry baggage.
        debug_id_header: Header that requests a debug trace.
        one_span_per_rpc: Whether a server span has the span id of its client's span.
        extra_codecs: Codecs by format; they add to or replace the built-in ones.
        tags: Tags of the process.
        max_tag_value_length: Maximum length of a text value in characters; longer
            values are cut.
        max_traceback_length: Maximum length of a traceback in characters.
        throttler: Decides which debug traces may be started.
        scope_manager: Stores the active span; by default one that supports
            threads and asyncio tasks.
        max_tags_per_span: Maximum number of tags of a span. Further tags replace the
            oldest ones after the first half.
        max_logs_per_span: The same for logs.
        clock: The clock of its spans, such as a `FakeClock` of
            `jaeger_client.testing`; by default, `time.time`.
        worker: The worker that reporter, sampler and throttler share; closed with the
            tracer.

    Raises:
        ConfigError: If the metrics factory or the clock lacks a method.
    """

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        service_name: str,
        reporter: BaseReporter,
        sampler: Sampler,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        trace_id_header: str = TRACE_ID_HEADER,
        generate_128bit_trace_id: bool = False,  # noqa: FBT001, FBT002
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        one_span_per_rpc: bool = False,  # noqa: FBT001, FBT002
        extra_codecs: Mapping[str, Codec] | None = None,
        tags: Mapping[str, object] | None = None,
        max_tag_value_length: int = MAX_TAG_VALUE_LENGTH,
        max_traceback_length: int = MAX_TRACEBACK_LENGTH,
        throttler: Throttler | None = None,
        scope_manager: opentracing.ScopeManager | None = None,
        *,
        max_tags_per_span: int = MAX_TAGS_PER_SPAN,
        max_logs_per_span: int = MAX_LOGS_PER_SPAN,
        clock: Clock | None = None,
        worker: BackgroundWorker | None = None,
    ) -> None:
        super().__init__(
            ContextScopeManager() if scope_manager is None else scope_manager,
        )
        self.service_name = service_name
        self.reporter = reporter
        self.sampler = sampler
        self.metrics_factory = choose_factory(metrics_factory, metrics)
        self.metrics = TracerMetrics(self.metrics_factory)
        self.debug_id_header = debug_id_header
        self.one_span_per_rpc = one_span_per_rpc
        self.max_tag_value_length = max_tag_value_length
        self.max_traceback_length = max_traceback_length
        self.max_tags_per_span = max_tags_per_span
        self.max_logs_per_span = max_logs_per_span
        bits = MAX_TRACE_ID_BITS if generate_128bit_trace_id else MAX_ID_BITS
        self.max_trace_id_bits = bits
        self.random = IdRandom()
        self.throttler = throttler
        self.clock = None if clock is None else with_method("clock", clock, "time")
        self._worker = worker
        self._process_mark = False
        self._closed: CompletedFuture | None = None
        self._active_scope = reader_of_active_scope(self._scope_manager)
        self.codecs = make_codecs(
            trace_id_header=trace_id_header,
            baggage_header_prefix=baggage_header_prefix,
            debug_id_header=debug_id_header,
        )
        self.codecs.update(extra_codecs or {})
        self._count_baggage_that_codecs_drop()
        self.tags = self._process_tags(tags or {})
        self.reporter.set_process(
            service_name=self.service_name,
            tags=self.tags,
            max_length=self.max_tag_value_length,
        )

    def _count_baggage_that_codecs_drop(self) -> None:
        for codec in self.codecs.values():
            # A codec of the application may have any type.
            if isinstance(codec, Codec):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
                codec.count_dropped_baggage(self._count_dropped_baggage)

    def _process_tags(self, tags: Mapping[str, object]) -> dict[str, object]:
        all_tags: dict[str, object] = {JAEGER_VERSION_TAG_KEY: JAEGER_CLIENT_VERSION}
        look_ups = ((JAEGER_IP_TAG_KEY, local_ip), (JAEGER_HOSTNAME_TAG_KEY, hostname))
        for key, look_up in look_ups:
            if key not in tags and (found := look_up()) is not None:
                all_tags[key] = found
        all_tags.update(tags)
        if self.throttler is not None:
            # One bit less than an id, because the tag is a signed 64-bit number.
            client_id = self.random.getrandbits(MAX_ID_BITS - 1)
            self.throttler.set_client_id(client_id)
            all_tags[CLIENT_UUID_TAG_KEY] = client_id
        return all_tags

    if TYPE_CHECKING:

        @property
        def active_span(self) -> Span | None:
            """The active span, or `None`."""
            ...

    def inject(  # pyright: ignore[reportIncompatibleMethodOverride]  # accepts our spans only
        self,
        span_context: Span | SpanContext,
        format: str,
        carrier: object,
    ) -> None:
        """
        Write *span_context* into *carrier*, for another process to extract.

        Raises:
            UnsupportedFormatError: If no codec is registered for *format*.
            ForeignSpanContextError: If the context belongs to another library.
            InvalidCarrierError: If *format* cannot be written to such a carrier.
        """
        try:
            codec = self.codecs[format]
        except (KeyError, TypeError):
            raise self._unsupported(format) from None
        if type(span_context) is Span:
            span_context = span_context.context
        elif type(span_context) is not SpanContext:
            span_context = injectable(span_context)
        codec.inject(span_context, carrier)

    def extract(  # pyright: ignore[reportIncompatibleMethodOverride]  # OpenTracing's stub forgets None
        self,
        format: str,
        carrier: object,
    ) -> SpanContext | None:
        """
        Return the context that another process has injected, or `None`.

        Raises:
            UnsupportedFormatError: If no codec is registered for *format*.
            InvalidCarrierError: If *format* cannot be read from such a carrier.
            CorruptContextError: If the carrier has a context that is malformed.
        """
        try:
            codec = self.codecs[format]
        except (KeyError, TypeError):
            raise self._unsupported(format) from None
        try:
            return codec.extract(carrier)
        except opentracing.SpanContextCorruptedException:
            self._count(self.metrics.decoding_errors)
            raise

    def _count_dropped_baggage(self, items: int) -> None:
        self._count(self.metrics.dropped_baggage_items, items)

    def _unsupported(self, format: object) -> UnsupportedFormatError:
        # As text, because formats may have types that cannot be compared.
        known = sorted(map(to_text, self.codecs))
        msg = f"no codec for format {to_text(format)!r}; registered formats: {known}"
        return UnsupportedFormatError(msg)

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """
        Send all queued spans; block for *timeout* seconds at most.

        Returns whether all spans were sent.
        """
        return flush_reporter(self.reporter, usable_timeout(timeout))

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:
        """
        Flush, then close reporter, sampler and throttler; idempotent.

        Blocks for *timeout* seconds at most. The returned future is done and awaitable;
        its result is whether all spans were sent.
        """
        if self._closed is None:
            timeout = usable_timeout(timeout)
            deadline = SYSTEM_CLOCK.monotonic() + timeout
            all_left = close_reporter(self.reporter, timeout)
            close_quietly(self.sampler)
            close_quietly(self.throttler)
            if self._worker is not None:
                self._worker.close(max(0.0, deadline - SYSTEM_CLOCK.monotonic()))
            self._closed = completed(all_left)
        return self._closed

    async def aclose(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """
        Do the same as `close` without blocking the event loop of asyncio.

        In the event loop of another library it blocks, as `close` does. Returns whether
        all spans were sent within *timeout* seconds.
        """
        timeout = usable_timeout(timeout)
        try:
            with forks_wait():
                import asyncio  # noqa: PLC0415 - 30 ms; programs that await have it already
                from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - as above
        except Exception as error:  # noqa: BLE001 - such as OSError, if no file can be opened
            logger.warning("aclose() blocks the event loop: %r", error)
            return self.close(timeout).result()

        # Not the executor of the loop: the application may occupy all its threads.
        executor = ThreadPoolExecutor(1, "jaeger-client-close")
        try:
            loop = asyncio.get_running_loop()
            closing = loop.run_in_executor(executor, self.close, timeout)
        except RuntimeError:  # another library's loop, or threads cannot be started
            return self.close(timeout).result()
        finally:
            executor.shutdown(wait=False)
        # A reporter of the application may ignore the timeout.
        await asyncio.wait({closing}, timeout=timeout)
        return closing.done() and closing.result().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        state = "open" if self._closed is None else "closed"
        parts = f"{self.sampler}, {self.reporter!r}"
        return f"<Tracer {self.service_name!r} {state}, {parts}>"
