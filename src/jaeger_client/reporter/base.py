"""The interface of all reporters, and functions that flush and close any of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from concurrent.futures import Future

    from jaeger_client.encoding.base import Encoder
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.senders.base import Sender
    from jaeger_client.span import Span

DEFAULT_CLOSE_TIMEOUT = 5.0
"""Maximum time in seconds that `close` and `flush` block by default."""


class Channel(Protocol):
    """The encoder and the sender of spans; either may be created on first use."""

    @property
    def encoder(self) -> Encoder:
        """Encodes spans as payloads."""
        ...

    @property
    def sender(self) -> Sender:
        """Sends payloads."""
        ...


class SimpleChannel(NamedTuple):
    """A `Channel` that consists of an existing encoder and sender."""

    encoder: Encoder
    """Encodes spans as payloads."""
    sender: Sender
    """Sends payloads."""


class BaseReporter:
    """
    Receives finished spans. Reporters of applications may derive from it.

    `report_span` is called on any thread of the application and must neither block nor
    raise. `set_process` is called once, by the tracer, with keyword arguments.
    """

    def report_span(self, span: Span) -> None:
        """Report a finished span."""
        raise NotImplementedError

    def set_process(
        self,
        service_name: str,
        tags: Mapping[str, object],
        max_length: int,
    ) -> None:
        """Set the process of all spans; text in *tags* is cut to *max_length*."""

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:  # noqa: ARG002 - for reporters that queue
        """Send what is queued; return whether all was sent within *timeout* seconds."""
        return True

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:  # noqa: ARG002 - for reporters that queue
        """
        Flush within *timeout* seconds and release all resources. Idempotent.

        The result of the future is whether all was sent.
        """
        return completed(result=True)


def completed(result: bool) -> CompletedFuture:  # noqa: FBT001 - as the future's own
    """Return a completed future with *result*. Never raises."""
    future = PlainFuture(result)
    is_loaded = sys.modules.get("concurrent.futures") is not None
    created = future.create() if is_loaded else None
    return cast("CompletedFuture", future) if created is None else created


class PlainFuture:
    """
    A completed future that creates a `CompletedFuture` only where it has to be one.

    That is where its class is tested, or an attribute is used that is not defined here.
    `concurrent.futures` takes 1 ms to import, longer than the rest of `close`, and most
    programs do not use what `close` returns.
    """

    _created: CompletedFuture | None = None

    def __init__(self, result: bool) -> None:  # noqa: FBT001 - as `CompletedFuture`
        self._result = result

    def create(self) -> CompletedFuture | None:
        """Return the `CompletedFuture`; `None` if its module cannot be imported."""
        if self._created is None:
            try:
                with forks_wait():
                    from jaeger_client.reporter import future  # noqa: PLC0415
                self._created = future.CompletedFuture(self._result)
            except Exception as error:  # noqa: BLE001 - such as OSError, if no file can be opened
                message = "close() returns an object that is not a Future: %r"
                logger.warning(message, error)
        return self._created

    @property  # type: ignore[misc]  # as below
    def __class__(self) -> type[object]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # not assignable, unlike that of `object`
        """`CompletedFuture`, for `isinstance`."""
        created = self.create()
        return PlainFuture if created is None else type(created)

    def __getattr__(self, name: str) -> object:
        created = None if name.startswith("__") else self.create()
        if created is None:
            msg = f"a future of close() has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(created, name)

    def result(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - it is done
        """Return the result."""
        return self._result

    def exception(self, timeout: float | None = None) -> None:
        """Return `None`: there is a result."""

    def done(self) -> bool:
        """Return True."""
        return True

    def running(self) -> bool:
        """Return False."""
        return False

    cancelled = cancel = running

    def add_done_callback(self, fn: Callable[[PlainFuture], object]) -> None:
        """Call *fn* at once; if it raises, that is logged, as by a `Future`."""
        try:
            fn(self)
        except Exception:  # noqa: BLE001 - the application's callback may raise anything
            logger.exception("the callback of %r failed", self)

    def __await__(self) -> Generator[None, None, bool]:
        yield from ()
        return self._result


def flush_reporter(reporter: object, timeout: float) -> bool:
    """
    Flush *reporter* within *timeout* seconds, if it has a method `flush`.

    Never raises. Returns whether everything was sent.
    """
    try:
        flush = getattr(reporter, "flush", None)
        return True if flush is None else bool(flush(timeout))
    except Exception:  # noqa: BLE001 - an application's reporter may raise anything
        logger.exception("flushing %r failed", reporter)
        return False


def close_reporter(reporter: object, timeout: float) -> bool:
    """
    Close *reporter* within *timeout* seconds, if it has a method `close`.

    `close` may lack the parameter `timeout`, as in 4.8; the future that it returns is
    then waited for. Never raises. Returns whether everything was sent.
    """
    try:
        deadline = SYSTEM_CLOCK.monotonic() + timeout
        close = getattr(reporter, "close", None)
        if close is None:
            return True
        result = close(timeout) if accepts_timeout(close) else close()
        if not _is_future(result):
            return True
        left = max(0.0, deadline - SYSTEM_CLOCK.monotonic())
        return bool(cast("Future[object]", result).result(left))
    except Exception:  # noqa: BLE001 - an application's reporter may raise anything
        logger.exception("closing %r failed", reporter)
        return False


def close_quietly(part: object) -> None:
    """Close *part* if it can be closed; errors are logged."""
    try:
        close = getattr(part, "close", None)
        if close is not None:
            close()
    except Exception:  # noqa: BLE001 - the application's part may raise anything
        logger.exception("closing %r failed", part)


def _is_future(value: object) -> bool:
    # If *value* is a future, the module is loaded. An import here might fail.
    future = getattr(sys.modules.get("concurrent.futures"), "Future", PlainFuture)
    return isinstance(value, (PlainFuture, future))


def accepts_timeout(method: object) -> bool:
    """Return whether *method*, which an application may define, accepts a `timeout`."""
    code = getattr(getattr(method, "__func__", None), "__code__", None)
    return code is not None and "timeout" in code.co_varnames[: code.co_argcount]
