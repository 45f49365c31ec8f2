"""
The table of settings: key, reader, default, variables and meaning of each.

Error messages, `Config.explain()` and the reference page, which shows the text below
each entry, are generated from it. `read` defines the precedence between settings that
overlap.

Durations have two readers: numbers are seconds in the dict, as in jaeger-client 4.8,
and milliseconds in variables, as in all Jaeger clients.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

from jaeger_client import constants
from jaeger_client.codecs.registry import BUILT_IN
from jaeger_client.config import http_values as http
from jaeger_client.config import opentelemetry as otel
from jaeger_client.config.settings import Param
from jaeger_client.config.values import (
    at_least_1,
    boolean,
    formats,
    header_name,
    host,
    mapping,
    milliseconds,
    number,
    one_of,
    opposite,
    pairs,
    port,
    positive,
    sampler_param,
    seconds,
    text,
    whole_number,
)

DEFAULT_REPORTING_HOST: Final = "localhost"
DEFAULT_REPORTING_PORT: Final = 6831
DEFAULT_SAMPLING_PORT: Final = 5778
DEFAULT_THROTTLER_PORT: Final = DEFAULT_SAMPLING_PORT

_count: Final = whole_number(1)
_length: Final = whole_number(0)
_interval: Final = positive(seconds)
_interval_in_ms: Final = positive(milliseconds)
_sampler_type: Final = one_of(
    "remote", "const", "probabilistic", "ratelimiting", rate_limiting="ratelimiting"
)


SERVICE_NAME: Final = Param("service_name", text, "", default_text="required").env(
    JAEGER_SERVICE_NAME=text,
    OTEL_SERVICE_NAME=text,
    OTEL_RESOURCE_ATTRIBUTES=otel.service_name_of_attributes,
)
"""
Name of the service. The dict takes precedence over the parameter `service_name` of
`Config`, which takes precedence over the variables. In `OTEL_RESOURCE_ATTRIBUTES` it is
the attribute `service.name`.
"""

ENABLED: Final = Param("enabled", boolean, default=True).env(
    JAEGER_DISABLED=opposite, JAEGER_DISABLE=opposite, OTEL_SDK_DISABLED=opposite
)
"""Whether anything is recorded. Context is propagated in any case."""

TAGS: Final = Param("tags", mapping, {}).env(
    JAEGER_TAGS=pairs, OTEL_RESOURCE_ATTRIBUTES=otel.tags_of_attributes
)
"""
Tags of the process. For each tag, `JAEGER_TAGS` overrides the dict and the dict
overrides `OTEL_RESOURCE_ATTRIBUTES`. In `JAEGER_TAGS` a value may contain `=`, and a
value `${VARIABLE:default}` is replaced by the value of that variable.
"""

MAX_TAG_VALUE_LENGTH: Final = Param(
    "max_tag_value_length", _length, constants.MAX_TAG_VALUE_LENGTH, unit="characters"
)
"""Maximum length of a text value; longer ones are cut."""

MAX_TRACEBACK_LENGTH: Final = Param(
    "max_traceback_length", _length, constants.MAX_TRACEBACK_LENGTH, unit="characters"
)
"""Maximum length of a formatted traceback; longer ones are cut."""

MAX_TAGS_PER_SPAN: Final = Param(
    "max_tags_per_span", _count, constants.MAX_TAGS_PER_SPAN, unit="tags"
).env(JAEGER_MAX_TAGS_PER_SPAN=_count)
"""Maximum number of tags of a span; tags in the middle are dropped and counted."""

MAX_LOGS_PER_SPAN: Final = Param(
    "max_logs_per_span", _count, constants.MAX_LOGS_PER_SPAN, unit="logs"
).env(JAEGER_MAX_LOGS_PER_SPAN=_count)
"""Maximum number of logs of a span; logs in the middle are dropped and counted."""

PROPAGATION: Final = Param("propagation", formats, BUILT_IN[:1]).env(
    JAEGER_PROPAGATION=formats, OTEL_PROPAGATORS=otel.propagation_of
)
"""
Propagation formats. All are injected; the first that is present is extracted.
`OTEL_PROPAGATORS` accepts `tracecontext` (as `w3c`), `baggage` (which is part of
`w3c`), `b3` (as `b3single`), `b3multi` (as `b3`), `jaeger` and `jaeger_client`, and
`none`, alone.
"""

TRACE_ID_HEADER: Final = Param(
    "trace_id_header", header_name, constants.TRACE_ID_HEADER
)
"""Header of the span context in Jaeger's format."""

BAGGAGE_HEADER_PREFIX: Final = Param(
    "baggage_header_prefix", header_name, constants.BAGGAGE_HEADER_PREFIX
)
"""Prefix of the names of baggage headers in Jaeger's format."""

BAGGAGE_HEADER: Final = Param(
    "baggage_header", header_name, constants.BAGGAGE_HEADER_KEY
)
"""Header for baggage set by hand, as `key=value, key=value`, in Jaeger's format."""

DEBUG_ID_HEADER: Final = Param(
    "debug_id_header", header_name, constants.DEBUG_ID_HEADER_KEY
)
"""Header that requests a debug trace, in Jaeger's format."""

BAGGAGE_ITEMS: Final = Param(
    "baggage.max_items", _length, constants.MAX_BAGGAGE_ITEMS, unit="items"
).env(JAEGER_BAGGAGE_MAX_ITEMS=_length)
"""Maximum number of baggage items of a context; more are dropped and counted."""

BAGGAGE_VALUE_LENGTH: Final = Param(
    "baggage.max_value_length",
    _length,
    constants.MAX_BAGGAGE_VALUE_LENGTH,
    unit="bytes",
).env(JAEGER_BAGGAGE_MAX_VALUE_LENGTH=_length)
"""Maximum length of a baggage value; longer items are dropped and counted."""

LOWER_CASE_HEADERS: Final = Param("lower_case_headers", boolean, default=False).env(
    JAEGER_LOWER_CASE_HEADERS=boolean
)
"""
Whether header names and baggage keys are written as gRPC metadata requires: in lower
case; baggage with keys that gRPC cannot send is dropped and counted.
"""

GENERATE_128BIT_TRACE_ID: Final = Param(
    "generate_128bit_trace_id", boolean, default=False
).env(JAEGER_TRACEID_128BIT=boolean)
"""Whether new trace ids have 128 bits."""

SAMPLER_TYPE: Final = (
    Param("sampler.type", _sampler_type, "remote")
    .env(JAEGER_SAMPLER_TYPE=_sampler_type)
    .affected_by(OTEL_TRACES_SAMPLER="")
)
"""How traces are sampled. `sampler` may also be a sampler object."""

SAMPLER_PARAM: Final = (
    Param(
        "sampler.param",
        sampler_param,
        None,
        default_text="`0.001` for `remote`, `0` for `const`, required for the others",
    )
    .env(JAEGER_SAMPLER_PARAM=sampler_param)
    .affected_by(OTEL_TRACES_SAMPLER_ARG="")
)
"""
`const`: 1 or 0. `probabilistic`: a rate from 0 to 1. `ratelimiting`: traces per second.
`remote`: the rate until the first strategy is received, in `OTEL_TRACES_SAMPLER_ARG`
`initialSamplingRate`.
"""

OPERATION_NAME_LATE_BINDING: Final = Param(
    "sampler.operation_name_late_binding", boolean, default=False
).env(JAEGER_SAMPLER_OPERATION_NAME_LATE_BINDING=boolean)
"""Whether sampling by operation uses the final name of a root span, not its first."""

MAX_OPERATIONS: Final = Param(
    "max_operations", _count, constants.DEFAULT_MAX_OPERATIONS, unit="operations"
).env(JAEGER_SAMPLER_MAX_OPERATIONS=_count)
"""
Maximum number of operations with their own sampler (`remote`). Further operations, and
those with names of more than 1,024 characters, share one sampler.
"""

SAMPLING_REFRESH_INTERVAL: Final = Param(
    "sampling_refresh_interval",
    _interval,
    constants.DEFAULT_SAMPLING_INTERVAL,
    unit="seconds",
).env(
    JAEGER_SAMPLER_REFRESH_INTERVAL=_interval_in_ms,
    OTEL_TRACES_SAMPLER_ARG=otel.polling_interval_of_argument,
)
"""
Interval at which the sampling strategy is fetched, with 10 % jitter. In
`OTEL_TRACES_SAMPLER_ARG` it is `pollingIntervalMs`.
"""

SAMPLING_ENDPOINT: Final = Param(
    "sampling_endpoint",
    http.sampling_url,
    None,
    default_text="`http://<agent host>:5778/sampling`",
).env(
    JAEGER_SAMPLING_ENDPOINT=http.sampling_url,
    JAEGER_SAMPLER_MANAGER_HOST_PORT=http.sampling_url,
    OTEL_TRACES_SAMPLER_ARG=otel.endpoint_of_argument,
)
"""
URL from which a remote sampler fetches its strategy. The second variable is deprecated.
In `OTEL_TRACES_SAMPLER_ARG` it is `endpoint`; there, the port for gRPC, 14250, is
replaced by 5778. A `local_agent.sampling_port` in the dict overrides all variables.
"""

SAMPLING_STRATEGIES_FILE: Final = Param("sampling_strategies_file", text, None).env(
    JAEGER_SAMPLING_STRATEGIES_FILE=text
)
"""JSON file of strategies, used instead of fetching them; checked every 5 seconds."""

THROTTLER_TYPE: Final = Param("throttler.type", one_of("remote", "local"), "remote")
"""
What limits debug traces: credits of the agent (`remote`), or this process (`local`).
Any dict under `throttler`, even an empty one, configures a throttler.
"""

THROTTLER_PORT: Final = Param("throttler.port", port, DEFAULT_THROTTLER_PORT)
"""HTTP port of the agent for debug trace credits."""

THROTTLER_REFRESH_INTERVAL: Final = Param(
    "throttler.refresh_interval",
    _interval,
    constants.DEFAULT_THROTTLER_REFRESH_INTERVAL,
    unit="seconds",
)
"""Interval at which credits are fetched."""

DEBUG_SPANS_PER_SECOND: Final = Param(
    "throttler.debug_spans_per_second", positive(number), 1.0
)
"""
Debug traces per second that a `local` throttler allows for each operation. A `remote`
throttler applies the same limit if the agent, like Jaeger 2, does not support credits.
"""

DEBUG_SPANS_AT_ONCE: Final = Param("throttler.debug_spans_at_once", at_least_1, 10.0)
"""Maximum burst of an operation if `throttler.debug_spans_per_second` applies."""

AGENT_HOST: Final = Param(
    "local_agent.reporting_host", host, DEFAULT_REPORTING_HOST
).env(JAEGER_AGENT_HOST=host)
"""Host that receives spans over UDP and provides strategies and credits."""

AGENT_PORT: Final = Param(
    "local_agent.reporting_port", port, DEFAULT_REPORTING_PORT
).env(JAEGER_AGENT_PORT=port)
"""UDP port for compact Thrift. Values set by Kubernetes (`tcp://...`) are ignored."""

SAMPLING_PORT: Final = Param("local_agent.sampling_port", port, DEFAULT_SAMPLING_PORT)
"""HTTP port for strategies and credits."""

AGENT_ENABLED: Final = Param("local_agent.enabled", boolean, default=True)
"""Accepted for programs that set it; has no effect."""

AGENT_RECONNECTS: Final = Param(
    "local_agent.attempt_reconnecting", boolean, default=True
).env(JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED=opposite)
"""Whether the host's name is resolved periodically, not only after errors."""

AGENT_RECONNECT_INTERVAL: Final = Param(
    "local_agent.attempt_reconnect_interval", _interval, 30.0, unit="seconds"
).env(JAEGER_REPORTER_ATTEMPT_RECONNECT_INTERVAL=_interval_in_ms)
"""Interval at which the name is resolved."""

ENDPOINT: Final = (
    Param("collector.endpoint", http.endpoint, None, default_text="the agent")
    .env(
        JAEGER_ENDPOINT=http.endpoint,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http.url(constants.OTLP_TRACES_PATH),
        OTEL_EXPORTER_OTLP_ENDPOINT=otel.endpoint_of_all_signals,
    )
    .affected_by(
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=otel.protocol.expected,
        OTEL_EXPORTER_OTLP_PROTOCOL=otel.protocol.expected,
        OTEL_TRACES_EXPORTER=otel.exporters.expected,
    )
)
"""
URL to which spans are sent over HTTP, instead of to the agent. The path selects the
format: OTLP if it ends in `/v1/traces`, Zipkin if it ends in `/api/v2/spans`, otherwise
Thrift. The default path is `/v1/traces` for port 4318, `/api/v2/spans` for port 9411
and `/api/traces` for any other port. For `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` the
default path is `/v1/traces`; to `OTEL_EXPORTER_OTLP_ENDPOINT` it is always appended.
Both are used only if no other setting specifies a collector or an agent; in that case
`OTEL_TRACES_EXPORTER=none` disables sending.
"""

USER: Final = Param("collector.user", text, None, is_secret=True).env(JAEGER_USER=text)
"""Name for Basic authentication; needs the password."""

PASSWORD: Final = Param("collector.password", text, None, is_secret=True).env(
    JAEGER_PASSWORD=text
)
"""Password for Basic authentication; needs the name."""

AUTH_TOKEN: Final = Param("collector.auth_token", http.token, None, is_secret=True).env(
    JAEGER_AUTH_TOKEN=http.token
)
"""Token for Bearer authentication. Basic authentication takes precedence."""

HEADERS: Final = Param("collector.headers", http.headers, {}, is_secret=True).env(
    **otel.exporter("HEADERS", http.quoted_headers)
)
"""Headers sent with each batch."""

CA_FILE: Final = Param(
    "collector.ca_file", http.readable_file, None, default_text="the system's"
).env(**otel.exporter("CERTIFICATE", http.readable_file))
"""PEM file of the certificate authorities to trust instead of the system's."""

CLIENT_CERT: Final = Param("collector.client_cert", http.readable_file, None).env(
    **otel.exporter("CLIENT_CERTIFICATE", http.readable_file)
)
"""PEM file of the client's certificate."""

CLIENT_KEY: Final = Param("collector.client_key", http.readable_file, None).env(
    **otel.exporter("CLIENT_KEY", http.readable_file)
)
"""PEM file of the private key; its variables require those of the certificate."""

INSECURE: Final = Param("collector.insecure", boolean, default=False)
"""Whether to accept any certificate of the server. For development only."""

PROXY: Final = Param("collector.proxy", http.proxy, None).env(
    JAEGER_COLLECTOR_PROXY=http.proxy
)
"""
HTTP proxy for the collector; for an `https` endpoint it opens a tunnel (`CONNECT`).
Credentials in the URL are sent to the proxy only. `HTTP_PROXY` and the like have no
effect.
"""

GZIP: Final = Param(
    "collector.gzip", boolean, None, default_text="`true` for OTLP, `false` for others"
).env(**otel.exporter("COMPRESSION", otel.compression))
"""Whether batches are compressed."""

REPORTER_TIMEOUT: Final = Param("reporter_timeout", _interval, 5.0, unit="seconds").env(
    JAEGER_REPORTER_TIMEOUT=_interval_in_ms, **otel.exporter("TIMEOUT", _interval_in_ms)
)
"""Timeout for a connection to the collector, and again for its response."""

REPORTER_QUEUE_SIZE: Final = Param(
    "reporter_queue_size", _count, constants.DEFAULT_QUEUE_CAPACITY, unit="spans"
).env(JAEGER_REPORTER_MAX_QUEUE_SIZE=_count)
"""
Maximum number of spans in the queue; further ones are dropped and counted. In addition,
at most 1,000 spans, or `reporter_batch_size`, are being sent.
"""

REPORTER_BATCH_SIZE: Final = Param(
    "reporter_batch_size", _count, None, unit="spans", default_text="as many as fit"
)
"""Maximum number of spans in a batch."""

REPORTER_FLUSH_INTERVAL: Final = Param(
    "reporter_flush_interval", seconds, constants.DEFAULT_FLUSH_INTERVAL, unit="seconds"
).env(JAEGER_REPORTER_FLUSH_INTERVAL=milliseconds)
"""How long a partial batch waits for more spans; 0 sends it at once."""

LOGGING: Final = Param("logging", boolean, default=False).env(
    JAEGER_REPORTER_LOG_SPANS=boolean
)
"""Whether to log each span, and errors of sending with the error reporter of 4.8."""

METRICS: Final = Param("metrics", boolean, default=True)
"""Whether the metrics or the metrics factory passed to `Config` are used."""

RPC_METRICS: Final = Param("rpc_metrics", boolean, default=False).env(
    JAEGER_RPC_METRICS=boolean
)
"""Whether to count requests and measure their latency, from sampled server spans."""

PARAMS: Final = tuple(each for each in globals().values() if isinstance(each, Param))
"""All settings."""

KEYS: Final = frozenset(param.key for param in PARAMS)
"""The key of every setting."""


def _from_to(first: Param[object], last: Param[object]) -> tuple[Param[object], ...]:
    return PARAMS[PARAMS.index(first) : PARAMS.index(last) + 1]


SECTIONS: Final = {
    "The service": _from_to(SERVICE_NAME, TAGS),
    "Recording": _from_to(MAX_TAG_VALUE_LENGTH, MAX_LOGS_PER_SPAN),
    "Propagation": _from_to(PROPAGATION, GENERATE_128BIT_TRACE_ID),
    "Sampling": _from_to(SAMPLER_TYPE, DEBUG_SPANS_AT_ONCE),
    "The agent": _from_to(AGENT_HOST, AGENT_RECONNECT_INTERVAL),
    "The collector": _from_to(ENDPOINT, REPORTER_TIMEOUT),
    "The reporter": _from_to(REPORTER_QUEUE_SIZE, RPC_METRICS),
}
"""All settings, by the titles of their sections on the reference page."""


def variable_names() -> frozenset[str]:
    """Return the names of all variables that are read."""
    return frozenset(chain.from_iterable((*p.variables, *p.influences) for p in PARAMS))
