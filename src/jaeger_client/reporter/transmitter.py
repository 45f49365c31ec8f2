"""
Encoding and sending: the path of spans from the queue to the sender.

Spans are encoded one payload at a time. The next payload is encoded when the current
one is done: sent, or given up. What follows when the sender raises:

| error | then |
| --- | --- |
| `PayloadTooLargeError`, with a smaller limit | the spans are encoded again |
| `RefusedError`, and the fallback is available | the same, for that channel |
| `RetryableSendError` | the payload is sent again later, `MAX_ATTEMPTS` times in all |
| any other | the spans are lost and counted |

The delays between attempts are 0.5, 1, 2, 4 and 8 seconds, each up to 20 % shorter or
longer at random, or longer if the backend requests it.

Spans that the encoder left out or truncated are counted when their payload is done, so
that a span which is encoded twice is counted once.

A signal handler may raise between any two bytecodes of a flush that runs on the
application's thread. Three rules keep the state consistent:

- A payload is done by a single store, to `_done`. Before that, the totals of losses
  which include those of the payload are stored in `_totals_when_done`. If counting is
  interrupted, the next step completes it.
- An iterator of payloads whose step was interrupted is not used again, because the
  state of the generator is unknown. The spans that are not done are encoded again.
- A payload whose sending is interrupted may be sent twice. No span is lost or skipped.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Protocol, cast

from jaeger_client._internal.diagnostics import (
    ErrorReporter,
    Outage,
    RateLimitedWarning,
    logger,
)
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.named_tuple import NamedTuple
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
from jaeger_client.reporter.base import accepts_timeout, close_quietly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jaeger_client._internal.clock import Clock
    from jaeger_client.encoding.base import Encoder
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import SpanData
    from jaeger_client.reporter.base import Channel
    from jaeger_client.reporter.losses import LossReport
    from jaeger_client.reporter.queue import SpanQueue

MAX_ATTEMPTS: Final = 6
"""Number of attempts to send a payload before its spans are given up."""

INITIAL_BACKOFF: Final = 0.5
"""Seconds between the first and the second attempt; later delays double."""

MAX_BACKOFF: Final = 30.0
"""Maximum delay in seconds, unless the backend requests a longer one."""

CACHE_IDLE_TIME: Final = 60.0
"""Seconds after the last span when the caches of the encoder are emptied."""

PROBE_INTERVAL: Final = 10.0
"""Minimum number of seconds between two attempts to use the fallback."""

_FILL: Final = 0.98
"""
Part of a payload that a full batch fills.

Without a margin, every other payload would hold the single span that did not fit.
"""

_CAUSES: Final = ("not_encodable", "send_failed", "too_large", "truncated")
"""The causes of losses that encoders may count."""

_counts: Final[Callable[[SpanLosses], tuple[int, ...]]] = attrgetter(*_CAUSES)
"""Returns the counts of `_CAUSES`."""

_MIN_TIMEOUT: Final = 0.001
"""Minimum timeout in seconds for a sender; with 0 it would not wait at all."""

_ADVICE: Final = (
    "Spans that cannot be sent are dropped and counted until sending works again. Is "
    "the backend running, and do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or "
    "JAEGER_ENDPOINT, point to it?"
)


class _TimedSender(Protocol):
    def send(self, payload: bytes, timeout: float) -> None: ...


class _Payload(NamedTuple):
    body: bytes
    span_count: int
    """Spans in *body*; if there are none, there is nothing to send."""
    end: int
    """Index of the first span after those that this payload covers."""
    losses: Mapping[str, int]
    """Numbers of spans that the encoder left out or truncated, by cause."""


class Transmitter:
    """
    Encodes and sends spans in their order, over one channel.

    Used by one thread at a time. `len` is the number of spans that are not done.
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
        advice: str = _ADVICE,
    ) -> None:
        self._advice = advice
        self._fallback = fallback
        self._losses = losses
        self._metrics = metrics
        self._error_reporter = error_reporter
        self._clock = clock
        self._encoder_failed = RateLimitedWarning(
            "%d spans are lost, because the encoder raised an exception", clock=clock
        )
        self._random = IdRandom()
        self._process: Process | None = None
        self._probe_at = -math.inf
        self._clear_cache_at = math.inf
        self._bytes_per_span = 400.0
        """Bytes per span in the last payload; an estimate before the first."""
        self._use(channel)
        self._reset()

    def _use(self, channel: Channel) -> None:
        self._encoder: Encoder | None = None
        self._channel = channel
        self.sender = channel.sender
        self._rejected = self.sender.rejected_spans
        what = f"cannot send spans to {self.sender!r}"
        self._outage = Outage(what, self._advice, clock=self._clock)

    def _reset(self) -> None:
        self._spans: list[SpanData] = []
        self._done = 0
        """Number of spans that are done: sent, lost or left out."""
        self._totals_when_done: tuple[int, Mapping[str, int]] = (0, {})
        """The last or next value of `_done`, and the totals of losses with it."""
        self._limit = sys.maxsize
        """Maximum payload size in bytes that an error required for these spans."""
        self._payload: _Payload | None = None
        self._payloads: Iterator[_Payload] | None = None
        """The payloads after the current one."""
        self._failures = 0
        """Number of attempts to send the current payload that have failed."""

    def __len__(self) -> int:
        return max(0, len(self._spans) - self._done)

    @property
    def has_payload(self) -> bool:
        """Whether a payload is encoded and waits to be sent."""
        return self._payload is not None and self._payload.end > self._done

    @property
    def is_retrying(self) -> bool:
        """Whether an attempt to send the current payload has failed."""
        return self._failures > 0

    @property
    def spans_per_payload(self) -> int:
        """Estimate of the number of spans that fit a payload, rather too low."""
        # A sender of the application may have no limit, and its encoder empty payloads.
        size = _FILL * min(self.sender.max_payload, sys.maxsize)
        return int(size / max(1.0, self._bytes_per_span))

    def set_process(self, process: Process) -> None:
        """Set the process of all spans."""
        self._process = process
        if self._encoder is not None:
            self._encoder.set_process(process)

    def take(self, queue: SpanQueue[SpanData], count: int) -> None:
        """Take up to *count* spans from *queue*; only when all others are done."""
        self.release()
        queue.move(count, self._spans.extend)

    def put(self, spans: Iterable[SpanData]) -> None:
        """Take *spans*, which are in no queue; only when all others are done."""
        self.release()
        self._spans.extend(spans)

    def release(self) -> None:
        """Drop the references to spans and payload; only when all are done."""
        if not self._spans and not self._done:
            return  # done already
        # In this order, so that after an interrupt no payload is counted again.
        self._count_losses()
        self._encode_again()
        self._totals_when_done, self._limit = (0, {}), sys.maxsize
        self._spans, self._done = [], 0

    def encode_next(self) -> None:
        """Encode the next payload."""
        self._clear_cache_at = self._clock.monotonic() + CACHE_IDLE_TIME
        # Removed before its step, and stored again after it: see the rules above.
        payloads, self._payloads, self._payload = self._payloads, None, None
        encoder = self._get_encoder()
        try:
            payloads = payloads or self._encode(encoder)
            self._payload = next(payloads)
        except Exception:  # noqa: BLE001 - an encoder of the application may raise anything
            self._encoder_failed.warn(len(self), exc_info=True)
            self._complete_until(len(self._spans), {"not_encodable": len(self)})
        else:
            self._payloads = payloads

    def _get_encoder(self) -> Encoder:
        # On first use: an `AgentChannel` imports and creates its encoder then.
        encoder = self._encoder
        if encoder is None:
            encoder = self._channel.encoder
            if self._process is not None:
                encoder.set_process(self._process)
            # Not before, or after an interrupt it would have no process for ever.
            self._encoder = encoder
        return encoder

    def _encode(self, encoder: Encoder) -> Iterator[_Payload]:
        """Yield payloads of the spans that are not done, with what each has lost."""
        start = end = self._done
        # The encoder adds to a copy; the totals change when a payload is done.
        encoder.losses = losses = self._losses.totals.copy()
        before = _counts(losses)
        spans, limit = self._spans[start:], min(self.sender.max_payload, self._limit)
        for payload in encoder.encode(spans, limit=limit):
            begin, end = end, min(start + payload.consumed, len(self._spans))
            if end <= begin:
                msg = f"{encoder!r} yielded a payload that covers no further span"
                raise ValueError(msg)
            after = _counts(losses)
            own = _increase(before, after, left_out=end - begin - payload.span_count)
            before = after
            yield _Payload(payload.body, payload.span_count, end, own)
        # Spans after the last payload were all left out: a payload without spans.
        if end < len(self._spans):
            left_out = len(self._spans) - end
            own = _increase(before, _counts(losses), left_out=left_out)
            yield _Payload(b"", 0, len(self._spans), own)

    def _encode_again(self) -> None:
        # In this order: an iterator must not be used after its payload is forgotten.
        self._payloads = self._payload = None
        self._failures = 0

    def attempt(self, timeout: float | None, *, is_own_thread: bool = False) -> float:
        """
        Send the payload; return the seconds to wait before the next step.

        Raises nothing that the sender raises, except what is not an `Exception` and may
        come from a signal handler, because *is_own_thread* is false. *timeout* in
        seconds is passed to senders that accept one.
        """
        payload = self._payload
        if payload is None or not payload.span_count:
            self._complete_payload()
            return 0.0
        limit = min(self.sender.max_payload, self._limit)
        try:
            rejected = self._send(payload, timeout, is_own_thread=is_own_thread)
        except PayloadTooLargeError as error:
            if error.limit < limit:
                # A sender should reduce `max_payload`, too; one that does not must not
                # get the same payload for ever.
                self._limit = error.limit
                self._encode_again()
            else:
                self._drop_payload(error)
        except RefusedError as error:
            if not self._switch_channel(error):
                self._drop_payload(error)
        except RetryableSendError as error:
            return self._retry_later(error)
        except SendError as error:
            self._drop_payload(error)
        except Exception as error:  # noqa: BLE001 - a sender of the application may raise anything
            self._drop_payload(SendError(f"{type(error).__name__}: {text_of(error)}"))
        else:
            self._complete_payload(rejected)
        return 0.0

    def _send(
        self, payload: _Payload, timeout: float | None, *, is_own_thread: bool
    ) -> int:
        """Send *payload*; return the number of its spans that the backend rejected."""
        sender, start = self.sender, self._clock.monotonic()
        try:
            if timeout is not None and accepts_timeout(sender.send):
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
        # Limited, because the backend may respond any number, and counters only rise.
        rejected = max(0, min(self._rejected - before, payload.span_count))
        self._metrics.reporter_success(payload.span_count - rejected)
        self._outage.worked()
        self._bytes_per_span = len(payload.body) / payload.span_count
        return rejected

    def _complete_payload(self, failed: int = 0) -> None:
        """Mark the payload as done; *failed* of its spans were not sent."""
        payload = self._payload
        # Not if an interrupt came after it was done, but before it was replaced.
        if payload is not None and payload.end > self._done:
            self._failures = 0
            losses = payload.losses
            if failed:
                failed += losses.get("send_failed", 0)
                losses = {**losses, "send_failed": failed}
            self._complete_until(payload.end, losses)

    def _complete_until(self, end: int, losses: Mapping[str, int]) -> None:
        """Mark the spans before *end* as done; *losses* are theirs, by cause."""
        # Completes the counting of the previous payload, if it was interrupted.
        self._count_losses()
        # If an interrupt comes before the second store, the first one has no effect:
        # `_count_losses` ignores totals of another value of `_done`.
        self._totals_when_done = end, self._losses.totals_after(losses)
        self._done = end
        self._count_losses()

    def _count_losses(self) -> None:
        """Count the losses of the spans that are done, if not yet counted."""
        end, totals = self._totals_when_done
        if end == self._done:
            self._losses.count_up_to(totals)

    def _drop_payload(self, error: SendError) -> None:
        """Give up the payload: count its spans as lost and report *error*."""
        lost = self._payload.span_count if self._payload is not None else 0
        self._complete_payload(failed=lost)
        self._outage.failed(error, lost=lost)
        if self._error_reporter is not None:
            self._error_reporter.error("Failed to submit traces to Jaeger: %s", error)

    def _retry_later(self, error: RetryableSendError) -> float:
        """Return the seconds until the next attempt; give up after the last one."""
        self._failures += 1
        if self._failures >= MAX_ATTEMPTS:
            self._drop_payload(error)
            return 0.0
        self._outage.failed(error)
        delay = min(INITIAL_BACKOFF * 2.0 ** (self._failures - 1), MAX_BACKOFF)
        # With jitter, so that the clients of a backend do not all retry at once.
        return max(delay * self._random.uniform(0.8, 1.2), error.retry_after or 0.0)

    def _switch_channel(self, error: RefusedError) -> bool:
        """Switch to the fallback, if there is one and it is available."""
        now = self._clock.monotonic()
        if self._fallback is None or now < self._probe_at:
            return False
        self._probe_at = now + PROBE_INTERVAL
        channel = self._fallback()
        if channel is None:
            return False
        logger.warning(
            "%s; spans go to %r from now on, which responds. "
            "Set JAEGER_ENDPOINT to choose it from the start",
            error,
            channel.sender,
        )
        refused = self.sender
        # In this order: whatever an interrupt leaves, the next refusal switches again,
        # and no payload of one encoder is sent by the sender of the other for ever.
        self._encode_again()
        self._use(channel)
        self._fallback = None
        close_quietly(refused)
        return True

    def after_fork_in_child(self) -> None:
        """Drop the spans and the connection, which are the parent's."""
        self._reset()
        try:
            self.clear_cache(math.inf)
        finally:
            # Senders that need not do anything may lack it.
            renew = getattr(self.sender, "after_fork_in_child", None)
            if renew is not None:
                renew()

    def give_up(self, error: SendError) -> None:
        """Count all spans that are not done as lost, because of *error*."""
        self._count_losses()
        payload = self._payload
        if self.has_payload and payload is not None:
            lost = payload.span_count
            self._complete_payload(failed=lost)
            self._outage.failed(error, lost=lost)
        lost = len(self)
        self._complete_until(len(self._spans), {"send_failed": lost})
        self._outage.failed(error, lost=lost)
        self.release()

    def abandon(self, queue: SpanQueue[SpanData]) -> None:
        """Give up all spans, including those in *queue*, and count them."""
        is_retrying = self.is_retrying
        queue.clear(self._spans.extend)
        self._count_losses()
        payload = self._payload
        self._encode_again()
        if payload is not None and payload.end > self._done:
            # Spans that the encoder left out of the payload are counted by that cause,
            # the others below, as not sent before `close` ended.
            left_out = payload.end - self._done - payload.span_count
            self._complete_until(self._done + max(0, left_out), payload.losses)
        self._losses.drop_unsent(self._spans, len(self), is_retrying=is_retrying)
        self.release()
        self.clear_cache(math.inf)

    def clear_cache(self, now: float) -> float:
        """Empty the caches, which may hold secrets, if due; return the next time."""
        if now >= self._clear_cache_at and self._encoder is not None:
            self._encoder.clear_cache()
            self._clear_cache_at = math.inf
        return self._clear_cache_at


def _increase(
    before: tuple[int, ...], after: tuple[int, ...], *, left_out: int
) -> Mapping[str, int]:
    """
    Return the increase from *before* to *after* by cause; empty if there is none.

    Those of *left_out* spans that the encoder did not count are not encodable.
    """
    if before == after and not left_out:
        return {}
    counts = zip(_CAUSES, before, after, strict=True)
    losses: dict[str, int] = {cause: now - then for cause, then, now in counts}
    counted = sum(losses.values()) - losses["truncated"]
    losses["not_encodable"] += max(0, left_out - counted)
    return losses


def make_process(
    service_name: str, tags: Mapping[str, object] | None, max_length: int
) -> Process:
    """Return the process; text in *tags* is cut to *max_length* characters."""
    limits = FixedLimits(max_length)
    items = (tags or {}).items()
    return Process(
        service_name=service_name,
        tags=tuple((key, to_tag_value(value, limits)) for key, value in items),
    )
