"""What the library logs about itself, and how often."""

# pyright: reportPrivateUsage=false
# Tests of applications set `_last_error_reported_at`.

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import pytest

import jaeger_client
from jaeger_client import RemoteControlledSampler
from jaeger_client._internal.diagnostics import (
    ErrorReporter,
    Outage,
    RateLimitedWarning,
    logger,
)
from jaeger_client.errors import SendError
from jaeger_client.testing import FakeClock
from tests.unit.bytecodes import call_at, every_place
from tests.unit.sampler.fakes import Agent, QuietWorker

Writer: TypeAlias = Callable[[object], None]
"""Writes a line that quotes a value."""


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that the test advances."""
    return FakeClock()


def test_logger_has_the_name_of_48() -> None:
    """Every line goes to the logger `jaeger_tracing`."""
    assert "jaeger_tracing" == logger.name


def test_warning_is_logged_once_a_minute(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A warning is logged once a minute; the next line counts the suppressed ones."""
    notice = RateLimitedWarning("no %s", clock=clock)

    notice.warn("a")
    notice.warn("b")
    notice.warn("c")
    clock.advance(60)
    notice.warn("d")
    clock.advance(60)
    notice.warn("e")

    expected = ["no a", "no d (similar lines suppressed: 2)", "no e"]
    assert expected == caplog.messages
    assert {logging.WARNING} == {record.levelno for record in caplog.records}


def test_outage_is_logged_at_both_ends(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An outage has one line with advice when it begins and one with the losses."""
    outage = Outage("sending", "Is it running?", clock=clock)

    outage.worked()
    outage.failed("refused", lost=2)
    clock.advance(90)
    outage.failed("refused", lost=3)
    outage.worked()
    outage.worked()

    assert [
        "sending: refused. Is it running?",
        "sending: works again after 90 s; 5 spans were lost",
    ] == caplog.messages


def test_second_outage_counts_anew(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The count of lost spans starts at 0 with each outage."""
    outage = Outage("sending", "Hm.", clock=clock)
    outage.failed("a", lost=2)
    outage.worked()

    outage.failed("b")
    outage.worked()

    assert "sending: works again after 0 s; 0 spans were lost" == caplog.messages[-1]


def test_a_backend_that_fails_now_and_then_does_not_fill_the_log(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At most five outages a minute are logged; later lines count the others."""
    outage = Outage("sending", "Hm.", clock=clock)
    for _ in range(100):
        outage.failed("refused", lost=1)
        outage.worked()
    in_the_first_minute = len(caplog.messages)
    clock.advance(60)

    outage.failed("refused", lost=1)
    outage.worked()

    assert 10 == in_the_first_minute
    assert [
        "sending: refused. Hm. (similar lines suppressed: 95)",
        "sending: works again after 0 s; 96 spans were lost",
    ] == caplog.messages[in_the_first_minute:]


def test_an_outage_that_was_not_logged_at_its_beginning_is_logged_if_it_lasts(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An outage that lasts is logged, even if many short ones preceded it."""
    outage = Outage("sending", "Hm.", clock=clock)
    for _ in range(6):
        outage.failed("refused")
        outage.worked()
    outage.failed("down")
    clock.advance(60)

    outage.failed("down", lost=3)
    outage.worked()

    assert [
        "sending: down. Hm. (similar lines suppressed: 1)",
        "sending: works again after 60 s; 3 spans were lost",
    ] == caplog.messages[-2:]


def test_error_reporter_logs_once_an_interval(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged for an interval after construction, then once an interval."""
    reporter = ErrorReporter(None, logging.getLogger("app"), 10, clock=clock)

    for minute in range(25):
        reporter.error("failed in minute %d", minute)
        reporter.error("failed in minute %d again", minute)
        clock.advance(60)

    assert ["failed in minute 11", "failed in minute 22"] == caplog.messages
    assert "ERROR" == caplog.records[0].levelname


def test_error_reporter_has_the_time_of_its_last_line(clock: FakeClock) -> None:
    """`_last_error_reported_at` is first the time of construction."""
    reporter = ErrorReporter(None, logging.getLogger("app"), 10, clock=clock)
    made_at = clock.time()
    assert made_at == reporter._last_error_reported_at

    clock.advance(601)
    reporter.error("failed")

    assert made_at + 601 == reporter._last_error_reported_at


def test_error_reporter_of_an_application_test(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A test that sets `_last_error_reported_at` to the past gets a line at once."""
    reporter = due_error_reporter()

    reporter.error("failed: %s", "why")
    reporter.error("failed: %s", "again")

    assert ["failed: why"] == caplog.messages


def test_error_reporter_after_the_clock_was_set_back(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """After the clock was set back, errors are logged without waiting for it."""
    reporter = ErrorReporter(None, logging.getLogger("app"), 10, clock=clock)
    clock.advance(-86_400)

    reporter.error("failed")
    reporter.error("failed again")

    assert ["failed"] == caplog.messages


def due_error_reporter() -> ErrorReporter:
    """Return an error reporter that logs the next error."""
    reporter = ErrorReporter(logger=logging.getLogger("app"))
    reporter._last_error_reported_at = 0
    return reporter


def test_error_reporter_without_interval(caplog: pytest.LogCaptureFixture) -> None:
    """With an interval of 0 every error is logged, of whatever type it is."""
    reporter = ErrorReporter(logger=logging.getLogger("app"), log_interval_minutes=0)

    reporter.error(ValueError("a"))
    reporter.error()

    assert ["a", ""] == caplog.messages


def test_error_reporter_without_logger(caplog: pytest.LogCaptureFixture) -> None:
    """Without a logger nothing is logged."""
    ErrorReporter().error("failed")

    assert [] == caplog.messages


def test_error_reporter_in_many_threads(caplog: pytest.LogCaptureFixture) -> None:
    """Of many threads that report at once, one logs."""
    reporter = due_error_reporter()
    begin = threading.Barrier(4)

    def report() -> None:
        begin.wait(10)
        reporter.error("failed")

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert ["failed"] == caplog.messages


def test_error_reporter_may_be_interrupted_anywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A signal handler that reports an error never hangs; one of the two logs."""

    def interrupt_error(at: int) -> str:
        caplog.clear()
        reporter = due_error_reporter()
        place = call_at(
            at,
            lambda: reporter.error("nested"),
            lambda: reporter.error("outer"),
        )
        assert 1 == len(caplog.records)
        return place

    assert len(list(every_place(interrupt_error))) > 20


def test_a_percent_sign_in_a_name_breaks_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The name of a service is never used as a format."""
    reporter = ErrorReporter(logger=logging.getLogger("app"), log_interval_minutes=0)
    sampler = RemoteControlledSampler(
        Agent(OSError("refused")),
        "100%s",
        error_reporter=reporter,
        worker=QuietWorker(),
    )
    sampler._poller.begin()  # pyright: ignore[reportPrivateUsage]  # polls without a thread
    sampler._poller.run(0.0)  # pyright: ignore[reportPrivateUsage]  # as above

    assert ["cannot get a sampling strategy for 100%s: refused"] == caplog.messages


# Whatever lines quote.


class Broken:
    """Raises when it is converted to text."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


HOSTILE = (
    f"GET /\n2026-01-01 FATAL\x1b[31m http://me:hunter2@h?token=hunter2 {'x' * 10**6}"
)


def write_by_warning(value: object) -> None:
    """Write a line by a `RateLimitedWarning`."""
    RateLimitedWarning("odd: %s %r").warn(value, value)


def write_by_outage(value: object) -> None:
    """Write a line by an `Outage`."""
    Outage("sending", "Hm.").failed(value)


def write_by_logger(value: object) -> None:
    """Write a line directly."""
    logger.warning("odd: %s", value)


def write_a_message(value: object) -> None:
    """Write a line whose message is the value itself."""
    logger.warning(value)


def write_an_exception(value: object) -> None:
    """Write a line with a traceback, of an error that another one led to."""
    error = caught(SendError("failed"), ValueError(value))
    logger.error("odd: %r", value, exc_info=error)


def caught(error: Exception, cause: Exception) -> Exception:
    """Return *error* with a traceback, raised from *cause*."""
    try:
        raise error from cause
    except type(error) as raised:
        return raised


def write_by_error_reporter(value: object) -> None:
    """Write a line through the error reporter, with a logger of the application's."""
    due_error_reporter().error("odd: %s", value)


def write_by_poller(value: object) -> None:
    """Write a line about a server, with a logger of the application's."""
    agent = Agent(OSError(value))
    sampler = RemoteControlledSampler(
        agent, str(value), logger=logging.getLogger("app"), worker=QuietWorker()
    )
    sampler._poller.begin()  # pyright: ignore[reportPrivateUsage]  # polls without a thread
    sampler._poller.run(0.0)  # pyright: ignore[reportPrivateUsage]  # as above


WRITERS = [
    write_by_warning,
    write_by_outage,
    write_by_logger,
    write_a_message,
    write_an_exception,
    write_by_error_reporter,
    write_by_poller,
]


@pytest.mark.parametrize("write", WRITERS)
def test_a_line_quotes_no_stranger_at_length(
    write: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    """Every line is cut, and has no line breaks, escapes or secrets."""
    write(HOSTILE)

    (record,) = caplog.records
    message = caplog.text
    assert len(message) < 12_000
    assert "FATAL" in message
    assert "\n2026" not in message
    assert "\x1b" not in message
    assert "hunter2" not in message
    assert record.exc_info is None


@pytest.mark.parametrize("write", WRITERS[:-1])
def test_a_line_survives_an_object_that_raises(
    write: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    """An object whose `repr` raises does not prevent the line."""
    write(Broken())

    assert "Broken" in caplog.text


def test_the_traceback_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """It has the frames, and every error of the chain, the first one first."""
    logger.error("failed", exc_info=caught(ValueError("second"), KeyError("first")))

    text = caplog.text
    assert "raise error from cause" in text
    assert 0 < text.index("KeyError: 'first'") < text.index("ValueError: second")


def test_a_chain_of_errors_ends(caplog: pytest.LogCaptureFixture) -> None:
    """A chain of many errors is cut, even a circular one."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first

    logger.warning("failed", exc_info=first)

    assert 3 == caplog.text.count("ValueError: a")


def test_numbers_stay_numbers(caplog: pytest.LogCaptureFixture) -> None:
    """Number formats work, and a very large number is not an error."""
    logger.warning("%d %.1f %s %s", 1, 2.0, True, 10**5000)

    assert ["1 2.0 True a very large int"] == caplog.messages


def test_a_single_mapping_is_one_argument(caplog: pytest.LogCaptureFixture) -> None:
    """A single argument that is a mapping is formatted as any other."""
    logger.warning("got %s", {"a": 1})
    logger.warning("got %s", MappingProxyType({"b": 2}))

    assert ["got {'a': 1}", "got {'b': 2}"] == caplog.messages


def test_a_handler_that_raises_does_not_raise_into_the_application() -> None:
    """An error of a log handler does not reach the application."""

    class Raising(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise RuntimeError(record)

    handler = Raising()
    logger.addHandler(handler)
    try:
        RateLimitedWarning("odd").warn()
        Outage("sending", "Hm.").failed("refused")
    finally:
        logger.removeHandler(handler)


def test_every_module_writes_to_the_one_logger() -> None:
    """All modules use this logger, because another one would lack the filter."""
    package = Path(jaeger_client.__file__).parent
    getters = {
        path.name for path in package.rglob("*.py") if "getLogger" in path.read_text()
    }

    assert {"diagnostics.py"} == getters
