"""Items that would break a request are dropped, counted and logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import pytest
from opentracing import Format

from jaeger_client import ConstSampler, Tracer
from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    TextCodec,
    W3CCodec,
)
from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.codecs.items import BaggageLimits
from jaeger_client.errors import ConfigError
from jaeger_client.reporter import NullReporter
from jaeger_client.span_context import SpanContext
from tests.unit.spans import Anything

MAKERS: Final[dict[str, Callable[[], BaggageCodec]]] = {
    "http": lambda: TextCodec(url_encoding=True),
    "text": TextCodec,
    "b3": B3Codec,
    "b3single": B3SingleCodec,
    "w3c": W3CCodec,
    "binary": BinaryCodec,
}
EVERY = pytest.mark.parametrize("name", list(MAKERS))
NAMED_BY_KEY = pytest.mark.parametrize("name", ["http", "b3", "b3single"])
ONLY_TOKENS = pytest.mark.parametrize("name", ["http", "b3", "b3single", "w3c"])


class Silent:
    """An object that cannot be converted to text."""

    def __str__(self) -> str:
        msg = "no text"
        raise RuntimeError(msg)


class Name(str):
    """A subclass of str whose text conversions return something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "a\r\nb"

    def __format__(self, spec: str) -> str:
        return "a\r\nb"


class Printable(str):
    """A subclass of str that always claims to be printable."""

    __slots__ = ()

    def isascii(self) -> bool:
        return True

    def isprintable(self) -> bool:
        return True


def context_with(baggage: Anything) -> SpanContext:
    """Return a sampled context with *baggage* of any types."""
    return SpanContext(1, 2, None, 1, baggage)


def sent(codec: BaggageCodec, baggage: Anything) -> dict[str, str]:
    """Return the baggage that another process reads after *codec* injects."""
    carrier: Anything = bytearray() if isinstance(codec, BinaryCodec) else {}
    codec.inject(context_with(baggage), carrier)
    context = codec.extract(carrier)
    assert context is not None
    return context.baggage


@ONLY_TOKENS
@pytest.mark.parametrize(
    "key",
    [
        *("a b", "a:b", "a\rb", "a\nb", "a\0b", "a\tb", "a\x7fb", " a", "a\n"),
        *("k\r\nX-Forged: 1", "na\u00efve", "\u6771\u4eac", 'a"b', "a/b", "a,b"),
        *("(a)", "a=b", "\ud800", "a" * 100 + "\n"),
    ],
    ids=ascii,
)
def test_a_key_that_is_not_a_token_is_dropped(name: str, key: str) -> None:
    """Only the item whose key is not a token is dropped."""
    codec = MAKERS[name]()

    for _ in range(2):  # the second time the other keys are known
        assert {"k": "v", "l": "w"} == sent(codec, {"k": "v", key: "x", "l": "w"})
    assert 2 == codec.dropped_baggage_items


@NAMED_BY_KEY
@pytest.mark.parametrize("key", ["", "k", "user-id", "9", "!#$%&'*+-.^_`|~", "k" * 300])
def test_every_token_is_a_key(name: str, key: str) -> None:
    """All token characters, and the empty key, are valid."""
    codec = MAKERS[name]()

    for _ in range(2):
        assert {key: "v"} == sent(codec, {key: "v"})
    assert 0 == codec.dropped_baggage_items


@pytest.mark.parametrize(
    "key", ["a b", "a:b", "k\r\nX-Forged: 1", "na\u00efve", "\u6771\u4eac", "a\0"]
)
def test_the_binary_format_carries_any_key(key: str) -> None:
    """The binary format accepts keys that are not tokens."""
    codec = BinaryCodec()

    assert {key: "v"} == sent(codec, {key: "v"})
    assert 0 == codec.dropped_baggage_items


@EVERY
@pytest.mark.parametrize(
    "key",
    [
        *(None, 5, 1.5, ("a",), b"\xff", "\ud800", "a\udcff"),
        pytest.param(Silent(), id="silent"),
    ],
    ids=ascii,
)
def test_a_key_that_is_not_text_is_dropped(name: str, key: object) -> None:
    """Every format drops a key that is neither text nor UTF-8."""
    codec = MAKERS[name]()

    assert {"k": "v"} == sent(codec, {key: "x", "k": "v"})
    assert 1 == codec.dropped_baggage_items


@EVERY
def test_a_value_without_a_text_is_dropped(name: str) -> None:
    """Every format drops a value that cannot be converted to text."""
    codec = MAKERS[name]()

    assert {"k": "v"} == sent(codec, {"a": Silent(), "b": 10**5000, "k": "v"})
    assert 2 == codec.dropped_baggage_items


@EVERY
def test_text_of_a_derived_class_is_its_plain_text(name: str) -> None:
    """Methods that a subclass of `str` overrides are not called."""
    codec = MAKERS[name]()

    for value in (Name("v"), "v"):  # the second time the key is known
        assert {"key": "v"} == sent(codec, {Name("key"): value})


@EVERY
def test_other_values_are_written_as_text(name: str) -> None:
    """A value of another type is converted to text."""
    assert {"k": "[1]", "n": "None"} == sent(MAKERS[name](), {"k": [1], "n": None})


@EVERY
def test_bytes_are_text(name: str) -> None:
    """Keys and values in bytes are decoded."""
    assert {"k": "v\u00e9"} == sent(MAKERS[name](), {b"k": b"v\xc3\xa9"})


@pytest.mark.parametrize(("value", "text"), [(b"abc", "abc"), (123, "123")])
def test_the_limit_of_a_value_is_that_of_its_text(value: object, text: str) -> None:
    """Bytes and numbers are as long as the text that is written."""
    longest = TextCodec(url_encoding=True, baggage_limits=BaggageLimits(9, 3))
    shorter = TextCodec(url_encoding=True, baggage_limits=BaggageLimits(9, 2))

    assert {"k": text} == sent(longest, {"k": value})
    assert {} == sent(shorter, {"k": value})


@pytest.mark.parametrize("number", [5, 2**64 - 1, 1.5, True])
def test_numbers_in_text_maps_are_unchanged(number: float) -> None:
    """As in 4.8, a number is written into a text map as it is, and read as it is."""
    codec = TextCodec()
    carrier: dict[str, object] = {}
    codec.inject(context_with({"k": number}), carrier)

    assert number is carrier["uberctx-k"]
    received: Anything = sent(codec, {"k": number})
    assert {"k": number} == received


def test_w3c_has_no_empty_keys() -> None:
    """W3C baggage cannot contain an empty key, so the item is dropped."""
    codec = W3CCodec()

    assert {"k": "v"} == sent(codec, {"": "x", "k": "v"})
    assert 1 == codec.dropped_baggage_items


@pytest.mark.parametrize("forged", ["a\r\nX-Forged: 1", "a\n", "\r", "\0", b"a\nb"])
def test_text_maps_contain_no_line_breaks(forged: object) -> None:
    """CR, LF and NUL are not written, because a text map may become headers."""
    codec = TextCodec()
    carrier: dict[str, object] = {}
    codec.inject(context_with({"k": forged, forged: "v", "l": "w"}), carrier)

    assert {"uber-trace-id", "uberctx-l"} == carrier.keys()
    assert 2 == codec.dropped_baggage_items


def test_text_maps_contain_any_other_text() -> None:
    """Keys that are not tokens and any other values are unchanged, as in 4.8."""
    baggage = {"user id": "a:b\t", "na\u00efve": "\u6771\u4eac \x7f"}

    assert baggage == sent(TextCodec(), baggage)


def test_lone_surrogates_in_text_maps_are_replaced() -> None:
    """They are written as U+FFFD, as in the other formats."""
    assert {"k": "a\ufffd"} == sent(TextCodec(), {"k": "a\ud800"})


@pytest.mark.parametrize("name", ["b3", "b3single"])
@pytest.mark.parametrize("value", [" a", "a ", " ", "  a b\u00e9 ", " 50% ", " %41 "])
def test_blanks_at_the_ends_of_b3_values_are_encoded(name: str, value: str) -> None:
    """Servers remove blanks at the ends of a header, and `requests` refuses them."""
    carrier: dict[str, str] = {}
    codec = MAKERS[name]()
    codec.inject(context_with({"k": value}), carrier)

    assert carrier["baggage-k"].strip() == carrier["baggage-k"]
    assert {"k": value} == sent(codec, {"k": value})


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("uber-", "trace-id"),
        ("uber-", "Trace-ID"),
        ("jaeger-", "debug-id"),
        ("", "jaeger-baggage"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("url_encoding", [False, True])
def test_no_key_overwrites_another_header(
    prefix: str, key: str, *, url_encoding: bool
) -> None:
    """With the configured prefix, no key results in the name of another header."""
    codec = TextCodec(url_encoding, baggage_header_prefix=prefix)
    carrier: dict[str, object] = {}
    codec.inject(context_with({key: "x"}), carrier)

    assert {"uber-trace-id": "1:2:0:1"} == carrier
    assert 1 == codec.dropped_baggage_items


# Debug ids and trace states


@pytest.mark.parametrize("debug_id", ["a\nb", "a\r", "\0", b"\n", Silent()])
def test_a_debug_id_with_a_line_break_is_not_in_a_text_map(debug_id: Anything) -> None:
    """It could forge a header, so it is dropped and counted."""
    codec = TextCodec()
    carrier: dict[str, object] = {}
    codec.inject(SpanContext.with_debug_id(debug_id), carrier)

    assert {} == carrier
    assert 1 == codec.dropped_baggage_items


@pytest.mark.parametrize(
    ("debug_id", "header"),
    [("a\r\nX: 1", "a%0D%0AX%3A%201"), (5, "5"), ("\ud800", "%EF%BF%BD")],
)
def test_a_debug_id_is_encoded_in_headers(debug_id: Anything, header: str) -> None:
    """Any debug id is valid in headers when percent-encoded."""
    carrier: dict[str, object] = {}
    TextCodec(url_encoding=True).inject(SpanContext.with_debug_id(debug_id), carrier)

    assert {"jaeger-debug-id": header} == carrier


def with_state(state: Anything, flags: int = 1) -> SpanContext:
    """Return a context with a trace state of any type."""
    context = SpanContext(1, 2, None, flags)
    context.trace_state = state
    return context


@pytest.mark.parametrize(
    "state",
    [
        "a=1\r\nX-Forged: 1",
        Printable("a=1\r\nX-Forged: 1"),
        "a=\u00e9",
        "a=1\n",
        "a=\0",
        "a=\x7f",
        5,
        b"a=1",
    ],
)
@pytest.mark.parametrize(("flags", "left"), [(1, None), (3, "jaeger=debug")])
def test_an_invalid_trace_state_is_dropped(
    state: object, flags: int, left: str | None
) -> None:
    """A state set by the application is validated before it is written."""
    codec = W3CCodec()
    carrier: dict[str, object] = {}
    codec.inject(with_state(state, flags), carrier)

    assert left == carrier.get("tracestate")
    assert 1 == codec.dropped_baggage_items


@pytest.mark.parametrize(
    ("state", "header"),
    [
        (" a=1 ", "a=1"),
        ("\ta=1\t,\tb=2\t", "a=1\t,\tb=2"),
        ("a=1 , b=2", "a=1 , b=2"),
    ],
)
def test_a_trace_state_has_no_blanks_around_it(state: str, header: str) -> None:
    """Blanks at the ends are removed; those inside are preserved."""
    codec = W3CCodec()
    parent = f"00-{1:032x}-{2:016x}-01"
    extracted = codec.extract({"traceparent": parent, "tracestate": state})
    assert extracted is not None

    for context in (extracted, with_state(state)):
        carrier: dict[str, object] = {}
        codec.inject(context, carrier)
        assert header == carrier["tracestate"]
    assert 0 == codec.dropped_baggage_items


# Losses


def test_the_log_names_the_key_and_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    """Several drops are one line, with the key cut and quoted, without values."""
    codec = B3Codec()
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        for _ in range(3):
            codec.inject(context_with({"a\nb" + "x" * 1000: "secret"}), {})

    (record,) = caplog.records
    line = record.getMessage()
    assert "baggage item 'a\\nbxxx" in line
    assert "Rename the key, or encode the value" in line
    assert "letters, digits and !#$%&'*+-.^_`|~" in line
    assert "secret" not in line
    assert "\n" not in line
    assert 500 > len(line)


def test_the_tracer_counts_items_that_are_not_injected() -> None:
    """Its counter of dropped items includes invalid keys of every format."""
    counted: list[int] = []
    codec = B3Codec()
    tracer = Tracer(
        "svc",
        NullReporter(),
        ConstSampler(decision=True),
        extra_codecs={Format.HTTP_HEADERS: codec},
    )
    codec.count_dropped_baggage(counted.append)

    tracer.inject(context_with({"a b": "1", "c\n": "2"}), Format.HTTP_HEADERS, {})

    assert [1, 1] == counted


def test_items_that_are_not_injected_stay_readable() -> None:
    """In this process, the item can still be read."""
    tracer = Tracer("svc", NullReporter(), ConstSampler(decision=True))
    parent = tracer.extract(Format.HTTP_HEADERS, {"jaeger-baggage": "user%20id=1"})

    span = tracer.start_span("op", child_of=parent)
    tracer.inject(span, Format.HTTP_HEADERS, {})

    assert "1" == span.get_baggage_item("user id")


def test_unsafe_items_do_not_count_towards_the_limit() -> None:
    """Items that cannot be written do not count towards the limit."""
    codec = TextCodec(url_encoding=True, baggage_limits=BaggageLimits(max_items=2))

    assert {"k": "v", "l": "w"} == sent(
        codec, {"a b": "", "c d": "", "k": "v", "l": "w"}
    )
    assert 2 == codec.dropped_baggage_items


def test_the_limit_of_items_applies_to_remembered_keys() -> None:
    """Keys that were injected before count like others."""
    codec = TextCodec(baggage_limits=BaggageLimits(max_items=1))
    for key in "kl":
        assert {key: "v"} == sent(codec, {key: "v"})

    assert {"k": "v"} == sent(codec, {"k": "v", "l": "v"})
    assert 1 == codec.dropped_baggage_items


def test_keys_are_remembered_within_bounds() -> None:
    """Neither the number nor the length of foreign keys fills the memory."""
    codec = TextCodec()
    for number in range(512 + 2):
        for key in (f"{number}".zfill(64), f"{number}".zfill(64 + 1)):
            assert {key: "v"} == sent(codec, {key: "v"})
        assert len(codec._known_keys) <= 512

    assert {f"{512}".zfill(64), f"{512 + 1}".zfill(64)} == codec._known_keys


# Configured names


@pytest.mark.parametrize(
    "setting",
    ["trace_id_header", "baggage_header_prefix", "debug_id_header", "baggage_header"],
)
@pytest.mark.parametrize(
    "name", ["x trace", "x-trace:", "x-trace\n", "\u00fcber", " x", None, 5], ids=ascii
)
def test_a_configured_name_must_be_a_token(setting: str, name: Anything) -> None:
    """The error contains the setting."""
    with pytest.raises(ConfigError, match=f"^{setting} must be a valid HTTP header"):
        TextCodec(**{setting: name})


@pytest.mark.parametrize(
    "setting", ["trace_id_header", "debug_id_header", "baggage_header"]
)
def test_a_configured_name_is_not_empty(setting: str) -> None:
    """Only the prefix of baggage may be empty."""
    with pytest.raises(ConfigError, match=f"^{setting} must"):
        TextCodec(**{setting: ""})  # type: ignore[arg-type]  # one of the names


def test_a_tracer_rejects_names_that_are_not_tokens() -> None:
    """The error is raised when the tracer is created, not at a request."""
    with pytest.raises(ConfigError, match="^trace_id_header must .* got 'x trace'$"):
        Tracer(
            "svc",
            NullReporter(),
            ConstSampler(decision=True),
            trace_id_header="x trace",
        )
