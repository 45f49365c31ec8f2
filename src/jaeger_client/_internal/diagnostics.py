"""
What the library logs about itself: one logger, and limits on how often it logs.

A filter of the logger bounds every line, whether it is written by a
`RateLimitedWarning`, an `Outage` or the logger itself: it cuts text from requests,
responses, settings and the application's objects, and removes control characters and
secrets.

Nothing here is on the hot path: lines are written when something was lost, refused or
ignored.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.shown import MAX_SHOWN, shown, text_of
from jaeger_client._internal.signal_safe import Atomic
from jaeger_client.constants import LOGGER_NAME

_QUIET_SECONDS: Final = 60.0
"""Seconds for which a warning is suppressed after it was logged."""

_MAX_OUTAGES: Final = 5
"""Maximum number of outages that are logged within `_QUIET_SECONDS`."""

_MAX_FRAMES: Final = 30
"""Maximum number of frames of a traceback that are logged, the innermost ones."""

_MAX_CAUSES: Final = 5
"""Maximum number of exceptions of a chain that are logged, the last ones."""


class _Shown:
    """An argument of a line, converted to bounded text when the line is written."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __str__(self) -> str:
        return text_of(self._value)

    def __repr__(self) -> str:
        return shown(self._value, MAX_SHOWN)


def bounded(arguments: Iterable[object]) -> tuple[object, ...]:
    """Return *arguments* for a line of any logger: short numbers and bounded text."""
    return tuple(
        argument if _is_bounded(argument) else _Shown(argument)
        for argument in arguments
    )


def _is_bounded(argument: object) -> bool:
    # Numbers stay numbers, for `%d` and `%.0f`. The text of 64 bits is short.
    if type(argument) is int:
        return abs(argument) < 1 << 64
    return type(argument) is float or type(argument) is _Shown


class _LineFilter(logging.Filter):
    """Bounds the content of the library's records, before any handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change *record* in place; never discard it."""
        arguments = record.args
        if isinstance(arguments, Mapping):
            # logging itself has unpacked a single argument that is a mapping.
            arguments = (arguments,)
        if arguments:
            record.args = bounded(arguments)
        else:
            record.msg = text_of(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            # Handlers would write the messages of the exceptions unbounded.
            record.exc_text = "\n".join(_traceback_lines(record.exc_info[1]))
            record.exc_info = None
        return True


def _traceback_lines(error: BaseException) -> list[str]:
    lines: list[str] = []
    current: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if current is None:
            break
        frames = traceback.extract_tb(current.__traceback__, -_MAX_FRAMES)
        part = [
            "Traceback (most recent call last):",
            *(line.rstrip("\n") for line in traceback.format_list(frames)),
            f"{type(current).__name__}: {text_of(current)}",
        ]
        lines = [*part, "which led to:", *lines] if lines else part
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return lines


logger = logging.getLogger(LOGGER_NAME)
"""The logger of all lines of this library."""

logger.addFilter(_LineFilter())


def warn(message: str, *args: object, exc_info: bool | BaseException = False) -> None:
    """
    Log a warning, with the current or the given exception's traceback; never raise.

    The application's log handlers may raise: for instance, if a signal handler has
    interrupted a write to the stream that the log handler writes to.
    """
    with suppress(Exception):
        logger.warning(message, *args, exc_info=exc_info or None)


class RateLimitedWarning:
    """
    One kind of warning, logged at most once a minute.

    The next line contains the number of lines suppressed since. Safe from any thread;
    never raises.
    """

    def __init__(self, message: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._message = message
        self._clock = clock
        self._quiet_until = float("-inf")
        self._suppressed = 0

    def warn(self, *args: object, exc_info: bool = False) -> None:
        """Log the message with *args*, or count it as suppressed."""
        # Without a lock: threads that warn at the same moment may each log a line.
        now = self._clock.monotonic()
        if now < self._quiet_until:
            self._suppressed += 1
            return
        suppressed, self._suppressed = self._suppressed, 0
        self._quiet_until = now + _QUIET_SECONDS
        warn(_counted(self._message, suppressed), *args, exc_info=exc_info)


def _counted(message: str, suppressed: int) -> str:
    if not suppressed:
        return message
    return f"{message} (similar lines suppressed: {suppressed})"


class Outage:
    """
    Logs once that something has begun to fail and once that it works again.

    If that repeats, at most `_MAX_OUTAGES` outages a minute are logged; the next line
    contains the number of the others. Used by one thread at a time.
    """

    def __init__(self, what: str, advice: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._what = what
        self._advice = advice
        self._clock = clock
        self._since: float | None = None
        self._is_logged = False
        """Whether the beginning of the current outage was logged."""
        self._logged_at: deque[float] = deque(maxlen=_MAX_OUTAGES)
        self._lost = 0
        self._suppressed = 0

    def failed(self, error: object, *, lost: int = 0) -> None:
        """Record a failure that lost *lost* spans; log the first one."""
        self._lost += lost
        if self._is_logged:
            return
        now, logged_at = self._clock.monotonic(), self._logged_at
        if self._since is None:
            self._since = now
        if len(logged_at) == _MAX_OUTAGES and now < logged_at[0] + _QUIET_SECONDS:
            return
        self._is_logged = True
        logged_at.append(now)
        suppressed, self._suppressed = self._suppressed, 0
        warn(_counted("%s: %s. %s", suppressed), self._what, error, self._advice)

    def worked(self) -> None:
        """Record a success; log the first one after a failure."""
        if self._since is None:
            return
        since, self._since = self._since, None
        if not self._is_logged:
            self._suppressed += 1
            return
        lost, self._is_logged, self._lost = self._lost, False, 0
        warn(
            "%s: works again after %.0f s; %d spans were lost",
            self._what,
            self._clock.monotonic() - since,
            lost,
        )


class ErrorReporter:
    """
    The error reporter of jaeger-client 4.8: logs one error per interval.

    The first interval starts at construction, so that a short outage at start-up is
    not logged. With an interval of 0 every error is logged. Safe from any thread.
    """

    def __init__(
        self,
        metrics: object = None,
        logger: logging.Logger | None = None,  # noqa: A002, RUF100 - the name of 4.8
        log_interval_minutes: float = 15,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.logger = logger
        self.metrics = metrics
        self.log_interval_minutes = log_interval_minutes
        self._clock = clock
        self._reported_at = Atomic(clock.time())

    @property
    def _last_error_reported_at(self) -> float:
        """Time of the last line, or of construction; tests set it."""
        return self._reported_at.read()[0]

    @_last_error_reported_at.setter
    def _last_error_reported_at(self, seconds: float) -> None:
        self._reported_at.update(lambda _: seconds)

    def error(self, *args: object) -> None:
        """Log *args* as a message with its arguments, if the interval has passed."""
        if self.logger is not None and self._is_due():
            message, *rest = args or ("",)
            self.logger.error(text_of(message), *bounded(rest))

    def _is_due(self) -> bool:
        interval = self.log_interval_minutes * 60
        if not interval:
            return True
        # The state is read before the time: otherwise a line logged in between would
        # look as if the clock had been set back.
        state = self._reported_at.read()
        now = self._clock.time()
        # If the clock was set back, the interval counts as passed: else no error would
        # be logged for the difference.
        is_quiet = 0 <= now - state[0] <= interval
        # If several threads, or a signal handler, get here at once, only one logs.
        return not is_quiet and self._reported_at.replace(state, now)
