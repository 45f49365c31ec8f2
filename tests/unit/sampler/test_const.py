"""The sampler that always says the same."""

from __future__ import annotations

import pytest

from jaeger_client.sampler import ConstSampler


@pytest.mark.parametrize("decision", [True, False])
def test_const_says_the_same_of_every_trace(decision: bool) -> None:
    """Whatever the trace, the decision stands, and so do its tags."""
    sampler = ConstSampler(decision)

    answers = [sampler.is_sampled(1), sampler.is_sampled(2**63, "op")]

    assert [(decision, {"sampler.type": "const", "sampler.param": decision})] * 2 == (
        answers
    )


def test_const_hands_out_the_answer_it_was_made_with() -> None:
    """The answer is made once: the hot path makes no objects."""
    sampler = ConstSampler(True)

    assert sampler.is_sampled(1) is sampler.is_sampled(2)


def test_const_reads_as_its_constructor() -> None:
    """Its text is that of 4.8, as `str` and as `repr`."""
    assert "ConstSampler(True)" == str(ConstSampler(True))
    assert "ConstSampler(False)" == repr(ConstSampler(False))


def test_const_can_be_closed_twice() -> None:
    """Closing is allowed and changes nothing."""
    sampler = ConstSampler(True)

    sampler.close()
    sampler.close()

    assert sampler.is_sampled(1)[0]
