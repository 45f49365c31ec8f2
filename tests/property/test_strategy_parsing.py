"""Whatever a server answers, parsing gives values the samplers take, or our error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.errors import AnswerError, CreditsError, StrategyError
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
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
"""Answers made of the right words in the wrong places."""

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


def refusal_of(attempt: Callable[[], object], error: type[AnswerError]) -> str:
    """Return the message with which *attempt* is refused, empty if it is not."""
    try:
        attempt()
    except error as refusal:
        return str(refusal)
    return ""


def follow(strategy: Strategy) -> None:
    """Make the sampler of a strategy and ask it once."""
    sampler_of(strategy).is_sampled(1, "op")


def add_up(body: str) -> None:
    """Add the credits of an answer to a balance, which they must not lessen."""
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
    """Return the answer in which a server would send *strategy*."""
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


@given(ANSWERS)
def test_any_answer_is_followed_or_refused(answer: object) -> None:
    """What is parsed can be sampled by; all else is a StrategyError."""
    refusal = refusal_of(lambda: follow(parse_strategy(answer)), StrategyError)

    assert len(refusal) < 500


@given(st.binary() | st.text())
def test_any_body_is_decoded_or_refused(body: bytes | str) -> None:
    """What is no JSON is a StrategyError, and nothing else is raised."""
    refusal = refusal_of(lambda: decode_strategy(body), StrategyError)

    assert len(refusal) < 500


@given(STRATEGIES)
def test_what_a_server_writes_is_what_is_read(strategy: Strategy) -> None:
    """A strategy written as JSON and read again is the same strategy."""
    body = json.dumps(written(strategy)).encode()

    parsed = parse_strategy(decode_strategy(body))

    # Named tuples of different types may be equal.
    assert (type(strategy), strategy) == (type(parsed), parsed)


@given(ANSWERS)
def test_any_credits_are_read_or_refused(answer: object) -> None:
    """What is parsed can be added to a balance; all else is a CreditsError."""
    refusal = refusal_of(lambda: add_up(json.dumps(answer)), CreditsError)

    assert len(refusal) < 500


@given(st.lists(st.builds(Balance, st.text(), st.floats(0, allow_infinity=False))))
def test_what_an_agent_writes_is_what_is_credited(balances: list[Balance]) -> None:
    """Balances written as JSON and read again are the same balances."""
    listed = [
        {"operation": each.operation, "balance": each.credits} for each in balances
    ]

    assert tuple(balances) == parse_credits(json.dumps({"balances": listed}))
