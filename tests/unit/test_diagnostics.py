"""How often the library speaks of itself."""

from __future__ import annotations

import logging
import threading

import pytest

from jaeger_client.diagnostics import ErrorReporter, Notice, Outage, logger
from jaeger_client.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that goes when told."""
    return FakeClock()


def test_logger_has_the_name_of_48() -> None:
    """Every line goes to the logger `jaeger_tracing`."""
    assert "jaeger_tracing" == logger.name


def test_notice_speaks_once_a_minute(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A notice is silent for a minute after it spoke, then tells what it kept back."""
    notice = Notice("no %s", clock=clock)

    notice.warn("a")
    notice.warn("b")
    notice.warn("c")
    clock.advance(60)
    notice.warn("d")
    clock.advance(60)
    notice.warn("e")

    expected = ["no a", "no d (2 more such since the last line)", "no e"]
    assert expected == caplog.messages
    assert {logging.WARNING} == {record.levelno for record in caplog.records}


def test_outage_speaks_at_both_ends(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An outage has one line with advice when it begins and one with the losses."""
    outage = Outage("sending", "Is it running?", clock=clock)

    outage.worked()
    outage.failed("refused", lost=2)
    clock.advance(90)
    outage.failed("refused", lost=3)
    ongoing = outage.ongoing
    outage.worked()
    outage.worked()

    assert (True, False) == (ongoing, outage.ongoing)
    assert [
        "sending: refused. Is it running?",
        "sending: works again after 90 s; 5 spans were lost",
    ] == caplog.messages


def test_second_outage_counts_anew(
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A later outage begins with nothing lost."""
    outage = Outage("sending", "Hm.", clock=clock)
    outage.failed("a", lost=2)
    outage.worked()

    outage.failed("b")
    outage.worked()

    assert "sending: works again after 0 s; 0 spans were lost" == caplog.messages[-1]


def test_error_reporter_logs_the_first(caplog: pytest.LogCaptureFixture) -> None:
    """The error reporter of 4.8 logs the first error of an interval."""
    reporter = ErrorReporter(None, logging.getLogger("app"))

    reporter.error("failed: %s", "why")
    reporter.error("failed: %s", "again")

    assert ["failed: why"] == caplog.messages
    assert "ERROR" == caplog.records[0].levelname


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
    """Of many threads that report at once, one is heard."""
    reporter = ErrorReporter(logger=logging.getLogger("app"))
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
