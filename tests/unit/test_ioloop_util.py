"""`jaeger_client.ioloop_util`: futures for programs that use a loop of Tornado."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from jaeger_client import ioloop_util


class Loop:
    """A loop of Tornado, as far as `submit` needs it; runs callbacks at once."""

    def add_callback(self, callback: Callable[[], object]) -> None:
        """Call *callback*."""
        callback()


def divide(number: int, by: int) -> int:
    """Return a quotient."""
    return number // by


def later(number: int, by: int) -> Future[int]:
    """Return a future, as a coroutine that Tornado decorates does."""
    future: Future[int] = Future()
    try:
        future.set_result(number // by)
    except ZeroDivisionError as error:
        future.set_exception(error)
    return future


@pytest.mark.parametrize("function", [divide, later])
def test_submit_returns_the_future_of_a_result(function: Callable[..., object]) -> None:
    """The function may return its result or a future, or raise an error."""
    loop = Loop()

    assert 3 == ioloop_util.submit(function, loop, 6, by=2).result(0)
    with pytest.raises(ZeroDivisionError):
        ioloop_util.submit(function, loop, 6, by=0).result(0)


def test_a_future_can_be_made_of_a_result_or_an_error() -> None:
    """The returned futures are done."""
    assert 5 == ioloop_util.future_result(5).result(0)
    with pytest.raises(KeyError):
        ioloop_util.future_exception(KeyError("a")).result(0)
