"""
Logging: the active span in each log record, and log records in the active span.

`TraceContextFilter` and `TraceRecordFactory` add to each record of the standard library
the attributes `trace_id`, `span_id`, `sampled` and `service`, which formatters can use.
`TraceContextProcessor` adds the same to events of structlog. `SpanLogHandler` writes
records to the active span.

All of them read the active span on the thread, in the task or in the greenlet that
logs. Nothing here raises into the application, and no lock is acquired.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import Final, TypeAlias, TypeVar, cast

import opentracing

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.constants import LOGGER_NAME, MAX_ID_BITS
from jaeger_client.span import Span

TRACE_ID: Final = "trace_id"
"""Attribute with the trace id, 16 or 32 hexadecimal digits, as in Jaeger's search."""
SPAN_ID: Final = "span_id"
"""Attribute with the span id, 16 hexadecimal digits."""
SAMPLED: Final = "sampled"
"""Attribute with the sampling decision, `true` or `false`."""
SERVICE: Final = "service"
"""Attribute with the name of the tracer's service."""

NO_SPAN: Final = "-"
"""The value of each attribute that is not known, because no span is active."""

RecordFactory: TypeAlias = Callable[..., logging.LogRecord]
EventT = TypeVar("EventT", bound=MutableMapping[str, object])
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

_FAILED: Final = RateLimitedWarning("adding a trace to a log record raised %r")
_NOT_LOGGED: Final = RateLimitedWarning("adding a log record to a span raised %r")

_is_emitting: Final = ContextVar("jaeger_client.is_emitting", default=False)
"""Whether a `SpanLogHandler` is at work, so that what it calls may be logging."""


class TraceContextFilter(logging.Filter):
    """
    A filter that adds the active span to each record, and discards none.

    Add it to handlers: a filter of a logger does not see the records of its children.
    With a `QueueHandler`, add it to that one, which runs where the record is logged. An
    attribute that the application has set, by `extra`, is not changed.

    Args:
        tracer: The tracer; by default OpenTracing's global tracer at each record.
    """

    def __init__(self, tracer: opentracing.Tracer | None = None) -> None:
        super().__init__()
        self._tracer = tracer

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the attributes to *record*, and return true."""
        _add_missing(vars(record), _all_fields(self._tracer))
        return True


class TraceRecordFactory:
    """
    A record factory that adds the active span to each record.

    It serves all loggers and handlers of the process:

        logging.setLogRecordFactory(TraceRecordFactory())

    Args:
        factory: Creates the records; by default the current record factory.
        tracer: The tracer; by default OpenTracing's global tracer at each record.
    """

    def __init__(
        self,
        factory: RecordFactory | None = None,
        tracer: opentracing.Tracer | None = None,
    ) -> None:
        if factory is None:
            factory = logging.getLogRecordFactory()
        # Configuring logging again does not make the chain longer.
        while isinstance(factory, TraceRecordFactory):
            factory = factory.factory
        self.factory: RecordFactory = factory
        """The factory that creates the records."""
        self._tracer = tracer

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        """Create a record."""
        record = self.factory(*args, **kwargs)
        attributes = _Attributes(vars(record))
        _add_missing(attributes, _all_fields(self._tracer))
        record.__dict__ = attributes
        return record


class TraceContextProcessor:
    """
    A processor for structlog that adds the active span to each event.

    Without an active span, nothing is added. Keys that the event has are not changed.

    Args:
        tracer: The tracer; by default OpenTracing's global tracer at each event.
    """

    def __init__(self, tracer: opentracing.Tracer | None = None) -> None:
        self._tracer = tracer

    def __call__(self, _logger: object, _method: str, event_dict: EventT, /) -> EventT:
        """Add the keys to *event_dict* and return it."""
        try:
            tracer = _tracer_or_global(self._tracer)
            if (ids := _ids_of(tracer.active_span)) is not None:
                _add_missing(event_dict, (*ids, (SERVICE, _service_of(tracer))))
        except Exception as error:  # noqa: BLE001 - a tracer of another library
            _FAILED.warn(error)
        return event_dict


class SpanLogHandler(logging.Handler):
    """
    A handler that writes each record as a log of the active span, if it is sampled.

    The fields are those of OpenTracing: `event` (`error` for a record with an
    exception, otherwise `log`), `message`, `error.object`, `error.kind`, `stack`; and
    `level` and `logger`. Values are cut like those of tags, and a span stores at most
    `max_logs_per_span` logs. The records of this library itself, and records that are
    logged while another one is written, are skipped.

    Args:
        level: Lowest level of the records that are written.
        tracer: The tracer; by default OpenTracing's global tracer at each record.
    """

    def __init__(
        self, level: int | str = logging.INFO, tracer: opentracing.Tracer | None = None
    ) -> None:
        super().__init__(level)
        self._tracer = tracer

    def createLock(self) -> None:  # noqa: N802 - the name of the base class
        """Create no lock: `emit` needs none, and could wait for it for ever."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Write *record* unless a filter of this handler discards it."""
        found = cast("object", self.filter(record))
        if found:
            # From 3.12 on, a filter may return another record.
            self.emit(found if isinstance(found, logging.LogRecord) else record)
        return bool(found)

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record* to the active span."""
        if _is_emitting.get() or f"{record.name}.".startswith(f"{LOGGER_NAME}."):
            return
        token = _is_emitting.set(True)
        try:
            span = _tracer_or_global(self._tracer).active_span
            if span is not None and not (isinstance(span, Span) and _is_idle(span)):
                span.log_kv(_fields_of(record))
        except Exception as error:  # noqa: BLE001 - the arguments of the application
            _NOT_LOGGED.warn(error)
        finally:
            _is_emitting.reset(token)


def _is_idle(span: Span) -> bool:
    """Return whether *span* records nothing."""
    return span.finished or not span.is_sampled()


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {
        "event": "log",
        "message": record.getMessage(),
        "level": record.levelname,
        "logger": record.name,
    }
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields["event"] = "error"
        fields["error.kind"] = type(error)
        fields["error.object"] = error
        fields["stack"] = error.__traceback__
    elif stack := record.exc_text or record.stack_info:
        fields["stack"] = stack
    return fields


class _Attributes(dict[KeyT, ValueT]):
    """
    The attributes of a record, which `extra` may replace.

    `Logger.makeRecord` raises KeyError if `extra` has a name that is among the
    attributes already, and the names of this module are plausible ones. So `in` does
    not find them.
    """

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return name not in _NAMES and super().__contains__(name)

    def __reduce__(self) -> tuple[type[dict[KeyT, ValueT]], tuple[dict[KeyT, ValueT]]]:
        # A record may be unpickled where this library is not installed.
        return dict, (dict(self),)


_NAMES: Final = frozenset({TRACE_ID, SPAN_ID, SAMPLED, SERVICE})

_Field: TypeAlias = tuple[str, str]


def _add_missing(
    attributes: MutableMapping[str, object], fields: Iterable[_Field]
) -> None:
    for name, value in fields:
        attributes.setdefault(name, value)


def _all_fields(tracer: opentracing.Tracer | None) -> tuple[_Field, ...]:
    """Return the four attributes, with `NO_SPAN` for those that are not known."""
    ids: tuple[_Field, ...] | None = None
    service = NO_SPAN
    try:
        tracer = _tracer_or_global(tracer)
        service = _service_of(tracer)
        ids = _ids_of(tracer.active_span)
    except Exception as error:  # noqa: BLE001 - a tracer of another library
        _FAILED.warn(error)
    return (*(ids or _NO_IDS), (SERVICE, service))


_NO_IDS: Final = ((TRACE_ID, NO_SPAN), (SPAN_ID, NO_SPAN), (SAMPLED, NO_SPAN))


def _tracer_or_global(tracer: opentracing.Tracer | None) -> opentracing.Tracer:
    return opentracing.global_tracer() if tracer is None else tracer


def _service_of(tracer: opentracing.Tracer) -> str:
    return str(getattr(tracer, "service_name", NO_SPAN))


def _ids_of(span: object) -> tuple[_Field, ...] | None:
    """Return ids and sampling decision of a span of this library, else `None`."""
    if not isinstance(span, Span):
        return None
    trace_id = span.trace_id
    digits = 32 if trace_id >> MAX_ID_BITS else 16
    return (
        (TRACE_ID, f"{trace_id:0{digits}x}"),
        (SPAN_ID, f"{span.span_id:016x}"),
        (SAMPLED, "true" if span.is_sampled() else "false"),
    )
