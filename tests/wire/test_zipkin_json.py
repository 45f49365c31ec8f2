"""Zipkin v2 JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jaeger_client import ConstSampler, SpanContext, Tracer
from jaeger_client.codecs import B3SingleCodec
from jaeger_client.encoding import ZipkinJsonEncoder
from jaeger_client.model import Process, SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import TagEqualsSampler
from tests.foreign.decoders import decode_zipkin
from tests.foreign.spans import FinishedSpan, Ids, encode_all, encode_one


def read_span(span: FinishedSpan) -> dict[str, Any]:
    """Return *span*, encoded and decoded."""
    encoder = ZipkinJsonEncoder(SpanLosses())
    encoder.set_process(Process("Shop", (("ip", "127.0.0.1"), ("zone", 1))))
    (decoded,) = decode_zipkin(encode_one(encoder, span))
    return decoded


def test_a_whole_span() -> None:
    """Names are in lower case, values text, the kind apart from the tags."""
    span = FinishedSpan(
        ids=Ids(5, 2**63, 7, 3),
        tag_items=[
            ("span.kind", "client"),
            ("n", 1),
            ("yes", True),
            ("f", 0.5),
            ("b", b"x"),
        ],
        log_items=[(3, [("event", "retry")]), (4, [("event", "é"), ("n", 1)])],
    )

    assert {
        "traceId": "0000000000000005",
        "id": "8000000000000000",
        "parentId": "0000000000000007",
        "name": "get /customers",
        "kind": "CLIENT",
        "timestamp": 1_700_000_000_250_000,
        "duration": 500_000,
        "debug": True,
        "localEndpoint": {"serviceName": "shop", "ipv4": "127.0.0.1"},
        "tags": {"n": "1", "yes": "true", "f": "0.5", "b": "eA=="},
        "annotations": [
            {"timestamp": 3, "value": "retry"},
            {"timestamp": 4, "value": '{"event":"é","n":"1"}'},
        ],
    } == read_span(span)


def test_a_root_carries_the_process_tags() -> None:
    """Root and server spans carry the process tags; their own tags override them."""
    root = read_span(FinishedSpan(tag_items=[("zone", "mine")]))
    server = [("span.kind", "server")]
    entry = read_span(FinishedSpan(ids=Ids(1, 2, 3), tag_items=server))

    assert {"zone": "mine"} == root["tags"]
    assert {"zone": "1"} == entry["tags"]
    assert "tags" not in read_span(FinishedSpan(ids=Ids(1, 2, 3)))


@pytest.mark.parametrize("value", [False, "false", "False"])
def test_a_false_error_is_left_out(value: object) -> None:
    """A false error is not sent, because Zipkin treats any error tag as an error."""
    span = FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("error", value)])

    assert "tags" not in read_span(span)


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "true"), ("timed out", "timed out"), ("", "")]
)
def test_the_text_of_an_error_is_shown(value: object, expected: str) -> None:
    """Zipkin shows the text of the tag `error`."""
    span = FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("error", value)])

    assert {"error": expected} == read_span(span)["tags"]


def test_a_log_keeps_what_is_false() -> None:
    """In a log, `error` is a field like any other."""
    span = FinishedSpan(log_items=[(1, [("error", False)])])

    assert [{"timestamp": 1, "value": '{"error":"false"}'}] == read_span(span)[
        "annotations"
    ]


@pytest.mark.parametrize("kind", ["server", "client", "producer", "consumer"])
def test_kinds(kind: str) -> None:
    """The four kinds that Zipkin has become the span's kind and are not tags."""
    span = read_span(
        FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("span.kind", kind), ("a", 1)])
    )

    assert (kind.upper(), "1") == (span["kind"], span["tags"]["a"])
    assert "span.kind" not in span["tags"]


def test_a_kind_of_ones_own() -> None:
    """Another kind stays a tag."""
    span = read_span(FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("span.kind", "cron")]))

    assert {"span.kind": "cron"} == span["tags"]
    assert "kind" not in span


def test_the_last_tag_of_a_key_counts() -> None:
    """The last tag of a key is sent."""
    tags = [("span.kind", "client"), ("n", 1), ("span.kind", "server"), ("n", 2)]
    span = read_span(FinishedSpan(ids=Ids(1, 2, 3), tag_items=tags))

    assert ("SERVER", "2") == (span["kind"], span["tags"]["n"])


def test_a_span_that_joined_its_callers_is_shared() -> None:
    """A server span with the id of its client is marked as shared."""
    tags = [("span.kind", "server")]

    assert read_span(FinishedSpan(tag_items=tags, shares_span_id=True))["shared"] is (
        True
    )
    assert "shared" not in read_span(FinishedSpan(tag_items=tags))


def test_a_joined_span_made_plain_is_still_shared() -> None:
    """A span that is copied before it is encoded is marked as shared, too."""
    span = read_span(FinishedSpan(operation_name="\ud800", shares_span_id=True))

    assert ("\ufffd", True) == (span["name"], span["shared"])


def test_a_joined_span_that_was_decided_late_is_shared() -> None:
    """A span that joined and was undecided is marked as shared once it is sampled."""
    reporter = InMemoryReporter()
    sampler = TagEqualsSampler("user", {"17": True})
    tracer = Tracer("svc", reporter, sampler, one_span_per_rpc=True)
    caller = B3SingleCodec().extract({"b3": "0000000000000001-0000000000000002"})
    span = tracer.start_span("op", caller, tags={"span.kind": "server"})
    span.set_tag("user", "17").finish()
    body = encode_one(ZipkinJsonEncoder(SpanLosses()), reporter.get_spans()[0])
    (decoded,) = decode_zipkin(body)

    assert ("0000000000000002", True) == (decoded["id"], decoded["shared"])


@pytest.mark.parametrize("joins", [True, False])
def test_a_server_span_of_ours(joins: bool) -> None:
    """With `one_span_per_rpc`, set at any time, and not without, spans are shared."""
    reporter = InMemoryReporter()
    tracer = Tracer("svc", reporter, ConstSampler(decision=True))
    caller = SpanContext(1, 2, 3, 1)
    tracer.start_span("before", caller, tags={"span.kind": "server"}).finish()
    tracer.one_span_per_rpc = joins
    tracer.start_span("server", caller, tags={"span.kind": "server"}).finish()
    tracer.start_span("client", caller, tags={"span.kind": "client"}).finish()
    (payload,) = encode_all(ZipkinJsonEncoder(SpanLosses()), reporter.get_spans())
    shared = {span["name"]: span.get("shared") for span in decode_zipkin(payload.body)}

    assert {"before": None, "server": joins or None, "client": None} == shared


def test_long_trace_ids() -> None:
    """A trace id beyond 64 bits has 32 digits."""
    assert "1" + "0" * 31 == read_span(FinishedSpan(ids=Ids(1 << 124)))["traceId"]


def test_odd_times() -> None:
    """A duration is never 0, and a time before 1970 is left out."""
    span = FinishedSpan(start_time=-1.0, end_time=-2.0)

    assert 1 == read_span(span)["duration"]
    assert "timestamp" not in read_span(span)
    assert 1 == read_span(FinishedSpan(end_time=None))["duration"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.0.1", {"ipv4": "10.0.0.1"}),
        (167772161, {"ipv4": "10.0.0.1"}),
        ("2001:db8::1", {"ipv6": "2001:db8::1"}),
    ],
)
def test_the_local_endpoint(address: str | int, expected: dict[str, str]) -> None:
    """The local endpoint has the address of the process, which is then not a tag."""
    encoder = ZipkinJsonEncoder(SpanLosses())
    encoder.set_process(Process("s", (("ip", address),)))
    (decoded,) = decode_zipkin(encode_one(encoder, FinishedSpan()))

    assert {"serviceName": "s", **expected} == decoded["localEndpoint"]
    assert "tags" not in decoded


def test_an_ip_that_is_none() -> None:
    """An ip tag that is not an address stays a tag."""
    encoder = ZipkinJsonEncoder(SpanLosses())
    encoder.set_process(Process("s", (("ip", "here"),)))
    (decoded,) = decode_zipkin(encode_one(encoder, FinishedSpan()))

    assert {"serviceName": "s"} == decoded["localEndpoint"]
    assert {"ip": "here"} == decoded["tags"]


@pytest.mark.parametrize("ids", [Ids(0, 1), Ids(1, 0), Ids(1 << 128, 1)])
def test_a_span_with_an_id_of_zero_is_lost_alone(ids: Ids) -> None:
    """A span with an id of 0 is left out; Zipkin would reject the whole list."""
    losses = SpanLosses()
    spans = [FinishedSpan(ids=ids), FinishedSpan(operation_name="good")]
    (payload,) = encode_all(ZipkinJsonEncoder(losses), spans)

    assert ["good"] == [span["name"] for span in decode_zipkin(payload.body)]
    assert SpanLosses(not_encodable=1) == losses


def test_times_beyond_64_bits() -> None:
    """A time of more than 64 bits is clamped, because Zipkin cannot read it."""
    span = FinishedSpan(
        start_time=-1e300, end_time=1e300, log_items=[(1 << 70, []), (1.5, [])]
    )
    decoded = read_span(span)

    assert 2**63 - 1 == decoded["duration"]
    assert [2**63 - 1, 1] == [log["timestamp"] for log in decoded["annotations"]]


def test_golden_bytes() -> None:
    """The bytes of a shared server span, all of its parts in their order."""
    encoder = ZipkinJsonEncoder(SpanLosses())
    encoder.set_process(Process("Shop"))
    span = FinishedSpan(
        ids=Ids(1 << 64 | 2, 3, 4, 3),
        tag_items=[
            ("span.kind", "server"),
            ("peer.service", "Desk"),
            ("peer.ipv4", "10.0.0.1"),
            ("peer.port", 80),
            ("path", "/é"),
        ],
        log_items=[(5, [("event", "paid")])],
        shares_span_id=True,
    )

    assert (
        '[{"traceId":"00000000000000010000000000000002","id":"0000000000000003",'
        '"name":"get /customers","duration":500000,"parentId":"0000000000000004",'
        '"debug":true,"timestamp":1700000000250000,'
        '"localEndpoint":{"serviceName":"shop"},"kind":"SERVER",'
        '"remoteEndpoint":{"serviceName":"desk","ipv4":"10.0.0.1","port":80},'
        '"shared":true,"tags":{"path":"/é"},'
        '"annotations":[{"timestamp":5,"value":"paid"}]}]'
    ).encode() == encode_one(encoder, span)


def test_a_large_span_is_shrunk() -> None:
    """A span that does not fit loses logs, then parts of values; ids and peer stay."""
    losses = SpanLosses()
    span = FinishedSpan(
        tag_items=[("peer.service", "desk"), ("text", "é" * 5_000)],
        log_items=[(number, [("event", "e" * 100)]) for number in range(50)],
    )
    body = encode_one(ZipkinJsonEncoder(losses), span, limit=2_000)
    (decoded,) = json.loads(body)

    assert len(body) <= 2_000
    assert {"serviceName": "desk"} == decoded["remoteEndpoint"]
    assert "true" == decoded["tags"]["jaeger.truncated"]
    assert SpanLosses(truncated=1) == losses


def test_no_payload_is_over_its_limit() -> None:
    """Spans are spread over lists within the limit, and none is lost."""
    spans = [FinishedSpan(operation_name=f"span {number}") for number in range(200)]
    payloads = encode_all(ZipkinJsonEncoder(SpanLosses()), spans, limit=3_000)

    names = [span["name"] for payload in payloads for span in json.loads(payload.body)]
    assert [span.operation_name for span in spans] == names
    assert max(len(payload.body) for payload in payloads) <= 3_000


def test_several_spans_are_one_list() -> None:
    """The spans of a payload are one list, in order."""
    spans = [FinishedSpan(operation_name=name) for name in "abc"]
    (payload,) = encode_all(ZipkinJsonEncoder(SpanLosses()), spans)

    assert ["a", "b", "c"] == [span["name"] for span in decode_zipkin(payload.body)]
