"""W3C Trace Context and Baggage."""

from __future__ import annotations

import logging

import pytest

from jaeger_client.codecs import W3CCodec
from jaeger_client.errors import InvalidCarrierError
from jaeger_client.span_context import SpanContext

CODEC = W3CCodec()
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def extracted(**headers: object) -> SpanContext:
    """Extract a context that must exist from *headers*."""
    context = CODEC.extract(headers)
    assert context is not None
    return context


def written(context: SpanContext) -> dict[str, object]:
    """Inject into an empty dict."""
    carrier: dict[str, object] = {}
    CODEC.inject(context, carrier)
    return carrier


def with_state(context: SpanContext, state: str | None) -> SpanContext:
    """Set the `tracestate` of *context*."""
    context.trace_state = state
    return context


@pytest.mark.parametrize(
    ("flags", "text"), [(0, "00"), (1, "01"), (3, "01"), (2, "01"), (8, "00")]
)
def test_traceparent_is_written(flags: int, text: str) -> None:
    """It contains padded ids and the sampled flag."""
    context = SpanContext(int(TRACE, 16), int(SPAN, 16), 5, flags)

    assert f"00-{TRACE}-{SPAN}-{text}" == written(context)["traceparent"]


@pytest.mark.parametrize("name", ["traceparent", "Traceparent", "TRACEPARENT"])
@pytest.mark.parametrize("value", [PARENT, [PARENT], PARENT.encode(), f" {PARENT} "])
def test_traceparent_is_read(name: str, value: object) -> None:
    """Ids and the sampled flag are read; there is no parent id."""
    context = extracted(**{name: value})

    assert int(TRACE, 16) == context.trace_id
    assert int(SPAN, 16) == context.span_id
    assert context.parent_id is None
    assert 1 == context.flags
    assert context.trace_state is None


@pytest.mark.parametrize(
    ("text", "flags"), [("00", 0), ("03", 1), ("02", 0), ("ff", 1)]
)
def test_only_the_sampled_bit_is_a_decision(text: str, flags: int) -> None:
    """Other flags, such as the one for random ids, are not Jaeger's flags."""
    assert flags == extracted(traceparent=f"00-{TRACE}-{SPAN}-{text}").flags


@pytest.mark.parametrize("flags", ["00", "01", "02", "03"])
def test_the_random_flag_is_passed_on(flags: str) -> None:
    """A context is injected with the flags that it was extracted with."""
    header = f"00-{TRACE}-{SPAN}-{flags}"

    assert header == written(extracted(traceparent=header))["traceparent"]


def test_unknown_flags_are_not_passed_on() -> None:
    """Flags without a meaning in version 00 are written as 0."""
    header = f"00-{TRACE}-{SPAN}-ff"

    assert "03" == str(written(extracted(traceparent=header))["traceparent"])[-2:]


@pytest.mark.parametrize(("random", "text"), [("00", "01"), ("02", "03")])
def test_debug_and_the_random_flag_are_independent(random: str, text: str) -> None:
    """Debug makes a trace sampled, and leaves the random flag as it is."""
    headers = {
        "traceparent": f"00-{TRACE}-{SPAN}-{random}",
        "tracestate": "jaeger=debug",
    }

    carrier = written(extracted(**headers))

    assert f"00-{TRACE}-{SPAN}-{text}" == carrier["traceparent"]
    assert "jaeger=debug" == carrier["tracestate"]


@pytest.mark.parametrize("more", ["", "-", "-anything-at-all"])
def test_a_later_version_is_read_as_the_prefix_it_shares(more: str) -> None:
    """Further fields of a version above 00 are ignored."""
    assert 1 == extracted(traceparent=f"cc-{TRACE}-{SPAN}-01{more}").flags


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"01-{TRACE}-{SPAN}-01more",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"\x0b{PARENT}",
        [PARENT, PARENT],
        None,
        5,
    ],
)
def test_an_invalid_traceparent_starts_a_new_trace(value: object) -> None:
    """An invalid header and its `tracestate` are ignored without an error."""
    assert CODEC.extract({"traceparent": value, "tracestate": "a=b"}) is None


def test_a_second_traceparent_makes_both_invalid() -> None:
    """More than one header of this name is invalid."""
    assert CODEC.extract({"traceparent": PARENT, "Traceparent": PARENT}) is None


@pytest.mark.parametrize("state", ["a=b", "a=b,c=d", "a=b, c=d ,", "jaeger=other"])
def test_tracestate_is_passed_on_unchanged(state: str) -> None:
    """The extracted `tracestate` is injected unchanged."""
    context = extracted(traceparent=PARENT, tracestate=state)

    assert state == context.trace_state
    assert state == written(context)["tracestate"]


def test_blanks_of_a_tracestate_are_limited() -> None:
    """If blanks make it longer than the maximum, they are removed."""
    state = f"a=1{' ' * 100_000},{',' * 100_000}b=2"

    assert "a=1,b=2" == extracted(traceparent=PARENT, tracestate=state).trace_state


def test_several_tracestate_headers_are_joined() -> None:
    """Repeated headers and lists are joined to one list."""
    headers = {"tracestate": ["a=b", "c=d"], "Tracestate": "e=f"}

    assert "a=b,c=d,e=f" == extracted(traceparent=PARENT, **headers).trace_state


@pytest.mark.parametrize("state", ["", "a=\n", "a=\u00e9", "a=" + "x" * 9000])
def test_an_invalid_tracestate_is_not_passed_on(state: str) -> None:
    """Text that is too long or not printable ASCII is dropped."""
    context = extracted(traceparent=PARENT, tracestate=state)

    assert context.trace_state is None
    assert "tracestate" not in written(context)


def test_debug_is_written_to_tracestate() -> None:
    """Debug is the first member, with Jaeger's own key."""
    context = with_state(SpanContext(1, 2, None, 3), "a=b,jaeger=old,c=d")
    carrier = written(context)

    assert "jaeger=debug,a=b,c=d" == carrier["tracestate"]
    again = extracted(**carrier)
    assert 3 == again.flags
    assert "a=b,c=d" == again.trace_state


def test_debug_alone_creates_a_tracestate() -> None:
    """Without a `tracestate`, debug creates one."""
    carrier = written(SpanContext(1, 2, None, 2))

    assert "jaeger=debug" == carrier["tracestate"]
    assert extracted(**carrier).trace_state is None


def test_debug_limits_tracestate_to_32_members() -> None:
    """The last of 32 other members is dropped."""
    context = with_state(
        SpanContext(1, 2, None, 3), ",".join(f"k{i}=v" for i in range(32))
    )

    members = str(written(context)["tracestate"]).split(",")
    assert 32 == len(members)
    assert "k30=v" == members[-1]


def test_baggage_is_written() -> None:
    """The header contains pairs, their values percent-encoded as required."""
    baggage = {"k": "a b", "Ke": '",;\\%+', "u": "x=y/:"}

    assert (
        "k=a%20b,Ke=%22%2C%3B%5C%25%2B,u=x=y/:"
        == (written(SpanContext(1, 2, None, 1, baggage))["baggage"])
    )


def test_baggage_is_read() -> None:
    """Values are decoded, blanks and properties removed; keys keep their case."""
    header = "k=a%20b, Ke = x=y ;p=1;q,bad,=empty, z="
    context = extracted(traceparent=PARENT, baggage=header, Baggage=["m=1", b"n=2"])

    expected = {"k": "a b", "Ke": "x=y", "z": "", "m": "1", "n": "2"}
    assert expected == context.baggage


@pytest.mark.parametrize("key", ["a%20b", "50%", "%", "%41", "%e9"])
def test_percent_signs_in_keys_are_not_escapes(key: str) -> None:
    """A percent sign in a key is a character like any other."""
    context = extracted(traceparent=PARENT, baggage=f"{key}=a%20b")

    assert {key: "a b"} == context.baggage
    assert f"{key}=a%20b" == written(context)["baggage"]


def test_baggage_without_a_trace() -> None:
    """Baggage alone is a context without a trace, in both directions."""
    context = extracted(baggage="k=v")

    assert not context.has_trace
    assert {"k": "v"} == context.baggage
    assert {"baggage": "k=v"} == written(context)


def test_baggage_over_the_limits_is_dropped_and_counted() -> None:
    """The limits are 180 items and a header of 8,192 characters."""
    codec = W3CCodec()
    carrier: dict[str, object] = {}
    baggage = {"a": "x" * 4096, "b": "x" * 4000, "c": "x" * 200, "d": ""}
    codec.inject(SpanContext(1, 2, None, 1, baggage), carrier)
    codec.inject(SpanContext(1, 2, None, 1, {str(i): "" for i in range(190)}), {})

    assert f"a={'x' * 4096},b={'x' * 4000},d=" == carrier["baggage"]
    assert 11 == codec.dropped_baggage_items


def test_baggage_without_an_item_that_fits_is_not_written() -> None:
    """If every item is too large, no header is written."""
    carrier: dict[str, object] = {}
    CODEC.inject(SpanContext(0, 0, None, 0, {"a": "x" * 9000}), carrier)

    assert not carrier


def test_a_huge_baggage_header_is_dropped_and_counted() -> None:
    """A header over all limits is not parsed."""
    codec = W3CCodec()

    assert codec.extract({"baggage": "k=v," * 400_000}) is None
    assert 1 == codec.dropped_baggage_items


def test_a_huge_baggage_header_does_not_hide_another_one() -> None:
    """The items of later headers are read."""
    context = extracted(baggage=["k=v," * 400_000, "l=w"])

    assert {"l": "w"} == context.baggage


def test_the_log_names_a_tracestate_that_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says which header was not written."""
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        W3CCodec().inject(with_state(SpanContext(1, 2, None, 1), "a=\n"), {})

    (record,) = caplog.records
    assert record.getMessage().startswith("tracestate dropped, because ")


def test_carriers() -> None:
    """Text, numbers and lists without pairs can be neither written nor read."""
    invalid: tuple[object, ...] = (None, 5, [5], "x")
    for wrong in invalid:
        with pytest.raises(InvalidCarrierError):
            CODEC.extract(wrong)
        with pytest.raises(InvalidCarrierError):
            CODEC.inject(SpanContext(1, 2, 3, 1), wrong)


def test_an_older_debug_member_is_replaced_wherever_it_is() -> None:
    """A member may follow a blank."""
    context = with_state(SpanContext(1, 2, None, 3), "a=1, jaeger=old")

    assert "jaeger=debug,a=1" == written(context)["tracestate"]


@pytest.mark.parametrize(("last", "carried"), [(4093, 2), (4094, 1)])
def test_the_baggage_header_stops_at_8192_bytes(last: int, carried: int) -> None:
    """A header of exactly that length is written."""
    baggage = {"a": "x" * 4094, "b": "x" * last}

    header = written(SpanContext(1, 2, None, 1, baggage))["baggage"]

    assert isinstance(header, str)
    assert carried == len(header.split(","))


def test_blanks_at_the_ends_of_several_headers_are_removed() -> None:
    """They belong to the headers, not to the members."""
    context = extracted(
        traceparent=f"00-{1:032x}-{2:016x}-01", tracestate=["a=1 ", " b=2"]
    )

    assert "a=1,b=2" == context.trace_state
