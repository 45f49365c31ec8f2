"""What a tracer is to be: plain values that were checked and do not change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jaeger_client._internal.frozen import Frozen

if TYPE_CHECKING:
    from jaeger_client._internal.http_client.options import HttpOptions
    from jaeger_client.sampler.base import Sampler


class AgentSettings(Frozen):
    """Where the agent is."""

    host: str
    reporting_port: int
    """UDP port for spans."""
    sampling_port: int
    """HTTP port for questions."""
    resolve_interval: float | None
    """Seconds between two resolutions of the name; `None` for only one."""


class CollectorSettings(Frozen):
    """Where spans go over HTTP."""

    endpoint: str
    http: HttpOptions
    gzip: bool | None
    """Whether to compress; `None` leaves it to the protocol."""


class SamplerSettings(Frozen):
    """How traces are chosen."""

    given: Sampler | None
    """A sampler that the application made itself."""
    kind: str | None
    """One of `SAMPLER_TYPES`; `None` where nobody said anything."""
    param: float | None
    max_operations: int | None
    refresh_interval: float
    """Seconds."""
    endpoint: str | None
    """URL of the strategies; `None` for the agent's."""
    strategies_file: str | None
    """Path of a file that has them, instead of a server."""
    operation_name_late_binding: bool
    """Whether the name that decides is that of the end, not that of the start."""


class ThrottlerSettings(Frozen):
    """Who limits debug spans."""

    kind: str
    """One of `THROTTLER_TYPES`."""
    port: int | None
    refresh_interval: float
    """Seconds."""
    debug_spans_per_second: float
    """Of each operation, in the long run; for `local`."""
    debug_spans_at_once: float
    """Of each operation, after a pause; for `local`."""


class ReporterSettings(Frozen):
    """How spans wait and leave."""

    queue_size: int
    batch_size: int | None
    """Most spans in a batch; `None` for as many as fit."""
    flush_interval: float
    """Seconds."""
    logs_spans: bool
    counts_requests: bool
    """Whether server spans become metrics of requests."""
    sends_spans: bool
    """False where `OTEL_TRACES_EXPORTER` is `none` and nothing names a place."""


class PropagationSettings(Frozen):
    """How context travels."""

    formats: tuple[str, ...]
    trace_id_header: str
    baggage_header_prefix: str
    debug_id_header: str
    baggage_header: str
    """Header of baggage without a context."""
    max_baggage_items: int
    """Of one context."""
    max_baggage_value_length: int
    """Bytes."""
    generate_128bit_trace_id: bool


class Settings(Frozen):
    """Everything about one tracer."""

    service_name: str
    enabled: bool
    """Whether anything is recorded."""
    tags: Mapping[str, object]
    max_tag_value_length: int
    max_traceback_length: int
    max_tags_per_span: int
    max_logs_per_span: int
    agent: AgentSettings
    collector: CollectorSettings | None
    """`None` where spans go to the agent."""
    sampler: SamplerSettings
    throttler: ThrottlerSettings | None
    reporter: ReporterSettings
    propagation: PropagationSettings
