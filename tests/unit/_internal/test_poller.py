"""When questions are asked: after the interval, sooner while nobody answers."""

from __future__ import annotations

import math

import pytest

from jaeger_client._internal.poller import Poller
from jaeger_client.errors import AnswerError, SendError
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import QuietWorker


class Scene:
    """A poller whose questions end as they are told to."""

    def __init__(self, *, interval: float = 60.0, random: float = 0.5) -> None:
        self.clock = FakeClock()
        self.seconds_of_a_question = 0.0
        self.outcome: Exception | bool = True
        self.poller = Poller(
            self._ask,
            what="an answer",
            advice="Ask again",
            interval=interval,
            worker=QuietWorker(),
            random=lambda: random,
            clock=self.clock,
        )
        self.poller.begin()

    def _ask(self) -> bool:
        self.clock.advance(self.seconds_of_a_question)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def pause(self, outcome: Exception | bool) -> float:
        """Ask once, end it so, and return the seconds until the next question."""
        self.outcome = outcome
        now = self.clock.monotonic()
        next_question = self.poller.run(now)
        self.clock.advance(next_question - now)
        return next_question - now

    def pauses(self, count: int, outcome: Exception | bool) -> list[float]:
        """Ask *count* times, each when it is due, and return all the pauses."""
        return [self.pause(outcome) for _ in range(count)]


@pytest.mark.parametrize("error", [SendError("refused"), OSError("refused")])
def test_without_an_answer_the_pauses_double_up_to_the_interval(
    error: Exception,
) -> None:
    """A server that is down is asked after 1, 2, 4... seconds, 60 at the most."""
    assert [1, 2, 4, 8, 16, 32, 60, 60] == Scene().pauses(8, error)


def test_a_short_interval_is_the_longest_pause() -> None:
    """Where the interval is below a second, a failed question waits no longer."""
    assert [0.5, 0.5] == Scene(interval=0.5).pauses(2, OSError())


def test_an_answer_ends_the_haste() -> None:
    """After an answer the interval counts again, and the next outage begins at 1 s."""
    scene = Scene()
    scene.pauses(3, OSError())

    assert [60, 1] == [scene.pause(outcome=True), scene.pause(OSError())]


def test_an_answer_that_cannot_be_followed_waits_for_the_interval() -> None:
    """A server that answers rubbish is there, so it is not asked sooner."""
    scene = Scene()
    scene.pauses(3, OSError())

    assert [60, 1] == [scene.pause(AnswerError()), scene.pause(OSError())]


def test_nothing_to_ask_leaves_the_pauses_alone() -> None:
    """A turn that asks nothing waits for the interval and is no answer."""
    scene = Scene()
    scene.pauses(2, OSError())

    assert [60, 4] == [scene.pause(outcome=False), scene.pause(OSError())]


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_the_pauses_have_jitter(random: float, seconds: float) -> None:
    """They vary by a tenth, as the interval does."""
    assert seconds == pytest.approx(Scene(random=random).pause(OSError()))


def test_a_question_that_hangs_is_not_asked_back_to_back() -> None:
    """The pause begins when the question has failed, not when it was asked."""
    scene = Scene()
    scene.seconds_of_a_question = 5.0

    assert [6, 7, 9] == scene.pauses(3, SendError("timed out"))


def test_a_forked_child_begins_anew() -> None:
    """It asks nothing until `begin`, and its own outage begins at one second."""
    scene = Scene()
    scene.pauses(4, OSError())

    scene.poller.after_fork_in_child()

    assert math.inf == scene.poller.run(scene.clock.monotonic())
    scene.poller.begin()
    assert 1 == scene.pause(OSError())


def test_one_line_for_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    """However often it is asked meanwhile, the log tells begin and end alone."""
    scene = Scene()

    scene.pauses(5, OSError("refused"))
    scene.pauses(2, outcome=True)

    assert [
        "cannot get an answer: refused. Ask again",
        "available again: an answer",
    ] == caplog.messages
