"""Samplers that decide by the trace id only."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from jaeger_client.errors import ConfigError, SamplingRateError
from jaeger_client.sampler import ConstSampler, ProbabilisticSampler

HALF = 2**63
LARGEST = 2**64 - 1


@pytest.mark.parametrize("decision", [True, False])
def test_const_decides_the_same_for_every_trace(decision: bool) -> None:
    """Decision and tags do not depend on the trace."""
    sampler = ConstSampler(decision)

    decisions = [sampler.is_sampled(1), sampler.is_sampled(2**63, "op")]

    assert [(decision, {"sampler.type": "const", "sampler.param": decision})] * 2 == (
        decisions
    )


def test_const_returns_the_same_object() -> None:
    """The decision is created once, which keeps the hot path fast."""
    sampler = ConstSampler(True)

    assert sampler.is_sampled(1) is sampler.is_sampled(2)


def test_the_repr_of_const_is_its_constructor() -> None:
    """`str` and `repr` are those of 4.8."""
    assert "ConstSampler(True)" == str(ConstSampler(True))
    assert "ConstSampler(False)" == repr(ConstSampler(False))


def test_const_can_be_closed_twice() -> None:
    """The second call has no effect."""
    sampler = ConstSampler(True)

    sampler.close()
    sampler.close()

    assert sampler.is_sampled(1)[0]


@pytest.mark.parametrize(
    ("rate", "trace_id", "expected"),
    [
        (0.5, HALF - 1, True),
        (0.5, HALF, False),
        (0.5, HALF + 1, False),
        (0, 0, False),
        (0.0, LARGEST, False),
        (1, LARGEST, True),
        (1.0, 0, True),
        (0.001, int(0.001 * 2**64) - 1, True),
        (0.001, int(0.001 * 2**64) + 1, False),
        (1e-19, 1, True),
        (1e-19, 2, False),
    ],
)
def test_ids_below_the_boundary_are_sampled(
    rate: float,
    trace_id: int,
    expected: bool,
) -> None:
    """A trace is sampled if its id is below `rate * 2**64`."""
    assert expected == ProbabilisticSampler(rate).is_sampled(trace_id)[0]


def test_only_the_low_64_bits_count() -> None:
    """The high half of a 128-bit trace id has no effect."""
    sampler = ProbabilisticSampler(0.5)
    high = 0xFFFF << 64

    assert sampler.is_sampled(high | (HALF - 1))[0]
    assert not sampler.is_sampled(high | HALF)[0]


@pytest.mark.parametrize(("trace_id", "sampled"), [(1, True), (LARGEST, False)])
def test_both_decisions_have_tags(trace_id: int, sampled: bool) -> None:
    """The tags contain type and rate even if the trace is not sampled."""
    decision = ProbabilisticSampler(0.5).is_sampled(trace_id, "op")

    assert (
        sampled,
        {"sampler.type": "probabilistic", "sampler.param": 0.5},
    ) == decision


def test_the_decisions_are_created_once() -> None:
    """Equal decisions are the same object, which keeps the hot path fast."""
    sampler = ProbabilisticSampler(0.5)

    assert sampler.is_sampled(1) is sampler.is_sampled(2)
    assert sampler.is_sampled(LARGEST) is sampler.is_sampled(HALF)


@pytest.mark.parametrize(
    "rate",
    [-0.1, 1.1, 2, float("nan"), float("inf"), "0.5", None, 1j],
)
def test_an_invalid_rate_is_an_error_of_both_old_types(rate: float) -> None:
    """The error is an AssertionError and a ValueError."""
    with pytest.raises(
        SamplingRateError, match=r"^sampling rate must be .*from 0\.0 to 1\.0, got"
    ) as raised:
        ProbabilisticSampler(rate)

    assert isinstance(raised.value, AssertionError)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, ConfigError)
    assert repr(rate) in str(raised.value)


@pytest.mark.parametrize("rate", [Decimal("0.5"), Fraction(1, 2)])
def test_other_types_of_numbers_are_accepted(rate: float) -> None:
    """A rate may be of any type that can be compared with numbers."""
    sampler = ProbabilisticSampler(rate)

    assert sampler.is_sampled(HALF - 1)[0]
    assert not sampler.is_sampled(HALF)[0]


def test_the_repr_of_probabilistic_is_its_constructor() -> None:
    """`str` and `repr` are those of 4.8."""
    assert "ProbabilisticSampler(0.5)" == str(ProbabilisticSampler(0.5))
    assert "ProbabilisticSampler(1)" == repr(ProbabilisticSampler(1))


def test_probabilistic_can_be_closed_twice() -> None:
    """The second call has no effect."""
    sampler = ProbabilisticSampler(1)

    sampler.close()
    sampler.close()

    assert sampler.is_sampled(1)[0]
