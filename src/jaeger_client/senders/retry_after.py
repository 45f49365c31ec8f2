"""Reads the header `Retry-After`; pure."""

from __future__ import annotations

import re
from typing import Final

from jaeger_client._internal.fork import forks_wait

MAX_RETRY_AFTER: Final = 60.0
"""Seconds that a server may ask for at most: the queue must go somewhere."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")


def parse_retry_after(header: str | None, now: float) -> float | None:
    """
    Return the seconds to wait, from 0 to `MAX_RETRY_AFTER`, or None if unsaid.

    *now* is in seconds since the epoch, for *header* may be a date.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        seconds: float | None = float(text)
    else:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _seconds_until(http_date: str, now: float) -> float | None:
    # Here, for it takes 20 ms to import and hardly a server writes dates.
    with forks_wait():
        from email.utils import mktime_tz, parsedate_tz  # noqa: PLC0415 - see above

    parsed = parsedate_tz(http_date)
    if parsed is None:
        return None
    try:
        return mktime_tz(parsed) - now
    except (ValueError, OverflowError):
        return None
