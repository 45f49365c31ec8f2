"""
The sampling strategies that a server can send: JSON in, frozen values out.

Pure: no I/O and no state. For any input, the result is a strategy that the samplers
accept, or a `StrategyError`. The response is `SamplingStrategyResponse` of Jaeger's
`sampling.thrift`, as JSON:

    strategyType                              PROBABILISTIC or 0, RATE_LIMITING or 1
    probabilisticSampling
        samplingRate                          0 to 1
    rateLimitingSampling
        maxTracesPerSecond                    0 to below 500
    operationSampling                         takes precedence over the others
        defaultSamplingProbability            0 to 1
        defaultLowerBoundTracesPerSecond      0 or more
        perOperationStrategies                a list of objects:
            operation                         the name of a root span
            probabilisticSampling             as above

`strategyType` is a string (Jaeger 2.20), a number (old agents, Jaeger 1.76) or missing,
so the strategy is chosen by the object that is present.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

from jaeger_client._internal.json_reader import MAX_NUMBER, JsonReader
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.shown import shown
from jaeger_client.constants import DEFAULT_SAMPLING_PROBABILITY
from jaeger_client.errors import StrategyError

DEFAULT_LOWER_BOUND: Final = 1.0 / (10.0 * 60.0)
"""Minimum traces per second of each operation: one in ten minutes."""

OPERATION_SAMPLING_STR: Final = "operationSampling"
DEFAULT_SAMPLING_PROBABILITY_STR: Final = "defaultSamplingProbability"
DEFAULT_LOWER_BOUND_STR: Final = "defaultLowerBoundTracesPerSecond"
STRATEGIES_STR: Final = "perOperationStrategies"
OPERATION_STR: Final = "operation"
PROBABILISTIC_SAMPLING_STR: Final = "probabilisticSampling"
SAMPLING_RATE_STR: Final = "samplingRate"
RATE_LIMITING_SAMPLING_STR: Final = "rateLimitingSampling"
MAX_TRACES_PER_SECOND_STR: Final = "maxTracesPerSecond"
STRATEGY_TYPE_STR: Final = "strategyType"
PROBABILISTIC_SAMPLING_STRATEGY: Final = "PROBABILISTIC"
RATE_LIMITING_SAMPLING_STRATEGY: Final = "RATE_LIMITING"

_LIMIT: Final = 500
"""Every rate limit in a response must be less than this many traces per second."""

_READER: Final = JsonReader("sampling strategy", StrategyError)

decode_strategy: Final = _READER.decode
"""Decode the JSON of a response or a file; raises `StrategyError`."""


class Probabilistic(NamedTuple):
    """Sample the fraction *rate* of all traces."""

    rate: float


class RateLimiting(NamedTuple):
    """Sample at most this many traces per second."""

    max_traces_per_second: float


class PerOperation(NamedTuple):
    """Sample each operation at its own rate, and at least at the lower bound."""

    default_rate: float
    default_lower_bound: float
    """Minimum traces per second of every operation, whatever its rate."""
    rates: Mapping[str, float]
    """The rate of each operation that the server listed."""


Strategy: TypeAlias = Probabilistic | RateLimiting | PerOperation


def parse_strategy(response: object) -> Strategy:
    """
    Read a decoded response. `operationSampling` takes precedence over the rest.

    Raises:
        StrategyError: If the response contains no usable strategy.
    """
    strategy = _READER.mapping(response)
    # An empty object counts as absent: Jaeger also writes fields that are not set.
    if operation_sampling := strategy.get(OPERATION_SAMPLING_STR):
        return parse_per_operation(operation_sampling)
    if _is_rate_limiting(strategy):
        return RateLimiting(get_rate_limit(strategy))
    return Probabilistic(get_sampling_probability(strategy))


def parse_per_operation(operation_sampling: object) -> PerOperation:
    """
    Read the object `operationSampling` of a response.

    Raises:
        StrategyError: If one of its rates or bounds is out of range.
    """
    given = _READER.mapping(operation_sampling, OPERATION_SAMPLING_STR)
    rate = given.get(DEFAULT_SAMPLING_PROBABILITY_STR, DEFAULT_SAMPLING_PROBABILITY)
    bound = given.get(DEFAULT_LOWER_BOUND_STR, DEFAULT_LOWER_BOUND)
    listed = _READER.sequence(given.get(STRATEGIES_STR), STRATEGIES_STR)
    return PerOperation(
        default_rate=_rate(rate, DEFAULT_SAMPLING_PROBABILITY_STR),
        default_lower_bound=float(
            _READER.number(bound, DEFAULT_LOWER_BOUND_STR, "from 0 up", 0, MAX_NUMBER)
        ),
        rates=dict(_operation_rate(entry) for entry in listed),
    )


def get_sampling_probability(strategy: Mapping[str, object] | None = None) -> float:
    """
    Return the rate in `probabilisticSampling`, or the default if there is none.

    Raises:
        StrategyError: If the rate is not a number from 0 to 1.
    """
    parameters = _parameters(strategy, PROBABILISTIC_SAMPLING_STR)
    rate = parameters.get(SAMPLING_RATE_STR, DEFAULT_SAMPLING_PROBABILITY)
    return _rate(rate, SAMPLING_RATE_STR)


def get_rate_limit(strategy: Mapping[str, object] | None = None) -> float:
    """
    Return the limit in `rateLimitingSampling`, or the default if there is none.

    Raises:
        StrategyError: If the limit is not a number from 0 to below 500.
    """
    parameters = _parameters(strategy, RATE_LIMITING_SAMPLING_STR)
    return _READER.number(
        parameters.get(MAX_TRACES_PER_SECOND_STR, DEFAULT_LOWER_BOUND),
        MAX_TRACES_PER_SECOND_STR,
        f"from 0 to below {_LIMIT}",
        0,
        math.nextafter(_LIMIT, 0),
    )


def _is_rate_limiting(strategy: Mapping[str, object]) -> bool:
    """Choose by the object that is present; if both or none are, by the type."""
    has_rate = strategy.get(PROBABILISTIC_SAMPLING_STR) is not None
    has_limit = strategy.get(RATE_LIMITING_SAMPLING_STR) is not None
    match strategy.get(STRATEGY_TYPE_STR):
        case "PROBABILISTIC" | 0:
            return has_limit and not has_rate
        case "RATE_LIMITING" | 1:
            return has_limit or not has_rate
        case None if has_rate or has_limit:
            return not has_rate
        case _:
            msg = f"cannot follow sampling strategy {shown(strategy)}"
            raise StrategyError(msg)


def _operation_rate(entry: object) -> tuple[str, float]:
    strategy = _READER.mapping(entry, f"each of {STRATEGIES_STR}")
    operation = _READER.string(strategy.get(OPERATION_STR), OPERATION_STR)
    return operation, get_sampling_probability(strategy)


def _parameters(
    strategy: Mapping[str, object] | None, key: str
) -> Mapping[str, object]:
    given = None if strategy is None else strategy.get(key)
    return {} if given is None else _READER.mapping(given, key)


def _rate(value: object, name: str) -> float:
    return _READER.number(value, name, "from 0 to 1", 0, 1)
