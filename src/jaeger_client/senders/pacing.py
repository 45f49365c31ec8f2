"""
Flow control of UDP, so that the receiver loses nothing.

No error reports that a datagram found the receiver's buffer full. Linux gives a
socket 212,992 bytes by default, and Jaeger reads 20 MB/s or more if the datagrams are
full. Two rules keep that buffer from overflowing:

*Pace.* A datagram is followed by a gap of (size + 2,000 bytes) / 20 MB/s, less the time
spent on encoding the next one. The 2,000 bytes are what a datagram costs Jaeger besides
its content. The gap is 0.16 ms after 1.2 KB, 0.43 ms after 6.5 KB and 2.5 ms after
48 KB. Measured with 20,000 spans and Jaeger 1.76 and 2.20, all arrive with 0.17, 0.6
and 2.2 ms, the inaccuracy of the sleep included.

*Backlog.* A pace is not enough where the receiver gets no processor for 10 ms. Measured
with Jaeger 1.76 beside other programs on two cores, up to a third of 20,000 spans was
lost at 20 MB/s. For a receiver on this machine, Linux reports how many bytes are
unread, and the sender waits while these are more than 65,536. That holds at any pace:
of 100,000 spans, a datagram was lost in 2 bursts of 2 without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from jaeger_client._internal.clock import Clock

DEFAULT_BYTES_PER_SECOND: Final = 20e6
"""What Jaeger reads with the system's default receive buffer."""

_BYTES_PER_DATAGRAM: Final = 2_000

# Sleeps last 0.06 ms or more too long, which may be caught up. The limit is low,
# because with a credit of a full datagram (65,000) a Jaeger on a busy machine lost
# spans of 5 bursts in 5, of 50 datagrams each, and with this one of 0 in 5.
_CREDIT_BYTES: Final = 4_000

# A default buffer (212,992) holds this and what is sent until the next check.
_MAX_BACKLOG: Final = 65_536

# A check takes 0.15 ms, so many small datagrams share one. Each counts as its bytes
# and the overhead of the kernel.
_CHECK_AFTER: Final = 32_000
_OVERHEAD: Final = 1_000

# At most half a second: a receiver that was stopped must not delay this process's exit.
_READER_DELAY: Final = 0.001
_MAX_READER_DELAYS: Final = 500


class Pacer:
    """
    Delays datagrams by both rules. Used by one thread at a time.

    *bytes_per_second* of `math.inf` turns the pace off.
    """

    def __init__(self, clock: Clock, bytes_per_second: float) -> None:
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._free_at = clock.monotonic()
        self._unchecked_bytes = 0

    def wait(self, size: int, backlog: Callable[[], int]) -> None:
        """
        Sleep until a datagram of *size* bytes may be sent.

        *backlog* returns how many bytes are unread at the receiver, or 0 if that is
        not known.
        """
        self._wait_for_pace(size)
        self._unchecked_bytes += size + _OVERHEAD
        if self._unchecked_bytes >= _CHECK_AFTER:
            self._unchecked_bytes = 0
            self._wait_for_reader(backlog)

    def _wait_for_pace(self, size: int) -> None:
        now = self._clock.monotonic()
        if self._free_at > now:
            self._clock.sleep(self._free_at - now)
        credit = _CREDIT_BYTES / self._bytes_per_second
        start = max(self._free_at, now - credit)
        cost = (size + _BYTES_PER_DATAGRAM) / self._bytes_per_second
        self._free_at = start + cost

    def _wait_for_reader(self, backlog: Callable[[], int]) -> None:
        for _ in range(_MAX_READER_DELAYS):
            if backlog() <= _MAX_BACKLOG:
                return
            self._clock.sleep(_READER_DELAY)
