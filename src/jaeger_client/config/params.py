"""
The one table of settings: key, reader, default, variables.

Those of a collector are in `collector_params`.

Where only a variable's unit differs from that of the dict, the variable has a
reader of its own: the dict of jaeger-client 4.8 holds seconds, the variables of
all Jaeger clients hold milliseconds. Both take `500ms` and `2s`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from jaeger_client.config import collector_params
from jaeger_client.config import opentelemetry as otel
from jaeger_client.config.param import Param, Variable, optional_text
from jaeger_client.config.values import (
    boolean,
    host,
    list_of,
    mapping,
    milliseconds,
    one_of,
    pairs,
    port,
    positive,
    sampler_param,
    seconds,
    text,
    text_mapping,
    url,
    whole_number,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_PREFIX as BAGGAGE_PREFIX,
)
from jaeger_client.constants import (
    DEBUG_ID_HEADER_KEY,
    DEFAULT_FLUSH_INTERVAL,
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_THROTTLER_REFRESH_INTERVAL,
    MAX_TRACEBACK_LENGTH,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
    SAMPLER_TYPE_REMOTE,
)
from jaeger_client.constants import (
    MAX_TAG_VALUE_LENGTH as TAG_VALUE_LENGTH,
)
from jaeger_client.constants import (
    TRACE_ID_HEADER as TRACE_HEADER,
)

DEFAULT_REPORTING_HOST: Final = "localhost"
DEFAULT_REPORTING_PORT: Final = 6831
DEFAULT_SAMPLING_PORT: Final = 5778
DEFAULT_THROTTLER_PORT: Final = DEFAULT_SAMPLING_PORT
DEFAULT_BATCH_SIZE: Final = 10
DEFAULT_QUEUE_SIZE: Final = 10_000

SAMPLING_PATH: Final = "/sampling"
FORMATS: Final = ("jaeger", "b3", "b3single", "w3c")
SAMPLER_TYPES: Final = (
    SAMPLER_TYPE_REMOTE,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
)

_COUNT: Final = whole_number(1)
_LENGTH: Final = whole_number(0)
_PAUSE: Final = positive(seconds)
_PAUSE_MS: Final = positive(milliseconds)


def _not(raw: object) -> bool:
    return not boolean(raw)


# The service.

SERVICE_NAME: Final[Param[str | None]] = Param(
    "service_name",
    text,
    None,
    (
        Variable("JAEGER_SERVICE_NAME", text),
        Variable("OTEL_SERVICE_NAME", text),
        Variable("OTEL_RESOURCE_ATTRIBUTES", otel.service_name_of_attributes),
    ),
)
"""Name of the service; needed here, in a variable or in code."""

ENABLED: Final = Param(
    "enabled",
    boolean,
    default=True,
    variables=(
        Variable("JAEGER_DISABLED", _not),
        Variable("JAEGER_DISABLE", _not),
        Variable("OTEL_SDK_DISABLED", _not),
    ),
)
"""Whether anything is recorded; context is carried on in any case."""

TAGS: Final[Param[Mapping[str, object]]] = Param(
    "tags",
    mapping,
    {},
    (Variable("JAEGER_TAGS", pairs),),
)
"""Tags of the process. Those of `JAEGER_TAGS` win, one by one, over the dict's."""

ATTRIBUTES: Final[Param[Mapping[str, str]]] = Param(
    "tags",
    text_mapping,
    {},
    (Variable("OTEL_RESOURCE_ATTRIBUTES", otel.tags_of_attributes),),
)
"""Tags of the process where neither the dict nor `JAEGER_TAGS` has them."""

# Recording.

MAX_TAG_VALUE_LENGTH: Final = Param("max_tag_value_length", _LENGTH, TAG_VALUE_LENGTH)
"""Characters of a text value that are kept."""

MAX_TRACEBACK: Final = Param("max_traceback_length", _LENGTH, MAX_TRACEBACK_LENGTH)
"""Characters of a formatted traceback that are kept."""

GENERATE_128BIT_TRACE_ID: Final = Param(
    "generate_128bit_trace_id",
    boolean,
    default=False,
    variables=(Variable("JAEGER_TRACEID_128BIT", boolean),),
)
"""Whether new trace ids have 128 bits."""

# Propagation.

PROPAGATION: Final = Param(
    "propagation",
    list_of(one_of(*FORMATS)),
    FORMATS[:1],
    (
        Variable("JAEGER_PROPAGATION", list_of(one_of(*FORMATS))),
        Variable("OTEL_PROPAGATORS", otel.propagation_of),
    ),
)
"""Formats: all are injected, the first that is there is extracted."""

TRACE_ID_HEADER: Final = Param("trace_id_header", text, TRACE_HEADER)
"""Header of the span context in Jaeger's format."""

BAGGAGE_HEADER_PREFIX: Final = Param("baggage_header_prefix", text, BAGGAGE_PREFIX)
"""What headers of baggage begin with in Jaeger's format."""

DEBUG_ID_HEADER: Final = Param("debug_id_header", text, DEBUG_ID_HEADER_KEY)
"""Header that asks for a debug trace."""

# Sampling.

SAMPLER_TYPE: Final = optional_text(
    "sampler.type", one_of(*SAMPLER_TYPES), "JAEGER_SAMPLER_TYPE"
)
"""How traces are chosen; `remote` where nobody says anything."""

SAMPLER_PARAM: Final[Param[float | None]] = Param(
    "sampler.param",
    sampler_param,
    None,
    (Variable("JAEGER_SAMPLER_PARAM", sampler_param),),
)
"""On or off, rate, or traces a second; for `remote` the rate until it is told."""

MAX_OPERATIONS: Final[Param[int | None]] = Param(
    "max_operations",
    _COUNT,
    None,
    (Variable("JAEGER_SAMPLER_MAX_OPERATIONS", _COUNT),),
)
"""Operations with a sampler of their own; 2000 where nobody says anything."""

SAMPLING_REFRESH_INTERVAL: Final[Param[float]] = Param(
    "sampling_refresh_interval",
    _PAUSE,
    DEFAULT_SAMPLING_INTERVAL,
    (Variable("JAEGER_SAMPLER_REFRESH_INTERVAL", _PAUSE_MS),),
)
"""Seconds between two questions for the sampling strategy."""

SAMPLING_ENDPOINT: Final = optional_text(
    "sampling_endpoint",
    url(SAMPLING_PATH),
    "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLER_MANAGER_HOST_PORT",
)
"""URL of the sampling strategies; the agent's where nobody says anything."""

THROTTLER_PORT: Final[Param[int | None]] = Param("throttler.port", port, None)
"""Port where the agent gives throttling credits."""

THROTTLER_REFRESH_INTERVAL: Final[Param[float]] = Param(
    "throttler.refresh_interval",
    _PAUSE,
    DEFAULT_THROTTLER_REFRESH_INTERVAL,
)
"""Seconds between two questions for throttling credits."""

# The agent.

AGENT_ENABLED: Final = Param("local_agent.enabled", boolean, default=True)
"""Kept for programs that read it; changes nothing."""

AGENT_HOST: Final = Param(
    "local_agent.reporting_host",
    host,
    DEFAULT_REPORTING_HOST,
    (Variable("JAEGER_AGENT_HOST", host),),
)
"""Host of the agent."""

AGENT_PORT: Final = Param(
    "local_agent.reporting_port",
    port,
    DEFAULT_REPORTING_PORT,
    (Variable("JAEGER_AGENT_PORT", port),),
)
"""UDP port where the agent takes compact Thrift."""

SAMPLING_PORT: Final = Param("local_agent.sampling_port", port, DEFAULT_SAMPLING_PORT)
"""Port where the agent answers questions over HTTP."""

AGENT_RECONNECTS: Final = Param(
    "local_agent.attempt_reconnecting",
    boolean,
    default=True,
    variables=(Variable("JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED", _not),),
)
"""Whether the agent's name is resolved again from time to time."""

AGENT_RECONNECT_INTERVAL: Final[Param[float]] = Param(
    "local_agent.attempt_reconnect_interval",
    _PAUSE,
    30.0,
    (Variable("JAEGER_REPORTER_ATTEMPT_RECONNECT_INTERVAL", _PAUSE_MS),),
)
"""Seconds between two resolutions of the agent's name."""

# The reporter.

LOGGING: Final = Param(
    "logging",
    boolean,
    default=False,
    variables=(Variable("JAEGER_REPORTER_LOG_SPANS", boolean),),
)
"""Whether reported spans and errors are logged."""

METRICS: Final = Param("metrics", boolean, default=True)
"""Whether the given metrics are used."""

RPC_METRICS: Final = Param(
    "rpc_metrics",
    boolean,
    default=False,
    variables=(Variable("JAEGER_RPC_METRICS", boolean),),
)
"""Whether sampled server spans are counted as requests, with their latencies."""

REPORTER_BATCH_SIZE: Final[Param[int | None]] = Param(
    "reporter_batch_size", _COUNT, None
)
"""Most spans in one batch; as many as fit where nobody says anything."""

REPORTER_QUEUE_SIZE: Final = Param(
    "reporter_queue_size",
    _COUNT,
    DEFAULT_QUEUE_SIZE,
    (Variable("JAEGER_REPORTER_MAX_QUEUE_SIZE", _COUNT),),
)
"""Most spans that wait to be sent; more are dropped and counted."""

REPORTER_FLUSH_INTERVAL: Final[Param[float]] = Param(
    "reporter_flush_interval",
    seconds,
    DEFAULT_FLUSH_INTERVAL,
    (Variable("JAEGER_REPORTER_FLUSH_INTERVAL", milliseconds),),
)
"""Seconds that a partial batch waits for more spans; 0: not at all."""

KEYS: Final = frozenset(
    cast("Param[object]", setting).key
    for setting in (*vars(collector_params).values(), *globals().values())
    if isinstance(setting, Param)
)
"""The key of every setting, those of the collector among them."""
