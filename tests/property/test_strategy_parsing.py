"""Any response results in a strategy that the samplers accept, or in our error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.errors import CreditsError, ResponseError, StrategyError
from jaeger_client.sampler import (
    AdaptiveSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    Sampler,
)
from jaeger_client.sampler.strategy import (
    PerOperation,
    Probabilistic,
    RateLimiting,
    Strategy,
    decode_strategy,
    parse_strategy,
)
from jaeger_client.throttler import Balance, parse_credits

KEYS = st.sampled_from(
    [
        "strategyType",
        "probabilisticSampling",
        "samplingRate",
        "rateLimitingSampling",
        "maxTracesPerSecond",
        "operationSampling",
        "defaultSamplingProbability",
        "defaultLowerBoundTracesPerSecond",
        "perOperationStrategies",
        "operation",
        "balances",
        "balance",
    ],
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 500, -1, 2**64, 10**400, -(10**4000)]),
    st.floats(),
    st.floats(0, 1),
    st.text(max_size=5),
    st.sampled_from(["PROBABILISTIC", "RATE_LIMITING"]),
)
RESPONSES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
"""Responses with the right keys in the wrong places."""

RATES = st.floats(0, 1)
STRATEGIES = st.one_of(
    st.builds(Probabilistic, RATES),
    st.builds(RateLimiting, st.floats(0, 500, exclude_max=True)),
    st.builds(
        PerOperation,
        RATES,
        st.floats(0, allow_infinity=False),
        st.dictionaries(st.text(), RATES),
    ),
)


def refusal_of(attempt: Callable[[], object], error: type[ResponseError]) -> str:
    """Return the message of the error that *attempt* raises, empty without one."""
    try:
        attempt()
    except error as refusal:
        return str(refusal)
    return ""


def follow(strategy: Strategy) -> None:
    """Create the sampler of a strategy and call it once."""
    sampler_of(strategy).is_sampled(1, "op")


def add_up(body: str) -> None:
    """Add the credits of a response to a balance, which must not decrease."""
    for balance in parse_credits(body) or ():
        assert 1.0 <= 1.0 + balance.credits < math.inf


def sampler_of(strategy: Strategy) -> Sampler:
    """Return the sampler that follows *strategy*."""
    match strategy:
        case Probabilistic(rate):
            return ProbabilisticSampler(rate)
        case RateLimiting(limit):
            return RateLimitingSampler(limit)
        case PerOperation():
            return AdaptiveSampler(strategy, 10)


def written(strategy: Strategy) -> dict[str, object]:
    """Return a server's response for *strategy*."""
    match strategy:
        case Probabilistic(rate):
            return {"probabilisticSampling": {"samplingRate": rate}}
        case RateLimiting(limit):
            return {"rateLimitingSampling": {"maxTracesPerSecond": limit}}
        case PerOperation(rate, bound, rates):
            listed = [
                {"operation": name, "probabilisticSampling": {"samplingRate": each}}
                for name, each in rates.items()
            ]
            return {
                "operationSampling": {
                    "defaultSamplingProbability": rate,
                    "defaultLowerBoundTracesPerSecond": bound,
                    "perOperationStrategies": listed,
                },
            }


@given(RESPONSES)
def test_any_response_is_followed_or_refused(response: object) -> None:
    """A parsed strategy can be used; everything else is a StrategyError."""
    refusal = refusal_of(lambda: follow(parse_strategy(response)), StrategyError)

    assert len(refusal) < 500


@given(st.binary() | st.text())
def test_any_body_is_decoded_or_refused(body: bytes | str) -> None:
    """A body that is not JSON is a StrategyError, and nothing else is raised."""
    refusal = refusal_of(lambda: decode_strategy(body), StrategyError)

    assert len(refusal) < 500


@given(STRATEGIES)
def test_an_encoded_strategy_is_decoded_to_the_same(strategy: Strategy) -> None:
    """JSON does not change a strategy."""
    body = json.dumps(written(strategy)).encode()

    parsed = parse_strategy(decode_strategy(body))

    # Named tuples of different types may be equal.
    assert (type(strategy), strategy) == (type(parsed), parsed)


@given(RESPONSES)
def test_any_credits_are_read_or_refused(response: object) -> None:
    """Parsed credits can be added to a balance; everything else is a CreditsError."""
    refusal = refusal_of(lambda: add_up(json.dumps(response)), CreditsError)

    assert len(refusal) < 500


@given(st.lists(st.builds(Balance, st.text(), st.floats(0, allow_infinity=False))))
def test_encoded_balances_are_decoded_to_the_same(balances: list[Balance]) -> None:
    """JSON does not change balances."""
    listed = [
        {"operation": each.operation, "balance": each.credits} for each in balances
    ]

    assert tuple(balances) == parse_credits(json.dumps({"balances": listed}))
