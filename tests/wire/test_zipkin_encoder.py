"""Zipkin v2 JSON."""

from __future__ import annotations

from typing import Any

from jaeger_client.encoding import ZipkinJsonEncoder
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import decode_zipkin
from tests.foreign.spans import FinishedSpan, Ids, encode_all, encode_one


def read_span(span: FinishedSpan, *, shares_span_ids: bool = False) -> dict[str, Any]:
    """Return what JSON makes of *span*."""
    encoder = ZipkinJsonEncoder(SpanLosses(), shares_span_ids=shares_span_ids)
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
    """Process tags come with spans that enter the process, under the span's own."""
    root = read_span(FinishedSpan(tag_items=[("zone", "mine")]))
    server = [("span.kind", "server")]
    entry = read_span(FinishedSpan(ids=Ids(1, 2, 3), tag_items=server))

    assert {"zone": "mine"} == root["tags"]
    assert {"zone": "1"} == entry["tags"]
    assert "tags" not in read_span(FinishedSpan(ids=Ids(1, 2, 3)))


def test_a_false_error_is_left_out() -> None:
    """To Zipkin any error tag is an error, so a false one is not sent."""
    span = FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("error", False)])

    assert "tags" not in read_span(span)


def test_shared_server_spans_say_so() -> None:
    """A server span that took over its client's id is marked as shared."""
    span = FinishedSpan(ids=Ids(1, 2, 3), tag_items=[("span.kind", "server")])

    assert read_span(span, shares_span_ids=True)["shared"]
    assert "shared" not in read_span(span)
    assert "shared" not in read_span(FinishedSpan(), shares_span_ids=True)


def test_long_trace_ids() -> None:
    """A trace id beyond 64 bits has 32 digits."""
    assert "1" + "0" * 31 == read_span(FinishedSpan(ids=Ids(1 << 124)))["traceId"]


def test_odd_times() -> None:
    """A duration is never 0, and a time before 1970 is left out."""
    span = FinishedSpan(start_time=-1.0, end_time=-2.0)

    assert 1 == read_span(span)["duration"]
    assert "timestamp" not in read_span(span)
    assert 1 == read_span(FinishedSpan(end_time=None))["duration"]


def test_an_ip_that_is_none() -> None:
    """An ip tag that is no address is no endpoint's."""
    encoder = ZipkinJsonEncoder(SpanLosses())
    encoder.set_process(Process("s", (("ip", "here"),)))
    (decoded,) = decode_zipkin(encode_one(encoder, FinishedSpan()))

    assert {"serviceName": "s"} == decoded["localEndpoint"]


def test_several_spans_are_one_list() -> None:
    """Spans of a payload stand in one list, in order."""
    spans = [FinishedSpan(operation_name=name) for name in "abc"]
    (payload,) = encode_all(ZipkinJsonEncoder(SpanLosses()), spans)

    assert ["a", "b", "c"] == [span["name"] for span in decode_zipkin(payload.body)]
