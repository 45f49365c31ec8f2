"""
Getting spans out: encode, send, and what happens when sending fails.

Encoding runs ahead of sending. A send releases the interpreter lock, and in a busy
application gets it back only after a switch interval (5 ms). So a burst is first
encoded, which empties the queue, and then sent.
Encoding stops at a deadline, and once `MOST_READY` bytes are ready; the remaining
spans wait here, unencoded.

A payload that could not be sent is handled in one of four ways:

- the network accepts only smaller payloads: everything that is ready is encoded
  again;
- the backend may accept it later: it waits, and everything behind it;
- nothing listens, but another channel is available: that one is used from now on,
  and everything that is ready is encoded again for it;
- anything else: its spans are lost and counted, and the next payload is sent.

What the encoder left out of a payload, or truncated, is counted when that payload
leaves this module (sent, lost or abandoned), so that a span that is encoded twice
is not counted twice.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol, cast

from jaeger_client._internal.clock import Clock
from jaeger_client._internal.diagnostics import Outage, logger
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.model import SpanLosses
from jaeger_client.reporter.base import takes_timeout

if TYPE_CHECKING:
    from jaeger_client._internal.ids import IdRandom
    from jaeger_client.encoding.base import Encoder
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import Process, SpanData
    from jaeger_client.reporter.base import Channel

FIRST_PAUSE: Final = 0.5
"""Seconds until a payload is sent again for the first time; doubles from there."""

LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries, at most, unless the backend asks for more."""

MOST_TRIES: Final = 6
"""Times a payload is sent before its spans are given up."""

FORGET_AFTER: Final = 60.0
"""Seconds after the last span when the encoder forgets the values it has seen."""

MOST_READY: Final = 4 << 20
"""Bytes that are encoded ahead of sending; one payload may go beyond it."""

PROBE_PAUSE: Final = 10.0
"""Seconds between two questions whether another channel answers."""

_ADVICE: Final = (
    "What cannot be sent is lost and counted until it works again. Is the backend "
    "running, and do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, "
    "name it?"
)

_MIN_SEND_TIMEOUT: Final = 0.001
"""Minimum timeout in seconds that a sender gets; 0 would mean not to wait at all."""


class _TimedSender(Protocol):
    """A sender whose `send` can be limited in time."""

    def send(self, payload: bytes, timeout: float) -> None: ...


class _Ready:
    """A payload to send, and the spans that it stands for."""

    __slots__ = ("body", "losses", "span_count", "spans")

    def __init__(
        self,
        body: bytes,
        span_count: int,
        spans: Sequence[SpanData],
        losses: SpanLosses | None,
    ) -> None:
        self.body = body
        self.span_count = span_count
        """Spans in *body*; if there are none, there is nothing to send."""
        self.spans = spans
        """All spans that it stands for, those that the encoder left out included."""
        self.losses = losses
        """What the encoder left out or truncated of *spans*, if anything."""


class Delivery:
    """Sends spans over one channel, in their order. Used by one thread at a time."""

    def __init__(
        self,
        channel: Channel,
        *,
        losses: SpanLosses,
        metrics: ReporterMetrics,
        clock: Clock,
        jitter: IdRandom,
        fallback: Callable[[], Channel | None] | None,
        on_error: Callable[[SendError], None],
    ) -> None:
        self._losses = losses
        self._metrics = metrics
        self._clock = clock
        self._jitter = jitter
        self._fallback = fallback
        self._on_error = on_error
        self._probe_at = float("-inf")
        self._process: Process | None = None
        self._forget_at = math.inf
        self.send_deadline = math.inf
        """When a send must end because the application's thread waits for it."""
        self.bytes_per_span = 400.0
        """Size of a span in the payloads so far; a guess before the first."""
        self._forget()
        self._use(channel)

    def _forget(self) -> None:
        self.unencoded: list[SpanData] = []
        """Spans to encode; whoever has taken them from a queue adds them here."""
        self._forget_ready()

    def _forget_ready(self) -> None:
        self._ready: deque[_Ready] = deque()
        self._ready_bytes = 0
        self._ready_losses = SpanLosses()
        """The sum of the losses of all that is ready."""
        self._tries = 0
        self._is_failing = False
        self.again_at: float | None = None
        """When to send again what the backend could not take; `None`: at once."""

    def _use(self, channel: Channel) -> None:
        self.channel = channel
        self._used_encoder: Encoder | None = None
        self._rejected = channel.sender.rejected_spans
        self._outage = Outage(
            f"cannot send spans to {channel.sender!r}",
            _ADVICE,
            clock=self._clock,
        )

    def set_process(self, process: Process) -> None:
        """Take the process whose spans come."""
        self._process = process
        if self._used_encoder is not None:
            self._used_encoder.set_process(process)

    @property
    def _encoder(self) -> Encoder:
        # Not read before the first span: a channel may have none until then.
        if self._used_encoder is None:
            self._used_encoder = self.channel.encoder
            if self._process is not None:
                self._used_encoder.set_process(self._process)
        return self._used_encoder

    @property
    def has_ready(self) -> bool:
        """Whether there is a payload to send, or there are spans to make one of."""
        return bool(self._ready or self.unencoded)

    @property
    def has_room(self) -> bool:
        """
        Whether more spans may be encoded before some are sent.

        In an outage they stay in the queue, whose size the application has set.
        """
        if self._is_failing:
            return not self._ready
        # An interrupt may have left the number of bytes too large.
        return not self._ready or self._ready_bytes < MOST_READY

    def after_fork_in_child(self) -> None:
        """Leave what is ready, and the connection, to the parent."""
        self._forget()
        self.channel.sender.after_fork_in_child()

    def abandon(self) -> int:
        """Give up everything that was to be sent; return how many spans that is."""
        count = sum(ready.span_count for ready in self._ready) + len(self.unencoded)
        self._losses.add(self._ready_losses)
        self._forget()
        return count

    def close(self) -> None:
        """Close the sender."""
        self.channel.sender.close()

    def prepare(self, spans: Sequence[SpanData], deadline: float = math.inf) -> None:
        """
        Encode what waits unencoded, and *spans*, until *deadline* (monotonic).

        Makes at least one payload. What cannot be encoded is counted as lost.
        """
        self._forget_at = self._clock.monotonic() + FORGET_AFTER
        spans = [*self.unencoded, *spans]
        # Kept until the end: a signal handler may raise on a thread that flushes.
        self.unencoded = spans
        begin = 0
        try:
            for ready in self._encode(spans):
                self._ready.append(ready)
                self._ready_bytes += len(ready.body)
                if ready.losses is not None:
                    self._ready_losses.add(ready.losses)
                begin += len(ready.spans)
                if self._ready_bytes >= MOST_READY or (
                    self._clock.monotonic() >= deadline
                ):
                    break
        except Exception:  # noqa: BLE001 - an encoder broke its promise
            lost, begin = len(spans) - begin, len(spans)
            logger.exception("%d spans are lost by an error", lost)
            self._losses.not_encodable += lost
        finally:
            self.unencoded = spans[begin:]

    def _encode(self, spans: Sequence[SpanData]) -> Iterator[_Ready]:
        """Yield payloads that stand for *spans*, one after the other."""
        encoder, limit = self._encoder, self.channel.sender.max_payload
        # The totals as they will be once everything that is ready has left.
        encoder.losses = losses = self._losses.copy()
        losses.add(self._ready_losses)
        before, begin = losses.counts, 0
        for payload in encoder.encode(spans, limit=limit):
            some = spans[begin : payload.consumed]
            own = None
            if losses.counts != before:
                own, before = losses.since(before), losses.counts
            yield _Ready(payload.body, payload.span_count, some, own)
            begin = payload.consumed
        if begin < len(spans):
            yield _Ready(b"", 0, spans[begin:], losses.since(before))

    def rest(self, now: float) -> float:
        """
        Forget values, which may be secrets, if no span came for long.

        Returns when to be called again, should no span come until then.
        """
        if now >= self._forget_at:
            self._encoder.forget()
            self._forget_at = math.inf
        return self._forget_at

    def send_next(self) -> None:
        """Send the oldest payload; if none is ready, `has_ready` must be true."""
        if not self._ready:
            self.prepare((), deadline=-math.inf)
        if self._ready and self._ready[0].span_count:
            self._try(self._ready[0])
        elif self._ready:
            self._take_first()

    def _try(self, ready: _Ready) -> None:
        limit = self.channel.sender.max_payload
        try:
            self._send(ready)
        except PayloadTooLargeError as error:
            if error.limit < limit:
                self._encode_again()
            else:
                self._lose(error)
        except RefusedError as error:
            if self._changes_channel(error):
                self._encode_again()
            else:
                self._lose(error)
        except RetryableSendError as error:
            self._wait(error)
        except SendError as error:
            self._lose(error)
        except Exception as error:  # noqa: BLE001 - a sender broke its promise
            self._lose(SendError(f"{type(error).__name__}: {error}"))
        else:
            self._take_first()

    def _send(self, ready: _Ready) -> None:
        start = self._clock.monotonic()
        self._hand_over(ready.body, start)
        self._metrics.send_seconds(self._clock.monotonic() - start)
        # The number comes from the backend, and no counter may go down by it.
        rejected = max(0, min(self._newly_rejected(), ready.span_count))
        self._losses.send_failed += rejected
        self._metrics.failure(rejected)
        self._metrics.success(ready.span_count - rejected)
        self._is_failing = False
        self._outage.worked()
        self.bytes_per_span = len(ready.body) / ready.span_count

    def _hand_over(self, body: bytes, now: float) -> None:
        sender = self.channel.sender
        if self.send_deadline < math.inf and takes_timeout(sender.send):
            timeout = max(_MIN_SEND_TIMEOUT, self.send_deadline - now)
            cast("_TimedSender", sender).send(body, timeout)
        else:
            sender.send(body)

    def _newly_rejected(self) -> int:
        """Return how many spans of the last payload the backend did not keep."""
        before, self._rejected = self._rejected, self.channel.sender.rejected_spans
        return self._rejected - before

    def _take_first(self) -> int:
        """Remove the oldest payload; return how many spans it holds."""
        ready = self._ready.popleft()
        self._ready_bytes -= len(ready.body)
        if ready.losses is not None:
            self._losses.add(ready.losses)
            self._ready_losses = self._ready_losses.since(ready.losses.counts)
        self._tries, self.again_at = 0, None
        return ready.span_count

    def _encode_again(self) -> None:
        """Turn everything that is ready back into spans to be encoded."""
        spans = [span for ready in self._ready for span in ready.spans]
        self.unencoded = spans + self.unencoded
        self._forget_ready()

    def _lose(self, error: SendError) -> None:
        self._is_failing = True
        lost = self._take_first()
        self._losses.send_failed += lost
        self._metrics.failure(lost)
        self._outage.failed(error, lost=lost)
        self._on_error(error)

    def _wait(self, error: RetryableSendError) -> None:
        self._is_failing = True
        self._tries += 1
        if self._tries >= MOST_TRIES:
            self._lose(error)
            return
        self._outage.failed(error)
        pause = min(FIRST_PAUSE * 2 ** (self._tries - 1), LONGEST_PAUSE)
        # Spread, so that a backend that comes back is not met by all at once.
        pause *= self._jitter.uniform(0.8, 1.2)
        pause = max(pause, error.retry_after or 0.0)
        self.again_at = self._clock.monotonic() + pause

    def _changes_channel(self, error: RefusedError) -> bool:
        """Use the other channel from now on, if there is one and it answers."""
        now = self._clock.monotonic()
        if self._fallback is None or now < self._probe_at:
            return False
        self._probe_at = now + PROBE_PAUSE
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
        self.channel.sender.close()
        self._use(channel)
        return True
