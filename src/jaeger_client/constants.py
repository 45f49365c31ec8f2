"""Names and limits that several packages and applications share."""

from __future__ import annotations

from typing import Final

__version__: Final = "5.0.0.dev0"
"""The version of the distribution; the build reads it from here."""

MAX_ID_BITS: Final = 64
"""Number of bits of a span id."""

MAX_TRACE_ID_BITS: Final = 128
"""Maximum number of bits of a trace id."""

_max_id_bits: Final = MAX_ID_BITS
_max_trace_id_bits: Final = MAX_TRACE_ID_BITS

TRACE_ID_HEADER: Final = "uber-trace-id"
"""Header that carries the span context."""

BAGGAGE_HEADER_PREFIX: Final = "uberctx-"
"""Prefix of the headers that carry baggage."""

DEBUG_ID_HEADER_KEY: Final = "jaeger-debug-id"
"""Header that requests a debug trace, in a request without a span context."""

BAGGAGE_HEADER_KEY: Final = "jaeger-baggage"
"""Header that carries baggage, in a request without a span context."""

SAMPLED_FLAG: Final = 0x01
"""Bit of `SpanContext.flags`: the trace is recorded."""

DEBUG_FLAG: Final = 0x02
"""Bit of `SpanContext.flags`: the backend must store the trace."""

SAMPLER_TYPE_CONST: Final = "const"
SAMPLER_TYPE_PROBABILISTIC: Final = "probabilistic"
SAMPLER_TYPE_RATE_LIMITING: Final = "ratelimiting"
SAMPLER_TYPE_LOWER_BOUND: Final = "lowerbound"
SAMPLER_TYPE_REMOTE: Final = "remote"

SAMPLER_TYPE_TAG_KEY: Final = "sampler.type"
"""Tag of a sampled root span: the type of the sampler that decided."""

SAMPLER_PARAM_TAG_KEY: Final = "sampler.param"
"""Tag of a sampled root span: the rate or limit of that sampler."""

DEFAULT_SAMPLING_PROBABILITY: Final = 0.001
"""Rate before the first sampling strategy, and where a strategy contains none."""

DEFAULT_MAX_OPERATIONS: Final = 2000
"""Maximum number of operations that have a sampler of their own."""

DEFAULT_SAMPLING_INTERVAL: Final = 60
"""Seconds between two polls of the sampling strategy."""

DEFAULT_FLUSH_INTERVAL: Final = 1
"""Seconds that a partial batch waits for more spans."""

DEFAULT_QUEUE_CAPACITY: Final = 20_000
"""Maximum number of spans in the queue; a burst of that size loses none."""

DEFAULT_THROTTLER_REFRESH_INTERVAL: Final = 5
"""Seconds between two polls of throttling credits."""

MAX_TAG_VALUE_LENGTH: Final = 1024
"""Maximum length of a text value, in characters."""

MAX_TRACEBACK_LENGTH: Final = 4096
"""Maximum length of a formatted traceback, in characters."""

MAX_TAGS_PER_SPAN: Final = 4096
"""Maximum number of tags of a span."""

MAX_LOGS_PER_SPAN: Final = 4096
"""Maximum number of logs of a span. A UDP packet holds at most about 1,500."""

MAX_BAGGAGE_ITEMS: Final = 180
"""Maximum number of baggage items of a context, as with the Go client."""

MAX_BAGGAGE_VALUE_LENGTH: Final = 4096
"""Maximum length of a baggage value in bytes of UTF-8, as with the Go client."""

OTLP_TRACES_PATH: Final = "/v1/traces"
"""Path of an OTLP endpoint for traces."""

ZIPKIN_SPANS_PATH: Final = "/api/v2/spans"
"""Path of Zipkin's endpoint for spans in its JSON format, version 2."""

JAEGER_CLIENT_VERSION: Final = f"Python-{__version__}"
"""Value of the process tag `jaeger.version`."""

JAEGER_VERSION_TAG_KEY: Final = "jaeger.version"
JAEGER_HOSTNAME_TAG_KEY: Final = "hostname"
JAEGER_IP_TAG_KEY: Final = "ip"
CLIENT_UUID_TAG_KEY: Final = "client-uuid"

SPAN_KIND: Final = "span.kind"
"""OpenTracing's tag for the role of a span; the next four are its values."""

SPAN_KIND_SERVER: Final = "server"
SPAN_KIND_CLIENT: Final = "client"
SPAN_KIND_PRODUCER: Final = "producer"
SPAN_KIND_CONSUMER: Final = "consumer"

LOGGER_NAME: Final = "jaeger_tracing"
"""Name of the logger of all messages of this library."""
