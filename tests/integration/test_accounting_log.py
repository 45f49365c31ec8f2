"""Each kind of loss is counted by its cause, and logged once, with the remedy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import pytest

from jaeger_client import Span
from jaeger_client.model import SpanLosses
from tests.integration.accounting import Account, assert_exact
from tests.integration.http_servers import make_response
from tests.integration.receivers import ROUTES, Receiver, on_linux

pytestmark = [on_linux, pytest.mark.usefixtures("no_otlp_beside")]


def set_huge_key(span: Span) -> None:
    """Make *span* too large for a datagram, whatever is cut."""
    span.set_tag("k" * 70_000, 1)


def set_many_logs(span: Span) -> None:
    """Make *span* too large for a datagram, unless logs are dropped."""
    for _ in range(100):
        span.log_kv({"event": "e" * 1_000})


def break_start_time(span: Span) -> None:
    """Make *span* impossible to encode."""
    span.start_time = object()  # type: ignore[assignment]  # as an application may


def report_before_close(
    account: Account, change: Callable[[Span], object] = id
) -> None:
    """Report in three batches, then close."""
    for count in (1, 2, 3):
        account.report(count, change)
        account.tracer.flush()
    account.tracer.close()


def report_large(account: Account, _receiver: Receiver) -> None:
    """Report spans of which no part fits a datagram."""
    report_before_close(account, set_huge_key)


def report_shrinkable(account: Account, _receiver: Receiver) -> None:
    """Report spans that fit a datagram without some logs."""
    report_before_close(account, set_many_logs)


def report_broken(account: Account, _receiver: Receiver) -> None:
    """Report spans that no encoder can write."""
    report_before_close(account, break_start_time)


def report_to_no_one(account: Account, receiver: Receiver) -> None:
    """Report while nothing listens."""
    receiver.down()
    report_before_close(account)


def report_to_a_failing_server(account: Account, receiver: Receiver) -> None:
    """Report while the server responds 500."""
    receiver.responses += [make_response(500, b"out of disk")] * 10
    report_before_close(account)


def report_too_many(account: Account, _receiver: Receiver) -> None:
    """Report more than the queue holds before anything is sent."""
    account.report(7)
    account.tracer.close()


def report_after_close(account: Account, _receiver: Receiver) -> None:
    """Report to a tracer that was closed."""
    account.tracer.close()
    account.report(6)


def close_at_once(account: Account, _receiver: Receiver) -> None:
    """Close the tracer without time to send."""
    account.report(6)
    account.tracer.close(timeout=0.0)


def close_while_retrying(account: Account, receiver: Receiver) -> None:
    """Close the tracer in an outage, before the attempts have ended."""
    receiver.responses += [make_response(503, headers={"Retry-After": "60"})] * 10
    account.report(6)
    while len(receiver.responses) == 10:
        account.tracer.flush(timeout=0.1)
    account.tracer.close(timeout=0.1)


class Loss(NamedTuple):
    """One kind of loss, and what is counted and logged for it."""

    route: str
    lose: Callable[[Account, Receiver], None]
    counted: SpanLosses
    remedy: str
    """A part of the line."""
    settings: Mapping[str, object] = {}


# Nothing is sent before `flush` or `close`.
_LATE: Final = {"reporter_flush_interval": 3_600}

LOSSES: Final = {
    "queue-full": Loss(
        "udp",
        report_too_many,
        SpanLosses(queue_full=6),
        "raise reporter_queue_size (JAEGER_REPORTER_MAX_QUEUE_SIZE) or sample less",
        {"reporter_queue_size": 1, "reporter_batch_size": 2, **_LATE},
    ),
    "too-large": Loss(
        "udp",
        report_large,
        SpanLosses(too_large=6),
        "set fewer tags, or send over HTTP (JAEGER_ENDPOINT)",
    ),
    "truncated": Loss(
        "udp",
        report_shrinkable,
        SpanLosses(truncated=6),
        "set fewer or shorter tags, or send over HTTP (JAEGER_ENDPOINT)",
    ),
    "not-encodable": Loss(
        "udp",
        report_broken,
        SpanLosses(not_encodable=6),
        "please report this",
    ),
    "refused-datagram": Loss(
        "udp",
        report_to_no_one,
        SpanLosses(send_failed=6),
        "do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, point to it?",
    ),
    "refused-connection": Loss(
        "thrift",
        report_to_no_one,
        SpanLosses(send_failed=6),
        "do JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or JAEGER_ENDPOINT, point to it?",
    ),
    "status-500": Loss(
        "otlp",
        report_to_a_failing_server,
        SpanLosses(send_failed=6),
        "the server responded 500: out of disk",
    ),
    "after-close": Loss(
        "zipkin",
        report_after_close,
        SpanLosses(closed=6),
        "close it last, or with a longer timeout",
    ),
    "timeout-of-close": Loss(
        "udp",
        close_at_once,
        SpanLosses(closed=6),
        "close it last, or with a longer timeout",
        _LATE,
    ),
    "retried-until-close": Loss(
        "otlp",
        close_while_retrying,
        SpanLosses(closed=6),
        "With a longer timeout, close() retries for longer",
        _LATE,
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_each_kind_of_loss_is_counted_and_logged_once(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each kind of loss is logged in one line a minute, with the remedy."""
    caplog.set_level(logging.WARNING, "jaeger_tracing")
    loss = LOSSES[name]
    route = ROUTES[loss.route]
    with route.receive() as receiver:
        account = Account(route.settings(receiver.host, receiver.port), loss.settings)
        loss.lose(account, receiver)
        account.end(receiver)

        assert loss.counted == account.reporter.losses
        assert_exact(account, receiver)
    lines = [line for line in caplog.messages if loss.remedy in line]
    # The outage that close() ends is logged in a line of its own.
    expected = 2 if name == "retried-until-close" else 1

    assert 1 == len(lines)
    assert expected == len(caplog.messages)
