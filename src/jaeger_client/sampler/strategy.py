"""
The sampling strategies a server can name: its JSON in, frozen values out.

Pure: no I/O and no state. Whatever comes in, what comes out is a strategy that
the samplers accept, or a `StrategyError`. The keys are those of `sampling.thrift`
as Jaeger writes them to JSON. A `strategyType` may be a text (Jaeger 2.20), a
number (old agents, Jaeger 1.76) or missing, so the object that is there counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, TypeGuard

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import shown
from jaeger_client.errors import StrategyError

DEFAULT_SAMPLING_PROBABILITY: Final = 0.001
"""Rate before the first answer, and where an answer names none."""

DEFAULT_LOWER_BOUND: Final = 1.0 / (10.0 * 60.0)
"""Traces a second that each operation gets: one in ten minutes."""

DEFAULT_MAX_OPERATIONS: Final = 2000
"""Operations that get a sampler of their own."""

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

_MAX_TRACES_PER_SECOND: Final = 500
"""No limit of an answer may reach this."""


class Probabilistic(Frozen):
    """Record the part *rate* of all traces."""

    rate: float


class RateLimiting(Frozen):
    """Record so many traces a second."""

    max_traces_per_second: float


class OperationRate(Frozen):
    """Record the part *rate* of the traces whose root is named *operation*."""

    operation: str
    rate: float


class PerOperation(Frozen):
    """Record each operation at its own rate, and at least at the lower bound."""

    default_rate: float
    default_lower_bound: float
    """Traces a second that every operation gets, whatever its rate."""
    operations: tuple[OperationRate, ...]


Strategy: TypeAlias = Probabilistic | RateLimiting | PerOperation


def decode_answer(body: object) -> object:
    """
    Return what the JSON text *body* says.

    Raises:
        StrategyError: If *body* is not JSON, in bytes or text.
    """
    if not isinstance(body, (bytes, bytearray, str)):
        msg = f"sampling strategy must be JSON in bytes, got {type(body).__name__}"
        raise StrategyError(msg)
    # 2 ms, which a start without an answer need not take. This is the background
    # thread; see the module `fork`.
    with forks_wait():
        import json  # noqa: PLC0415

    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        msg = f"sampling strategy must be JSON, got {shown(body)}: {exc}"
        raise StrategyError(msg) from exc


def encode_answer(answer: Mapping[str, object]) -> bytes:
    """Return *answer* as JSON, which `decode_answer` reads."""
    with forks_wait():
        import json  # noqa: PLC0415 - as above

    return json.dumps(answer).encode()


def parse_strategy(answer: object) -> Strategy:
    """
    Read the agent's answer. `operationSampling` wins over everything else.

    Raises:
        StrategyError: If the answer names no strategy that can be followed.
    """
    strategy = _mapping(answer, "sampling strategy")
    # Empty counts as absent: Jaeger writes out what is not set.
    if operation_sampling := strategy.get(OPERATION_SAMPLING_STR):
        return parse_per_operation(operation_sampling)
    return _PARSERS[_kind(strategy)](strategy)


def parse_per_operation(strategies: object) -> PerOperation:
    """
    Read the object `operationSampling` of an answer.

    Raises:
        StrategyError: If one of its rates or bounds is out of range.
    """
    given = _mapping(strategies, OPERATION_SAMPLING_STR)
    rate = given.get(DEFAULT_SAMPLING_PROBABILITY_STR, DEFAULT_SAMPLING_PROBABILITY)
    bound = given.get(DEFAULT_LOWER_BOUND_STR, DEFAULT_LOWER_BOUND)
    listed = given.get(STRATEGIES_STR)
    if listed is None:
        listed = ()
    if not is_list(listed):
        msg = f"{STRATEGIES_STR} must be a list, got {shown(listed)}"
        raise StrategyError(msg)
    return PerOperation(
        default_rate=_rate(rate, DEFAULT_SAMPLING_PROBABILITY_STR),
        default_lower_bound=_lower_bound(bound),
        operations=tuple(_operation_rate(entry) for entry in listed),
    )


def get_sampling_probability(strategy: Mapping[str, object] | None = None) -> float:
    """
    Return the rate under `probabilisticSampling`, or the default if there is none.

    Raises:
        StrategyError: If the rate is not a number from 0 to 1.
    """
    rate = _look_up(
        strategy,
        PROBABILISTIC_SAMPLING_STR,
        SAMPLING_RATE_STR,
        DEFAULT_SAMPLING_PROBABILITY,
    )
    return _rate(rate, SAMPLING_RATE_STR)


def get_rate_limit(strategy: Mapping[str, object] | None = None) -> float:
    """
    Return the limit under `rateLimitingSampling`, or the default if there is none.

    Raises:
        StrategyError: If the limit is not a number from 0 to below 500.
    """
    limit = _look_up(
        strategy,
        RATE_LIMITING_SAMPLING_STR,
        MAX_TRACES_PER_SECOND_STR,
        DEFAULT_LOWER_BOUND,
    )
    if _is_number(limit) and 0 <= limit < _MAX_TRACES_PER_SECOND:
        return limit
    msg = (
        f"{MAX_TRACES_PER_SECOND_STR} must be a number from 0 to below "
        f"{_MAX_TRACES_PER_SECOND}, got {shown(limit)}"
    )
    raise StrategyError(msg)


def _kind(strategy: Mapping[str, object]) -> str:
    """Choose by the object that is there; the type decides between two or none."""
    named = _named_kind(strategy.get(STRATEGY_TYPE_STR))
    there = [kind for kind, key in _OBJECTS.items() if strategy.get(key) is not None]
    if named is not None and (named in there or not there):
        return named
    if there:
        return there[0]
    msg = f"cannot follow sampling strategy {shown(strategy)}"
    raise StrategyError(msg)


def _named_kind(strategy_type: object) -> str | None:
    if strategy_type is None:
        return None
    for kind, names in _NAMES.items():
        if strategy_type in names:
            return kind
    msg = f"cannot follow sampling strategy of type {shown(strategy_type)}"
    raise StrategyError(msg)


def _probabilistic(strategy: Mapping[str, object]) -> Strategy:
    return Probabilistic(get_sampling_probability(strategy))


def _rate_limiting(strategy: Mapping[str, object]) -> Strategy:
    return RateLimiting(get_rate_limit(strategy))


def _operation_rate(entry: object) -> OperationRate:
    strategy = _mapping(entry, STRATEGIES_STR)
    operation = strategy.get(OPERATION_STR)
    if isinstance(operation, str):
        return OperationRate(operation, get_sampling_probability(strategy))
    msg = f"{STRATEGIES_STR} must name each operation, got {shown(entry)}"
    raise StrategyError(msg)


def _look_up(
    strategy: Mapping[str, object] | None,
    outer: str,
    inner: str,
    default: float,
) -> object:
    found = None if strategy is None else strategy.get(outer)
    if found is None:
        return default
    return _mapping(found, outer).get(inner, default)


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if is_object(value):
        return value
    msg = f"{name} must be an object, got {shown(value)}"
    raise StrategyError(msg)


def _rate(value: object, name: str) -> float:
    if _is_number(value) and 0 <= value <= 1:
        return value
    msg = f"{name} must be a number from 0 to 1, got {shown(value)}"
    raise StrategyError(msg)


def _lower_bound(value: object) -> float:
    # Not only infinity: JSON has whole numbers that fit no float.
    if _is_number(value) and 0 <= value <= sys.float_info.max:
        return float(value)
    msg = f"{DEFAULT_LOWER_BOUND_STR} must be a number from 0 up, got {shown(value)}"
    raise StrategyError(msg)


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether *value* is an object of JSON."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Return whether *value* is a list of JSON."""
    return isinstance(value, (list, tuple))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_OBJECTS: Final = {
    PROBABILISTIC_SAMPLING_STRATEGY: PROBABILISTIC_SAMPLING_STR,
    RATE_LIMITING_SAMPLING_STRATEGY: RATE_LIMITING_SAMPLING_STR,
}
"""Under which key each kind has its object, in the order of preference."""

_NAMES: Final[Mapping[str, tuple[object, ...]]] = {
    PROBABILISTIC_SAMPLING_STRATEGY: (PROBABILISTIC_SAMPLING_STRATEGY, 0),
    RATE_LIMITING_SAMPLING_STRATEGY: (RATE_LIMITING_SAMPLING_STRATEGY, 1),
}
"""What `strategyType` says for each kind."""

_PARSERS: Final[Mapping[str, Callable[[Mapping[str, object]], Strategy]]] = {
    PROBABILISTIC_SAMPLING_STRATEGY: _probabilistic,
    RATE_LIMITING_SAMPLING_STRATEGY: _rate_limiting,
}
