"""
The samplers `jaeger_remote` and `parentbased_jaeger_remote` of `OTEL_TRACES_SAMPLER`.

The SDK finds these functions by their entry points in the group
`opentelemetry_traces_sampler`, and calls one with the content of
`OTEL_TRACES_SAMPLER_ARG`. OpenTelemetry's declarative configuration finds them in the
group `opentelemetry_sampler`, and calls one without arguments.

They never raise, because the SDK would then sample every trace. What is not valid is
logged, and its default is used.
"""

from __future__ import annotations

import os
from typing import Final

from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER_ARG
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler

from jaeger_client._internal.diagnostics import warn
from jaeger_client.config.opentelemetry import remote_argument
from jaeger_client.constants import (
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_SAMPLING_PROBABILITY,
)
from jaeger_client.otel.sampler import DEFAULT_ENDPOINT, JaegerRemoteSampler

_UNKNOWN_SERVICE: Final = "unknown_service"
"""The name that the SDK gives to a service without a name."""


def jaeger_remote(argument: str | None = None) -> Sampler:
    """
    Return a sampler that decides on each span, for `OTEL_TRACES_SAMPLER=jaeger_remote`.

    *argument* is `endpoint=…,pollingIntervalMs=…,initialSamplingRate=…`, each part
    optional; by default, the content of `OTEL_TRACES_SAMPLER_ARG`.
    """
    if argument is None:
        argument = os.environ.get(OTEL_TRACES_SAMPLER_ARG)
    read = remote_argument(argument)
    if read.problems:
        problems = "; ".join(read.problems.values())
        warn("%s: %s", OTEL_TRACES_SAMPLER_ARG, problems)
    return JaegerRemoteSampler(
        _service_name(),
        endpoint=read.endpoint or DEFAULT_ENDPOINT,
        polling_interval=read.polling_interval or DEFAULT_SAMPLING_INTERVAL,
        initial_sampling_rate=(
            DEFAULT_SAMPLING_PROBABILITY
            if read.initial_sampling_rate is None
            else read.initial_sampling_rate
        ),
    )


def parentbased_jaeger_remote(argument: str | None = None) -> Sampler:
    """Return a sampler as `jaeger_remote`, but only for spans without a parent."""
    return ParentBased(jaeger_remote(argument))


def _service_name() -> str:
    # The SDK's own reader of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
    found = OTELResourceDetector().detect().attributes.get(SERVICE_NAME)
    name = str(found or "").strip()
    if name:
        return name
    warn(
        "no service name: the sampling strategy of %s is requested; set "
        "OTEL_SERVICE_NAME, or service.name in OTEL_RESOURCE_ATTRIBUTES",
        _UNKNOWN_SERVICE,
    )
    return _UNKNOWN_SERVICE
