"""The active span in log records, and log records in the active span."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import logging
import logging.handlers
import pickle
import queue
import threading
from collections.abc import Iterator
from typing import Any

import opentracing
import pytest
import structlog

from jaeger_client._internal.diagnostics import logger as own_logger
from jaeger_client.instrumentation.logging import (
    SpanLogHandler,
    TraceContextFilter,
    TraceContextProcessor,
    TraceRecordFactory,
)
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import Hostile, fields_of

FORMAT = "%(service)s %(trace_id)s %(span_id)s %(sampled)s %(message)s"


@pytest.fixture(autouse=True)
def no_record_factory() -> Iterator[None]:
    """Restore the record factory."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return the global tracer."""
    with memory_tracer("bakery", set_global=True) as tracer:
        yield tracer


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """Return a logger of the application that no other handler sees."""
    log = logging.Logger("application")  # noqa: LOG001 - not in the tree of loggers
    yield log
    for handler in log.handlers:
        handler.close()


@pytest.fixture
def lines(log: logging.Logger) -> io.StringIO:
    """Return what the application logs, in `FORMAT`."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter(FORMAT))
    log.addHandler(handler)
    return text


class BrokenTracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """A tracer whose active span cannot be read."""

    @property
    def active_span(self) -> opentracing.Span | None:
        msg = "out of order"
        raise RuntimeError(msg)


# The filter and the record factory


def use(kind: str, log: logging.Logger, tracer: Any = None) -> None:
    """Add the attributes in one of the two ways."""
    if kind == "filter":
        log.handlers[0].addFilter(TraceContextFilter(tracer))
    else:
        logging.setLogRecordFactory(TraceRecordFactory(tracer=tracer))


EACH = pytest.mark.parametrize("kind", ["filter", "factory"])


@EACH
def test_a_record_has_the_active_span(
    kind: str, tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """Ids as Jaeger shows them, whether it is sampled, and the service."""
    use(kind, log)

    with tracer.start_active_span("root"), tracer.start_active_span("child"):
        log.warning("burnt")

    assert f"bakery {1:016x} {2:016x} true burnt\n" == lines.getvalue()


@EACH
def test_a_record_without_a_span(
    kind: str, tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """Its attributes are text all the same."""
    use(kind, log)

    log.warning("burnt")

    assert "bakery - - - burnt\n" == lines.getvalue()


@EACH
def test_a_record_without_a_tracer(
    kind: str, log: logging.Logger, lines: io.StringIO
) -> None:
    """OpenTracing's own tracer has neither service nor ids."""
    use(kind, log)

    with opentracing.global_tracer().start_active_span("nothing"):
        log.warning("burnt")

    assert "- - - - burnt\n" == lines.getvalue()


@EACH
def test_a_trace_that_is_not_sampled(
    kind: str, tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """It has ids, too. Wide trace ids have 32 digits."""
    use(kind, log)
    caller = SpanContext(1 << 64, 5, None, 0)

    with tracer.start_active_span("child", caller):
        log.warning("burnt")

    assert f"bakery {1 << 64:032x} {1:016x} false burnt\n" == lines.getvalue()


@EACH
def test_the_applications_own_attributes_stay(
    kind: str, tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """`extra` may have the same names, and its values count."""
    use(kind, log)

    with tracer.start_active_span("root"):
        log.warning("burnt", extra={"service": "own", "trace_id": 5})

    assert f"own 5 {1:016x} true burnt\n" == lines.getvalue()


@EACH
def test_another_tracer(
    kind: str, tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """The tracer that was passed counts, not the global one."""
    with memory_tracer("other") as other, other.start_active_span("root"):
        use(kind, log, other)
        log.warning("burnt")

    assert f"other {1:016x} {1:016x} true burnt\n" == lines.getvalue()


@EACH
def test_a_tracer_that_raises(
    kind: str,
    log: logging.Logger,
    lines: io.StringIO,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The record is written, and the failure is logged."""
    use(kind, log, BrokenTracer())

    log.warning("burnt")

    assert "- - - - burnt\n" == lines.getvalue()
    assert "out of order" in caplog.text


def test_extra_may_not_have_other_names(log: logging.Logger) -> None:
    """Python's own rule stands."""
    logging.setLogRecordFactory(TraceRecordFactory())

    with pytest.raises(KeyError, match="overwrite 'name'"):
        log.warning("burnt", extra={"name": "own"})  # noqa: G101 - the fact


def test_factories_are_not_nested(tracer: MemoryTracer) -> None:
    """Configuring logging twice has the effect of once; other factories stay."""

    class Record(logging.LogRecord):
        """A record of the application."""

    logging.setLogRecordFactory(Record)
    logging.setLogRecordFactory(TraceRecordFactory())
    logging.setLogRecordFactory(TraceRecordFactory())
    factory = logging.getLogRecordFactory()

    assert isinstance(factory, TraceRecordFactory)
    assert factory.factory is Record
    assert isinstance(logging.makeLogRecord({}), Record)
    assert logging.LogRecord is TraceRecordFactory(logging.LogRecord).factory


def test_a_record_can_go_to_another_process(tracer: MemoryTracer) -> None:
    """Copied, pickled, or as a dict; made there anew, it keeps its span."""
    logging.setLogRecordFactory(TraceRecordFactory())
    with tracer.start_active_span("root"):
        record: Any = logging.makeLogRecord({"msg": "burnt"})

    received: list[Any] = [
        copy.copy(record),
        pickle.loads(pickle.dumps(record)),
        logging.makeLogRecord(json.loads(json.dumps(vars(record)))),
    ]

    assert [(f"{1:016x}", "bakery", "burnt")] * 3 == [
        (each.trace_id, each.service, each.getMessage()) for each in received
    ]


def test_a_pickled_record_does_not_need_this_library(tracer: MemoryTracer) -> None:
    """The process that reads it may not have it."""
    logging.setLogRecordFactory(TraceRecordFactory())

    pickled = pickle.dumps(logging.makeLogRecord({"msg": "burnt"}))

    assert b"jaeger" not in pickled


def test_a_queue_between_threads(
    tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """A filter of the QueueHandler runs where the record is logged."""
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    (writing,) = log.handlers
    queueing = logging.handlers.QueueHandler(records)
    queueing.addFilter(TraceContextFilter())
    log.handlers[:] = [queueing]

    with tracer.start_active_span("root"):
        log.warning("burnt")
    thread = threading.Thread(target=lambda: writing.handle(records.get()))
    thread.start()
    thread.join()

    assert f"bakery {1:016x} {1:016x} true burnt\n" == lines.getvalue()


def test_tasks_of_asyncio(
    tracer: MemoryTracer, log: logging.Logger, lines: io.StringIO
) -> None:
    """Each record has the span of its task."""
    use("filter", log)

    async def bake(cake: str) -> None:
        with tracer.start_active_span("bake"):
            await asyncio.sleep(0)
            log.warning(cake)

    async def main() -> None:
        with tracer.start_active_span("root"):
            await asyncio.gather(bake("apple"), bake("plum"))

    asyncio.run(main())

    assert {f"{2:016x} true apple", f"{3:016x} true plum"} == {
        line.split(" ", 2)[2] for line in lines.getvalue().splitlines()
    }


# structlog


def test_an_event_of_structlog(tracer: MemoryTracer) -> None:
    """It has the same keys, if a span is active."""
    written: list[dict[str, object]] = []

    def write(_logger: object, _method: str, event: Any) -> str:
        written.append(dict(event))
        raise structlog.DropEvent

    log: Any = structlog.wrap_logger(None, processors=[TraceContextProcessor(), write])
    log.info("outside")
    with tracer.start_active_span("root"):
        log.info("inside")
        log.info("own", service="mine")

    ids = {"trace_id": f"{1:016x}", "span_id": f"{1:016x}", "sampled": "true"}
    assert [
        {"event": "outside"},
        {"event": "inside", **ids, "service": "bakery"},
        {"event": "own", **ids, "service": "mine"},
    ] == written


def test_structlog_with_a_tracer_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """The event stays as it is."""
    event: dict[str, object] = {"event": "burnt"}

    assert event is TraceContextProcessor(BrokenTracer())(None, "info", event)
    assert {"event": "burnt"} == event
    assert "out of order" in caplog.text


# The handler


def logged(tracer: MemoryTracer) -> list[dict[str, object]]:
    """Return the logs of the only span."""
    (span,) = tracer.spans
    return [fields_of(log) for log in span.logs]


def test_a_record_becomes_a_log_of_the_active_span(
    tracer: MemoryTracer, log: logging.Logger
) -> None:
    """With its message, its level and the name of its logger."""
    log.addHandler(SpanLogHandler())

    with tracer.start_active_span("root"):
        log.info("%d cakes", 3)
        log.debug("below the level")
    log.info("no span is active")

    expected = {
        "event": "log",
        "message": "3 cakes",
        "level": "INFO",
        "logger": "application",
    }
    assert [expected] == logged(tracer)


def test_an_exception_becomes_fields_of_opentracing(
    tracer: MemoryTracer, log: logging.Logger
) -> None:
    """`event`, `error.object`, `error.kind` and `stack`; the span has no error tag."""
    log.addHandler(SpanLogHandler())

    with tracer.start_active_span("root"):
        try:
            raise ValueError("burnt")  # noqa: EM101, TRY301 - the fact
        except ValueError:
            log.exception("no cake")

    (fields,) = logged(tracer)
    assert ("error", "no cake", "burnt", "<class 'ValueError'>") == (
        fields["event"],
        fields["message"],
        fields["error.object"],
        fields["error.kind"],
    )
    assert "test_an_exception_becomes" in str(fields["stack"])
    assert "error" not in {tag.key for tag in tracer.spans[0].tags}


def test_the_stack_of_a_record(tracer: MemoryTracer, log: logging.Logger) -> None:
    """`stack_info` is the field `stack`; `exc_info` without an exception is none."""
    log.addHandler(SpanLogHandler())

    with tracer.start_active_span("root"):
        log.info("here", stack_info=True)
        log.info("nothing", exc_info=True)  # noqa: LOG014 - the fact

    first, second = logged(tracer)
    assert str(first["stack"]).startswith("Stack (most recent call last)")
    assert ("log", False) == (second["event"], "stack" in second)


@pytest.mark.parametrize("handler", [SpanLogHandler("ERROR"), SpanLogHandler()])
def test_levels_and_filters(
    handler: SpanLogHandler, tracer: MemoryTracer, log: logging.Logger
) -> None:
    """They are those of any handler."""
    handler.addFilter(lambda record: record.levelno > logging.WARNING)
    log.addHandler(handler)

    with tracer.start_active_span("root"):
        log.warning("refused")
        log.error("accepted")

    assert ["accepted"] == [fields["message"] for fields in logged(tracer)]


def test_a_filter_that_replaces_the_record(
    tracer: MemoryTracer, log: logging.Logger
) -> None:
    """From Python 3.12 on, a filter may return another record."""
    handler = SpanLogHandler()
    replaced: Any = logging.makeLogRecord({"msg": "replaced"})
    handler.filter = lambda record: replaced  # type: ignore[method-assign]  # as in 3.12
    log.addHandler(handler)

    with tracer.start_active_span("root"):
        log.warning("burnt")

    assert ["replaced"] == [fields["message"] for fields in logged(tracer)]


def test_records_are_bounded(tracer: MemoryTracer, log: logging.Logger) -> None:
    """A span stores a limited number of logs, each value cut."""
    log.addHandler(SpanLogHandler())
    tracer.max_logs_per_span = 10

    with tracer.start_active_span("root") as scope:
        for _ in range(100):
            log.info("x" * 5000)

    assert 10 == len(scope.span.logs)
    assert 90 == scope.span.dropped_logs
    assert {1024} == {len(str(fields["message"])) for fields in logged(tracer)}


def test_our_own_records_are_skipped(tracer: MemoryTracer) -> None:
    """A warning about a span must not become a log of it, which may cause another."""
    handler = SpanLogHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with tracer.start_active_span("root"):
            own_logger.warning("ours")
            own_logger.getChild("child").warning("ours, too")
            logging.getLogger(f"{own_logger.name}_application").warning("not ours")
    finally:
        root.removeHandler(handler)

    assert ["not ours"] == [fields["message"] for fields in logged(tracer)]


def test_a_record_that_is_logged_while_another_is_written(
    tracer: MemoryTracer, log: logging.Logger
) -> None:
    """It is skipped, and no recursion begins."""

    class Chatty:
        """Logs when it is converted to text."""

        def __str__(self) -> str:
            log.info(self)
            return "text"

    log.addHandler(SpanLogHandler())

    with tracer.start_active_span("root"):
        log.info(Chatty())

    assert ["text"] == [fields["message"] for fields in logged(tracer)]


@pytest.mark.parametrize(("message", "args"), [("%d", ("x",)), (Hostile(), ())])
def test_a_message_that_cannot_be_formatted(
    message: Any,
    args: tuple[object, ...],
    tracer: MemoryTracer,
    log: logging.Logger,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It does not raise, and is reported in the log of this library."""
    log.addHandler(SpanLogHandler())

    with tracer.start_active_span("root"):
        log.info(message, *args)
        log.info("next")

    assert ["next"] == [fields["message"] for fields in logged(tracer)]
    assert "adding a log record to a span raised" in caplog.text


def test_a_span_that_records_nothing(tracer: MemoryTracer, log: logging.Logger) -> None:
    """The message is not even formatted."""
    log.addHandler(SpanLogHandler())
    tracer.sampler = ConstSampler(decision=False)
    with tracer.start_active_span("unsampled"):
        log.info(Hostile())
    tracer.sampler = ConstSampler(decision=True)
    with tracer.start_active_span("finished") as scope:
        scope.span.finish()
        log.info(Hostile())
        log.handlers[0].handle(logging.makeLogRecord({"msg": Hostile()}))
        scope.close()

    assert [] == logged(tracer)[1:]


def test_a_span_of_another_tracer(log: logging.Logger) -> None:
    """It gets the same fields."""

    class Recording(opentracing.Span):  # type: ignore[misc]  # untyped base
        """Stores its logs."""

        def log_kv(self, key_values: object, timestamp: object = None) -> Recording:
            written.append(key_values)
            return self

    class RecordingTracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
        """A tracer whose active span is always the same."""

        @property
        def active_span(self) -> Recording:
            return Recording(self, opentracing.SpanContext())

    written: list[Any] = []
    log.addHandler(SpanLogHandler(tracer=RecordingTracer()))

    log.info("burnt")

    assert ["burnt"] == [fields["message"] for fields in written]


def test_the_handler_has_no_lock(tracer: MemoryTracer, log: logging.Logger) -> None:
    """A thread that holds none can block none."""
    handler = SpanLogHandler()
    log.addHandler(handler)
    handler.acquire()
    with tracer.start_active_span("root"):
        log.info("written")
    handler.release()
    handler.flush()

    assert handler.lock is None
    assert ["written"] == [fields["message"] for fields in logged(tracer)]


def test_dict_config(tracer: MemoryTracer) -> None:
    """All of it can be configured by `logging.config`."""
    import logging.config  # noqa: PLC0415 - used here only

    logging.config.dictConfig(
        {
            "version": 1,
            "incremental": False,
            "disable_existing_loggers": False,
            "filters": {"trace": {"()": TraceContextFilter}},
            "handlers": {
                "span": {"class": f"{SpanLogHandler.__module__}.SpanLogHandler"},
                "console": {"class": "logging.NullHandler", "filters": ["trace"]},
            },
            "loggers": {"configured": {"handlers": ["span", "console"], "level": 10}},
        }
    )
    with tracer.start_active_span("root"):
        logging.getLogger("configured").info("written")

    assert ["written"] == [fields["message"] for fields in logged(tracer)]
