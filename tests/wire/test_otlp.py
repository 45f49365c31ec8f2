"""OTLP requests, read by opentelemetry-proto, and golden bytes."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client.encoding import OtlpEncoder
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import attribute_pairs, decode_otlp
from tests.foreign.formats import otlp_spans
from tests.foreign.spans import FinishedSpan, Ids, encode_one, reference

UNSET, OK, ERROR = 0, 1, 2


pytestmark = pytest.mark.usefixtures("implementation")


def read_span(span: FinishedSpan) -> Any:
    """Return what the decoder makes of *span*."""
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))
    return decoded


def read_tags(**tags: object) -> Any:
    """Return what the decoder makes of a span with *tags*, `__` for a dot."""
    items = [(key.replace("__", "."), value) for key, value in tags.items()]
    return read_span(FinishedSpan(tag_items=items))


def test_ids_name_and_times() -> None:
    """Ids are big-endian bytes, times whole microseconds in nanoseconds."""
    context = Ids(0x1122334455667788_99AABBCCDDEEFF00, 2**63 + 5, 7)
    decoded = read_span(FinishedSpan(ids=context, start_time=1.0000019, end_time=2))

    assert bytes.fromhex("112233445566778899aabbccddeeff00") == decoded.trace_id
    assert bytes.fromhex("8000000000000005") == decoded.span_id
    assert bytes.fromhex("0000000000000007") == decoded.parent_span_id
    assert "GET /customers" == decoded.name
    assert 1_000_001_000 == decoded.start_time_unix_nano
    assert 1_999_999_000 == decoded.end_time_unix_nano


def test_a_root_has_no_parent() -> None:
    """The parent of a root is left out, not written as zero."""
    assert b"" == read_span(FinishedSpan()).parent_span_id


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.0, None, (1_000_000_000, 1_000_001_000)),
        (1.0, 1.0, (1_000_000_000, 1_000_001_000)),
        (1.0, 0.5, (1_000_000_000, 1_000_000_000)),
        (-1.0, 1.0, (0, 1_000_000_000)),
        (0, 1e12, (0, 2**64 - 1)),
        (1e300, 1e301, (2**64 - 1, 2**64 - 1)),
        (float("nan"), float("inf"), (0, 2**64 - 1)),
    ],
)
def test_odd_times(start: float, end: float | None, expected: tuple[int, int]) -> None:
    """A span lasts 1 us, or 0 if it ends before its start; all times fit 64 bits."""
    decoded = read_span(FinishedSpan(start_time=start, end_time=end))

    assert expected == (decoded.start_time_unix_nano, decoded.end_time_unix_nano)


def test_attributes_keep_their_types() -> None:
    """Tags become attributes of the same type; bytes stay bytes."""
    items = [
        ("text", "né"),
        ("one", 1),
        ("yes", True),
        ("float one", 1.0),
        ("no", False),
        ("zero", 0),
        ("bytes", b"\x00\xff"),
        ("least", -(2**63)),
        ("most", 2**63 - 1),
        ("long", "x" * 20_000),
    ]
    encoder = OtlpEncoder(SpanLosses())

    # Twice, because the second time everything is in the caches.
    for _ in range(2):
        body = encode_one(encoder, FinishedSpan(tag_items=items))
        pairs = attribute_pairs(otlp_spans(body)[0].attributes)
        assert items == pairs
        assert [type(v) for _, v in items] == [type(v) for _, v in pairs]


def test_resource() -> None:
    """Process tags are the resource's, once each; hostname is called host.name."""
    encoder = OtlpEncoder(SpanLosses())
    tags = (("hostname", "h"), ("a", 1), ("a", 2), ("service.name", "other"))
    encoder.set_process(Process("shöp", tags))
    request = decode_otlp(encode_one(encoder, FinishedSpan()))
    pairs = attribute_pairs(request.resource_spans[0].resource.attributes)

    assert len(dict(pairs)) == len(pairs)
    assert "5." == dict(pairs).pop("telemetry.sdk.version")[:2]  # type: ignore[index]  # text
    assert {
        "service.name": "shöp",
        "host.name": "h",
        "a": 2,
        "telemetry.sdk.name": "jaeger-client",
        "telemetry.sdk.language": "python",
    } == {key: value for key, value in pairs if key != "telemetry.sdk.version"}


@pytest.mark.parametrize(
    ("tag", "kind"),
    [("internal", 1), ("server", 2), ("client", 3), ("producer", 4), ("consumer", 5)],
)
def test_span_kind(tag: str, kind: int) -> None:
    """The tag span.kind becomes the kind and is not an attribute."""
    decoded = read_tags(span__kind=tag)

    assert kind == decoded.kind
    assert [] == attribute_pairs(decoded.attributes)


@pytest.mark.parametrize("tag", ["Server", "", 2, True])
def test_unknown_span_kind(tag: object) -> None:
    """A span.kind that is none of the five stays an attribute."""
    decoded = read_tags(span__kind=tag)

    assert 0 == decoded.kind
    assert [("span.kind", tag)] == attribute_pairs(decoded.attributes)


@pytest.mark.parametrize(
    ("tags", "code", "left"),
    [
        ({"error": True}, ERROR, []),
        ({"error": False}, UNSET, ["error"]),
        ({"error": "true"}, UNSET, ["error"]),
        ({"error": 1}, UNSET, ["error"]),
        ({"otel__status_code": "ERROR"}, ERROR, []),
        ({"otel__status_code": "ok"}, OK, []),
        ({"otel__status_code": "UNSET"}, UNSET, []),
        ({"otel__status_code": "odd"}, UNSET, ["otel.status_code"]),
        ({"otel__status_code": 2}, UNSET, ["otel.status_code"]),
        ({"otel__status_code": "OK", "error": True}, ERROR, []),
        ({"http__status_code": 399}, UNSET, ["http.status_code"]),
        ({"http__status_code": 400}, ERROR, ["http.status_code"]),
        ({"http__status_code": "404"}, ERROR, ["http.status_code"]),
        ({"http__status_code": "odd"}, UNSET, ["http.status_code"]),
        ({"http__status_code": 404.0}, UNSET, ["http.status_code"]),
        (
            {"http__status_code": 404, "span__kind": "server"},
            UNSET,
            ["http.status_code"],
        ),
        (
            {"http__status_code": 500, "span__kind": "server"},
            ERROR,
            ["http.status_code"],
        ),
        (
            {"http__status_code": 404, "span__kind": "client"},
            ERROR,
            ["http.status_code"],
        ),
        (
            {"http__status_code": 500, "otel__status_code": "OK"},
            OK,
            ["http.status_code"],
        ),
    ],
)
def test_status(tags: dict[str, object], code: int, left: list[str]) -> None:
    """error=True, then otel.status_code, then http.status_code determine the status."""
    decoded = read_tags(**tags)

    assert code == decoded.status.code
    assert left == [attribute.key for attribute in decoded.attributes]


def test_status_description() -> None:
    """otel.status_description becomes the status's message, not an attribute."""
    decoded = read_tags(error=True, otel__status_description="no stock")

    assert "no stock" == decoded.status.message
    assert [] == attribute_pairs(decoded.attributes)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"http__status_code": 404}, "Not Found"),
        ({"error": True}, "Not Found"),
        ({"error": True, "otel__status_description": "why"}, "why"),
        ({"http__status_code": 200}, ""),
        ({"otel__status_code": "ERROR"}, ""),
    ],
)
def test_http_status_message(tags: dict[str, object], message: str) -> None:
    """http.status_message describes an error that has no other description."""
    assert message == read_tags(**tags, http__status_message="Not Found").status.message


def test_empty_status_description() -> None:
    """An empty description gives no status."""
    assert not read_tags(otel__status_description="").HasField("status")


def test_odd_status_description() -> None:
    """A description that is not text stays an attribute."""
    decoded = read_tags(otel__status_description=5)

    assert [("otel.status_description", 5)] == attribute_pairs(decoded.attributes)
    assert not decoded.HasField("status")


def test_the_last_of_several_tags_counts() -> None:
    """Keys are unique in OTLP: the last tag of a key is sent."""
    items: list[Any] = [("span.kind", "client"), ("error", True), ("error", False)]
    items += [("a", 1), ("span.kind", "server"), ("a", "2")]
    decoded = read_span(FinishedSpan(tag_items=items))

    assert [("error", False), ("a", "2")] == attribute_pairs(decoded.attributes)
    assert 2 == decoded.kind
    assert UNSET == decoded.status.code


def test_logs_become_events() -> None:
    """A log becomes an event named by its event field; other fields are attributes."""
    logs = [
        (5, [("event", "retry"), ("n", 1)]),
        (6, [("message", "no event")]),
        (-7, [("event", 8)]),
    ]
    events = read_span(FinishedSpan(log_items=logs)).events

    assert [
        (5_000, "retry", [("n", 1)]),
        (6_000, "", [("message", "no event")]),
        (0, "", [("event", 8)]),
    ] == [(e.time_unix_nano, e.name, attribute_pairs(e.attributes)) for e in events]


def test_references_become_links() -> None:
    """References other than the parent become links, with their type as attribute."""
    context = Ids(1, 2, 3)
    references = [
        reference("child_of", 1, 3),  # the parent
        reference("child_of", 9, 3),
        reference("follows_from", 1, 3),
        reference("child_of", None, 3),
    ]
    links = read_span(FinishedSpan(ids=context, references=references)).links

    assert [(9, 3, "child_of"), (1, 3, "follows_from")] == [
        (
            int.from_bytes(link.trace_id, "big"),
            int.from_bytes(link.span_id, "big"),
            dict(attribute_pairs(link.attributes))["opentracing.ref_type"],
        )
        for link in links
    ]


def test_debug_flag() -> None:
    """A debug span has an attribute for it, because OTLP has no debug flag."""
    decoded = read_span(FinishedSpan(ids=Ids(flags=3)))

    assert [("jaeger.debug", True)] == attribute_pairs(decoded.attributes)


def test_golden() -> None:
    """These are the bytes of a span in its request, written out by hand."""
    span = FinishedSpan(
        ids=Ids(1, 2, 3, 1),
        operation_name="op",
        start_time=1.0,
        end_time=1.000002,
        tag_items=[("a", "b"), ("span.kind", "client"), ("n", -1)],
        log_items=[(3, [("event", "e")])],
    )
    body = encode_one(OtlpEncoder(SpanLosses()), span)

    expected = (
        b"\x0a\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
        b"\x12\x08\x00\x00\x00\x00\x00\x00\x00\x02"
        b"\x22\x08\x00\x00\x00\x00\x00\x00\x00\x03"
        b"\x2a\x02op"
        b"\x39\x00\xca\x9a\x3b\x00\x00\x00\x00"
        b"\x41\xd0\xd1\x9a\x3b\x00\x00\x00\x00"
        b"\x4a\x08\x0a\x01a\x12\x03\x0a\x01b"
        b"\x30\x03"
        b"\x4a\x10\x0a\x01n\x12\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
        b"\x5a\x0c\x09\xb8\x0b\x00\x00\x00\x00\x00\x00\x12\x01e"
    )
    spans = b"\x12\x68" + expected
    assert b"\x12\x6a" + spans == body[-len(spans) - 2 :]
