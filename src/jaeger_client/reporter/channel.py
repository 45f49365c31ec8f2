"""
The channel in use: attempts to send a payload, and what follows from each.

| the sender raises | then |
| --- | --- |
| `PayloadTooLargeError`, with a smaller limit | the spans are encoded again |
| `RefusedError`, and the fallback is available | the same, for that channel |
| `RetryableSendError` | the payload is sent again later, `MAX_ATTEMPTS` times in all |
| anything else | the spans are lost and counted |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from jaeger_client._internal.diagnostics import ErrorReporter, Outage, logger
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.tag_values import to_tag_value
from jaeger_client.constants import MAX_TRACEBACK_LENGTH
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.model import Process
from jaeger_client.reporter.base import takes_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jaeger_client._internal.clock import Clock
    from jaeger_client.encoding.base import Encoder
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import SpanLosses
    from jaeger_client.reporter.base import Channel

MAX_ATTEMPTS: Final = 6
"""How many times a payload is sent before its spans are given up."""

INITIAL_BACKOFF: Final = 0.5
"""Seconds between the first and the second attempt; doubles from there."""

MAX_BACKOFF: Final = 30.0
"""Maximum delay in seconds, unless the backend requests a longer one."""

PROBE_INTERVAL: Final = 10.0
"""Minimum time in seconds between two attempts to find another channel."""

_MIN_TIMEOUT: Final = 0.001
"""Minimum timeout in seconds that a sender gets; 0 would mean not to wait at all."""

_ADVICE: Final = (
    "What cannot be sent is lost and counted until it works again. Is the backend "
    "running, and do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, "
    "name it?"
)


class _TimedSender(Protocol):
    def send(self, payload: bytes, timeout: float) -> None: ...


class Outcome(NamedTuple):
    """What becomes of a payload after an attempt."""

    has_left: bool
    """Whether it was sent or lost; otherwise its spans are still to be sent."""
    delay: float | None = None
    """Seconds until it is sent again; `None`: its spans are encoded again first."""


_LEFT: Final = Outcome(has_left=True)
_ENCODE_AGAIN: Final = Outcome(has_left=False)


class ActiveChannel:
    """Encoder and sender in use, or those of the fallback. One thread at a time."""

    def __init__(
        self,
        channel: Channel,
        *,
        fallback: Callable[[], Channel | None] | None,
        losses: SpanLosses,
        metrics: ReporterMetrics,
        error_reporter: ErrorReporter | None,
        clock: Clock,
    ) -> None:
        self._fallback = fallback
        self._losses = losses
        self._metrics = metrics
        self._error_reporter = error_reporter
        self._clock = clock
        self._random = IdRandom()
        self._process: Process | None = None
        self._probe_at = -math.inf
        self._failures = 0
        """How many attempts of the current payload have failed."""
        self._bytes_per_span = 400.0
        """Size of a span in the last payload; an estimate before the first."""
        self._use(channel)

    def _use(self, channel: Channel) -> None:
        self._channel = channel
        self.sender = channel.sender
        self._encoder: Encoder | None = None
        self._rejected = self.sender.rejected_spans
        what = f"cannot send spans to {self.sender!r}"
        self._outage = Outage(what, _ADVICE, clock=self._clock)

    def set_process(self, process: Process) -> None:
        """Set the process that reports."""
        self._process = process
        if self._encoder is not None:
            self._encoder.set_process(process)

    @property
    def encoder(self) -> Encoder:
        """The encoder, which a channel may create at the first span."""
        if self._encoder is None:
            self._encoder = self._channel.encoder
            if self._process is not None:
                self._encoder.set_process(self._process)
        return self._encoder

    @property
    def spans_per_payload(self) -> int:
        """Estimate of how many spans fit a payload."""
        return int(self.sender.max_payload / self._bytes_per_span)

    def attempt(self, body: bytes, spans: int, *, timeout: float | None) -> Outcome:
        """
        Send *body*, which has that many *spans*; never raises.

        If *timeout* is not `None`, a sender that can limit its time does.
        """
        limit = self.sender.max_payload
        try:
            self._send(body, spans, timeout)
        except PayloadTooLargeError as error:
            smaller = error.limit < limit
            return _ENCODE_AGAIN if smaller else self._lose(error, spans)
        except RefusedError as error:
            return _ENCODE_AGAIN if self._switch(error) else self._lose(error, spans)
        except RetryableSendError as error:
            return self._retry_later(error, spans)
        except SendError as error:
            return self._lose(error, spans)
        except Exception as error:  # noqa: BLE001 - a sender broke its promise
            return self._lose(SendError(f"{type(error).__name__}: {error}"), spans)
        self._failures = 0
        return _LEFT

    def _send(self, body: bytes, spans: int, timeout: float | None) -> None:
        sender, start = self.sender, self._clock.monotonic()
        if timeout is not None and takes_timeout(sender.send):
            cast("_TimedSender", sender).send(body, max(_MIN_TIMEOUT, timeout))
        else:
            sender.send(body)
        self._metrics.send_seconds(self._clock.monotonic() - start)
        before, self._rejected = self._rejected, sender.rejected_spans
        # The number comes from the backend, and no counter may go down by it.
        rejected = max(0, min(self._rejected - before, spans))
        self._losses.send_failed += rejected
        self._metrics.failure(rejected)
        self._metrics.success(spans - rejected)
        self._outage.worked()
        self._bytes_per_span = len(body) / spans

    def _lose(self, error: SendError, spans: int) -> Outcome:
        self._failures = 0
        self._losses.send_failed += spans
        self._metrics.failure(spans)
        self._outage.failed(error, lost=spans)
        if self._error_reporter is not None:
            self._error_reporter.error("Failed to submit traces to Jaeger: %s", error)
        return _LEFT

    def _retry_later(self, error: RetryableSendError, spans: int) -> Outcome:
        self._failures += 1
        if self._failures >= MAX_ATTEMPTS:
            return self._lose(error, spans)
        self._outage.failed(error)
        delay = min(INITIAL_BACKOFF * 2 ** (self._failures - 1), MAX_BACKOFF)
        # With jitter, so that clients do not return to a backend all at once.
        delay *= self._random.uniform(0.8, 1.2)
        return Outcome(has_left=False, delay=max(delay, error.retry_after or 0.0))

    def _switch(self, error: RefusedError) -> bool:
        """Use the fallback from now on, if there is one and it is available."""
        now = self._clock.monotonic()
        if self._fallback is None or now < self._probe_at:
            return False
        self._probe_at = now + PROBE_INTERVAL
        channel = self._fallback()
        if channel is None:
            return False
        logger.warning(
            "%s; spans go to %r from now on, which answers. "
            "Set JAEGER_ENDPOINT to choose it from the start",
            error,
            channel.sender,
        )
        self._fallback, self._failures = None, 0
        self.sender.close()
        self._use(channel)
        return True

    def forget_values(self) -> None:
        """Discard what the encoder has cached of spans, which may be secrets."""
        if self._encoder is not None:
            self._encoder.forget()

    def after_fork_in_child(self) -> None:
        """Leave the connection, and the payload that failed, to the parent."""
        self._failures = 0
        self.sender.after_fork_in_child()


class _TextLimits:
    max_traceback_length = MAX_TRACEBACK_LENGTH

    def __init__(self, max_tag_value_length: int) -> None:
        self.max_tag_value_length = max_tag_value_length


def make_process(
    service_name: str, tags: Mapping[str, object] | None, max_length: int
) -> Process:
    """Return the process; text in *tags* is cut at *max_length* characters."""
    limits = _TextLimits(max_length)
    items = (tags or {}).items()
    return Process(
        service_name=service_name,
        tags=tuple((key, to_tag_value(value, limits)) for key, value in items),
    )
