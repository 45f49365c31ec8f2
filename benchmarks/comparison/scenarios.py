"""What is measured: one line a scenario, read by the command and by the runner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One kind of work, done by one peer in a fresh process.

    Args:
        name: What the command line calls it.
        module: The module of `running` that does it.
        operation: The method of the peer that is called.
        calls: How many calls a go has, or how many in all.
        goes: How many goes.
        pause: Seconds after a go, so that what it left can be sent.
        sampled: What the sampler says.
        queue_size: What every peer's queue is set to; None is its own default.
        old_queue_size: The same for 4.8 alone, whose queue of 100 loses most.
        unseen: Whether values are encoded that were never there before.
        peers: Who takes part; empty means all.
        rounds: At most so many rounds.
        turns: How often each peer's turn comes in a round.
    """

    name: str
    module: str
    operation: str = "root_finish"
    calls: int = 400
    goes: int = 20
    pause: float = 0.1
    sampled: bool = True
    queue_size: int | None = None
    old_queue_size: int | None = None
    unseen: bool = False
    peers: tuple[str, ...] = ()
    rounds: int = 99
    turns: int = 1


KEEPS_A_GO = 2_000
"""Spans that 4.8's queue has to hold to lose none of a go."""

_ALL = (
    Scenario("root_finish", "goes", old_queue_size=KEEPS_A_GO),
    Scenario(
        "active_child",
        "goes",
        operation="active_child",
        calls=200,
        old_queue_size=KEEPS_A_GO,
    ),
    Scenario(
        "web_request",
        "goes",
        operation="web_request",
        calls=133,
        old_queue_size=KEEPS_A_GO,
    ),
    Scenario("unsampled", "goes", sampled=False, pause=0),
    Scenario("web_unsampled", "goes", operation="web_request", sampled=False, pause=0),
    Scenario("inject_extract", "goes", operation="inject_extract", pause=0),
    Scenario(
        "burst",
        "burst",
        calls=20_000,
        peers=("jaeger48", "opentelemetry_sdk", "datadog", "ours"),
    ),
    Scenario(
        "burst_kept", "burst", calls=20_000, queue_size=20_000, peers=("jaeger48",)
    ),
    Scenario(
        "burst_large",
        "burst",
        calls=100_000,
        queue_size=100_000,
        peers=("ours",),
        rounds=1,
    ),
    Scenario(
        "steady",
        "steady",
        calls=10_000,
        old_queue_size=KEEPS_A_GO,
        peers=("jaeger48", "opentelemetry_sdk", "datadog", "ours"),
        rounds=2,
    ),
    Scenario(
        "encode",
        "encode",
        goes=60,
        peers=("jaeger48", "opentelemetry_sdk", "datadog", "ours", "ours_otlp"),
    ),
    Scenario(
        "encode_unseen",
        "encode",
        goes=60,
        unseen=True,
        peers=("jaeger48", "opentelemetry_sdk", "datadog", "ours", "ours_otlp"),
    ),
    Scenario("init", "start", turns=3),
    Scenario(
        "fork",
        "fork",
        calls=50,
        peers=("jaeger48", "opentelemetry_sdk", "datadog", "ours"),
        rounds=1,
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in _ALL}
"""All of them, in the order in which they run."""

OLD = "jaeger48"
"""The peer that the others are compared with."""


def queue_size_of(scenario: Scenario, peer: str) -> int | None:
    """Return what the peer's queue is set to, or None for its own default."""
    if scenario.queue_size is None and peer == OLD:
        return scenario.old_queue_size
    return scenario.queue_size
