"""The scenarios, one per line, read by the command and by the runner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One kind of work, done by one peer in a fresh process.

    Args:
        name: Its name on the command line.
        module: The module of `running` that executes it.
        operation: The method of the peer that is called.
        calls: Number of calls of a group, or in all.
        groups: Number of groups.
        pause: Seconds after a group, in which its spans can be sent.
        sampled: The sampling decision.
        queue_size: Capacity of every peer's queue; `None` is its own default.
        old_queue_size: The same for 4.8 only, whose queue of 100 loses most spans.
        unseen: Whether some of the encoded values are new.
        peers: The peers that run it; empty means all.
        rounds: Maximum number of rounds.
        turns: How often each peer runs in a round.
    """

    name: str
    module: str
    operation: str = "root_finish"
    calls: int = 400
    groups: int = 20
    pause: float = 0.1
    sampled: bool = True
    queue_size: int | None = None
    old_queue_size: int | None = None
    unseen: bool = False
    peers: tuple[str, ...] = ()
    rounds: int = 99
    turns: int = 1


HOLDS_A_GROUP = 2_000
"""Capacity of 4.8's queue with which no span of a group is lost."""

_OURS = ("ours", "ours_python")
_ALL_THAT_SEND = ("jaeger48", "opentelemetry_sdk", "datadog", *_OURS)
_ALL_THAT_ENCODE = (*_ALL_THAT_SEND, "ours_otlp", "ours_otlp_python")

_ALL = (
    Scenario("root_finish", "groups", old_queue_size=HOLDS_A_GROUP),
    Scenario(
        "active_child",
        "groups",
        operation="active_child",
        calls=200,
        old_queue_size=HOLDS_A_GROUP,
    ),
    Scenario(
        "web_request",
        "groups",
        operation="web_request",
        calls=133,
        old_queue_size=HOLDS_A_GROUP,
    ),
    Scenario("unsampled", "groups", sampled=False, pause=0),
    Scenario(
        "web_unsampled", "groups", operation="web_request", sampled=False, pause=0
    ),
    Scenario("inject_extract", "groups", operation="inject_extract", pause=0),
    Scenario(
        "burst",
        "burst",
        calls=20_000,
        peers=_ALL_THAT_SEND,
    ),
    Scenario(
        "burst_same_queue",
        "burst",
        calls=20_000,
        queue_size=20_000,
        peers=("jaeger48",),
    ),
    Scenario(
        "burst_large",
        "burst",
        calls=100_000,
        queue_size=100_000,
        peers=_OURS,
        rounds=1,
    ),
    Scenario(
        "steady",
        "steady",
        calls=10_000,
        old_queue_size=HOLDS_A_GROUP,
        peers=_ALL_THAT_SEND,
        rounds=2,
    ),
    Scenario(
        "encode",
        "encode",
        groups=60,
        peers=_ALL_THAT_ENCODE,
    ),
    Scenario(
        "encode_unseen",
        "encode",
        groups=60,
        unseen=True,
        peers=_ALL_THAT_ENCODE,
    ),
    Scenario("init", "start", turns=3),
    Scenario(
        "fork",
        "fork",
        calls=50,
        peers=_ALL_THAT_SEND,
        rounds=1,
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in _ALL}
"""All scenarios, in the order in which they run."""

OLD = "jaeger48"
"""The peer that the others are compared with."""


def queue_size_of(scenario: Scenario, peer: str) -> int | None:
    """Return the capacity of the peer's queue, or `None` for its own default."""
    if scenario.queue_size is None and peer == OLD:
        return scenario.old_queue_size
    return scenario.queue_size
