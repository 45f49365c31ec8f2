"""
The one table of settings: key, reader, default, variables, what it means.

Here are those of the service, of recording, propagation and reporting; the others
are in `sampling_params`, `agent_params` and `collector_params`. Messages,
`Config.explain()` and the reference page are made from it (see `table`).

Where only a variable's unit differs from that of the dict, the variable has a
reader of its own: the dict of jaeger-client 4.8 holds seconds, the variables of
all Jaeger clients hold milliseconds. Both take `500ms` and `2s`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from jaeger_client.codecs.registry import BUILT_IN, codec_names
from jaeger_client.config import agent_params, collector_params, sampling_params
from jaeger_client.config import opentelemetry as otel
from jaeger_client.config.agent_params import (
    DEFAULT_REPORTING_HOST,
    DEFAULT_REPORTING_PORT,
    DEFAULT_SAMPLING_PORT,
)
from jaeger_client.config.param import Param, Variable
from jaeger_client.config.values import (
    Reader,
    boolean,
    header_name,
    list_of,
    mapping,
    milliseconds,
    opposite,
    pairs,
    seconds,
    text,
    text_mapping,
    whole_number,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    DEBUG_ID_HEADER_KEY,
    DEFAULT_FLUSH_INTERVAL,
    DEFAULT_QUEUE_CAPACITY,
    MAX_BAGGAGE_ITEMS,
    MAX_BAGGAGE_VALUE_LENGTH,
    MAX_TRACEBACK_LENGTH,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_PREFIX as BAGGAGE_PREFIX,
)
from jaeger_client.constants import (
    MAX_LOGS_PER_SPAN as LOGS_PER_SPAN,
)
from jaeger_client.constants import (
    MAX_TAG_VALUE_LENGTH as TAG_VALUE_LENGTH,
)
from jaeger_client.constants import (
    MAX_TAGS_PER_SPAN as TAGS_PER_SPAN,
)
from jaeger_client.constants import (
    TRACE_ID_HEADER as TRACE_HEADER,
)

__all__ = [
    "DEFAULT_REPORTING_HOST",
    "DEFAULT_REPORTING_PORT",
    "DEFAULT_SAMPLING_PORT",
    "DEFAULT_THROTTLER_PORT",
]

DEFAULT_THROTTLER_PORT: Final = DEFAULT_SAMPLING_PORT
DEFAULT_BATCH_SIZE: Final = 10

_COUNT: Final = whole_number(1)
_LENGTH: Final = whole_number(0)


def _known_format(raw: object) -> str:
    name = str(raw).strip().lower()
    if name not in codec_names():
        # Those of the application, too, which nobody knows of before.
        msg = f"must be one of {', '.join(codec_names())}"
        raise ValueError(msg)
    return name


_FORMATS: Final = list_of(
    Reader(
        f"one of {', '.join(BUILT_IN)}, or a name given to `register_codec`",
        _known_format,
    )
)

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
    about="Name of the service. The parameter `service_name` of `Config` comes after "
    "the dict and before the variables. Of `OTEL_RESOURCE_ATTRIBUTES` it is "
    "`service.name`.",
    default_text="required",
)

ENABLED: Final = Param(
    "enabled",
    boolean,
    default=True,
    variables=(
        Variable("JAEGER_DISABLED", opposite),
        Variable("JAEGER_DISABLE", opposite),
        Variable("OTEL_SDK_DISABLED", opposite),
    ),
    about="Whether anything is recorded. Context is carried on in any case.",
)

TAGS: Final[Param[Mapping[str, object]]] = Param(
    "tags",
    mapping,
    {},
    (Variable("JAEGER_TAGS", pairs),),
    about="Tags of the process. Here, tag by tag, `JAEGER_TAGS` beats the dict and the "
    "dict beats `OTEL_RESOURCE_ATTRIBUTES`. In `JAEGER_TAGS` a value may hold `=`, and "
    "a value `${VARIABLE:default}` is filled in.",
)

ATTRIBUTES: Final[Param[Mapping[str, str]]] = Param(
    "tags",
    text_mapping,
    {},
    (Variable("OTEL_RESOURCE_ATTRIBUTES", otel.tags_of_attributes),),
)
"""Tags of the process where neither the dict nor `JAEGER_TAGS` has them."""

# Recording.

MAX_TAG_VALUE_LENGTH: Final = Param(
    "max_tag_value_length",
    _LENGTH,
    TAG_VALUE_LENGTH,
    about="Characters of a text value that are kept.",
    unit="characters",
)

MAX_TRACEBACK: Final = Param(
    "max_traceback_length",
    _LENGTH,
    MAX_TRACEBACK_LENGTH,
    about="Characters of a formatted traceback that are kept.",
    unit="characters",
)

MAX_TAGS_PER_SPAN: Final = Param(
    "max_tags_per_span",
    _COUNT,
    TAGS_PER_SPAN,
    (Variable("JAEGER_MAX_TAGS_PER_SPAN", _COUNT),),
    about="Maximum number of tags of a span. A span with more keeps the first half and "
    "the newest half; the others are dropped and counted.",
    unit="tags",
)

MAX_LOGS_PER_SPAN: Final = Param(
    "max_logs_per_span",
    _COUNT,
    LOGS_PER_SPAN,
    (Variable("JAEGER_MAX_LOGS_PER_SPAN", _COUNT),),
    about="Maximum number of logs of a span. A span with more keeps the first half and "
    "the newest half; the others are dropped and counted.",
    unit="logs",
)

GENERATE_128BIT_TRACE_ID: Final = Param(
    "generate_128bit_trace_id",
    boolean,
    default=False,
    variables=(Variable("JAEGER_TRACEID_128BIT", boolean),),
    about="Whether new trace ids have 128 bits.",
)

# Propagation.

PROPAGATION: Final = Param(
    "propagation",
    _FORMATS,
    BUILT_IN[:1],
    (
        Variable("JAEGER_PROPAGATION", _FORMATS),
        Variable("OTEL_PROPAGATORS", otel.propagation_of),
    ),
    about="Formats of the context: all are injected, the first that is there is "
    "extracted. `OTEL_PROPAGATORS` knows `tracecontext` (as `w3c`), `baggage` (which "
    "`w3c` has anyway), `b3` (as `b3single`), `b3multi` (as `b3`), `jaeger`, and "
    "`none`, alone.",
)

TRACE_ID_HEADER: Final = Param(
    "trace_id_header",
    header_name,
    TRACE_HEADER,
    about="Header of the span context in Jaeger's format.",
)

BAGGAGE_HEADER_PREFIX: Final = Param(
    "baggage_header_prefix",
    header_name,
    BAGGAGE_PREFIX,
    about="Prefix of the names of baggage headers in Jaeger's format.",
)

BAGGAGE_HEADER: Final = Param(
    "baggage_header",
    header_name,
    BAGGAGE_HEADER_KEY,
    about="Header by which a request without a context brings baggage, in Jaeger's "
    "format.",
)

DEBUG_ID_HEADER: Final = Param(
    "debug_id_header",
    header_name,
    DEBUG_ID_HEADER_KEY,
    about="Header that asks for a debug trace, in Jaeger's format.",
)

BAGGAGE_ITEMS: Final = Param(
    "baggage.max_items",
    _LENGTH,
    MAX_BAGGAGE_ITEMS,
    (Variable("JAEGER_BAGGAGE_MAX_ITEMS", _LENGTH),),
    about="Most items of baggage that travel with a context; more are dropped and "
    "counted.",
    unit="items",
)

BAGGAGE_VALUE_LENGTH: Final = Param(
    "baggage.max_value_length",
    _LENGTH,
    MAX_BAGGAGE_VALUE_LENGTH,
    (Variable("JAEGER_BAGGAGE_MAX_VALUE_LENGTH", _LENGTH),),
    about="Bytes of one baggage value; an item with a longer one is dropped and "
    "counted.",
    unit="bytes",
)

# The reporter.

REPORTER_QUEUE_SIZE: Final = Param(
    "reporter_queue_size",
    _COUNT,
    DEFAULT_QUEUE_CAPACITY,
    (Variable("JAEGER_REPORTER_MAX_QUEUE_SIZE", _COUNT),),
    about="Maximum number of spans in the queue; further ones are dropped and counted.",
    unit="spans",
)

REPORTER_BATCH_SIZE: Final[Param[int | None]] = Param(
    "reporter_batch_size",
    _COUNT,
    None,
    about="Most spans in one batch.",
    unit="spans",
    default_text="as many as fit",
)

REPORTER_FLUSH_INTERVAL: Final[Param[float]] = Param(
    "reporter_flush_interval",
    seconds,
    DEFAULT_FLUSH_INTERVAL,
    (Variable("JAEGER_REPORTER_FLUSH_INTERVAL", milliseconds),),
    about="How long a partial batch waits for more spans; 0: not at all.",
    unit="seconds",
)

LOGGING: Final = Param(
    "logging",
    boolean,
    default=False,
    variables=(Variable("JAEGER_REPORTER_LOG_SPANS", boolean),),
    about="Whether each reported span is logged, and errors of sending by the error "
    "reporter of 4.8.",
)

METRICS: Final = Param(
    "metrics",
    boolean,
    default=True,
    about="Whether the metrics or the factory given to `Config` are used.",
)

RPC_METRICS: Final = Param(
    "rpc_metrics",
    boolean,
    default=False,
    variables=(Variable("JAEGER_RPC_METRICS", boolean),),
    about="Whether sampled server spans are counted as requests, with their latencies.",
)

KEYS: Final = frozenset(
    cast("Param[object]", setting).key
    for room in (
        globals(),
        vars(sampling_params),
        vars(agent_params),
        vars(collector_params),
    )
    for setting in room.values()
    if isinstance(setting, Param)
)
"""The key of every setting."""
