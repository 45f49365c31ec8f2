"""Every name that programs written for 4.8 import."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

NAMES = {
    "jaeger_client": """
        Config Tracer Span SpanContext ConstSampler ProbabilisticSampler
        RateLimitingSampler RemoteControlledSampler __version__
    """,
    "jaeger_client.config": """
        Config Tracer Reporter DEFAULT_REPORTING_HOST DEFAULT_REPORTING_PORT
        DEFAULT_SAMPLING_PORT DEFAULT_THROTTLER_PORT
    """,
    "jaeger_client.constants": """
        TRACE_ID_HEADER BAGGAGE_HEADER_PREFIX DEBUG_ID_HEADER_KEY BAGGAGE_HEADER_KEY
        SAMPLED_FLAG DEBUG_FLAG SAMPLER_TYPE_CONST SAMPLER_TYPE_PROBABILISTIC
        SAMPLER_TYPE_RATE_LIMITING SAMPLER_TYPE_LOWER_BOUND SAMPLER_TYPE_REMOTE
        DEFAULT_SAMPLING_INTERVAL DEFAULT_FLUSH_INTERVAL MAX_ID_BITS _max_id_bits
        _max_trace_id_bits MAX_TAG_VALUE_LENGTH MAX_TRACEBACK_LENGTH
        JAEGER_CLIENT_VERSION JAEGER_VERSION_TAG_KEY JAEGER_HOSTNAME_TAG_KEY
        JAEGER_IP_TAG_KEY CLIENT_UUID_TAG_KEY DEFAULT_THROTTLER_REFRESH_INTERVAL
    """,
    "jaeger_client.span": "Span SAMPLED_FLAG DEBUG_FLAG",
    "jaeger_client.span_context": "SpanContext",
    "jaeger_client.tracer": "Tracer Reference TracerMetrics",
    "jaeger_client.sampler": """
        Sampler ConstSampler ProbabilisticSampler RateLimitingSampler
        GuaranteedThroughputProbabilisticSampler AdaptiveSampler
        RemoteControlledSampler get_sampling_probability get_rate_limit
        DEFAULT_SAMPLING_PROBABILITY DEFAULT_LOWER_BOUND DEFAULT_MAX_OPERATIONS
        DEFAULT_SAMPLING_PROBABILITY_STR DEFAULT_LOWER_BOUND_STR
        DEFAULT_SAMPLING_INTERVAL
    """,
    "jaeger_client.reporter": """
        BaseReporter NullReporter InMemoryReporter LoggingReporter CompositeReporter
        Reporter ReporterMetrics default_logger DEFAULT_FLUSH_INTERVAL ErrorReporter
        Metrics LegacyMetricsFactory thrift ioloop_util Agent TCompactProtocol
    """,
    "jaeger_client.codecs": """
        Codec TextCodec BinaryCodec B3Codec ZipkinCodec ZipkinSpanFormat
        span_context_to_string span_context_from_string header_to_hex
    """,
    "jaeger_client.metrics": "MetricsFactory LegacyMetricsFactory Metrics",
    "jaeger_client.metrics.prometheus": "PrometheusMetricsFactory",
    "jaeger_client.throttler": "Throttler RemoteThrottler",
    "jaeger_client.rate_limiter": "RateLimiter",
    "jaeger_client.ioloop_util": "submit future_result future_exception",
    "jaeger_client.utils": "ErrorReporter get_boolean local_ip",
    "jaeger_client.thrift": """
        make_tag make_tags make_log make_process make_references make_jaeger_batch
        timestamp_micros id_to_int
    """,
    "jaeger_client.thrift_gen.jaeger.ttypes": """
        Tag TagType Log Span SpanRef SpanRefType Process Batch
    """,
    "jaeger_client.thrift_gen.agent": "Agent",
    "jaeger_client.local_agent_net": "LocalAgentSender",
    "jaeger_client.TUDPTransport": "TUDPTransport",
}

MODULES = """
    codecs config constants ioloop_util local_agent_net metrics rate_limiter reporter
    sampler span span_context thrift thrift_gen throttler tracer TUDPTransport utils
"""

HEAVY = {"asyncio", "http.client", "ssl", "urllib3"}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in NAMES.items() for name in names.split()],
)
def test_a_name_of_4_8_can_be_imported(module: str, name: str) -> None:
    """`from module import name` works."""
    scope: dict[str, object] = {}

    exec(f"from {module} import {name}", scope)  # as in a program

    assert name in scope


def run(code: str) -> str:
    """Return what *code* prints in a new interpreter."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_a_bare_import_makes_the_modules_reachable() -> None:
    """`import jaeger_client` is enough for `jaeger_client.thrift_gen.jaeger`."""
    names = [f"jaeger_client.{name}" for name in MODULES.split()]
    names += ["jaeger_client.thrift_gen.jaeger.ttypes.Tag"]

    printed = run(f"import jaeger_client; print(len([{', '.join(names)}]))")

    assert len(names) == int(printed)


def test_the_import_brings_in_nothing_heavy() -> None:
    """HTTP client, TLS and event loop are imported only when needed."""
    printed = run(
        "import sys, jaeger_client; "
        "jaeger_client.Config({}, service_name='shop').new_tracer(); "
        f"print(*({HEAVY!r} & set(sys.modules)))",
    )

    assert not printed.split()


def test_the_import_starts_no_thread() -> None:
    """A tracer that has neither polled nor sent starts no thread either."""
    printed = run(
        "import threading, jaeger_client; "
        "jaeger_client.Config({}, service_name='shop').new_tracer(); "
        "print(threading.active_count())",
    )

    assert 1 == int(printed)


def test_the_version_is_that_of_the_tags() -> None:
    """`jaeger.version` names the language and the version."""
    package = importlib.import_module("jaeger_client")
    constants = importlib.import_module("jaeger_client.constants")

    assert f"Python-{package.__version__}" == constants.JAEGER_CLIENT_VERSION
