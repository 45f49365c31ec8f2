"""Functions of jaeger-client 4.8 for applications with a Tornado event loop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from jaeger_client.errors import RemovedError

if TYPE_CHECKING:
    from typing import Any

__all__ = ["future_exception", "future_result", "submit"]

T = TypeVar("T")


def submit(
    fn: Callable[..., object], io_loop: object, *args: object, **kwargs: object
) -> Future[Any]:
    """
    Call *fn* on *io_loop* and return the future of its result.

    If *fn* returns a future, as Tornado's coroutines do, the result is the result of
    that future.

    Raises:
        RemovedError: If *io_loop* is not a loop of Tornado.
    """
    add_callback = getattr(io_loop, "add_callback", None)
    if add_callback is None:
        msg = (
            "submit() needs a tornado.ioloop.IOLoop, which jaeger-client 5 no longer "
            f"creates, got {type(io_loop).__name__}: pass the application's own loop, "
            "or use asyncio.run_coroutine_threadsafe()"
        )
        raise RemovedError(msg)
    future: Future[object] = Future()

    def execute() -> None:
        try:
            result = fn(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised by result()
            future.set_exception(error)
            return
        add_done_callback = getattr(result, "add_done_callback", None)
        if add_done_callback is None:
            future.set_result(result)
        else:
            add_done_callback(copy_result)

    def copy_result(done: Future[object]) -> None:
        error = done.exception()
        if error is None:
            future.set_result(done.result())
        else:
            future.set_exception(error)

    add_callback(execute)
    return future


def future_result(result: T) -> Future[T]:
    """Return a done future with *result*."""
    future: Future[T] = Future()
    future.set_result(result)
    return future


def future_exception(exception: BaseException) -> Future[Any]:
    """Return a done future with *exception*."""
    future: Future[object] = Future()
    future.set_exception(exception)
    return future
