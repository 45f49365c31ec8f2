"""The cost of remote sampling for a root span, counted in calls."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from jaeger_client.sampler import (
    AdaptiveSampler,
    ProbabilisticSampler,
    RemoteControlledSampler,
    Sampler,
)
from jaeger_client.sampler.strategy import PerOperation
from tests.unit.sampler.fakes import Agent, QuietWorker

STRATEGY = PerOperation(
    default_rate=0.5,
    default_lower_bound=1.0,
    rates={f"op {number}": 0.5 for number in range(500)},
)


def calls_of(function: Callable[[], object]) -> list[str]:
    """Return the names of all functions that *function* calls, in order."""
    calls: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls.append(frame.f_code.co_name)
        elif event == "c_call":
            calls.append(str(getattr(argument, "__name__", argument)))

    before = sys.getprofile()
    # Callbacks of the garbage collector, which other tests' libraries have, are not
    # calls of *function*.
    gc.disable()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
        gc.enable()
    return [name for name in calls[1:] if name != "setprofile"]


def remote(sampler: Sampler) -> RemoteControlledSampler:
    """Return a remote sampler whose polls have begun, with the current *sampler*."""
    created = RemoteControlledSampler(
        Agent(),
        "shop",
        init_sampler=sampler,
        worker=QuietWorker(),
    )
    created.is_sampled(0)
    return created


def calls_for(sampler: Sampler, operation: str) -> list[str]:
    """Return the calls of one decision by *sampler*."""
    return calls_of(lambda: sampler.is_sampled(1, operation))


def test_an_operation_costs_one_look_up() -> None:
    """An adaptive decision is a look-up in a dict, then the operation's sampler."""
    adaptive = AdaptiveSampler(STRATEGY, 2000)

    of_operation = calls_for(adaptive.samplers["op 250"], "op 250")

    assert ["is_sampled", "get", *of_operation] == calls_for(adaptive, "op 250")


def test_an_operation_that_was_seen_costs_the_same_as_a_listed_one() -> None:
    """Its sampler is created only once."""
    adaptive = AdaptiveSampler(STRATEGY, 2000)
    adaptive.is_sampled(1, "new")

    assert calls_for(adaptive, "op 1") == calls_for(adaptive, "new")


@pytest.mark.parametrize(
    "inner",
    [ProbabilisticSampler(0.5), AdaptiveSampler(STRATEGY, 2000)],
)
def test_remote_sampling_costs_one_call(inner: Sampler) -> None:
    """A remote sampler calls the current sampler and nothing else."""
    sampler = remote(inner)

    assert ["is_sampled", *calls_for(inner, "op 1")] == calls_for(sampler, "op 1")


def test_late_binding_costs_no_call() -> None:
    """The postponed decision exists already."""
    adaptive = AdaptiveSampler(STRATEGY, 2000, operation_name_late_binding=True)

    assert ["is_sampled"] == calls_for(adaptive, "op 1")
