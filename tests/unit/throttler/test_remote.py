"""The throttler that spends the agent's credits, with a clock moved by hand."""

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
    """Return an answer that adds credits."""
    return {
        "balances": [
            {"operation": operation, "balance": balance}
            for operation, balance in added.items()
        ],
    }


class Scene:
    """A remote throttler with all that it talks to, asked at seconds 0, 5, 10..."""

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

    def answer(self, answer: object) -> None:
        """Let the agent answer one question."""
        self.agent.answer = answer
        self.now = self.throttler._poller.run(self.now)

    def allowed(self, operation: str, count: int = 1) -> list[bool]:
        """Ask *count* times whether a debug span may begin."""
        return [self.throttler.is_allowed(operation) for _ in range(count)]


def test_the_first_ask_is_refused() -> None:
    """An operation has no credits before they were asked for."""
    scene = Scene()

    assert [False, False] == scene.allowed("op", 2)


def test_credits_beyond_every_float_can_be_spent() -> None:
    """Whole numbers that add up to more than a float holds raise in no span."""
    scene = Scene()
    scene.allowed("other")
    most = int(sys.float_info.max)

    for _ in range(2):
        scene.answer({"balances": [{"operation": "op", "balance": most}]})

    assert [True, True] == scene.allowed("op", 2)


def test_one_credit_is_one_debug_span() -> None:
    """As many spans may begin as there are whole credits."""
    scene = Scene()
    scene.allowed("op")

    scene.answer(balances(op=2.5))

    assert [True, True, False] == scene.allowed("op", 3)
    assert {"op": 0.5} == scene.throttler.credits


def test_answers_add_credits() -> None:
    """What an answer brings is added to what is left."""
    scene = Scene()
    scene.allowed("op")

    scene.answer(balances(op=2))
    scene.answer(balances(op=1.5))

    assert {"op": 3.5} == scene.throttler.credits


def test_an_answer_may_bring_credits_for_others() -> None:
    """Credits of an operation that was not asked for are kept for it."""
    scene = Scene()
    scene.allowed("op")

    scene.answer(balances(other=1))

    assert [True, False] == scene.allowed("other", 2)


def test_only_operations_seen_are_asked_for() -> None:
    """The question names the service, the client and the operations so far."""
    scene = Scene()
    scene.allowed("a")
    scene.answer(balances())
    scene.allowed("b")

    scene.answer(balances())

    assert [("shop", "7", ["a"]), ("shop", "7", ["a", "b"])] == scene.agent.questions


def test_nothing_is_asked_without_a_client_id() -> None:
    """Credits belong to a client, so without an id there is no question."""
    agent = Agent(balances())
    throttler = RemoteThrottler(agent, "shop", worker=QuietWorker())
    throttler.is_allowed("op")

    throttler._poller.run(0.0)

    assert [] == agent.questions


def test_nothing_is_asked_where_no_operation_is_kept() -> None:
    """A throttler that may keep no operation has nothing to ask for."""
    scene = Scene(max_operations=0)
    scene.allowed("op")

    scene.answer(balances())

    assert [] == scene.agent.questions


def test_the_first_client_id_stays() -> None:
    """A second tracer with the same throttler does not change its client."""
    scene = Scene()

    scene.throttler.set_client_id(8)

    assert 7 == scene.throttler.client_id


def test_nothing_is_asked_before_the_first_use() -> None:
    """A worker that runs for others asks nothing before the first is_allowed."""
    scene = Scene()

    assert math.inf == scene.throttler._poller.run(0.0)
    assert 0 == scene.worker.wakes


def test_the_first_use_wakes_the_worker_once() -> None:
    """The first is_allowed begins the questions, further ones only count credits."""
    scene = Scene()

    scene.allowed("op", 3)

    assert 1 == scene.worker.wakes


def test_questions_come_every_interval() -> None:
    """A turn before the interval is over asks nothing."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances())

    assert 5.0 == scene.throttler._poller.run(4.9)
    assert 1 == len(scene.agent.questions)
    assert 10.0 == scene.throttler._poller.run(5.0)
    assert 2 == len(scene.agent.questions)


def test_the_interval_can_be_set_and_has_jitter() -> None:
    """The interval varies by a tenth, so that processes do not ask together."""
    throttler = RemoteThrottler(
        Agent(balances()),
        "shop",
        refresh_interval=10,
        worker=QuietWorker(),
    )
    throttler.is_allowed("op")

    assert 9.0 <= throttler._poller.run(0.0) <= 11.0


def test_no_interval_means_five_seconds() -> None:
    """None for the interval means the default."""
    throttler = RemoteThrottler(
        Agent(),
        "shop",
        refresh_interval=None,
        worker=QuietWorker(),
    )

    assert 5 == throttler.refresh_interval


def test_an_interval_that_cannot_work_is_refused() -> None:
    """An interval that is not above 0 is a ConfigError."""
    with pytest.raises(ConfigError, match="refresh_interval must be more than 0"):
        RemoteThrottler(Agent(), "shop", refresh_interval=0)


def test_operations_are_kept_up_to_the_most() -> None:
    """Names made at random cost no memory, neither asked for nor answered."""
    scene = Scene(max_operations=2)

    scene.allowed("a")
    scene.allowed("b")
    scene.allowed("c")
    scene.answer(balances(d=1))

    assert {"a": 0.0, "b": 0.0} == scene.throttler.credits


def test_a_server_that_knows_no_credits_brings_the_local_policy() -> None:
    """An answer without balances, as of Jaeger 2, lets the local policy decide."""
    scene = Scene()
    first = scene.allowed("op")

    scene.answer(JAEGER_2)

    assert [False] == first
    assert [True, True, False] == scene.allowed("op", 3)
    assert [True, True, False] == scene.allowed("new", 3)
    assert {"jaeger:throttler_update ok": 1} == dict(scene.factory.counts)


def test_credits_end_the_local_policy() -> None:
    """Once a server answers with balances they decide again."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(JAEGER_2)

    scene.answer(balances(op=1))

    assert [True, False] == scene.allowed("op", 2)


def test_an_outage_does_not_change_the_policy() -> None:
    """While questions fail, the last answer goes on deciding."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(JAEGER_2)

    scene.answer(SendError("refused"))

    assert [True] == scene.allowed("op")


NO_CREDITS: list[object] = [
    SendError("refused"),
    TimeoutError("slow"),
    b"{",
    5,
    {"balances": [{}]},
]


@pytest.mark.parametrize("answer", NO_CREDITS, ids=repr)
def test_what_brings_no_credits_keeps_the_balances(answer: object) -> None:
    """A failed question or an odd answer counts one failure and changes nothing."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances(op=2))

    scene.answer(answer)

    assert {"op": 2.0} == scene.throttler.credits
    assert {"jaeger:throttler_update ok": 1, "jaeger:throttler_update err": 1} == dict(
        scene.factory.counts,
    )


def test_an_outage_is_two_lines_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One line when questions begin to fail, one when they are answered again."""
    scene = Scene()
    scene.allowed("op")

    with caplog.at_level(logging.INFO, "jaeger_tracing"):
        for answer in (SendError("refused"), b"{", balances(), balances()):
            scene.answer(answer)

    begun, ended = caplog.messages
    assert begun == (
        "cannot get throttling credits for shop: refused. Debug spans are refused "
        "once the credits are spent; is there an agent at that address?"
    )
    assert ended == "available again: throttling credits for shop"


def test_a_given_logger_gets_the_lines(caplog: pytest.LogCaptureFixture) -> None:
    """The lines go to the logger that was handed in."""
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


def test_an_error_reporter_hears_every_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error reporter takes the place of the line about the failure."""
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

    assert ["cannot get throttling credits for shop: refused"] * 2 == listener.heard
    assert [] == caplog.messages


def test_close_stops_asking() -> None:
    """After close nothing is asked, credits can be spent, close may be repeated."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances(op=1))

    scene.throttler.close()
    scene.throttler.close()

    assert math.inf == scene.throttler._poller.run(1e9)
    assert 0 == scene.worker.tasks
    assert [True, False] == scene.allowed("op", 2)
    assert 1 == scene.worker.wakes


def test_no_thread_at_construction() -> None:
    """Without a worker the throttler makes one, which starts no thread yet."""
    threads = threading.enumerate()

    throttler = RemoteThrottler(Agent(), "shop")

    assert threads == threading.enumerate()
    throttler.close()


def test_a_forked_child_begins_anew() -> None:
    """The child keeps the credits and asks at once at its first use."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances(op=1))

    scene.worker.after_fork_in_child()
    before_use = scene.throttler._poller.run(1000.0)
    allowed = scene.allowed("op")
    scene.throttler._poller.run(1000.0)

    assert math.inf == before_use
    assert [True] == allowed
    assert 2 == scene.worker.wakes
    assert 2 == len(scene.agent.questions)


def test_a_forked_child_under_the_local_policy_asks_again() -> None:
    """The child does not rely on what the server told its parent."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(JAEGER_2)

    scene.worker.after_fork_in_child()
    scene.allowed("op")

    assert 2 == scene.worker.wakes


def test_a_closed_throttler_stays_closed_in_a_forked_child() -> None:
    """A fork does not open again what was closed."""
    scene = Scene()
    scene.throttler.close()

    scene.worker.after_fork_in_child()
    scene.allowed("op")

    assert 0 == scene.worker.wakes


def test_a_drain_asks_nothing() -> None:
    """Before the process ends nobody is asked any more."""
    scene = Scene()
    scene.allowed("op")

    assert scene.throttler._poller.drain(0.0)
    assert [] == scene.agent.questions


def test_a_call_may_interrupt_another_one_anywhere() -> None:
    """A signal handler's debug span hangs nowhere and spends a credit of its own."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances(op=1000))
    granted: list[bool] = []

    def spend() -> None:
        granted.append(scene.throttler.is_allowed("op"))

    places = list(every_place(lambda at: call_at(at, spend, spend)))

    assert len(places) > 20
    assert all(granted)
    assert {"op": 1000.0 - len(granted)} == scene.throttler.credits


def test_a_call_may_interrupt_the_taking_of_credits_anywhere() -> None:
    """Credits that come and credits that a signal handler spends do not get mixed."""
    scene = Scene()
    scene.allowed("op")
    scene.answer(balances(op=1))
    allowed: list[bool] = []

    places = list(
        every_place(
            lambda at: call_at(
                at,
                lambda: allowed.append(scene.throttler.is_allowed("op")),
                lambda: scene.answer(balances(op=1)),
            )
        )
    )

    assert all(allowed)
    assert len(places) == len(allowed)
    # One more answer came than the handler spent: the last one was not interrupted.
    assert {"op": 2.0} == scene.throttler.credits


def test_repr_shows_who_decides() -> None:
    """A throttler in a debugger shows its policy and its credits."""
    scene = Scene()
    scene.allowed("op")
    remote = repr(scene.throttler)
    scene.answer(JAEGER_2)

    assert "<RemoteThrottler of 'shop', remote {'op': 0.0}>" == remote
    assert "<RemoteThrottler of 'shop', local {'op': 0.0}>" == repr(scene.throttler)
