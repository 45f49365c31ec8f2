"""The interface of all reporters, and what they hand spans on to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jaeger_client.encoding.base import Encoder
    from jaeger_client.reporter.future import CompletedFuture as CompletedFuture  # noqa: PLC0414 - its old place
    from jaeger_client.senders.base import Sender
    from jaeger_client.span import Span
else:
    __getattr__, __dir__ = names_from(
        __name__,
        {"jaeger_client.reporter.future": "CompletedFuture"},
    )

DEFAULT_CLOSE_TIMEOUT = 5.0
"""Most seconds that `close` and `flush` block, unless told otherwise."""


class Channel(Protocol):
    """A way out: how spans become bytes and where the bytes go."""

    @property
    def encoder(self) -> Encoder:
        """Makes payloads of spans."""
        ...

    @property
    def sender(self) -> Sender:
        """Carries payloads out of the process."""
        ...


class BaseReporter:
    """
    Takes finished spans. Applications subclass it; none of it is required.

    `report_span` is called on the application's threads and must neither block
    nor raise. `set_process` is called once, by the tracer, by keyword.
    """

    def report_span(self, span: Span) -> None:
        """Take a finished span."""
        raise NotImplementedError

    def set_process(
        self,
        service_name: str,
        tags: Mapping[str, object],
        max_length: int,
    ) -> None:
        """Learn who reports; text in *tags* is cut at *max_length* characters."""

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:  # noqa: ARG002 - for those who queue
        """Send what is queued; return whether all left within *timeout* seconds."""
        return True

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:  # noqa: ARG002 - for those who queue
        """Flush within *timeout* seconds and release everything. Idempotent."""
        return completed(result=True)


def completed(result: bool) -> CompletedFuture:  # noqa: FBT001 - as the future's own
    """Return a future that is done and has *result*."""
    from jaeger_client.reporter import future  # noqa: PLC0415 - see there

    return future.CompletedFuture(result)


def flush_reporter(reporter: object, timeout: float) -> bool:
    """
    Flush *reporter*, if it can.

    Never raises. Returns whether it said that everything left.
    """
    try:
        flush = getattr(reporter, "flush", None)
        return True if flush is None else bool(flush(timeout))
    except Exception:  # noqa: BLE001 - a reporter of the application's may raise anything
        logger.exception("flushing %r failed", reporter)
        return False


def close_reporter(reporter: object, timeout: float) -> bool:
    """
    Close *reporter*, whose `close` may be older than the parameter *timeout*.

    Never raises. Returns whether it said that everything left.
    """
    try:
        from concurrent.futures import Future  # noqa: PLC0415 - see `future`

        deadline = SYSTEM_CLOCK.monotonic() + timeout
        close = getattr(reporter, "close", None)
        if close is None:
            return True
        answer = close(timeout) if takes_timeout(close) else close()
        if not isinstance(answer, Future):
            return True
        left = max(0.0, deadline - SYSTEM_CLOCK.monotonic())
        return bool(cast("Future[object]", answer).result(left))
    except Exception:  # noqa: BLE001 - a reporter of the application's may raise anything
        logger.exception("closing %r failed", reporter)
        return False


def takes_timeout(method: object) -> bool:
    """Return whether *method*, which an application may define, accepts a `timeout`."""
    code = getattr(getattr(method, "__func__", None), "__code__", None)
    return code is not None and "timeout" in code.co_varnames[: code.co_argcount]
