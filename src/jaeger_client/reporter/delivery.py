"""
Getting spans out: encode, send, and what happens when sending fails.

A payload that could not be sent goes one of four ways:

- the network takes only smaller ones: its spans are given back, to be encoded
  anew for the smaller size;
- the backend may take it later: it waits here, and everything else in the queue;
- nothing listens, but another channel answers: that one is used from now on and
  the spans are given back;
- anything else: its spans are lost and counted, and the next payload goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jaeger_client.clock import Clock
from jaeger_client.diagnostics import Outage, logger
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)

if TYPE_CHECKING:
    import random

    from jaeger_client.encoding.base import Payload
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import Process, SpanData, SpanLosses
    from jaeger_client.reporter.base import Channel

FIRST_PAUSE: Final = 0.5
"""Seconds until a payload is sent again for the first time; doubles from there."""

LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries, at most, unless the backend asks for more."""

MOST_TRIES: Final = 6
"""Times a payload is sent before its spans are given up."""

PROBE_PAUSE: Final = 10.0
"""Seconds between two questions whether another channel answers."""

_ADVICE: Final = (
    "Spans are being lost; is the backend running, and do JAEGER_AGENT_HOST and "
    "JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, name it?"
)


@dataclass(slots=True)
class _Waiting:
    """A payload that is to be sent again."""

    payload: Payload
    again_at: float
    tries: int = 1


class Delivery:
    """
    Sends spans over one channel. Used by one thread at a time.
    """

    def __init__(  # noqa: PLR0913 - each is a part the reporter was given
        self,
        channel: Channel,
        *,
        losses: SpanLosses,
        metrics: ReporterMetrics,
        clock: Clock,
        jitter: random.Random,
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
        self._waiting: _Waiting | None = None
        self.bytes_per_span = 400.0
        """Size of a span in the payloads so far; a guess before the first."""
        self._use(channel)

    def _use(self, channel: Channel) -> None:
        self.channel = channel
        channel.encoder.losses = self._losses
        if self._process is not None:
            channel.encoder.set_process(self._process)
        self._outage = Outage(
            f"cannot send spans to {channel.sender!r}",
            _ADVICE,
            clock=self._clock,
        )

    def set_process(self, process: Process) -> None:
        """Take the process whose spans come."""
        self._process = process
        self.channel.encoder.set_process(process)

    @property
    def again_at(self) -> float | None:
        """When the waiting payload is sent again; `None` if none waits."""
        return None if self._waiting is None else self._waiting.again_at

    def after_fork_in_child(self) -> None:
        """Leave what waits, and the connection, to the parent."""
        self._waiting = None
        self.channel.sender.after_fork_in_child()

    def abandon(self) -> int:
        """Give up what waits; return how many spans that is."""
        waiting, self._waiting = self._waiting, None
        return 0 if waiting is None else waiting.payload.span_count

    def close(self) -> None:
        """Close the sender."""
        self.channel.sender.close()

    def resume(self) -> bool:
        """Send the waiting payload, if there is one; return whether none is left."""
        waiting = self._waiting
        if waiting is None:
            return True
        self._waiting = None
        try:
            self._send(waiting.payload)
        except RetryableSendError as error:
            self._wait(waiting.payload, error, tries=waiting.tries + 1)
        except SendError as error:
            self._lose(waiting.payload, error)
        return self._waiting is None

    def deliver(self, spans: Sequence[SpanData]) -> Sequence[SpanData]:
        """Send *spans*; return the last ones of them that are still to be sent."""
        done = 0
        sender = self.channel.sender
        limit = sender.max_payload
        for payload in self.channel.encoder.encode(spans, limit=limit):
            try:
                self._send(payload)
            except PayloadTooLargeError as error:
                if error.limit < limit:
                    return spans[done:]
                self._lose(payload, error)
            except RefusedError as error:
                if self._changes_channel(error):
                    return spans[done:]
                self._lose(payload, error)
            except RetryableSendError as error:
                self._wait(payload, error)
                return spans[payload.consumed :]
            except SendError as error:
                self._lose(payload, error)
            done = payload.consumed
        return ()

    def _send(self, payload: Payload) -> None:
        start = self._clock.monotonic()
        self.channel.sender.send(payload.body)
        self._metrics.send_seconds(self._clock.monotonic() - start)
        self._metrics.success(payload.span_count)
        self._outage.worked()
        self.bytes_per_span = len(payload.body) / (payload.span_count or 1)

    def _lose(self, payload: Payload, error: SendError) -> None:
        self._losses.send_failed += payload.span_count
        self._metrics.failure(payload.span_count)
        self._outage.failed(error, lost=payload.span_count)
        self._on_error(error)

    def _wait(
        self,
        payload: Payload,
        error: RetryableSendError,
        *,
        tries: int = 1,
    ) -> None:
        if tries >= MOST_TRIES:
            self._lose(payload, error)
            return
        self._outage.failed(error)
        pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
        # Spread, so that a backend that comes back is not met by all at once.
        pause *= self._jitter.uniform(0.8, 1.2)
        pause = max(pause, error.retry_after or 0.0)
        self._waiting = _Waiting(payload, self._clock.monotonic() + pause, tries)

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
