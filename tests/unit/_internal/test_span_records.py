"""Conversion of values and times that a span records."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from jaeger_client import thrift
from jaeger_client._internal.span_records import (
    FixedLimits,
    to_seconds,
    to_tag_value,
    to_text,
)
from jaeger_client.reporter.transmitter import make_process
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Anything, Hostile, HostileText


class Limits:
    """Lengths as short as a test needs."""

    max_tag_value_length = 5
    max_traceback_length = 7


class MuteError(Exception):
    """An error whose `str()` raises."""

    def __str__(self) -> str:
        raise self


class Mute:
    """A value whose `str()` raises such an error."""

    def __str__(self) -> str:
        raise MuteError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("long text", "long "),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        (None, "None"),
        (b"binary", b"binar"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        ([1, 2, 3], "[1, 2"),
        (ValueError("wrong"), "wrong"),
        (ValueError, "<clas"),
        (Hostile(), "touch"),
    ],
)
def test_to_tag_value(value: object, expected: object) -> None:
    """Text, numbers, bools and bytes are stored as such; other values become text."""
    kept = to_tag_value(value, Limits())

    assert (type(expected), expected) == (type(kept), kept)


def test_text_that_raises() -> None:
    """Text of a subclass whose methods raise is stored as plain text."""
    kept = to_tag_value(HostileText("text"), Limits())

    assert (str, "text") == (type(kept), kept)


def test_mute_value() -> None:
    """A value whose error has no text either is recorded as the error's type."""
    limits = Limits()
    limits.max_tag_value_length = 100

    assert "MuteError" == to_tag_value(Mute(), limits)


def test_class_that_lies() -> None:
    """A lazy object whose `__class__` raises is recorded as the error's text."""

    class Lazy:
        @property  # type: ignore[misc]  # as lazy proxies do
        def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]  # as lazy proxies do
            msg = "no db"
            raise RuntimeError(msg)

    assert "no db" == to_tag_value(Lazy(), Limits())


NUMPY_NUMBERS: list[tuple[Anything, object]] = [
    (np.bool_(True), True),
    (np.bool_(False), False),
    (np.int8(-3), -3),
    (np.int64(5), 5),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.float16(0.5), 0.5),
    (np.float32(0.1), 0.10000000149011612),
    (np.float64(0.1), 0.1),
    (np.longdouble(1.5), 1.5),
]

NUMPY_TEXT: list[tuple[Anything, object]] = [
    (np.datetime64("2020-01-01"), "2020-01-01"),
    (np.timedelta64(5, "s"), "5 seconds"),
    (np.complex64(1j), "1j"),
    (np.str_("text"), "text"),
    (np.bytes_(b"raw"), b"raw"),
    (np.array([1, 2]), "[1 2]"),
    (np.array(5), "5"),
    (np.int64, "<class 'numpy.int64'>"),
    (np.datetime64("NaT", "s"), "NaT"),
]

OTHER_NUMBERS: list[tuple[Anything, object]] = [
    (Decimal("1.5"), "1.5"),
    (Fraction(1, 2), "1/2"),
    (1j, "1j"),
]


@pytest.mark.parametrize(
    ("value", "expected"), [*NUMPY_NUMBERS, *NUMPY_TEXT, *OTHER_NUMBERS]
)
def test_numbers_of_numpy(value: Anything, expected: object) -> None:
    """NumPy's numbers and truth values are those of Python; all else becomes text."""
    kept = to_tag_value(value, FixedLimits(100, 100))

    assert (type(expected), expected) == (type(kept), kept)


@pytest.mark.parametrize(("value", "expected"), NUMPY_NUMBERS)
def test_numbers_of_numpy_wherever_values_are_recorded(
    value: Anything, expected: object
) -> None:
    """All kinds of tags and log fields use the same conversion."""
    tracer = MemoryTracer()
    tags = {"n": value}
    span = tracer.start_span("op", tags=tags).set_tag("n", value).log_kv({"n": value})

    recorded = [
        *(item for key, item in span.tag_items if key == "n"),
        *(field.value for field in span.logs[0].fields),
        *(item for _, item in make_process("svc", tags, 100).tags),
        thrift.make_tag("n", value, 100, 100).value,
    ]
    assert [(type(expected), expected)] * 5 == [(type(it), it) for it in recorded]


def test_truth_value_of_old_numpy() -> None:
    """Before version 2, NumPy's truth values are of a type `bool_`."""

    class OldBool:
        def __bool__(self) -> bool:
            return False

    OldBool.__module__, OldBool.__name__ = "numpy", "bool_"

    assert to_tag_value(OldBool(), Limits()) is False


def test_numpy_is_not_imported() -> None:
    """Recording values does not import NumPy."""
    program = (
        "import sys\n"
        "from jaeger_client.testing import MemoryTracer\n"
        "MemoryTracer().start_span('op').set_tag('key', object())\n"
        "sys.exit('numpy' in sys.modules)"
    )

    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode


@pytest.mark.parametrize("value", [0, 1.5, 1_700_000_000, 9_999_999_999, "12.5", True])
def test_to_seconds(value: Anything) -> None:
    """Values that `float` accepts are times."""
    assert float(value) == to_seconds(value, time.time)


@pytest.mark.parametrize(
    "value",
    [None, "noon", float("nan"), float("inf"), 1e13, -1e13, 10**400, Hostile()],
)
def test_no_seconds(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is not a plausible time is replaced by the current time."""
    monkeypatch.setattr("time.time", lambda: 42.0)

    assert 42.0 == to_seconds(value, time.time)


MILLISECONDS = 1_700_000_000_000
IMPLAUSIBLE = [
    MILLISECONDS,
    MILLISECONDS * 1_000,
    MILLISECONDS * 1_000_000,
    10_000_000_000,
    -1,
    -0.001,
    -MILLISECONDS,
]


@pytest.mark.parametrize("value", IMPLAUSIBLE)
def test_implausible_time(
    value: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A time before 1970 or after 2286 is replaced; the warning names the remedy."""
    monkeypatch.setattr("time.time", lambda: 42.0)

    assert [42.0, 42.0] == [to_seconds(value, time.time), to_seconds(value, time.time)]
    line = (
        "a time must be a number of seconds since the epoch, from 1970 to 2286, got "
        f"{float(value)!r}; the current time is used. Divide milliseconds by 1e3, "
        "microseconds by 1e6"
    )
    assert [line] == caplog.messages


def test_implausible_times_wherever_times_are_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A span whose times are milliseconds gets the current time instead."""
    monkeypatch.setattr("time.time", lambda: 42.0)
    tracer = MemoryTracer()
    context = SpanContext(1, 2, None, 1)

    for span in (
        tracer.start_span("op", start_time=MILLISECONDS),
        Span(context, tracer, "op", start_time=MILLISECONDS),
    ):
        span.log_kv({"event": "e"}, timestamp=MILLISECONDS)
        span.finish(MILLISECONDS)

        times = (span.start_time, span.logs[0].timestamp, span.end_time)
        assert (42.0, 42_000_000, 42.0) == times


def test_to_text() -> None:
    """If `str()` raises, the text is the name of the type."""
    assert ["text", "5", "Hostile"] == [
        to_text(thing) for thing in (HostileText("text"), 5, Hostile())
    ]
