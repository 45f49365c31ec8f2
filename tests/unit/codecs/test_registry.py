"""Formats by name: those of the library and of the application."""

from __future__ import annotations

import string
import threading
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

import opentracing
import pytest

from jaeger_client import Config, ConstSampler, SpanContext, Tracer
from jaeger_client.codecs import (
    BaggageLimits,
    Codec,
    CodecOptions,
    codec_names,
    register_codec,
    registry,
)
from jaeger_client.errors import ConfigError
from jaeger_client.reporter import NullReporter

HTTP = opentracing.Format.HTTP_HEADERS


class PlainCodec(Codec):
    """A format of an application: two decimal numbers in one header."""

    header = "x-trace"

    def __init__(self, options: CodecOptions) -> None:
        self.options = options

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write trace id and span id."""
        headers = cast("MutableMapping[str, str]", carrier)
        headers[self.header] = f"{span_context.trace_id} {span_context.span_id}"

    def extract(self, carrier: object) -> SpanContext | None:
        """Read what `inject` writes."""
        value = cast("MutableMapping[str, str]", carrier).get(self.header)
        if value is None:
            return None
        trace_id, span_id = map(int, value.split())
        return SpanContext(trace_id, span_id, None, 1)


@pytest.fixture(autouse=True)
def own_formats_are_removed() -> Iterator[None]:
    """Restore the registry, which belongs to the process, after each test."""
    before = dict(registry._OWN)
    yield
    registry._OWN.clear()
    registry._OWN.update(before)


def tracer_of(**settings: object) -> Tracer:
    """Return a tracer with these settings that sends nothing."""
    config = Config({"logging": False, **settings}, service_name="own", validate=True)
    return config.create_tracer(NullReporter(), ConstSampler(decision=True))


def test_an_own_format_can_be_configured() -> None:
    """A registered format is injected and extracted with the others."""
    register_codec("plain", PlainCodec)
    tracer = tracer_of(propagation=["plain", "w3c"])
    headers: dict[str, str] = {}

    tracer.inject(SpanContext(17, 18, None, 1), HTTP, headers)
    context = tracer.extract(HTTP, {"x-trace": "19 20"})

    assert {"x-trace": "17 18"}.items() <= headers.items()
    assert {"x-trace", "traceparent"} == headers.keys()
    assert context is not None
    assert (19, 20) == (context.trace_id, context.span_id)


def test_an_own_format_can_be_named_by_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """JAEGER_PROPAGATION may contain it, in any case."""
    register_codec("Plain", PlainCodec)
    monkeypatch.setenv("JAEGER_PROPAGATION", "PLAIN")
    headers: dict[str, str] = {}

    tracer_of().inject(SpanContext(17, 18, None, 1), HTTP, headers)

    assert {"x-trace": "17 18"} == headers


def test_an_own_format_gets_the_settings() -> None:
    """A codec for headers and one for text maps get the configured options."""
    made: list[CodecOptions] = []

    def make(options: CodecOptions) -> Codec:
        made.append(options)
        return PlainCodec(options)

    register_codec("plain", make)
    tracer_of(
        propagation="plain",
        generate_128bit_trace_id=True,
        trace_id_header="X_Id",
        baggage={"max_items": 3, "max_value_length": 5},
    )

    expected = CodecOptions(
        generate_128bit_trace_id=True,
        trace_id_header="X_Id",
        baggage_limits=BaggageLimits(3, 5),
    )
    assert [expected, expected._replace(url_encoding=False)] == made


@pytest.mark.parametrize("taken", ["jaeger", "B3", "b3single", " w3c "])
def test_names_of_the_library_cannot_be_registered(taken: str) -> None:
    """An application cannot replace a format of the library."""
    with pytest.raises(ConfigError, match="which is in use"):
        register_codec(taken, PlainCodec, replace=True)


def test_a_name_is_registered_once() -> None:
    """A second registration is an error, and the first one stays."""
    register_codec("plain", PlainCodec)
    message = "^the name of a format must be unique, got 'plain', which is in use$"
    with pytest.raises(ConfigError, match=message):
        register_codec("plain", PlainCodec)

    assert ("jaeger", "b3", "b3single", "w3c", "plain") == codec_names()


def test_a_format_of_the_application_can_be_replaced() -> None:
    """With `replace`, the later registration is used."""

    class OtherCodec(PlainCodec):
        """A second codec of the same format."""

    register_codec("plain", PlainCodec)
    register_codec("plain", OtherCodec, replace=True)

    assert type(registry.make_codec("plain", CodecOptions())) is OtherCodec


def test_a_name_may_have_every_valid_character() -> None:
    """These are ASCII letters, digits, `_`, `-` and `.`."""
    name = f"{string.ascii_lowercase}{string.digits}_-."
    register_codec(name, PlainCodec)

    assert name in codec_names()


@pytest.mark.parametrize("name", ["", " ", "a,b", "a b", "\u00fc"])
def test_a_name_must_fit_into_a_list(name: str) -> None:
    """Names that a comma-separated list cannot contain are errors."""
    message = (
        "^the name of a format must consist of ASCII letters, digits, _, - and ., "
        f"got {name!r}$"
    )
    with pytest.raises(ConfigError, match=message):
        register_codec(name, PlainCodec)


def test_an_unknown_format_is_an_error_that_names_what_is_known() -> None:
    """The message contains the value and all names, including own ones."""
    register_codec("plain", PlainCodec)
    expected = r"must be one of jaeger, b3, b3single, w3c, plain, got 'nope'"
    with pytest.raises(ConfigError, match=expected):
        tracer_of(propagation="nope")


def test_no_codec_is_created_for_an_unknown_format() -> None:
    """`make_codec` raises the same error."""
    message = "^a format must be one of jaeger, b3, b3single, w3c, got 'nope'$"
    with pytest.raises(ConfigError, match=message):
        registry.make_codec("nope", CodecOptions())


def test_of_threads_with_one_name_one_succeeds() -> None:
    """The other threads get the error that the name is in use."""
    start = threading.Barrier(4)

    def register() -> bool:
        start.wait(10)
        try:
            register_codec("plain", partial(PlainCodec))
        except ConfigError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        attempts = [threads.submit(register) for _ in range(4)]

    assert 1 == sum(attempt.result() for attempt in attempts)


def test_only_headers_are_encoded_by_default() -> None:
    """The default codec of text maps writes values as they are."""
    codecs = registry.make_codecs(
        trace_id_header="uber-trace-id",
        baggage_header_prefix="uberctx-",
        debug_id_header="jaeger-debug-id",
    )
    context = SpanContext(1, 2, None, 1, {"k": "a b"})

    for format_, value in ((HTTP, "a%20b"), (opentracing.Format.TEXT_MAP, "a b")):
        carrier: dict[str, str] = {}
        codecs[format_].inject(context, carrier)
        assert value == carrier["uberctx-k"]


def test_limits_apply_to_every_format() -> None:
    """Configured limits apply to headers, text maps and the binary format."""
    tracer = tracer_of(baggage={"max_items": 1}, propagation="jaeger,b3,w3c")
    context = SpanContext(1, 2, None, 1, {"a": "1", "b": "2"})
    packed = bytearray()
    headers: dict[str, str] = {}
    texts: dict[str, str] = {}

    tracer.inject(context, opentracing.Format.BINARY, packed)
    tracer.inject(context, HTTP, headers)
    tracer.inject(context, opentracing.Format.TEXT_MAP, texts)

    assert packed.endswith(b"\0\0\0\1\0\0\0\1a\0\0\0\x011")
    names = {"uber-trace-id", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"}
    carried = {"uberctx-a", "baggage-a", "traceparent", "baggage"}
    for carrier in (headers, texts):
        assert names | carried == {name.lower() for name in carrier}
        assert "a=1" == carrier["baggage"]
