"""The throttler that spends the agent's credits, at times set by the test."""

from __future__ import annotations

import logging
import math
import sys
import threading

import pytest

from jaeger_client.errors import ConfigError, SendError
from jaeger_client.testing import FakeClock
from jaeger_client.throttler import LocalThrottler, RemoteThrottler
from tests.unit.bytecodes import call_at, every_place
from tests.unit.sampler.fakes import (
    Agent,
    CountingFactory,
    Listener,
    QuietWorker,
    full_limiters,
)

JAEGER_2 = {"strategyType": "PROBABILISTIC"}


def balances(**added: float) -> dict[str, object]:
    """Return a response that adds credits."""
    return {
        "balances": [
            {"operation": operation, "balance": balance}
            for operation, balance in added.items()
        ],
    }


class Scene:
    """A remote throttler and its agent, polled at seconds 0, 5, 10..."""

    def __init__(self, max_operations: int = 2000) -> None:
        self.agent = Agent(balances())
        self.worker = QuietWorker()
        self.factory = CountingFactory()
        self.throttler = RemoteThrottler(
            self.agent,
            "shop",
            metrics_factory=self.factory,
            max_operations=max_operations,
            local_policy=LocalThrottler(
                1,
                2,
                new_limiter=full_limiters(FakeClock()),
            ),
            worker=self.worker,
            random=lambda: 0.5,
        )
        self.throttler.set_client_id(7)
        self.now = 0.0

    def poll(self, response: object) -> None:
        """Poll the agent once."""
        self.agent.response = response
        self.now = self.throttler._poller.run(self.now)

    def allowed(self, operation: str, count: int = 1) -> list[bool]:
        """Return *count* times whether a debug span may start."""
        return [self.throttler.is_allowed(operation) for _ in range(count)]


def test_the_first_span_is_refused() -> None:
    """An operation has no credits before the first poll."""
    scene = Scene()

    assert [False, False] == scene.allowed("op", 2)


def test_credits_beyond_every_float_can_be_spent() -> None:
    """A sum that exceeds the range of a float does not raise an error."""
    scene = Scene()
    scene.allowed("other")
    maximum = int(sys.float_info.max)

    for _ in range(2):
        scene.poll({"balances": [{"operation": "op", "balance": maximum}]})

    assert [True, True] == scene.allowed("op", 2)


def test_one_credit_is_one_debug_span() -> None:
    """As many spans may start as there are whole credits."""
    scene = Scene()
    scene.allowed("op")

    scene.poll(balances(op=2.5))

    assert [True, True, False] == scene.allowed("op", 3)
    assert {"op": 0.5} == scene.throttler.credits


def test_responses_add_credits() -> None:
    """New credits are added to those that are left."""
    scene = Scene()
    scene.allowed("op")

    scene.poll(balances(op=2))
    scene.poll(balances(op=1.5))

    assert {"op": 3.5} == scene.throttler.credits


def test_a_response_may_have_credits_for_others() -> None:
    """Credits of an operation that was not requested are stored."""
    scene = Scene()
    scene.allowed("op")

    scene.poll(balances(other=1))

    assert [True, False] == scene.allowed("other", 2)


def test_only_operations_seen_are_requested() -> None:
    """A request has the service, the client and the operations so far."""
    scene = Scene()
    scene.allowed("a")
    scene.poll(balances())
    scene.allowed("b")

    scene.poll(balances())

    assert [("shop", "7", ["a"]), ("shop", "7", ["a", "b"])] == scene.agent.requests


def test_there_is_no_poll_without_a_client_id() -> None:
    """Credits are granted to a client."""
    agent = Agent(balances())
    throttler = RemoteThrottler(agent, "shop", worker=QuietWorker())
    throttler.is_allowed("op")

    throttler._poller.run(0.0)

    assert [] == agent.requests


def test_there_is_no_poll_without_an_operation() -> None:
    """There would be no operation to request credits for."""
    scene = Scene(max_operations=0)
    scene.allowed("op")

    scene.poll(balances())

    assert [] == scene.agent.requests


def test_the_first_client_id_remains() -> None:
    """A second tracer with the same throttler does not change the client id."""
    scene = Scene()

    scene.throttler.set_client_id(8)

    assert 7 == scene.throttler.client_id


def test_there_is_no_poll_before_the_first_use() -> None:
    """Other tasks of the worker do not start the polls."""
    scene = Scene()

    assert math.inf == scene.throttler._poller.run(0.0)
    assert 0 == scene.worker.wakes


def test_the_first_use_wakes_the_worker_once() -> None:
    """Further calls of `is_allowed` only spend credits."""
    scene = Scene()

    scene.allowed("op", 3)

    assert 1 == scene.worker.wakes


def test_the_next_poll_is_after_the_interval() -> None:
    """An earlier turn does not poll, and returns when to do so."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances())

    assert 5.0 == scene.throttler._poller.run(4.9)
    assert 1 == len(scene.agent.requests)
    assert 10.0 == scene.throttler._poller.run(5.0)
    assert 2 == len(scene.agent.requests)


def test_the_interval_can_be_set_and_has_jitter() -> None:
    """The interval varies by a tenth, so that processes do not poll together."""
    throttler = RemoteThrottler(
        Agent(balances()),
        "shop",
        refresh_interval=10,
        worker=QuietWorker(),
    )
    throttler.is_allowed("op")

    assert 9.0 <= throttler._poller.run(0.0) <= 11.0


def test_no_interval_means_five_seconds() -> None:
    """An interval of None is the default."""
    throttler = RemoteThrottler(
        Agent(),
        "shop",
        refresh_interval=None,
        worker=QuietWorker(),
    )

    assert 5 == throttler.refresh_interval


def test_an_interval_out_of_range_is_refused() -> None:
    """It must be more than 0."""
    with pytest.raises(ConfigError, match="refresh_interval must be more than 0"):
        RemoteThrottler(Agent(), "shop", refresh_interval=0)


def test_the_number_of_operations_is_limited() -> None:
    """Generated names do not fill the memory, whether used or received."""
    scene = Scene(max_operations=2)

    scene.allowed("a")
    scene.allowed("b")
    scene.allowed("c")
    scene.poll(balances(d=1))

    assert {"a": 0.0, "b": 0.0} == scene.throttler.credits


def test_long_names_have_no_credits() -> None:
    """Names of more than 1,024 characters are not stored, used or received."""
    scene = Scene()
    longest, longer, received = "a" * 1024, "b" * 1025, "c" * 1025

    scene.allowed(longest)
    scene.allowed(longer)
    scene.poll(balances(**{received: 1}))

    assert {longest: 0.0} == scene.throttler.credits


def test_without_credits_the_local_policy_decides() -> None:
    """A response without balances, as from Jaeger 2, enables it."""
    scene = Scene()
    first = scene.allowed("op")

    scene.poll(JAEGER_2)

    assert [False] == first
    assert [True, True, False] == scene.allowed("op", 3)
    assert [True, True, False] == scene.allowed("new", 3)
    assert {"jaeger:throttler_update ok": 1} == dict(scene.factory.counts)


def test_credits_end_the_local_policy() -> None:
    """A response with balances disables it."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(JAEGER_2)

    scene.poll(balances(op=1))

    assert [True, False] == scene.allowed("op", 2)


def test_an_outage_does_not_change_the_policy() -> None:
    """While polls fail, the last response still applies."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(JAEGER_2)

    scene.poll(SendError("refused"))

    assert [True] == scene.allowed("op")


NO_CREDITS: list[object] = [
    SendError("refused"),
    TimeoutError("slow"),
    b"{",
    5,
    {"balances": [{}]},
]


@pytest.mark.parametrize("response", NO_CREDITS, ids=repr)
def test_a_failed_poll_keeps_the_balances(response: object) -> None:
    """An error or invalid response counts as one failure and changes nothing."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances(op=2))

    scene.poll(response)

    assert {"op": 2.0} == scene.throttler.credits
    assert {"jaeger:throttler_update ok": 1, "jaeger:throttler_update err": 1} == dict(
        scene.factory.counts,
    )


def test_an_outage_is_two_lines_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One line when polls begin to fail, one when they succeed again."""
    scene = Scene()
    scene.allowed("op")

    with caplog.at_level(logging.INFO, "jaeger_tracing"):
        for response in (SendError("refused"), b"{", balances(), balances()):
            scene.poll(response)

    begun, ended = caplog.messages
    assert begun == (
        "cannot get throttling credits for shop: refused. Debug spans are refused "
        "once the credits are spent; check that an agent listens at that address"
    )
    assert ended == "available again: throttling credits for shop"


def test_another_logger_can_be_used(caplog: pytest.LogCaptureFixture) -> None:
    """The lines are logged by the logger that was passed."""
    throttler = RemoteThrottler(
        Agent(SendError("refused")),
        "shop",
        logger=logging.getLogger("mine"),
        worker=QuietWorker(),
    )
    throttler.set_client_id(1)
    throttler.is_allowed("op")
    throttler._poller.run(0.0)

    assert ["mine"] == [record.name for record in caplog.records]


def test_an_error_reporter_gets_every_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Failures are then not logged."""
    listener = Listener()
    throttler = RemoteThrottler(
        Agent(SendError("refused")),
        "shop",
        error_reporter=listener,
        worker=QuietWorker(),
    )
    throttler.set_client_id(1)
    throttler.is_allowed("op")

    throttler._poller.run(throttler._poller.run(0.0))

    assert ["cannot get throttling credits for shop: refused"] * 2 == listener.errors
    assert [] == caplog.messages


def test_close_stops_the_polls() -> None:
    """After close credits can still be spent; close may be repeated."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances(op=1))

    scene.throttler.close()
    scene.throttler.close()

    assert math.inf == scene.throttler._poller.run(1e9)
    assert 0 == scene.worker.tasks
    assert [True, False] == scene.allowed("op", 2)
    assert 1 == scene.worker.wakes


def test_no_thread_at_construction() -> None:
    """Without a worker it creates one, whose thread is not started yet."""
    threads = threading.enumerate()

    throttler = RemoteThrottler(Agent(), "shop")

    assert threads == threading.enumerate()
    throttler.close()


def test_a_forked_child_polls_again() -> None:
    """The child inherits the credits and polls at its first use."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances(op=1))

    scene.worker.after_fork_in_child()
    before_use = scene.throttler._poller.run(1000.0)
    allowed = scene.allowed("op")
    scene.throttler._poller.run(1000.0)

    assert math.inf == before_use
    assert [True] == allowed
    assert 2 == scene.worker.wakes
    assert 2 == len(scene.agent.requests)


def test_a_forked_child_with_the_local_policy_polls_again() -> None:
    """The child does not rely on the parent's last response."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(JAEGER_2)

    scene.worker.after_fork_in_child()
    scene.allowed("op")

    assert 2 == scene.worker.wakes


def test_a_closed_throttler_stays_closed_in_a_forked_child() -> None:
    """A fork does not start the polls again."""
    scene = Scene()
    scene.throttler.close()

    scene.worker.after_fork_in_child()
    scene.allowed("op")

    assert 0 == scene.worker.wakes


def test_a_drain_does_not_poll() -> None:
    """No request is sent at the end of the process."""
    scene = Scene()
    scene.allowed("op")

    assert scene.throttler._poller.drain(0.0)
    assert [] == scene.agent.requests


def test_a_call_may_interrupt_another_one_anywhere() -> None:
    """The debug span of a signal handler never waits, and spends one credit."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances(op=1000))
    granted: list[bool] = []

    def spend() -> None:
        granted.append(scene.throttler.is_allowed("op"))

    places = list(every_place(lambda at: call_at(at, spend, spend)))

    assert len(places) > 20
    assert all(granted)
    assert {"op": 1000.0 - len(granted)} == scene.throttler.credits


def test_a_call_may_interrupt_a_poll_anywhere() -> None:
    """No credit is lost if a signal handler spends one while others are added."""
    scene = Scene()
    scene.allowed("op")
    scene.poll(balances(op=1))
    allowed: list[bool] = []

    places = list(
        every_place(
            lambda at: call_at(
                at,
                lambda: allowed.append(scene.throttler.is_allowed("op")),
                lambda: scene.poll(balances(op=1)),
            )
        )
    )

    assert all(allowed)
    assert len(places) == len(allowed)
    # The last poll was not interrupted, so one more credit came than was spent.
    assert {"op": 2.0} == scene.throttler.credits


def test_repr_shows_the_policy() -> None:
    """A debugger shows the policy and the credits."""
    scene = Scene()
    scene.allowed("op")
    remote = repr(scene.throttler)
    scene.poll(JAEGER_2)

    assert "<RemoteThrottler of 'shop', remote {'op': 0.0}>" == remote
    assert "<RemoteThrottler of 'shop', local {'op': 0.0}>" == repr(scene.throttler)
