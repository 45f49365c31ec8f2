"""
Encoding and sending: from spans taken off the queue to payloads that have left.

Spans are encoded one payload at a time, when the previous payload has left: sent, or
lost. What follows when the sender raises:

| error | then |
| --- | --- |
| `PayloadTooLargeError`, with a smaller limit | the spans are encoded again |
| `RefusedError`, and the fallback is available | the same, for that channel |
| `RetryableSendError` | the payload is sent again later, `MAX_ATTEMPTS` times in all |
| anything else | the spans are lost and counted |

What the encoder left out of a payload, or truncated, is counted when that payload
leaves, so that a span which is encoded twice is counted once.

A signal handler may raise between any two bytecodes of a flush that runs on the
application's thread. Therefore a payload leaves by a single store, to `_left`, and an
iterator whose step did not end is not used again. What the payload lost is stored
before that, as totals: if counting is interrupted, the next step completes it. A
payload whose sending is interrupted may be sent twice; no span is lost or skipped.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from jaeger_client._internal.diagnostics import ErrorReporter, Notice, Outage, logger
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.shown import text_of
from jaeger_client._internal.span_records import FixedLimits, to_tag_value
from jaeger_client._internal.worker import ends_greenlet
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.model import Process, SpanLosses
from jaeger_client.reporter.base import close_quietly, takes_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jaeger_client._internal.clock import Clock
    from jaeger_client.encoding.base import Encoder
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import SpanData
    from jaeger_client.reporter.base import Channel
    from jaeger_client.reporter.losses import LossReport
    from jaeger_client.reporter.queue import SpanQueue

MAX_ATTEMPTS: Final = 6
"""How many times a payload is sent before its spans are given up."""

INITIAL_BACKOFF: Final = 0.5
"""Seconds between the first and the second attempt; doubles from there."""

MAX_BACKOFF: Final = 30.0
"""Maximum delay in seconds, unless the backend requests a longer one."""

FORGET_AFTER: Final = 60.0
"""Seconds after the last span when the encoder discards the values it has cached."""

PROBE_INTERVAL: Final = 10.0
"""Minimum time in seconds between two attempts to use the fallback."""

_MIN_TIMEOUT: Final = 0.001
"""Minimum timeout in seconds that a sender gets; 0 would mean not to wait at all."""

_ADVICE: Final = (
    "What cannot be sent is lost and counted until it works again. Is the backend "
    "running, and do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, "
    "name it?"
)


class _TimedSender(Protocol):
    def send(self, payload: bytes, timeout: float) -> None: ...


class _Payload(NamedTuple):
    body: bytes
    span_count: int
    """Spans in *body*; if there are none, there is nothing to send."""
    end: int
    """Index of the first span behind those that the encoder put in or left out."""
    losses: SpanLosses
    """What the encoder left out or truncated."""


class Transmitter:
    """
    Encodes and sends spans in their order, over one channel.

    Used by one thread at a time. `len` is the number of spans that have not left.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        fallback: Callable[[], Channel | None] | None,
        losses: LossReport,
        metrics: ReporterMetrics,
        error_reporter: ErrorReporter | None,
        clock: Clock,
    ) -> None:
        self._fallback = fallback
        self._losses = losses
        self._metrics = metrics
        self._error_reporter = error_reporter
        self._clock = clock
        self._encoder_failed = Notice("%d spans are lost by an error", clock=clock)
        self._random = IdRandom()
        self._process: Process | None = None
        self._probe_at = -math.inf
        self._forget_at = math.inf
        self._bytes_per_span = 400.0
        """Size of a span in the last payload; an estimate before the first."""
        self._use(channel)
        self._forget_spans()

    def _use(self, channel: Channel) -> None:
        self._channel = channel
        self.sender = channel.sender
        self._encoder: Encoder | None = None
        self._rejected = self.sender.rejected_spans
        what = f"cannot send spans to {self.sender!r}"
        self._outage = Outage(what, _ADVICE, clock=self._clock)

    def _forget_spans(self) -> None:
        self._spans: list[SpanData] = []
        self._left = 0
        """How many of the spans have left."""
        self._departed: tuple[int, Mapping[str, int]] = (0, {})
        """The last value of `_left`, and the totals of losses that belong to it."""
        self._limit = sys.maxsize
        """Maximum payload size that the network has required for these spans."""
        self._payload: _Payload | None = None
        self._payloads: Iterator[_Payload] | None = None
        """The payloads after the current one."""
        self._failures = 0
        """How many attempts to send the current payload have failed."""

    def __len__(self) -> int:
        return max(0, len(self._spans) - self._left)

    @property
    def has_payload(self) -> bool:
        """Whether the next payload is encoded."""
        return self._payload is not None and self._payload.end > self._left

    @property
    def is_retrying(self) -> bool:
        """Whether the next payload has been sent before, and is to be sent again."""
        return self._failures > 0

    @property
    def spans_per_payload(self) -> int:
        """Estimate of how many spans fit a payload."""
        return int(self.sender.max_payload / self._bytes_per_span)

    def set_process(self, process: Process) -> None:
        """Set the process that reports."""
        self._process = process
        if self._encoder is not None:
            self._encoder.set_process(process)

    def take(self, queue: SpanQueue[SpanData], count: int) -> None:
        """Take up to *count* spans from *queue*; only when all others have left."""
        self.release()
        queue.move(count, self._spans.extend)

    def release(self) -> None:
        """Drop the references to spans and payload; only when all have left."""
        # In this order, so that no interrupt leaves a payload to be counted again.
        self._settle()
        self._encode_again()
        self._departed, self._limit = (0, {}), sys.maxsize
        self._spans, self._left = [], 0

    def encode_next(self) -> None:
        """Encode the next payload."""
        self._forget_at = self._clock.monotonic() + FORGET_AFTER
        payloads, self._payloads = self._payloads, None
        encoder = self._get_encoder()
        try:
            payloads = payloads or self._encode(encoder)
            self._payload = next(payloads)
        except Exception:  # noqa: BLE001 - an encoder broke its promise
            self._encoder_failed.warn(len(self), exc_info=True)
            self._depart(len(self._spans), SpanLosses(not_encodable=len(self)))
        else:
            self._payloads = payloads

    def _get_encoder(self) -> Encoder:
        # Not before the first span: a channel may create it then.
        if self._encoder is None:
            self._encoder = self._channel.encoder
            if self._process is not None:
                self._encoder.set_process(self._process)
        return self._encoder

    def _encode(self, encoder: Encoder) -> Iterator[_Payload]:
        start = end = self._left
        encoder.losses = losses = self._losses.totals.copy()
        before = losses.counts
        spans, limit = self._spans[start:], min(self.sender.max_payload, self._limit)
        for payload in encoder.encode(spans, limit=limit):
            begin, end = end, min(start + payload.consumed, len(self._spans))
            if end <= begin:
                msg = f"{encoder!r} made a payload for no further span"
                raise ValueError(msg)
            own, before = losses.since(before), losses.counts
            _complete(own, end - begin - payload.span_count)
            yield _Payload(payload.body, payload.span_count, end, own)
        # All that is behind the last payload was left out.
        if end < len(self._spans):
            own = losses.since(before)
            _complete(own, len(self._spans) - end)
            yield _Payload(b"", 0, len(self._spans), own)

    def _encode_again(self) -> None:
        self._payload = self._payloads = None
        self._failures = 0

    def attempt(self, timeout: float | None, *, is_own_thread: bool = False) -> float:
        """
        Send the payload; return how many seconds to wait before the next step.

        Raises nothing that the sender raises; but, unless *is_own_thread*, what is no
        `Exception`, because a signal handler may have raised it. If *timeout* is not
        `None`, a sender that can limit its time does.
        """
        self._settle()
        payload = self._payload
        if payload is None or not payload.span_count:
            self._leave()
            return 0.0
        limit = min(self.sender.max_payload, self._limit)
        try:
            rejected = self._send(payload, timeout, is_own_thread=is_own_thread)
        except PayloadTooLargeError as error:
            if error.limit < limit:
                # The sender should reduce its maximum as well, but it may not.
                self._limit = error.limit
                self._encode_again()
            else:
                self._lose(error)
        except RefusedError as error:
            if not self._switch_channel(error):
                self._lose(error)
        except RetryableSendError as error:
            return self._retry_later(error)
        except SendError as error:
            self._lose(error)
        except Exception as error:  # noqa: BLE001 - a sender broke its promise
            self._lose(SendError(f"{type(error).__name__}: {text_of(error)}"))
        else:
            self._leave(rejected)
        return 0.0

    def _send(
        self, payload: _Payload, timeout: float | None, *, is_own_thread: bool
    ) -> int:
        """Send *payload*; return how many of its spans the backend rejected."""
        sender, start = self.sender, self._clock.monotonic()
        try:
            if timeout is not None and takes_timeout(sender.send):
                timeout = max(_MIN_TIMEOUT, timeout)
                cast("_TimedSender", sender).send(payload.body, timeout)
            else:
                sender.send(payload.body)
        except BaseException as error:
            is_of_sender = is_own_thread and not ends_greenlet(error)
            if isinstance(error, Exception) or not is_of_sender:
                raise
            msg = f"{type(error).__name__}: {text_of(error)}"
            raise SendError(msg) from error
        self._metrics.send_seconds(self._clock.monotonic() - start)
        before, self._rejected = self._rejected, sender.rejected_spans
        # The number comes from the backend, and no counter may go down by it.
        rejected = max(0, min(self._rejected - before, payload.span_count))
        self._metrics.reporter_success(payload.span_count - rejected)
        self._outage.worked()
        self._bytes_per_span = len(payload.body) / payload.span_count
        return rejected

    def _leave(self, failed: int = 0) -> None:
        """Go on to the next payload; *failed* spans of this one were not sent."""
        payload = self._payload
        if payload is not None and payload.end > self._left:
            self._failures = 0
            losses = payload.losses.copy()
            losses.send_failed += failed
            self._depart(payload.end, losses)

    def _depart(self, end: int, losses: SpanLosses) -> None:
        """Go on to the span at *end*; *losses* is what the spans before it lost."""
        self._departed = end, self._losses.totals_after(losses)
        self._left = end
        self._settle()

    def _settle(self) -> None:
        """Count what the spans that have left lost, unless that is done."""
        end, totals = self._departed
        if end == self._left:
            self._losses.reach(totals)

    def _lose(self, error: SendError) -> None:
        lost = self._payload.span_count if self._payload is not None else 0
        self._leave(failed=lost)
        self._outage.failed(error, lost=lost)
        if self._error_reporter is not None:
            self._error_reporter.error("Failed to submit traces to Jaeger: %s", error)

    def _retry_later(self, error: RetryableSendError) -> float:
        self._failures += 1
        if self._failures >= MAX_ATTEMPTS:
            self._lose(error)
            return 0.0
        self._outage.failed(error)
        delay = min(INITIAL_BACKOFF * 2.0 ** (self._failures - 1), MAX_BACKOFF)
        # With jitter, so that clients do not return to a backend all at once.
        return max(delay * self._random.uniform(0.8, 1.2), error.retry_after or 0.0)

    def _switch_channel(self, error: RefusedError) -> bool:
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
        self._fallback = None
        close_quietly(self.sender)
        self._use(channel)
        self._encode_again()
        return True

    def after_fork_in_child(self) -> None:
        """Leave the spans and the connection to the parent."""
        self._forget_spans()
        try:
            self.forget_values(math.inf)
        finally:
            # Senders that need not do anything may lack it.
            renew = getattr(self.sender, "after_fork_in_child", None)
            if renew is not None:
                renew()

    def abandon(self, queue: SpanQueue[SpanData]) -> None:
        """Give up all spans, those in *queue* as well, and count them."""
        is_retrying = self.is_retrying
        queue.clear(self._spans.extend)
        self._settle()
        payload = self._payload
        self._encode_again()
        if payload is not None and payload.end > self._left:
            # What the encoder left out of it is counted by its cause.
            left_out = payload.end - self._left - payload.span_count
            self._depart(self._left + max(0, left_out), payload.losses)
        self._losses.unsent(self._spans, len(self), is_retrying=is_retrying)
        self.release()
        self.forget_values(math.inf)

    def forget_values(self, now: float) -> float:
        """Discard cached values, which may be secrets; return when to do that next."""
        if now >= self._forget_at and self._encoder is not None:
            self._encoder.forget()
            self._forget_at = math.inf
        return self._forget_at


def _complete(losses: SpanLosses, left_out: int) -> None:
    """Add to *losses* what the encoder did not count of *left_out* spans."""
    counted = losses.not_encodable + losses.send_failed + losses.too_large
    losses.not_encodable += max(0, left_out - counted)


def make_process(
    service_name: str, tags: Mapping[str, object] | None, max_length: int
) -> Process:
    """Return the process; text in *tags* is cut at *max_length* characters."""
    limits = FixedLimits(max_length)
    items = (tags or {}).items()
    return Process(
        service_name=service_name,
        tags=tuple((key, to_tag_value(value, limits)) for key, value in items),
    )
