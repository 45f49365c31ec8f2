"""Samplers decide at the root of a trace whether the trace is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.constants import (
    DEFAULT_MAX_OPERATIONS,
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_SAMPLING_PROBABILITY,
    SAMPLER_PARAM_TAG_KEY,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_LOWER_BOUND,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
    SAMPLER_TYPE_TAG_KEY,
)
from jaeger_client.metrics.instruments import SamplerMetrics
from jaeger_client.sampler.base import (
    Decision,
    RootSpan,
    Sampler,
    SamplerTags,
    Undecided,
)
from jaeger_client.sampler.basic import (
    ConstSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
)

if TYPE_CHECKING:
    from jaeger_client.sampler.adaptive import (
        AdaptiveSampler,
        GuaranteedThroughputProbabilisticSampler,
    )
    from jaeger_client.sampler.composite import (
        SAMPLER_TYPE_TAG_EQUALS,
        CompositeSampler,
        PrioritySampler,
        TagEqualsSampler,
    )
    from jaeger_client.sampler.remote import RemoteControlledSampler, StrategySource
    from jaeger_client.sampler.strategies_file import StrategiesFile
    from jaeger_client.sampler.strategy import (
        DEFAULT_LOWER_BOUND,
        DEFAULT_LOWER_BOUND_STR,
        DEFAULT_SAMPLING_PROBABILITY_STR,
        MAX_TRACES_PER_SECOND_STR,
        OPERATION_SAMPLING_STR,
        OPERATION_STR,
        PROBABILISTIC_SAMPLING_STR,
        PROBABILISTIC_SAMPLING_STRATEGY,
        RATE_LIMITING_SAMPLING_STR,
        RATE_LIMITING_SAMPLING_STRATEGY,
        SAMPLING_RATE_STR,
        STRATEGIES_STR,
        STRATEGY_TYPE_STR,
        get_rate_limit,
        get_sampling_probability,
    )
else:
    # Imported on first use: five modules that a start without remote sampling does not
    # need, 2 ms, and for the file `pathlib`, 4 ms.
    __getattr__, __dir__ = names_of(
        __name__, "strategy", "adaptive", "remote", "composite", "strategies_file"
    )

__all__ = [
    "DEFAULT_LOWER_BOUND",
    "DEFAULT_LOWER_BOUND_STR",
    "DEFAULT_MAX_OPERATIONS",
    "DEFAULT_SAMPLING_INTERVAL",
    "DEFAULT_SAMPLING_PROBABILITY",
    "DEFAULT_SAMPLING_PROBABILITY_STR",
    "MAX_TRACES_PER_SECOND_STR",
    "OPERATION_SAMPLING_STR",
    "OPERATION_STR",
    "PROBABILISTIC_SAMPLING_STR",
    "PROBABILISTIC_SAMPLING_STRATEGY",
    "RATE_LIMITING_SAMPLING_STR",
    "RATE_LIMITING_SAMPLING_STRATEGY",
    "SAMPLER_PARAM_TAG_KEY",
    "SAMPLER_TYPE_CONST",
    "SAMPLER_TYPE_LOWER_BOUND",
    "SAMPLER_TYPE_PROBABILISTIC",
    "SAMPLER_TYPE_RATE_LIMITING",
    "SAMPLER_TYPE_TAG_EQUALS",
    "SAMPLER_TYPE_TAG_KEY",
    "SAMPLING_RATE_STR",
    "STRATEGIES_STR",
    "STRATEGY_TYPE_STR",
    "AdaptiveSampler",
    "CompositeSampler",
    "ConstSampler",
    "Decision",
    "GuaranteedThroughputProbabilisticSampler",
    "PrioritySampler",
    "ProbabilisticSampler",
    "RateLimitingSampler",
    "RemoteControlledSampler",
    "RootSpan",
    "Sampler",
    "SamplerMetrics",
    "SamplerTags",
    "StrategiesFile",
    "StrategySource",
    "TagEqualsSampler",
    "Undecided",
    "get_rate_limit",
    "get_sampling_probability",
]
