"""The order of measurements, and the command line of a runner."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks.comparison.environments import (
    ENVIRONMENT_OF,
    REQUIREMENTS,
    variables_of,
)
from benchmarks.comparison.peers.base import Addresses, headers_of
from benchmarks.comparison.peers.limit import LimitPeer
from benchmarks.comparison.rounds import Plan, rotated
from benchmarks.comparison.running import groups
from benchmarks.comparison.running.job import Job, Meter
from benchmarks.comparison.scenarios import SCENARIOS, Scenario, queue_size_of

NOWHERE = Addresses(udp_port=1, http_port=1)


def test_another_peer_is_first_in_each_round() -> None:
    """Each round begins with another peer, so that none has an advantage."""
    plan = Plan([SCENARIOS["root_finish"]], ["limit", "ours"], rounds=2)

    order = [(number, peer) for number, _, peer in plan.runs()]

    assert [(0, "limit"), (0, "ours"), (1, "ours"), (1, "limit")] == order


def test_scenario_may_have_fewer_rounds() -> None:
    """A scenario that takes long has its own maximum number of rounds."""
    plan = Plan([Scenario("long", "groups", rounds=1)], ["ours"], rounds=3)

    assert 1 == len(list(plan.runs()))


def test_scenario_may_have_many_turns_in_a_round() -> None:
    """A short scenario has more turns, each a round of its own in the results."""
    plan = Plan([Scenario("short", "groups", turns=2)], ["ours"], rounds=2)

    assert [0, 1, 2, 3] == [number for number, _, _ in plan.runs()]


def test_scenario_names_who_takes_part() -> None:
    """Only the peers of a scenario run it, and the second encoder only encodes."""
    peers = ["limit", "ours", "ours_python", "ours_otlp", "ours_otlp_python"]
    plan = Plan([], peers, rounds=1)

    assert peers[:3] == plan.peers_of(SCENARIOS["root_finish"])
    assert peers[1:] == plan.peers_of(SCENARIOS["encode"])


@pytest.mark.parametrize(
    ("peer", "value"),
    [("ours", ""), ("ours_python", "1"), ("ours_otlp_python", "1"), (None, "")],
)
def test_the_variable_selects_the_implementation(
    peer: str | None, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Peers in pure Python do not use the compiled modules; the caller's is ignored."""
    monkeypatch.setenv("JAEGER_CLIENT_PURE_PYTHON", "yes")

    assert value == variables_of(peer)["JAEGER_CLIENT_PURE_PYTHON"]


def test_rotation_of_no_peers() -> None:
    """A scenario without peers has no first peer."""
    assert [] == rotated([], 3)


def test_default_queues_in_a_burst() -> None:
    """In a burst every queue has its default capacity."""
    assert queue_size_of(SCENARIOS["burst"], "jaeger48") is None


def test_old_queue_holds_a_go() -> None:
    """With groups only 4.8 gets a larger queue, because it would lose spans."""
    sizes = [
        queue_size_of(SCENARIOS["root_finish"], peer) for peer in ("ours", "jaeger48")
    ]

    assert [None, 2_000] == sizes


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT_OF.values())))
def test_every_environment_is_locked(name: str) -> None:
    """The packages of each peer are locked by hashes, and no file names a host."""
    locked = (REQUIREMENTS / f"bench-{name}.txt").read_text("utf-8")

    assert "--hash=sha256:" in locked
    assert "waitress==" in locked
    assert "://" not in locked


def test_meter_adds_up() -> None:
    """A meter has the number of calls and the duration of one."""
    made: list[int] = []
    meter = Meter()

    meter.measure(lambda: made.append(1), 3)
    meter.measure(lambda: made.append(1), 2)

    assert (5, 5) == (meter.calls, len(made))
    assert all(0 <= figure < math.inf for figure in meter.figures().values())


def test_groups_start_the_specified_number_of_spans() -> None:
    """A runner returns how many spans must arrive, including the warm-up's."""
    scenario = Scenario(
        "two", "groups", operation="active_child", calls=3, groups=10, pause=0
    )

    figures = groups.run(LimitPeer(), Job(scenario, NOWHERE, quick=True))

    assert (20 + 5 * 3) * 2 == figures["started"]
    json.dumps(figures)


def test_unsampled_groups_start_nothing() -> None:
    """If the sampler refuses, no span must arrive."""
    scenario = Scenario("none", "groups", calls=3, groups=1, pause=0, sampled=False)

    assert 0 == groups.run(LimitPeer(), Job(scenario, NOWHERE))["started"]


def test_headers_of_a_wsgi_request() -> None:
    """Headers are read from a WSGI environ with their own names."""
    environ = {"HTTP_X_REQUEST_ID": "7", "PATH_INFO": "/", "wsgi.version": (1, 0)}

    assert {"x-request-id": "7"} == headers_of(environ)
