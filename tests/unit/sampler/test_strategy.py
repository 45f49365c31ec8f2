"""Responses of a server, parsed into strategies."""

from __future__ import annotations

import math

import pytest

from jaeger_client.errors import ResponseError, StrategyError
from jaeger_client.sampler import get_rate_limit, get_sampling_probability
from jaeger_client.sampler.strategy import (
    PerOperation,
    Probabilistic,
    RateLimiting,
    Strategy,
    decode_strategy,
    parse_per_operation,
    parse_strategy,
)

PROBABILISTIC = {"probabilisticSampling": {"samplingRate": 0.5}}
RATE_LIMITING = {"rateLimitingSampling": {"maxTracesPerSecond": 42}}
PER_OPERATION = {
    "operationSampling": {
        "defaultSamplingProbability": 0.5,
        "defaultLowerBoundTracesPerSecond": 1.0,
        "perOperationStrategies": [
            {"operation": "op", "probabilisticSampling": {"samplingRate": 0.2}},
        ],
    },
}
PARSED_PER_OPERATION = PerOperation(0.5, 1.0, {"op": 0.2})

# Expected strategies are compared by `repr`: a named tuple equals others of its values.

NO_RATES: list[object] = [1.1, -0.1, "0.5", None, True, math.nan, 10**400, [], {}]
NO_LIMITS: list[object] = [500, -1, "1", None, False, math.inf, -(10**5000), [1]]
NO_OPERATIONS: list[object] = [
    "all",
    [1],
    {"defaultSamplingProbability": 2},
    {"defaultSamplingProbability": None},
    {"defaultLowerBoundTracesPerSecond": -1},
    {"defaultLowerBoundTracesPerSecond": math.inf},
    {"defaultLowerBoundTracesPerSecond": 10**400},
    {"perOperationStrategies": "op"},
    {"perOperationStrategies": {"op": 0.1}},
    {"perOperationStrategies": [None]},
    {"perOperationStrategies": [{}]},
    {"perOperationStrategies": [{"operation": None}]},
]
REFUSED: list[object] = [
    *({"probabilisticSampling": {"samplingRate": rate}} for rate in NO_RATES),
    *({"rateLimitingSampling": {"maxTracesPerSecond": each}} for each in NO_LIMITS),
    *({"operationSampling": each} for each in NO_OPERATIONS),
    {},
    {"strategyType": None},
    {"strategyType": "ADAPTIVE", **PROBABILISTIC},
    {"strategyType": 2, **PROBABILISTIC},
    {"strategyType": [], **PROBABILISTIC},
    {"probabilisticSampling": "half"},
    {"error": "no such service"},
    None,
    [],
    "PROBABILISTIC",
    5,
    True,
]


@pytest.mark.parametrize(
    ("response", "strategy"),
    [
        ({"strategyType": "PROBABILISTIC", **PROBABILISTIC}, Probabilistic(0.5)),
        ({"strategyType": 0, **PROBABILISTIC}, Probabilistic(0.5)),
        (PROBABILISTIC, Probabilistic(0.5)),
        ({"strategyType": None, **PROBABILISTIC}, Probabilistic(0.5)),
        ({"strategyType": "RATE_LIMITING", **RATE_LIMITING}, RateLimiting(42)),
        ({"strategyType": 1, **RATE_LIMITING}, RateLimiting(42)),
        (RATE_LIMITING, RateLimiting(42)),
        (PER_OPERATION, PARSED_PER_OPERATION),
    ],
)
def test_the_type_may_be_a_text_a_number_or_missing(
    response: dict[str, object],
    strategy: Strategy,
) -> None:
    """The object that is present decides."""
    assert repr(strategy) == repr(parse_strategy(response))


@pytest.mark.parametrize(
    ("response", "strategy"),
    [
        ({"strategyType": 1, **PROBABILISTIC}, Probabilistic(0.5)),
        ({"strategyType": "PROBABILISTIC", **RATE_LIMITING}, RateLimiting(42)),
        ({**PROBABILISTIC, "rateLimitingSampling": None}, Probabilistic(0.5)),
        ({**PROBABILISTIC, **RATE_LIMITING}, Probabilistic(0.5)),
        (
            {"strategyType": "RATE_LIMITING", **PROBABILISTIC, **RATE_LIMITING},
            RateLimiting(42),
        ),
        ({**PROBABILISTIC, "operationSampling": None}, Probabilistic(0.5)),
        ({**PROBABILISTIC, "operationSampling": {}}, Probabilistic(0.5)),
    ],
)
def test_the_object_that_is_present_counts(
    response: dict[str, object],
    strategy: Strategy,
) -> None:
    """The type decides only between two objects; null is not an object."""
    assert repr(strategy) == repr(parse_strategy(response))


@pytest.mark.parametrize("strategy_type", ["PROBABILISTIC", "RATE_LIMITING", 1, "X"])
def test_operation_sampling_takes_precedence_over_the_type(
    strategy_type: object,
) -> None:
    """`operationSampling` is used, whatever else the response contains."""
    response = {"strategyType": strategy_type, **PROBABILISTIC, **PER_OPERATION}

    assert repr(PARSED_PER_OPERATION) == repr(parse_strategy(response))


@pytest.mark.parametrize(
    ("response", "strategy"),
    [
        ({"strategyType": "PROBABILISTIC"}, Probabilistic(0.001)),
        ({"probabilisticSampling": {}}, Probabilistic(0.001)),
        ({"strategyType": "RATE_LIMITING"}, RateLimiting(1 / 600)),
        (
            {"operationSampling": {"perOperationStrategies": [{"operation": "op"}]}},
            PerOperation(0.001, 1 / 600, {"op": 0.001}),
        ),
        (
            {"operationSampling": {"perOperationStrategies": None}},
            PerOperation(0.001, 1 / 600, {}),
        ),
    ],
)
def test_missing_values_have_the_defaults_of_the_old_client(
    response: dict[str, object],
    strategy: Strategy,
) -> None:
    """The default rates and bounds are those of 4.8."""
    assert repr(strategy) == repr(parse_strategy(response))


@pytest.mark.parametrize("limit", [0, 0.5, 499, 499.9])
def test_limits_below_500_are_accepted(limit: float) -> None:
    """A limit from 0 to below 500 is used unchanged."""
    response = {"rateLimitingSampling": {"maxTracesPerSecond": limit}}

    assert repr(RateLimiting(limit)) == repr(parse_strategy(response))


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, 0.25])
def test_rates_from_0_to_1_are_accepted(rate: float) -> None:
    """A rate from 0 to 1 is used unchanged."""
    response = {"probabilisticSampling": {"samplingRate": rate}}

    assert repr(Probabilistic(rate)) == repr(parse_strategy(response))


@pytest.mark.parametrize(
    "response", REFUSED, ids=lambda response: type(response).__name__
)
def test_an_invalid_strategy_raises_our_error(response: object) -> None:
    """Rates and limits out of range, unknown types and other JSON raise it."""
    with pytest.raises(StrategyError) as raised:
        parse_strategy(response)

    assert isinstance(raised.value, ResponseError)
    assert isinstance(raised.value, ValueError)


def test_the_error_describes_the_value() -> None:
    """The message contains the key, the expected and the actual value."""
    with pytest.raises(
        StrategyError,
        match=r"samplingRate must be a number from 0 to 1, got 1\.5",
    ):
        parse_strategy({"probabilisticSampling": {"samplingRate": 1.5}})


@pytest.mark.parametrize(
    ("operation_sampling", "complaint"),
    [
        ([1], "operationSampling must be an object, got [1]"),
        (
            {"defaultSamplingProbability": 2},
            "defaultSamplingProbability must be a number from 0 to 1, got 2",
        ),
        (
            {"defaultLowerBoundTracesPerSecond": -1},
            "defaultLowerBoundTracesPerSecond must be a number from 0 up, got -1",
        ),
        (
            {"perOperationStrategies": {}},
            "perOperationStrategies must be a list, got {}",
        ),
        (
            {"perOperationStrategies": [1]},
            "each of perOperationStrategies must be an object, got 1",
        ),
        (
            {"perOperationStrategies": [{"operation": 1}]},
            "operation must be a string, got 1",
        ),
        (
            {
                "perOperationStrategies": [
                    {"operation": "op", "probabilisticSampling": 1}
                ]
            },
            "probabilisticSampling must be an object, got 1",
        ),
    ],
)
def test_the_errors_of_operations_describe_the_value(
    operation_sampling: object, complaint: str
) -> None:
    """The message contains the key, the expected and the actual value."""
    with pytest.raises(StrategyError) as raised:
        parse_strategy({"operationSampling": operation_sampling})

    assert complaint == str(raised.value)


def test_the_error_of_a_limit_has_its_range() -> None:
    """The message contains the key, the expected and the actual value."""
    with pytest.raises(
        StrategyError,
        match=r"^maxTracesPerSecond must be a number from 0 to below 500, got 500$",
    ):
        parse_strategy({"rateLimitingSampling": {"maxTracesPerSecond": 500}})


def test_the_error_of_an_unknown_strategy_shows_the_response() -> None:
    """The message contains all that came."""
    with pytest.raises(
        StrategyError, match=r"^cannot follow sampling strategy {'strategyType': 'X'}$"
    ):
        parse_strategy({"strategyType": "X"})


def test_the_error_is_short_however_long_the_response() -> None:
    """A huge response does not cause a huge log line."""
    with pytest.raises(StrategyError) as raised:
        parse_strategy({"strategyType": "X" * 10**6, "junk": list(range(10**5))})

    assert len(str(raised.value)) < 200


def test_one_invalid_operation_rejects_the_whole_response() -> None:
    """A response is applied completely or not at all."""
    with pytest.raises(StrategyError):
        parse_per_operation(
            {
                "perOperationStrategies": [
                    {"operation": "a", "probabilisticSampling": {"samplingRate": 0.1}},
                    {"operation": "b", "probabilisticSampling": {"samplingRate": 1.1}},
                ],
            },
        )


@pytest.mark.parametrize("body", [b'{"a": 1}', bytearray(b'{"a": 1}'), '{"a": 1}'])
def test_json_is_decoded_from_bytes_or_text(body: object) -> None:
    """A body may be bytes, a bytearray or text."""
    assert {"a": 1} == decode_strategy(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b"\xff\xfe\xfa", b"[" * 200_000, b"9" * 5000, None, 5, {}],
    ids=["empty", "cut", "html", "no-text", "nested", "digits", "none", "int", "dict"],
)
def test_a_body_that_is_not_json_raises_our_error(body: object) -> None:
    """Extreme nesting and other types raise it, too."""
    with pytest.raises(StrategyError):
        decode_strategy(body)


@pytest.mark.parametrize(
    ("strategy", "rate"),
    [
        (None, 0.001),
        ({}, 0.001),
        ({"probabilisticSampling": None}, 0.001),
        (PROBABILISTIC, 0.5),
    ],
)
def test_get_sampling_probability(
    strategy: dict[str, object] | None,
    rate: float,
) -> None:
    """It returns the rate, or the default if there is none."""
    assert rate == get_sampling_probability(strategy)


@pytest.mark.parametrize(
    ("strategy", "limit"),
    [
        (None, 1 / 600),
        ({}, 1 / 600),
        ({"rateLimitingSampling": {}}, 1 / 600),
        (RATE_LIMITING, 42),
    ],
)
def test_get_rate_limit(strategy: dict[str, object] | None, limit: float) -> None:
    """It returns the limit, or the default if there is none."""
    assert limit == get_rate_limit(strategy)
