"""When requests are made: after the interval, sooner while there is no response."""

from __future__ import annotations

import math

import pytest

from jaeger_client._internal.poller import Poller
from jaeger_client.errors import ResponseError, SendError
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import QuietWorker


class Scene:
    """A poller whose requests have the results that the test specifies."""

    def __init__(self, *, interval: float = 60.0, random: float = 0.5) -> None:
        self.clock = FakeClock()
        self.seconds_of_a_request = 0.0
        self.outcome: Exception | bool = True
        self.poller = Poller(
            self._ask,
            what="a response",
            advice="Try again",
            interval=interval,
            worker=QuietWorker(),
            random=lambda: random,
            clock=self.clock,
        )
        self.poller.begin()

    def _ask(self) -> bool:
        self.clock.advance(self.seconds_of_a_request)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def delay(self, outcome: Exception | bool) -> float:
        """Make a request with this result; return the seconds until the next one."""
        self.outcome = outcome
        now = self.clock.monotonic()
        next_request = self.poller.run(now)
        self.clock.advance(next_request - now)
        return next_request - now

    def delays(self, count: int, outcome: Exception | bool) -> list[float]:
        """Make *count* requests, each when it is due; return all delays."""
        return [self.delay(outcome) for _ in range(count)]


@pytest.mark.parametrize("error", [SendError("refused"), OSError("refused")])
def test_without_a_response_the_delays_double_up_to_the_interval(
    error: Exception,
) -> None:
    """A server that is down is polled after 1, 2, 4... seconds, 60 at most."""
    assert [1, 2, 4, 8, 16, 32, 60, 60] == Scene().delays(8, error)


def test_a_short_interval_is_the_maximum_delay() -> None:
    """The delay after a failed request is at most the interval."""
    assert [0.5, 0.5] == Scene(interval=0.5).delays(2, OSError())


def test_a_response_resets_the_delay() -> None:
    """A response restores the interval, and the next outage begins at 1 s."""
    scene = Scene()
    scene.delays(3, OSError())

    assert [60, 1] == [scene.delay(outcome=True), scene.delay(OSError())]


def test_a_response_that_cannot_be_followed_waits_for_the_interval() -> None:
    """A server that responds is available, so it is not polled sooner."""
    scene = Scene()
    scene.delays(3, OSError())

    assert [60, 1] == [scene.delay(ResponseError()), scene.delay(OSError())]


def test_a_turn_without_a_request_leaves_the_delays_alone() -> None:
    """A call that sends no request does not count as a response."""
    scene = Scene()
    scene.delays(2, OSError())

    assert [60, 4] == [scene.delay(outcome=False), scene.delay(OSError())]


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_the_delays_have_jitter(random: float, seconds: float) -> None:
    """Delays after failures have a jitter of a tenth, as the interval does."""
    assert seconds == pytest.approx(Scene(random=random).delay(OSError()))


def test_a_request_that_hangs_is_not_repeated_at_once() -> None:
    """The delay begins when the request has failed, not when it was made."""
    scene = Scene()
    scene.seconds_of_a_request = 5.0

    assert [6, 7, 9] == scene.delays(3, SendError("timed out"))


def test_a_forked_child_begins_anew() -> None:
    """A child polls nothing until `begin`, and its backoff starts at one second."""
    scene = Scene()
    scene.delays(4, OSError())

    scene.poller.after_fork_in_child()

    assert math.inf == scene.poller.run(scene.clock.monotonic())
    scene.poller.begin()
    assert 1 == scene.delay(OSError())


def test_one_line_for_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    """Only the beginning and the end of an outage are logged."""
    scene = Scene()

    scene.delays(5, OSError("refused"))
    scene.delays(2, outcome=True)

    assert [
        "cannot get a response: refused. Try again",
        "available again: a response",
    ] == caplog.messages
